//! Rules for the sources that neither the compiler nor clippy holds, each looked up line by line.

use std::net::IpAddr;

use crate::support::sources::{root, rust_files};

/// The modules of each crate, bottom to top: a file imports only from modules below its own.
/// `lib.rs`, `main.rs` and `bin` are above all.
const FLOORS: [(&str, &[&str]); 2] = [
    ("core/src/", &["model", "operations", "scenario", "platform", "report"]),
    (
        "src/",
        &[
            "files",
            "scenarios",
            "permits",
            "certificates",
            "server",
            "engine",
            "callback",
            "gateway",
            "documents",
            "control",
            "console",
            "emulator",
            "sandbox",
            "parity",
            "demonstration",
            "cli",
            "internals",
        ],
    ),
];

/// What has an effect and is in the standard library, so that no dependency holds it off the core.
const EFFECTS: &[&str] =
    &["async fn", ".await", "std::fs", "std::net", "std::thread", "std::env", "std::process"];

/// What reads a whole file, or opens one to be read.
const READS_A_FILE: &[&str] =
    &["fs::read(", "fs::read_to_string(", "File::open(", ".read(true)", "tokio::fs"];

const COLUMNS_MAX: usize = 100;
const FILE_LINES_MAX: usize = 500;

/// Sources that name an address of elsewhere in tests that have nothing to send to it with.
const SENDS_NOTHING: &[(&str, &str)] = &[
    ("src/callback/rules.rs", "addresses are told apart, none is connected to"),
    ("src/callback/sources.rs", "the local end of a connection, which cannot be bound"),
    ("src/certificates/distinguished_name.rs", "identifiers of attributes, no addresses"),
    ("src/control/guard.rs", "the Host of requests that nobody sends"),
    ("src/parity/scrubbing.rs", "texts, from which they are taken"),
    ("tests/api/callback_sources.rs", "the local end of a connection, which cannot be bound"),
    ("tests/api/parity/compare.rs", "texts in answers of a stand-in on this machine"),
    ("tests/api/parity/stand_in.rs", "texts in the answers of a stand-in on this machine"),
    ("tests/cli/platforms.rs", "the local end of a connection, which cannot be bound"),
    ("tests/house_rules.rs", "this rule's own examples"),
];

/// A line's number and what is wrong there.
type Violation = (usize, String);

/// Finds what breaks a rule in the file at this path, with this text.
type Rule = fn(&str, &str) -> Vec<Violation>;

/// The lines outside of comments, with their numbers.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The lines above `mod tests`, which is last in its file.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

fn imports_from_above(path: &str, text: &str) -> Vec<Violation> {
    let Some((below_src, floors)) =
        FLOORS.iter().find_map(|(src, floors)| Some((path.strip_prefix(src)?, *floors)))
    else {
        return Vec::new();
    };
    let own = below_src.split('/').next().expect("a first part").trim_end_matches(".rs");
    if ["lib", "main", "bin"].contains(&own) {
        return Vec::new();
    }
    let Some(floor) = floors.iter().position(|name| *name == own) else {
        return vec![(1, format!("the module `{own}` has no place in FLOORS"))];
    };
    let mut found = Vec::new();
    for (number, line) in code(text) {
        if line.contains("super::super::") || line.contains("crate::{") {
            found.push((number, "a path that does not begin with `crate::` and a module".into()));
        }
        for (_, after) in
            line.match_indices("crate::").map(|(at, part)| (at, &line[at + part.len()..]))
        {
            let name = after.split(|c: char| !c.is_alphanumeric() && c != '_').next();
            if floors[floor + 1..].contains(&name.unwrap_or_default()) {
                found.push((number, format!("`{own}` imports from above: {}", line.trim())));
            }
        }
    }
    found
}

fn effects_in_the_core(path: &str, text: &str) -> Vec<Violation> {
    if path.starts_with("core/src/") { lines_with(EFFECTS, text) } else { Vec::new() }
}

fn files_read_elsewhere(path: &str, text: &str) -> Vec<Violation> {
    let is_program = path.starts_with("src/") && !path.starts_with("src/files");
    if is_program { lines_with(READS_A_FILE, without_tests(text)) } else { Vec::new() }
}

/// Messages that name a file of this repository, which a user of the binary does not have.
fn messages_naming_sources(path: &str, text: &str) -> Vec<Violation> {
    let shows_messages = ["core/src/scenario/", "src/cli/"].iter().any(|at| path.starts_with(at));
    let is_source = |line: &str| line.contains("docs/") || line.contains("scenarios/");
    if !shows_messages {
        return Vec::new();
    }
    let found = code(without_tests(text)).filter(|(_, line)| is_source(line));
    found.map(|(number, line)| (number, line.trim().to_owned())).collect()
}

fn lines_with(words: &[&str], text: &str) -> Vec<Violation> {
    let found = code(text).filter(|(_, line)| words.iter().any(|word| line.contains(word)));
    found.map(|(number, line)| (number, line.trim().to_owned())).collect()
}

/// Addresses of elsewhere in a source whose tests do not see to it that none is reached.
fn outside_addresses(path: &str, text: &str) -> Vec<Violation> {
    let is_pure = SENDS_NOTHING.iter().any(|(pure, _)| *pure == path);
    if is_pure || text.contains("with_loopback_only(") {
        return Vec::new();
    }
    let is_outside = |word: &&str| {
        let address = word.trim_end_matches(['.', ':']).parse::<IpAddr>();
        address.is_ok_and(|address| !address.is_loopback() && !address.is_unspecified())
    };
    let mut found = Vec::new();
    for (number, line) in code(text).filter(|(_, line)| line.contains('"')) {
        for word in line.split(|c: char| !c.is_alphanumeric() && !"_:.".contains(c)) {
            // An address may have something before it and a port behind, each with a colon.
            let parts = word.split(':').filter(|part| *part != word);
            let outside = std::iter::once(word).chain(parts).filter(is_outside);
            found.extend(outside.map(|word| (number, format!("the address {word}"))));
        }
    }
    found
}

fn long_lines(_: &str, text: &str) -> Vec<Violation> {
    let columns = text.lines().map(|line| line.chars().count()).enumerate();
    let long = columns.filter(|(_, columns)| *columns > COLUMNS_MAX);
    long.map(|(index, columns)| (index + 1, format!("{columns} columns"))).collect()
}

fn long_files(_: &str, text: &str) -> Vec<Violation> {
    let count = text.lines().count();
    if count > FILE_LINES_MAX { vec![(count, format!("{count} lines"))] } else { Vec::new() }
}

fn missing_introduction(_: &str, text: &str) -> Vec<Violation> {
    if text.starts_with("//!") { Vec::new() } else { vec![(1, "no `//!` at the top".into())] }
}

/// Holds the sources in these folders to a rule.
#[track_caller]
fn hold(rule: Rule, folders: &[&str], remedy: &str) {
    let files: Vec<_> =
        folders.iter().flat_map(|folder| rust_files(&root().join(folder))).collect();
    assert!(files.len() > 40, "the sources were not found: {}", files.len());
    let mut message = String::new();
    for file in files {
        let path = file.strip_prefix(root()).expect("below the root").display().to_string();
        let text = std::fs::read_to_string(&file).expect("a source");
        for (line, found) in rule(&path, &text) {
            message.push_str(&format!("{path}:{line}: {found}; {remedy}\n"));
        }
    }
    assert!(message.is_empty(), "\n{message}");
}

const SOURCES: &[&str] = &["core/src", "src"];

#[test]
fn a_file_imports_only_from_modules_below_its_own() {
    hold(imports_from_above, SOURCES, "pass the value in, or move it down");
}

#[test]
fn the_core_has_no_effects() {
    hold(effects_in_the_core, SOURCES, "take the value as an argument, or do it in the program");
}

#[test]
fn files_are_read_in_one_place() {
    hold(files_read_elsewhere, SOURCES, "read it by `crate::files`, which limits its size");
}

#[test]
fn a_test_that_names_an_address_of_elsewhere_runs_with_loopback_only() {
    let remedy = "run its test by `with_loopback_only`, or say in SENDS_NOTHING why not";
    hold(outside_addresses, &["core", "src", "tests", "benches", "examples"], remedy);
}

#[test]
fn no_line_is_longer_than_100_columns() {
    hold(long_lines, SOURCES, "break it");
}

#[test]
fn no_file_is_longer_than_500_lines() {
    hold(long_files, SOURCES, "split it");
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    hold(missing_introduction, SOURCES, "say what the file is for");
}

#[test]
fn no_message_names_a_file_that_only_this_repository_has() {
    let remedy = "name a command, such as `momosandbox scenarios NAME`, or a page of the emulator";
    hold(messages_naming_sources, SOURCES, remedy);
}

#[test]
fn each_rule_finds_a_planted_violation() {
    let lines = |rule: Rule, path: &str, text: &str| -> Vec<usize> {
        rule(path, text).into_iter().map(|(line, _)| line).collect()
    };
    let imports = "use crate::cli::x;\n// crate::cli\nf(crate::engine::y);\nuse crate::{cli};\n";
    assert_eq!(lines(imports_from_above, "src/gateway/a.rs", imports), [1, 4]);
    assert_eq!(lines(imports_from_above, "src/files.rs", imports), [1, 3, 4]);
    assert_eq!(lines(imports_from_above, "src/unknown/a.rs", ""), [1]);
    assert!(imports_from_above("src/main.rs", imports).is_empty());
    assert_eq!(lines(imports_from_above, "core/src/model/a.rs", "use crate::report;\n"), [1]);
    assert_eq!(lines(effects_in_the_core, "core/src/a.rs", "//\nstd::fs::read(x)\n"), [2]);
    let reading = "fs::read(x)\n#[cfg(test)]\nmod tests {\nfs::read(x)\n}\n";
    assert_eq!(lines(files_read_elsewhere, "src/a.rs", reading), [1]);
    assert!(files_read_elsewhere("src/files.rs", reading).is_empty());
    let naming = "// docs/a.md\nhelp(\"see docs/a.md\");\nhelp(\"see scenarios/\");\n";
    assert_eq!(lines(messages_naming_sources, "src/cli/a.rs", naming), [2, 3]);
    assert!(messages_naming_sources("src/gateway/a.rs", naming).is_empty());
    let addresses = "//! \"10.0.0.1\"\nf(\"k:10.0.0.1:80/\");\ng(\"127.0.0.1 ::1 12:30:00\");\n\
                     h(\"[fd00::1]:80\");\n";
    assert_eq!(lines(outside_addresses, "tests/a.rs", addresses), [2, 4]);
    let held = format!("{addresses}with_loopback_only(test, async {{}});\n");
    assert!(outside_addresses("tests/a.rs", &held).is_empty());
    let long = format!("{}\n{}\n", "ä".repeat(100), "ä".repeat(101));
    assert_eq!(lines(long_lines, "a.rs", &long), [2]);
    assert!(long_files("a.rs", &"x\n".repeat(500)).is_empty());
    assert_eq!(lines(long_files, "a.rs", &"x\n".repeat(501)), [501]);
    assert_eq!(lines(missing_introduction, "a.rs", "use x;\n"), [1]);
}
