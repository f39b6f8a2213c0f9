//! `momo-sandbox check`: validates scenario files.

use std::io::Write;

use crate::cli::arguments::Check;
use crate::cli::{Failure, scenario_files};
use momo_sandbox_core::model::escape::printable;

/// Checks the files and says what is in the good ones.
///
/// # Errors
///
/// If any file has a problem.
pub fn check(arguments: &Check) -> Result<(), Failure> {
    for (path, scenario) in scenario_files::read_all(&arguments.files)? {
        let count = scenario.rules.len();
        let rules = if count == 1 { "rule" } else { "rules" };
        let name = printable(&scenario.name);
        let line = format!("{}: valid, `{name}` with {count} {rules}", path.display());
        // A reader that went away wants no more lines.
        let _ = writeln!(std::io::stdout(), "{line}");
    }
    Ok(())
}
