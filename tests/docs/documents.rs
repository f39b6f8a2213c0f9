//! What the README says is true: its tour runs, its tables are those of the code.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use clap::CommandFactory;
use momo_sandbox::cli::arguments::Arguments;
use momo_sandbox::control;
use momo_sandbox::documents::openapi::Documents;
use momo_sandbox::engine::clock::Clock;
use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::operations::table::OPERATIONS;
use momo_sandbox_core::scenario::builtin::BUILTIN;
use momo_sandbox_core::scenario::description;
use serde_json::Value;

use super::pages;
use crate::support::emulator::{Emulator, Options};

const README: &str = include_str!("../../README.md");

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

/// What is generated is checked in, and stays as it is generated.
#[test]
fn the_generated_documents_are_those_that_are_checked_in() {
    let mut files = vec![
        ("docs/operations.md".to_owned(), pages::operations_page()),
        ("docs/limits.md".to_owned(), pages::limits_page()),
        ("docs/markets.md".to_owned(), pages::markets_page()),
        ("docs/test-values.md".to_owned(), pages::test_values_page()),
    ];
    let schema = serde_json::to_string_pretty(&description::schema()).expect("JSON");
    files.push(("docs/scenario.schema.json".to_owned(), schema + "\n"));
    for (name, document) in documents() {
        let text = serde_json::to_string_pretty(document).expect("JSON");
        files.push((format!("docs/openapi/{name}.json"), text + "\n"));
    }
    for (file, text) in files {
        compare_or_update(&file, &text);
    }
}

/// Holds a generated file to what is generated now, or writes it where a developer asks for that.
pub fn compare_or_update(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if is_updating() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("written");
        return;
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == text, "{file} is stale: MOMO_SANDBOX_UPDATE_DOCS=1 cargo test docs");
}

fn documents() -> impl Iterator<Item = (&'static str, &'static Value)> {
    static DOCUMENTS: LazyLock<Documents> = LazyLock::new(|| Documents::of(&SANDBOX));
    let named = |(name, _)| (name, DOCUMENTS.named(name).expect("a document"));
    let products = DOCUMENTS.names().map(named);
    products.chain([(control::openapi::NAME, control::openapi::document())])
}

#[expect(clippy::disallowed_methods, reason = "the one thing that only a developer asks for")]
fn is_updating() -> bool {
    std::env::var_os("MOMO_SANDBOX_UPDATE_DOCS").is_some()
}

/// All that a part of a document refers to.
fn references(part: &Value) -> Vec<&str> {
    match part {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match value.as_str() {
                Some(to) if name == "$ref" => vec![to],
                _ => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn what_a_document_refers_to_is_in_it() {
    for (name, document) in documents() {
        let all = references(document);
        assert!(name == "control" || !all.is_empty(), "{name} refers to nothing");
        for to in all {
            let pointer = to.strip_prefix('#').expect("a reference within the document");
            assert!(document.pointer(pointer).is_some(), "{name}: there is no {to}");
        }
    }
}

#[test]
fn an_answer_that_may_have_a_body_or_none_is_described_as_such() {
    let (_, collection) = documents().find(|(name, _)| *name == "collection").expect("there");
    let answers = |path: &str| &collection["paths"][path]["post"]["responses"];
    let pay = answers("/v1_0/requesttopay");
    for status in ["401", "500"] {
        assert_eq!(pay[status]["x-may-be-empty"], true, "{status}");
        assert!(pay[status]["content"]["application/json"].is_object(), "{status}");
    }
    assert_eq!(
        (&pay["400"]["x-may-be-empty"], &pay["400"]["content"]),
        (&Value::Null, &Value::Null)
    );
    let token = &answers("/token/")["500"];
    assert_eq!(token["x-may-be-empty"], Value::Null);
    assert!(token["content"]["application/json"].is_object());
}

#[tokio::test]
async fn the_documents_are_served_as_they_are_checked_in() {
    let emulator = Emulator::start().await;
    for (name, document) in documents() {
        let served = emulator.control(&format!("openapi/{name}.json")).await;
        assert_eq!(&served, document, "{name}");
    }
    let unknown = reqwest::get(format!("{}/_sandbox/openapi/x.json", emulator.url)).await;
    let unknown = unknown.expect("an answer");
    assert_eq!(unknown.status(), 404);
    assert!(unknown.text().await.expect("a body").contains("collection.json"));
}

#[test]
fn the_readme_names_every_operation() {
    for operation in OPERATIONS {
        let version = ["/v1_0/", "/v2_0/", "/oauth2/v1_0/"];
        let path = version.iter().find_map(|version| operation.path.strip_prefix(version));
        let name = path.unwrap_or(operation.path).split('/').find(|part| !part.is_empty());
        let name = name.expect("a name");
        assert!(README.contains(&format!("`{name}`")), "{name} of {}", operation.id);
    }
}

#[test]
fn the_table_of_options_is_that_of_the_code() {
    let command = Arguments::command();
    let serve = command.find_subcommand("serve").expect("the command");
    for flag in serve.get_arguments().filter_map(|flag| flag.get_long()) {
        let begins = [format!("| `--{flag} "), format!("| `--{flag}`")];
        let is_row = |line: &str| begins.iter().any(|begin| line.starts_with(begin));
        assert!(README.lines().any(is_row), "--{flag} has no row in the README");
    }
}

/// The README shows those of requesttopay; docs/test-values.md has all.
#[test]
fn the_table_of_test_numbers_is_that_of_the_code() {
    let page = pages::test_values_page();
    let (_, section) = page.split_once("\n## requesttopay\n").expect("the section");
    let section = section.split("\n## ").next().expect("a section");
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| 4673")).collect();
    assert_eq!(rows.len(), 15);
    for row in rows {
        assert!(README.contains(row), "the README lacks {row}");
    }
}

#[test]
fn every_scenario_of_the_folder_ships_teaches_and_is_in_the_readme() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let entries = std::fs::read_dir(folder).expect("the folder");
    let mut files: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let shipped: Vec<String> =
        BUILTIN.iter().map(|shipped| format!("{}.toml", shipped.name)).collect();
    assert_eq!(files, shipped);
    for shipped in BUILTIN {
        let (name, text) = (shipped.name, shipped.text);
        assert!(README.contains(&format!("| `{name}` |")), "{name}");
        assert!(text.contains("# Teaches:"), "{name} says what it teaches");
    }
}

#[test]
fn every_scenario_in_the_readme_loads() {
    let mut rest = README;
    let mut count = 0;
    while let Some((_, block)) = rest.split_once("```toml\n") {
        let (text, after) = block.split_once("```").expect("a closed block");
        momo_sandbox_core::scenario::read_scenario::read_scenario("README.md", text)
            .expect("a good example");
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
