//! `ARCHITECTURE.md` names what is there: modules, files, functions, and how many files a walk has.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::sources::root;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/ARCHITECTURE.md"));

/// The folders in which a path of the page may begin.
const BASES: [&str; 4] = ["", "src", "core/src", "tests"];

/// The endings of files, and of nothing else that stands between backticks.
const ENDINGS: [&str; 8] = [".rs", ".md", ".toml", ".csv", ".jsonl", ".js", ".py", ".yml"];

/// The texts between backticks, without blocks of code.
fn quoted(page: &str) -> Vec<&str> {
    let prose = page.split("```").step_by(2);
    prose.flat_map(|part| part.split('`').skip(1).step_by(2)).collect()
}

fn is_file_name(text: &str) -> bool {
    let is_path = |c: char| c.is_alphanumeric() || "_-./".contains(c);
    text.chars().all(is_path)
        && !text.starts_with('/')
        && (text.ends_with('/') || ENDINGS.iter().any(|ending| text.ends_with(ending)))
}

fn is_module_path(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    text.contains("::") && text.trim_end_matches("()").split("::").all(is_name)
}

/// Where a file or folder of the page is.
fn located(name: &str) -> Option<PathBuf> {
    BASES.iter().map(|base| root().join(base).join(name)).find(|path| path.exists())
}

/// The source of the module at the beginning of a path, and the names behind it.
fn module(path: &str) -> Option<(String, Vec<&str>)> {
    let mut names: Vec<&str> = path.trim_end_matches("()").split("::").collect();
    let mut inner = Vec::new();
    while !names.is_empty() {
        let below = names.join("/");
        for source in [format!("{below}.rs"), format!("{below}/mod.rs")] {
            let found = located(&source).filter(|found| !found.starts_with(root().join("tests")));
            if let Some(found) = found {
                return Some((std::fs::read_to_string(found).expect("a source"), inner));
            }
        }
        inner.insert(0, names.pop().expect("a name"));
    }
    None
}

/// Whether a source defines or exports this name.
fn has_item(source: &str, name: &str) -> bool {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut words = code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.any(|word| word == name)
}

fn is_there(path: &str) -> bool {
    module(path).is_some_and(|(source, inner)| inner.iter().all(|name| has_item(&source, name)))
}

/// What the page names and is not there.
fn missing(page: &str) -> Vec<&str> {
    let is_missing = |text: &&str| {
        (is_file_name(text) && located(text).is_none()) || (is_module_path(text) && !is_there(text))
    };
    quoted(page).into_iter().filter(is_missing).collect()
}

#[test]
fn every_module_and_file_that_is_named_is_there() {
    assert_eq!(missing(PAGE), Vec::<&str>::new());
    let named = quoted(PAGE);
    let count = |is: fn(&str) -> bool| named.iter().filter(|text| is(text)).count();
    assert!(count(is_file_name) > 100, "{} files", count(is_file_name));
    assert!(count(is_module_path) > 30, "{} modules", count(is_module_path));
}

#[test]
fn what_is_not_there_is_found() {
    let page = "`gateway::admission` `gateway::checks` `engine::spaces::Spaces` `src/nowhere.rs`\n\
                `engine::spaces::Houses` `gateway/admission.rs` `platform::state::Platform`\n\
                `house::rules` ```text\n`src/never.rs`\n``` `tests/nowhere/`";
    let expected = [
        "gateway::checks",
        "src/nowhere.rs",
        "engine::spaces::Houses",
        "house::rules",
        "tests/nowhere/",
    ];
    assert_eq!(missing(page), expected);
}

/// The first cells of the rows of tables whose head begins with `module`.
fn modules_in_tables() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut is_in = false;
    for line in PAGE.lines() {
        is_in = line.starts_with("| module |") || (is_in && line.starts_with('|'));
        if let Some(name) = line.strip_prefix("| `").filter(|_| is_in) {
            found.insert(name.split('`').next().unwrap_or_default().to_owned());
        }
    }
    found
}

#[test]
fn the_tables_have_every_module_of_both_crates() {
    let mut there = BTreeSet::new();
    for folder in ["src", "core/src"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
            there.insert(name.trim_end_matches(".rs").to_owned());
        }
    }
    for above_all in ["lib", "main", "bin"] {
        there.remove(above_all);
    }
    assert_eq!(modules_in_tables(), there);
}

/// The files of a leg of the walk, each with its functions: the numbered list below this heading, in
/// which functions follow their file.
fn files_of_leg(heading: &str) -> Vec<(&'static str, Vec<&'static str>)> {
    let (_, rest) = PAGE.split_once(&format!("\n### {heading}\n")).expect("the heading");
    let section = rest.split("\n#").next().unwrap_or_default();
    let is_item =
        |line: &&str| line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok());
    let mut files: Vec<(&str, Vec<&str>)> = Vec::new();
    for name in section.lines().filter(is_item).flat_map(|item| item.split('`').skip(1).step_by(2))
    {
        match (name.strip_suffix("()"), files.last_mut()) {
            (Some(function), Some((_, functions))) => functions.push(function),
            _ if name.ends_with(".rs") => files.push((name, Vec::new())),
            _ => {}
        }
    }
    files
}

#[test]
fn the_walk_names_functions_of_its_files_and_counts_them() {
    for heading in ["From the socket to the 202", "From the due stage to the listener"] {
        let leg = files_of_leg(heading);
        let files: BTreeSet<&str> = leg.iter().map(|(file, _)| *file).collect();
        assert_eq!(files.len(), leg.len(), "{heading}: a file is listed twice");
        let counted = format!("\n### {heading}\n\n{} files,", leg.len());
        assert!(PAGE.contains(&counted), "the page does not say {}: {counted}", leg.len());
        for (file, functions) in leg {
            assert!(!functions.is_empty(), "{file}: no function");
            let path = located(file).unwrap_or_else(|| panic!("there is no {file}"));
            check_functions(&path, &functions);
        }
    }
}

#[track_caller]
fn check_functions(path: &Path, functions: &[&str]) {
    let source = std::fs::read_to_string(path).expect("a source");
    for name in functions {
        let is_defined = [format!("fn {name}("), format!("fn {name}<")];
        let is_defined = is_defined.iter().any(|text| source.contains(text));
        assert!(is_defined, "{} has no function {name}", path.display());
    }
}
