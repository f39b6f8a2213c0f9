//! Scenarios: the rules that decide what happens to payments.

use std::path::PathBuf;

use crate::files::SCENARIO_FILE_BYTES_MAX;
use crate::scenarios::answer_files::read_beside;
use crate::scenarios::{named, suggested_names};
use momo_sandbox_core::scenario::body_files::BodyFiles;
use momo_sandbox_core::scenario::problem::{Position, Problems};
use momo_sandbox_core::scenario::read_scenario::read_scenario_with;
use momo_sandbox_core::scenario::rule;

use crate::files;

/// A set of rules that decides what happens to payments.
///
/// A text such as `"missed-callback"` becomes the scenario of that name that ships with the
/// emulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario(Source);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Named(String),
    Toml { name: String, text: String },
    File(PathBuf),
}

/// Why a scenario cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// No scenario of this name ships with the emulator.
    #[error("no scenario `{name}` ships: {help}")]
    Unknown {
        /// The name that was given.
        name: String,
        /// The nearest name, or all of them.
        help: String,
    },
    /// The file cannot be read.
    #[error("cannot read the scenario file {}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The text has mistakes.
    #[error("the scenario `{name}` has mistakes:\n{}", problems.join("\n"))]
    Invalid {
        /// The scenario's name, or its file.
        name: String,
        /// Each mistake with its line, column and remedy.
        problems: Vec<String>,
    },
    /// There is no room for its rules beside what is kept already.
    #[error("no room for the scenario: {0}")]
    NoRoom(String),
}

impl Scenario {
    /// The scenario of that name that ships with the emulator, such as `missed-callback`.
    pub fn named(name: impl Into<String>) -> Self {
        Self(Source::Named(name.into()))
    }

    /// A scenario written in TOML; the name is for messages.
    pub fn from_toml(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Source::Toml { name: name.into(), text: text.into() })
    }

    /// A scenario file, which is read when the scenario is put in force. So are the files beside
    /// it that its answers name.
    pub fn from_file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(path.into()))
    }

    pub(super) fn read(&self) -> Result<rule::Scenario, ScenarioError> {
        let (name, text, files) = match &self.0 {
            Source::Named(name) => match named(name) {
                Some(shipped) => (name.clone(), shipped.text.to_owned(), BodyFiles::NoFolder),
                None => return Err(unknown(name)),
            },
            Source::Toml { name, text } => (name.clone(), text.clone(), BodyFiles::NoFolder),
            Source::File(path) => {
                let text = files::read_text(path, SCENARIO_FILE_BYTES_MAX);
                let text =
                    text.map_err(|source| ScenarioError::File { file: path.clone(), source })?;
                let files = read_beside(path, &text);
                (path.display().to_string(), text, files)
            }
        };
        read_scenario_with(&name, &text, files).map_err(|problems| {
            let problems = described(&problems);
            ScenarioError::Invalid { name, problems }
        })
    }
}

impl From<&str> for Scenario {
    fn from(name: &str) -> Self {
        Self::named(name)
    }
}

fn unknown(name: &str) -> ScenarioError {
    ScenarioError::Unknown { name: name.to_owned(), help: suggested_names(name) }
}

/// Each problem with its place and its remedy, as one line.
fn described(problems: &Problems) -> Vec<String> {
    let lines = problems.located().map(|(position, problem)| {
        let place = match position {
            Position::Line { line, column } => format!("line {line}, column {column}"),
            Position::Path(path) => path.to_owned(),
        };
        let help = problem.help.as_ref().map_or(String::new(), |help| format!("; {help}"));
        format!("{place}: {}{help}", problem.message)
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_with_its_place_and_remedy() {
        let unknown = Scenario::from("missed-calback").read().expect_err("it is misspelt");
        assert!(unknown.to_string().contains("missed-callback"), "{unknown}");
        let text = "name = \"mine\"\n[[rules]]\nthen.status = \"FAILD\"\n";
        let invalid = Scenario::from_toml("mine", text).read().expect_err("it is wrong");
        assert!(invalid.to_string().contains("line 3"), "{invalid}");
        let file = Scenario::from_file("no/such/file.toml").read().expect_err("it is missing");
        assert!(matches!(file, ScenarioError::File { .. }), "{file}");
    }
}
