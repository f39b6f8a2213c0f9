//! `momosandbox scenarios`: lists or prints the scenarios that ship with the program.

use std::io::Write;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::scenario_files;
use crate::scenarios::{BUILTIN, named};
use momo_sandbox_core::scenario::read_scenario::read_scenario;

/// The arguments of `scenarios`.
#[derive(Debug, Args)]
pub struct ScenariosArguments {
    /// The scenario to print
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Lists the scenarios, or prints the named one.
///
/// # Errors
///
/// No scenario has this name.
pub fn run(arguments: &ScenariosArguments) -> Result<(), Failure> {
    let text = match &arguments.name {
        Some(name) => match named(name) {
            Some(shipped) => shipped.text.to_owned(),
            None => return Err(Failure::user(scenario_files::unknown_scenario(name))),
        },
        None => list(),
    };
    // A closed standard output is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

fn list() -> String {
    let width = BUILTIN.iter().map(|shipped| shipped.name.len()).max().unwrap_or_default();
    let line = |name: &str, text: &str| {
        let scenario = read_scenario(name, text).expect("the tests read every builtin scenario");
        format!("{name:width$}  {}\n", scenario.description.unwrap_or_default())
    };
    BUILTIN.iter().map(|shipped| line(shipped.name, shipped.text)).collect()
}
