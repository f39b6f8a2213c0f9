//! The inputs that fuzzing keeps, played again through what is fuzzed (`fuzz/README.md`): those that
//! reach something of their own, and those that found something.

use std::path::{Path, PathBuf};

use crate::core::fuzzing::TARGETS;

/// Plays the corpus of a target; an input that breaks a promise panics with its name.
fn play(name: &str) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target");
    let files = corpus(name);
    assert!(files.len() >= 10, "only {} inputs for {name}", files.len());
    for file in files {
        let input = std::fs::read(&file).expect("a file of the corpus");
        let played = std::panic::catch_unwind(|| target(&input));
        assert!(played.is_ok(), "{} breaks a promise: see the panic above", file.display());
    }
}

fn corpus(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

#[test]
fn every_kept_callback_url_and_host_is_read_the_same_way_again() {
    play("callback_url");
}

#[test]
fn every_kept_certificate_and_name_is_told_apart() {
    play("certificate_name");
}

#[test]
fn every_kept_form_is_answered_as_documented() {
    play("form");
}

#[test]
fn every_kept_row_of_requests_is_answered_as_documented() {
    play("request");
}

#[test]
fn every_kept_scenario_is_played_or_its_problems_told() {
    play("scenario");
}

#[test]
fn every_target_has_its_program() {
    let manifest = include_str!("../../fuzz/Cargo.toml");
    let programs = manifest.matches("[[bin]]").count();
    assert_eq!(programs, TARGETS.len());
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
}
