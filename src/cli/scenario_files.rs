//! Reading scenario files from disk.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::scenario::file;
use crate::scenario::rule::Scenario;
use crate::scenario::shipped::{SHIPPED, named};
use crate::scenario::spelling::suggestion;

/// The most bytes of a scenario file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Reads the files, each into a scenario; every problem of every file is shown on standard error.
///
/// # Errors
///
/// A mistake in a file, or a file that cannot be read: both are for the user to mend.
pub fn read_all(files: &[PathBuf]) -> Result<Vec<Scenario>, Failure> {
    let mut scenarios = Vec::new();
    let mut mistakes = 0;
    for path in files {
        match read(path) {
            Ok(scenario) => scenarios.push(scenario),
            Err(reports) => {
                for report in &reports {
                    // Whoever closed standard error does not want to read it.
                    let _ = writeln!(std::io::stderr(), "{report:?}");
                }
                mistakes += reports.len();
            }
        }
    }
    if mistakes > 0 {
        let problems = if mistakes == 1 { "problem" } else { "problems" };
        return Err(Failure::mistakes(format!("{mistakes} {problems}")));
    }
    Ok(scenarios)
}

fn read(path: &Path) -> Result<Scenario, Vec<miette::Report>> {
    let name = path.display().to_string();
    let text = match named(&name) {
        Some(shipped) if !path.exists() => shipped.text.to_owned(),
        _ => read_text(path).map_err(|why| {
            let is_a_name = !name.contains(['/', '\\', '.']);
            let help = if is_a_name { no_such(&name) } else { why };
            vec![miette::miette!("cannot read the scenario file {name}: {help}")]
        })?,
    };
    file::read(&name, &text).map_err(|problems| problems.reports().collect())
}

/// That no shipped scenario has this name, and which there are.
pub fn no_such(name: &str) -> String {
    let names: Vec<&str> = SHIPPED.iter().map(|shipped| shipped.name).collect();
    format!("no file and no shipped scenario `{name}`; {}", suggestion(name, &names))
}

fn read_text(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_BYTES_MAX {
        return Err(format!("it has {size} bytes; at most {FILE_BYTES_MAX} are read"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}
