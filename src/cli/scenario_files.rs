//! Reads scenario files from disk.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::cli::configuration_file;
use crate::cli::failure::Failure;
use crate::cli::program_name::spelled;
use crate::files::{self, SCENARIO_FILE_BYTES_MAX};
use crate::scenarios::answer_files::{paths_beside, read_beside};
use crate::scenarios::{named, suggested_names};
use momo_sandbox_core::scenario::body_files::BodyFiles;
use momo_sandbox_core::scenario::read_scenario::read_scenario_with;
use momo_sandbox_core::scenario::redundancy;
use momo_sandbox_core::scenario::rule::Scenario;

/// The most scenario files of a run: a folder may have any number.
const SCENARIO_FILES_MAX: usize = 1000;

/// The most bytes of all scenario files of a run, and of the files that their answers come from.
const SCENARIO_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Reads files and folders of files. Each scenario comes with the path of its file. The problems
/// and warnings of all files are printed on standard error.
///
/// # Errors
///
/// A file has a mistake or cannot be read.
pub fn read_all(given: &[PathBuf]) -> Result<Vec<(PathBuf, Scenario)>, Failure> {
    let mut scenarios = Vec::new();
    let mut mistakes = 0;
    let mut left = SCENARIO_BYTES_MAX;
    let print = |reports: &[miette::Report]| {
        for report in reports {
            // A closed standard error is no failure.
            let _ = writeln!(std::io::stderr(), "{}", spelled(&format!("{report:?}")));
        }
    };
    let mut show = |reports: Vec<miette::Report>| {
        print(&reports);
        mistakes += reports.len();
    };
    for path in given {
        let files = match files_of(path) {
            Ok(files) => files,
            Err(report) => {
                show(vec![report]);
                continue;
            }
        };
        for file in files {
            match read(&file, &mut left) {
                Ok(scenario) => {
                    let warnings = scenario.warnings.iter().flat_map(|warnings| warnings.reports());
                    print(&warnings.collect::<Vec<_>>());
                    scenarios.push((file, scenario));
                }
                Err(reports) => show(reports),
            }
        }
    }
    if mistakes > 0 {
        let problems = if mistakes == 1 { "problem" } else { "problems" };
        return Err(Failure::mistakes(format!("{mistakes} {problems}")));
    }
    Ok(scenarios)
}

/// Warns of rules that have no effect, because an earlier one of these scenarios overrides them.
pub fn warn_of_ineffective(scenarios: &[Scenario]) {
    for problems in redundancy::because_of_earlier(scenarios) {
        for report in problems.reports() {
            let _ = writeln!(std::io::stderr(), "{report:?}");
        }
    }
}

/// The files of a path: the path itself, or the `.toml` files of a folder in the order of their
/// names.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, miette::Report> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let folder = path.display();
    let mut files = scenario_files_in(path)
        .map_err(|error| miette::miette!("cannot read the folder {folder}: {error}"))?;
    if files.is_empty() {
        return Err(miette::miette!(
            "the folder {folder} has no scenario file: none ends in .toml"
        ));
    }
    files.sort();
    Ok(files)
}

fn scenario_files_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes()[0] == b'.');
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        if is_toml && !is_hidden && !is_configuration_file(&path) {
            files.push(path);
        }
        if files.len() > SCENARIO_FILES_MAX {
            let why = format!("it has more than {SCENARIO_FILES_MAX} scenario files");
            return Err(std::io::Error::other(why));
        }
    }
    Ok(files)
}

/// Tells whether the file has the name of the configuration file, which is no scenario.
pub fn is_configuration_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == configuration_file::FILE_NAME)
}

/// The modification time of each file; `None` for one that does not exist, such as a builtin one.
type Times = Vec<(PathBuf, Option<SystemTime>)>;

/// The modification times of scenario files, and of the files that their answers come from.
#[derive(Debug, PartialEq, Eq)]
pub struct ModificationTimes {
    scenarios: Times,
    beside: Times,
}

/// The modification times of the files, of those in folders, and of those that these name.
pub fn modification_times(given: &[PathBuf]) -> ModificationTimes {
    let scenarios = times_of_scenarios(given);
    let named = scenarios.iter().flat_map(|(path, _)| named_by(path));
    let beside = named.map(with_time).collect();
    ModificationTimes { scenarios, beside }
}

impl ModificationTimes {
    /// The times now. What the files name is looked up only where they have changed.
    pub fn again(&self, given: &[PathBuf]) -> Self {
        let scenarios = times_of_scenarios(given);
        if scenarios != self.scenarios {
            return modification_times(given);
        }
        let beside = self.beside.iter().map(|(path, _)| with_time(path.clone())).collect();
        Self { scenarios, beside }
    }
}

fn times_of_scenarios(given: &[PathBuf]) -> Times {
    let files = |path: &PathBuf| files_of(path).unwrap_or_else(|_| vec![path.clone()]);
    given.iter().flat_map(files).map(with_time).collect()
}

fn with_time(path: PathBuf) -> (PathBuf, Option<SystemTime>) {
    let at = std::fs::metadata(&path).and_then(|found| found.modified()).ok();
    (path, at)
}

/// The files that a scenario file names. One that cannot be read names none.
fn named_by(path: &Path) -> Vec<PathBuf> {
    let text = files::read_text(path, SCENARIO_FILE_BYTES_MAX).unwrap_or_default();
    paths_beside(path, &text)
}

/// Reads a file. `left` is the number of bytes that all further files may have.
fn read(path: &Path, left: &mut usize) -> Result<Scenario, Vec<miette::Report>> {
    let name = path.display().to_string();
    let problem =
        |why: String| vec![miette::miette!("cannot read the scenario file {name}: {why}")];
    if is_configuration_file(path) {
        let why = "it is the configuration file, no scenario: name it by --config".to_owned();
        return Err(problem(why));
    }
    let shipped = named(&name).filter(|_| !path.exists());
    let text = match shipped {
        Some(shipped) => shipped.text.to_owned(),
        None => files::read_text(path, SCENARIO_FILE_BYTES_MAX).map_err(|why| {
            let is_a_name = !name.contains(['/', '\\', '.']);
            let is_missing = why.kind() == ErrorKind::NotFound;
            problem(if is_a_name && is_missing { unknown_scenario(&name) } else { why.to_string() })
        })?,
    };
    let files = match shipped {
        Some(_) => BodyFiles::NoFolder,
        None => read_beside(path, &text),
    };
    *left = left.checked_sub(text.len() + files.bytes()).ok_or_else(|| {
        problem(format!("all scenario files together have more than {SCENARIO_BYTES_MAX} bytes"))
    })?;
    read_scenario_with(&name, &text, files).map_err(|problems| problems.reports().collect())
}

/// The message about an unknown scenario, with the nearest known names.
pub fn unknown_scenario(name: &str) -> String {
    format!("no file and no shipped scenario `{name}`; {}", suggested_names(name))
}
