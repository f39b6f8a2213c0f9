//! `momo-sandbox check`: validates scenario files.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::scenario_files;
use momo_sandbox_core::model::escape::printable;

/// The arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Scenario files, folders of them, or names of those that ship
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Validates the files and prints a line for each valid one.
///
/// # Errors
///
/// A file has a problem.
pub fn run(arguments: &CheckArguments) -> Result<(), Failure> {
    for (path, scenario) in scenario_files::read_all(&arguments.files)? {
        let count = scenario.rules.len();
        let rules = if count == 1 { "rule" } else { "rules" };
        let name = printable(&scenario.name);
        // A closed standard output is no failure.
        let _ =
            writeln!(std::io::stdout(), "{}: valid, `{name}` with {count} {rules}", path.display());
    }
    Ok(())
}
