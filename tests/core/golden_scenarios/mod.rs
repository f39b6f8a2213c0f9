//! The golden set of scenario files: what each file of version 1 means, held by a text of it.
//!
//! `files/` has the scenarios that shipped before this set was made, and more that together use
//! every field and word of the language of that time (`schema.json`). `meanings/` says of each what
//! becomes of the same `submissions.json`, four times each, and of queries of the balance. None of
//! these texts may change: a file that somebody wrote means what it meant (docs/scenarios.md).
//!
//! A new file's meaning is written by `MOMO_SANDBOX_UPDATE_GOLDEN_SCENARIOS=1`, which leaves those
//! that exist alone.

mod coverage;
mod play;
mod projection;

use std::fs;
use std::path::{Path, PathBuf};

use momo_sandbox::internals::scenarios::BUILTIN;
use momo_sandbox_core::scenario::read_scenario::{read_json, read_scenario};
use momo_sandbox_core::scenario::rule::Scenario;
use serde_json::{Map, Value};

use crate::core::fuzzing::TARGETS;
use crate::support::sources::root;

fn folder() -> PathBuf {
    root().join("tests/core/golden_scenarios")
}

/// The names and texts of the files below `files/` with this ending, by name.
fn files(ending: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder().join("files")).expect("the folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let wanted = |path: &PathBuf| path.extension().is_some_and(|found| found == ending);
    let read = |path: PathBuf| {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        (name, fs::read_to_string(&path).expect("text"))
    };
    let mut files: Vec<_> = paths.filter(wanted).map(read).collect();
    files.sort();
    files
}

/// Reads a file of today in TOML; every one is good.
fn in_toml(name: &str, text: &str) -> Scenario {
    let read = read_scenario(&format!("{name}.toml"), text);
    read.unwrap_or_else(|problems| panic!("{name}: {:?}", problems.located().collect::<Vec<_>>()))
}

fn in_json(name: &str, object: &Map<String, Value>) -> Scenario {
    let read = read_json(name, object);
    read.unwrap_or_else(|problems| panic!("{name}: {:?}", problems.located().collect::<Vec<_>>()))
}

/// Compares a meaning with its text, line by line.
fn differences(name: &str, meaning: &str, expected: &str) -> Vec<String> {
    if meaning == expected {
        return Vec::new();
    }
    let (found, wanted) = (meaning.lines(), expected.lines());
    let pairs = found.zip(wanted).filter(|(found, wanted)| found != wanted);
    let told = pairs
        .take(3)
        .map(|(found, wanted)| format!("{name}\n  means now  {found}\n  must mean  {wanted}"));
    let mut told: Vec<String> = told.collect();
    if told.is_empty() {
        told.push(format!("{name}: one text is longer than the other"));
    }
    told
}

#[test]
fn every_file_of_version_1_means_what_it_meant() {
    let mut wrong = Vec::new();
    let files = files("toml");
    assert!(files.len() >= 36, "{} files", files.len());
    for (name, text) in files {
        let path = folder().join(format!("meanings/{name}.txt"));
        let meaning = play::meaning(in_toml(&name, &text));
        if is_asked_to_write() && !path.exists() {
            fs::write(&path, &meaning).expect("the folder takes a file");
        }
        let expected = fs::read_to_string(&path).unwrap_or_else(|_| {
            panic!("{name} has no meaning: MOMO_SANDBOX_UPDATE_GOLDEN_SCENARIOS=1 writes it")
        });
        wrong.extend(differences(&name, &meaning, &expected));
    }
    assert!(wrong.is_empty(), "{} lines differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[expect(clippy::disallowed_methods, reason = "asked of the test, not of the program")]
fn is_asked_to_write() -> bool {
    std::env::var_os("MOMO_SANDBOX_UPDATE_GOLDEN_SCENARIOS").is_some()
}

/// A file that says nothing is of version 1.
#[test]
fn a_file_that_says_its_version_means_the_same() {
    for (name, text) in files("toml").into_iter().step_by(6) {
        let meaning = play::meaning(in_toml(&name, &format!("version = 1\n{text}")));
        let wrong = differences(&name, &meaning, &expected_meaning(&name));
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// The control plane takes the same in JSON.
#[test]
fn the_same_in_json_means_the_same() {
    let files = files("json");
    assert!(files.len() >= 4, "{} files", files.len());
    for (name, text) in files {
        let Ok(Value::Object(object)) = serde_json::from_str(&text) else { panic!("{name}") };
        let expected = expected_meaning(&name);
        let wrong = differences(&name, &play::meaning(in_json(&name, &object)), &expected);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        // What is shown of it, and may be saved as a file, means the same as well.
        let source = in_json(&name, &object).source;
        let wrong = differences(&name, &play::meaning(in_toml(&name, &source)), &expected);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

fn expected_meaning(name: &str) -> String {
    let path: &Path = &folder().join(format!("meanings/{name}.txt"));
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What fuzzing demands of any text holds for these, and for those that ship today.
#[test]
fn the_files_keep_what_fuzzing_checks() {
    let (_, check) = TARGETS.iter().find(|(name, _)| *name == "scenario").expect("a target");
    let shipped = BUILTIN.iter().map(|shipped| (shipped.name.to_owned(), shipped.text.to_owned()));
    for (name, text) in files("toml").into_iter().chain(shipped) {
        let checked = std::panic::catch_unwind(|| check(text.as_bytes()));
        assert!(checked.is_ok(), "{name} breaks a promise: see the panic above");
    }
}

/// The files use all that there was, so that nothing of it can go unnoticed.
#[test]
fn the_files_use_every_field_word_and_form_of_version_1() {
    let missing = coverage::unused(&schema_of_version_1(), &files("toml"));
    assert!(missing.is_empty(), "no golden file uses {missing:#?}");
}

/// Editors, and files that nobody here has seen, find every field and word of version 1.
#[test]
fn every_field_and_word_of_version_1_is_in_the_schema_of_today() {
    let today = momo_sandbox_core::scenario::description::schema();
    let missing = coverage::missing(&schema_of_version_1(), &today);
    assert!(missing.is_empty(), "the schema has lost {missing:#?}");
}

fn schema_of_version_1() -> Value {
    let text = fs::read_to_string(folder().join("schema.json")).expect("the schema");
    serde_json::from_str(&text).expect("JSON")
}
