//! `docs/contract.md`: what cites it finds what it cites, and every rule says how it is known.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/contract.md"));

/// What stands before an anchor of the page, wherever it is cited.
const CITED: &str = "contract.md#";

/// The anchors of the page, as GitHub makes them from its headings.
fn anchors() -> BTreeSet<String> {
    let headings = PAGE.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|character| character.is_alphanumeric() || *character == '-').collect()
}

/// The names behind `#` at the beginning of a text, also further ones after `and` or a comma.
fn cited_at(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '-');
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        names.push(name.to_owned());
        let next = [" and #", ", #"].iter().find_map(|joint| after.strip_prefix(joint));
        let Some(next) = next else { return names };
        rest = next;
    }
}

/// A source in which a citation may go on in the next line of a comment.
fn joined(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line.trim();
        ["///", "//!", "//", "#"].iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line)
    });
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "node_modules", "corpus", "inputs"].contains(&name.as_str()) {
                files(&path, found);
            }
        } else if ["rs", "md", "csv"].iter().any(|end| path.extension().is_some_and(|e| e == *end))
        {
            found.push(path);
        }
    }
}

#[test]
fn every_anchor_that_is_cited_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = vec![root.join("README.md"), root.join("ARCHITECTURE.md")];
    for folder in ["core", "src", "tests", "data", "docs", "benches", "fuzz"] {
        files(&root.join(folder), &mut found);
    }
    let anchors = anchors();
    let mut count = 0;
    for file in found.iter().filter(|file| !file.ends_with("contract.rs")) {
        let text = joined(&std::fs::read_to_string(file).expect("a text"));
        assert!(!text.contains("contract, section"), "{} cites by section", file.display());
        for (at, _) in text.match_indices(CITED) {
            for name in cited_at(&text[at + CITED.len()..]) {
                assert!(anchors.contains(&name), "{}: there is no #{name}", file.display());
                count += 1;
            }
        }
    }
    assert!(count > 150, "{count} citations");
}

#[test]
fn every_link_within_the_page_leads_somewhere() {
    let anchors = anchors();
    let targets = PAGE.split("](#").skip(1).filter_map(|rest| rest.split(')').next());
    for target in targets {
        assert!(anchors.contains(target), "there is no #{target}");
    }
}

/// The rules: the items of lists, from the operations to what stands before the recordings.
fn rules() -> Vec<String> {
    let (_, rules) = PAGE.split_once("\n## Operations\n").expect("the first section of rules");
    let (rules, _) = rules.split_once("\n## Recordings\n").expect("the last section");
    let mut found: Vec<String> = Vec::new();
    let mut is_in = false;
    for line in rules.lines() {
        let number = line.split_once(". ").is_some_and(|(n, _)| n.parse::<u8>().is_ok());
        if line.starts_with("- ") || number {
            found.push(line.to_owned());
            is_in = true;
        } else if line.starts_with(' ') && is_in {
            let last = found.last_mut().expect("an item");
            last.push(' ');
            last.push_str(line.trim());
        } else if !line.is_empty() {
            is_in = false;
        }
    }
    found
}

#[test]
fn every_rule_ends_with_its_grade() {
    let rules = rules();
    assert!(rules.len() > 80, "{} rules", rules.len());
    for rule in rules {
        let evidence = rule.rsplit_once("*(").and_then(|(_, end)| end.strip_suffix(")*"));
        let evidence = evidence.unwrap_or_else(|| panic!("no grade: {rule}"));
        let grades = ["measured", "documented", "seen", "chosen"];
        assert!(grades.iter().any(|grade| evidence.starts_with(grade)), "no grade: {rule}");
        let is_dated = evidence.contains("20") || !evidence.contains("measured");
        assert!(is_dated, "measured without a year: {rule}");
    }
}

#[test]
fn every_recording_that_is_named_is_in_the_corpus() {
    let corpus = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/recordings.jsonl"));
    let ids: BTreeSet<String> = corpus
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .map(|recording| recording["id"].as_str().expect("an id").to_owned())
        .collect();
    let mut count = 0;
    for rule in rules() {
        let Some((_, evidence)) = rule.rsplit_once("*(") else { continue };
        for name in evidence.split('`').skip(1).step_by(2).filter(|name| name.contains("-20")) {
            assert!(ids.contains(name), "there is no recording {name}");
            count += 1;
        }
    }
    assert!(count > 60, "{count} recordings");
}
