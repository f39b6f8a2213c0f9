//! `momosandbox check`: validates scenario files, and the configuration file.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::cli::command_line::CommandLine;
use crate::cli::configuration_file;
use crate::cli::explain::{self, ExplainArguments};
use crate::cli::failure::Failure;
use crate::cli::scenario_files::{self, is_configuration_file};
use momo_sandbox_core::model::escape::printable;

/// The arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Scenario files, folders of them, or names of those that ship; a file named
    /// momo-sandbox.toml is checked as a configuration file
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    pub explain: ExplainArguments,
}

/// Validates the files and prints a line for each valid one; then explains a request, if one is
/// given.
///
/// # Errors
///
/// A file has a problem, or the request would be refused.
pub fn run(arguments: &CheckArguments) -> Result<(), Failure> {
    let (configurations, scenarios): (Vec<_>, Vec<_>) =
        arguments.files.iter().cloned().partition(|file| is_configuration_file(file));
    let mut configurations_checked = Ok(());
    for path in configurations {
        match configuration_file::find(Some(&path), &CommandLine::definition()) {
            Ok(settings) => {
                let count = settings.map_or(0, |settings| settings.count());
                let keys = if count == 1 { "key" } else { "keys" };
                let path = path.display();
                let _ = writeln!(std::io::stdout(), "{path}: valid configuration, {count} {keys}");
            }
            Err(failure) => configurations_checked = Err(failure),
        }
    }
    let scenarios = scenario_files::read_all(&scenarios)?;
    for (path, scenario) in &scenarios {
        let count = scenario.rules.len();
        let rules = if count == 1 { "rule" } else { "rules" };
        let name = printable(&scenario.name);
        // A closed standard output is no failure.
        let _ =
            writeln!(std::io::stdout(), "{}: valid, `{name}` with {count} {rules}", path.display());
    }
    configurations_checked?;
    let scenarios = scenarios.into_iter().map(|(_, scenario)| scenario).collect();
    explain::run(&arguments.explain, scenarios)
}
