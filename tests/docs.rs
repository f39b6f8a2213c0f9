//! What the README says is true: its tour runs, its tables are those of the code.

use std::process::Command;

use clap::CommandFactory;
use momo_sandbox::cli::arguments::Arguments;
use momo_sandbox::engine::clock::Clock;
use momo_sandbox::operations::table::OPERATIONS;
use momo_sandbox::scenario::rule::Ending;
use momo_sandbox::scenario::test_parties::TestParties;
use serde_json::Value;

use crate::support::emulator::{Emulator, Options};

const README: &str = include_str!("../README.md");

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_works_when_pasted() {
    let emulator = Emulator::with(Options { clock: Clock::real(), ..Options::default() }).await;
    let tour = block_that_contains("# 1. Provision an API user");
    let script = tour.replace("http://127.0.0.1:4673", &emulator.url);
    assert_ne!(script, tour, "the tour names the default address");
    let output = tokio::task::spawn_blocking(move || {
        Command::new("bash").args(["-euc", &script]).output().expect("bash runs")
    })
    .await
    .expect("a finished tour");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let [status, balance, record] = &lines[..] else { panic!("three lines of JSON: {text}") };
    assert_eq!(status["status"], "SUCCESSFUL");
    assert_eq!(status["amount"], "12.5");
    assert_eq!(balance["availableBalance"], "1012.5");
    assert_eq!(record["callback"], "failed");
    assert_eq!(record["callback_attempts"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_table_of_operations_is_that_of_the_code() {
    for operation in OPERATIONS {
        let call = format!("`{} {}`", operation.method, operation.path);
        let lines: Vec<&str> = README.lines().filter(|line| line.contains(&call)).collect();
        let [line] = lines[..] else { panic!("{call} stands in {} lines", lines.len()) };
        let products: Vec<&str> = operation.products.iter().map(|one| one.name()).collect();
        let named = match products.len() {
            0 => "(root)".to_owned(),
            3 => "all".to_owned(),
            _ => products.join(", "),
        };
        assert!(line.starts_with(&format!("| {named} |")), "{call} is of {named}");
    }
}

#[test]
fn the_table_of_options_is_that_of_the_code() {
    let command = Arguments::command();
    let serve = command.find_subcommand("serve").expect("the command");
    for flag in serve.get_arguments().filter_map(|flag| flag.get_long()) {
        let row = README.lines().find(|line| line.starts_with(&format!("| `--{flag} ")));
        assert!(row.is_some(), "--{flag} has no row in the README");
    }
}

#[test]
fn the_table_of_test_numbers_is_that_of_the_code() {
    for test in TestParties::load().rules {
        let kind = test.rule.when.operation.expect("a test value is of one operation");
        let number = test.rule.when.party.expect("a test value has a party").pattern();
        let row = README
            .lines()
            .find(|line| line.starts_with(&format!("| {number} |")))
            .unwrap_or_else(|| panic!("{number} has no row in the README"));
        let column = if kind.name() == "requesttopay" { 2 } else { 3 };
        let cell = row.split('|').nth(column).expect("three columns").trim();
        let expected = match test.rule.then.ending.expect("a test value has an ending") {
            Ending::Failed(reason) => format!("FAILED, {reason}"),
            Ending::Pending => "PENDING for good".to_owned(),
            Ending::Successful => "CREATED, SUCCESSFUL after 25 s".to_owned(),
        };
        assert_eq!(cell, expected, "{number}, {}", kind.name());
    }
}

#[test]
fn every_shipped_scenario_is_in_the_readme_and_loads() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(README.contains(&format!("| `scenarios/{name}` |")), "{name}");
        let text = std::fs::read_to_string(&path).expect("a text");
        assert!(text.contains("# Teaches:"), "{name} says what it teaches");
        let scenario = momo_sandbox::scenario::file::read(&name, &text).expect("a good file");
        assert_eq!(format!("{}.toml", scenario.name), name);
        assert!(scenario.description.is_some(), "{name} has a description");
    }
}

#[test]
fn every_scenario_in_the_readme_loads() {
    let mut rest = README;
    let mut count = 0;
    while let Some((_, block)) = rest.split_once("```toml\n") {
        let (text, after) = block.split_once("```").expect("a closed block");
        momo_sandbox::scenario::file::read("README.md", text).expect("a good example");
        rest = after;
        count += 1;
    }
    assert!(count > 0);
}

fn block_that_contains(words: &str) -> String {
    README
        .split("```sh\n")
        .skip(1)
        .map(|block| block.split("```").next().expect("a block"))
        .find(|block| block.contains(words))
        .expect("the block")
        .to_owned()
}
