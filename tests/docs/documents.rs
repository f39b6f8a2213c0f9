//! What the README and the pages say is true: the tour runs, the tables are those of the code.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use clap::CommandFactory;
use momo_sandbox::internals::cli::CommandLine;
use momo_sandbox::internals::control;
use momo_sandbox::internals::documents::Documents;
use momo_sandbox::internals::engine::Clock;
use momo_sandbox::internals::scenarios::BUILTIN;
use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::operations::table::OPERATIONS;
use momo_sandbox_core::report::rules::RuleId;
use momo_sandbox_core::scenario::{description, test_values};
use serde_json::Value;
use strum::VariantArray;

use super::{command_line_page, contract, errors_page, pages};
use crate::support::emulator::{Emulator, Options};
use crate::support::listener::CallbackListener;

const README: &str = include_str!("../../README.md");

/// As many lines as a reader takes in at once.
const README_LINES_MAX: usize = 150;

const PAGES: &[(&str, &str)] = &[
    ("README.md", README),
    ("docs/audit.md", include_str!("../../docs/audit.md")),
    ("docs/callbacks.md", include_str!("../../docs/callbacks.md")),
    ("docs/command-line.md", include_str!("../../docs/command-line.md")),
    ("docs/console.md", include_str!("../../docs/console.md")),
    ("docs/containers.md", include_str!("../../docs/containers.md")),
    ("docs/contract.md", include_str!("../../docs/contract.md")),
    ("docs/control.md", include_str!("../../docs/control.md")),
    ("docs/emulation.md", include_str!("../../docs/emulation.md")),
    ("docs/errors.md", include_str!("../../docs/errors.md")),
    ("docs/existing-clients.md", include_str!("../../docs/existing-clients.md")),
    ("docs/rust.md", include_str!("../../docs/rust.md")),
    ("docs/scenarios.md", include_str!("../../docs/scenarios.md")),
    ("SECURITY.md", include_str!("../../SECURITY.md")),
];

fn page(name: &str) -> &'static str {
    PAGES.iter().find(|(page, _)| *page == name).expect("a page").1
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_works_when_pasted() {
    let emulator = Emulator::with(Options { clock: Clock::real(), ..Options::default() }).await;
    let mut listener = CallbackListener::start().await;
    let tour = block_that_contains("# 1. Provision an API user");
    let script = tour.replace("http://127.0.0.1:4673", &emulator.url);
    assert_ne!(script, tour, "the tour names the default address");
    let script =
        script.replace("localhost:8080", &format!("localhost:{}", listener.address.port()));
    let output = tokio::task::spawn_blocking(move || {
        Command::new("bash").args(["-euc", &script]).output().expect("bash runs")
    })
    .await
    .expect("a finished tour");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<&str> = text.lines().collect();
    let [first, _, missed, second, balance, _, found] = lines[..] else {
        panic!("seven lines: {text}");
    };
    let [first, second, balance] =
        [first, second, balance].map(|line| serde_json::from_str::<Value>(line).expect(line));
    for status in [&first, &second] {
        assert_eq!(status["status"], "SUCCESSFUL");
        assert_eq!(status["amount"], "12.5");
    }
    assert_eq!(balance["availableBalance"], "1025");
    assert!(missed.contains("1 payment, 12.5 EUR"), "{missed}");
    assert!(found.starts_with("All money is accounted for"), "{found}");
    let arrived = listener.arrived();
    assert_eq!(arrived.len(), 1, "one callback, and one that is missed: {arrived:?}");
    for (order, callback) in [("order-1", "answered"), ("order-2", "lost")] {
        let found = emulator.control(&format!("transactions?external_id={order}")).await;
        assert_eq!(found["transactions"][0]["callback"], callback, "{found}");
    }
}

#[test]
fn the_readme_is_one_page() {
    let lines = README.lines().count();
    assert!(lines <= README_LINES_MAX, "{lines} lines");
}

/// What is generated is checked in, and stays as it is generated.
#[test]
fn the_generated_documents_are_those_that_are_checked_in() {
    let mut files = vec![
        ("docs/command-line.md".to_owned(), command_line_page::page()),
        ("docs/errors.md".to_owned(), errors_page::page()),
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
    static DOCUMENTS: LazyLock<Documents> = LazyLock::new(|| Documents::of(&SANDBOX, None));
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

/// Each place of a part where a schema's `properties` are something else than an object.
fn broken_properties(part: &Value, place: &str) -> Vec<String> {
    let members: Vec<(String, &Value)> = match part {
        Value::Object(members) => members.iter().map(|(name, one)| (name.clone(), one)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(number, one)| (number.to_string(), one)).collect()
        }
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for (name, value) in members {
        let place = format!("{place}/{name}");
        if name == "properties" && !value.is_object() {
            found.push(place.clone());
        }
        found.extend(broken_properties(value, &place));
    }
    found
}

#[test]
fn the_properties_of_each_schema_are_an_object() {
    for (name, document) in documents() {
        assert_eq!(broken_properties(document, name), [""; 0]);
    }
    let planted = serde_json::json!({"schemas": [{"properties": null}]});
    assert_eq!(broken_properties(&planted, "x"), ["x/schemas/0/properties"]);
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
fn the_page_of_what_is_emulated_names_every_operation() {
    let page = page("docs/emulation.md");
    for operation in OPERATIONS {
        let version = ["/v1_0/", "/v2_0/", "/oauth2/v1_0/"];
        let path = version.iter().find_map(|version| operation.path.strip_prefix(version));
        let name = path.unwrap_or(operation.path).split('/').find(|part| !part.is_empty());
        let name = name.expect("a name");
        assert!(page.contains(&format!("`{name}`")), "{name} of {}", operation.id);
    }
}

#[test]
fn the_table_of_options_is_that_of_the_code() {
    let command = CommandLine::command();
    let serve = command.find_subcommand("serve").expect("the command");
    let page = page("docs/command-line.md");
    for flag in serve.get_arguments().filter_map(|flag| flag.get_long()) {
        let begins = [format!("| `--{flag} "), format!("| `--{flag}`")];
        let is_row = |line: &str| begins.iter().any(|begin| line.starts_with(begin));
        assert!(page.lines().any(is_row), "--{flag} has no row in docs/command-line.md");
    }
}

/// docs/scenarios.md shows those of requesttopay; docs/test-values.md has all.
#[test]
fn the_table_of_test_numbers_is_that_of_the_code() {
    let all = pages::test_values_page();
    let (_, section) = all.split_once("\n## requesttopay\n").expect("the section");
    let section = section.split("\n## ").next().expect("a section");
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| 4673")).collect();
    assert_eq!(rows.len(), 15);
    for row in rows {
        assert!(page("docs/scenarios.md").contains(row), "docs/scenarios.md lacks {row}");
    }
}

#[test]
fn every_scenario_of_the_folder_ships_teaches_and_is_on_its_page() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let entries = std::fs::read_dir(folder).expect("the folder");
    let mut files: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    // MTN's test values are part of the core.
    let of_the_folder = BUILTIN.iter().filter(|shipped| shipped.name != test_values::NAME);
    let shipped: Vec<String> =
        of_the_folder.map(|shipped| format!("{}.toml", shipped.name)).collect();
    assert_eq!(files, shipped);
    for shipped in BUILTIN {
        let (name, text) = (shipped.name, shipped.text);
        assert!(page("docs/scenarios.md").contains(&format!("| `{name}` |")), "{name}");
        assert!(text.contains("# Teaches:"), "{name} says what it teaches");
    }
}

#[test]
fn every_scenario_on_a_page_loads() {
    let mut count = 0;
    for name in ["README.md", "docs/scenarios.md"] {
        let mut rest = page(name);
        while let Some((_, block)) = rest.split_once("```toml\n") {
            let (text, after) = block.split_once("```").expect("a closed block");
            momo_sandbox_core::scenario::read_scenario::read_scenario(name, text)
                .expect("a good example");
            rest = after;
            count += 1;
        }
    }
    assert!(count > 3);
}

#[test]
fn every_rule_of_the_audit_is_on_its_page() {
    let page = page("docs/audit.md");
    for rule in RuleId::VARIANTS {
        let row = format!("| `{}` | {} |", rule.name(), rule.wants());
        assert!(page.contains(&row), "docs/audit.md lacks {row}");
    }
}

/// Links to files and to headings, on all pages.
#[test]
fn every_link_between_pages_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for (name, text) in PAGES {
        let folder = root.join(name).parent().expect("a folder").to_owned();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { root.join(name) } else { folder.join(file) };
            assert!(path.exists(), "{name}: there is no {target}");
            if !heading.is_empty() {
                let linked = std::fs::read_to_string(&path).expect("a page");
                let has = contract::anchors_of(&linked).contains(heading);
                assert!(has, "{name}: there is no {target}");
            }
            count += 1;
        }
    }
    assert!(count > 50, "{count} links");
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
