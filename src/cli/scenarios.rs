//! `momo-sandbox scenarios`: what ships with the program.

use std::io::Write;

use crate::cli::arguments::Scenarios;
use crate::cli::{Failure, scenario_files};
use momo_sandbox_core::scenario::builtin::{BUILTIN, named};
use momo_sandbox_core::scenario::read_scenario::read_scenario;

/// Lists the scenarios that ship with the program, or prints one.
///
/// # Errors
///
/// If there is none of the name that was given.
pub fn scenarios(arguments: &Scenarios) -> Result<(), Failure> {
    let text = match &arguments.name {
        Some(name) => match named(name) {
            Some(shipped) => shipped.text.to_owned(),
            None => return Err(Failure::user(scenario_files::no_such(name))),
        },
        None => list(),
    };
    // A reader that went away wants no more lines.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

fn list() -> String {
    let width = BUILTIN.iter().map(|shipped| shipped.name.len()).max().unwrap_or_default();
    let line = |name: &str, text: &str| {
        let scenario =
            read_scenario(name, text).expect("what ships is part of the program and tested");
        format!("{name:width$}  {}\n", scenario.description.unwrap_or_default())
    };
    BUILTIN.iter().map(|shipped| line(shipped.name, shipped.text)).collect()
}
