//! The rules of the house, read off the sources: who may import whom, what the core may not touch,
//! how long things may get. Each rule is proven on a planted violation.

use std::fmt::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// The floors, bottom to top; `lib.rs` and `main.rs` are above all.
const FLOORS: &[&str] = &[
    "model",
    "operations",
    "scenario",
    "platform",
    "files",
    "certificates",
    "engine",
    "callback",
    "server",
    "gateway",
    "documents",
    "report",
    "control",
    "console",
    "emulator",
    "parity",
    "demonstration",
    "cli",
];

/// The floors that decide and do nothing else: no tasks, locks, clock, files, sockets.
const CORE: &[&str] = &["model", "operations", "scenario", "platform", "report"];

const NOT_IN_CORE: &[&str] = &[
    "async fn",
    ".await",
    "tokio::",
    "hyper::",
    "Mutex",
    "RwLock",
    "::now()",
    "std::fs",
    "std::net",
    "std::thread",
    "std::env::",
];

const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "dbg!", "TODO", "FIXME"];

const COLUMNS_MAX: usize = 100;
const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

const BANNED_METHODS: &[&str] = &[
    "std::time::Instant::now",
    "std::time::SystemTime::now",
    "std::env::var",
    "uuid::Uuid::new_v4",
];

/// Sources that name an address of elsewhere in tests that have nothing to send to it with.
const SENDS_NOTHING: &[(&str, &str)] = &[
    ("src/callback/rules.rs", "addresses are told apart, none is connected to"),
    ("src/certificates/distinguished_name.rs", "identifiers of attributes, no addresses"),
    ("src/control/guard.rs", "the Host of requests that nobody sends"),
    ("src/parity/scrubbing.rs", "texts, from which they are taken"),
    ("tests/api/parity/compare.rs", "texts in answers of a stand-in on this machine"),
    ("tests/api/parity/stand_in.rs", "texts in the answers of a stand-in on this machine"),
    ("tests/house_rules.rs", "this rule's own examples"),
];

/// A place that breaks a rule.
#[derive(Debug, PartialEq)]
struct Violation {
    line: usize,
    found: String,
    remedy: &'static str,
}

impl Violation {
    fn new(line: usize, found: impl Into<String>, remedy: &'static str) -> Self {
        Self { line, found: found.into(), remedy }
    }
}

/// Finds what breaks a rule in the file at this path below `src/`, with this text.
type Checker = fn(&str, &str) -> Vec<Violation>;

fn imports_from_above(path: &str, text: &str) -> Vec<Violation> {
    let Some(floor) = floor_of(path) else { return Vec::new() };
    let Some(own) = FLOORS.iter().position(|name| *name == floor) else {
        let found = format!("the module `{floor}`, which is on no floor");
        return vec![Violation::new(1, found, "give it a place in FLOORS of tests/house_rules.rs")];
    };
    let code = without_comments_and_literals(text);
    let mut violations = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        for name in names_imported(&code[at + "crate::".len()..]) {
            if FLOORS[own + 1..].contains(&name) {
                let remedy = "import only from floors below: pass the value in, or move it down";
                let found = format!("`crate::{name}` on the floor `{floor}`");
                violations.push(Violation::new(line_of(&code, at), found, remedy));
            }
        }
    }
    for (at, found) in code.match_indices("super::super::") {
        let remedy = "begin the path with `crate::`, so that its floor is seen";
        violations.push(Violation::new(line_of(&code, at), format!("`{found}`"), remedy));
    }
    violations
}

/// The first names of a path, or of each path in a `{group}`.
fn names_imported(path: &str) -> Vec<&str> {
    let Some(group) = path.strip_prefix('{') else { return vec![identifier(path)] };
    let (mut depth, mut names) = (0, vec![identifier(group)]);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(identifier(&group[at + 1..])),
            _ => {}
        }
    }
    names
}

fn identifier(text: &str) -> &str {
    let text = text.trim_start();
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// The floor of a file; `None` above all.
fn floor_of(path: &str) -> Option<&str> {
    let first = path.split('/').next().expect("a first part");
    Some(first.strip_suffix(".rs").unwrap_or(first)).filter(|name| !["lib", "main"].contains(name))
}

fn effects_in_core(path: &str, text: &str) -> Vec<Violation> {
    if !floor_of(path).is_some_and(|floor| CORE.contains(&floor)) {
        return Vec::new();
    }
    let remedy =
        "the core only decides: take the value as an argument, or do it in `engine` or above";
    occurrences(&without_comments_and_literals(text), NOT_IN_CORE, remedy)
}

/// Addresses of elsewhere in a source whose tests do not see to it that none is reached.
fn outside_addresses(path: &str, text: &str) -> Vec<Violation> {
    let is_pure = SENDS_NOTHING.iter().any(|(pure, _)| *pure == path);
    if is_pure || text.contains("with_loopback_only(") {
        return Vec::new();
    }
    let is_part = |c: char| c.is_alphanumeric() || "_:.".contains(c);
    let is_outside = |word: &&str| {
        let address = word.trim_end_matches(['.', ':']).parse::<IpAddr>();
        address.is_ok_and(|address| !address.is_loopback() && !address.is_unspecified())
    };
    let quoted = |line: &str| line.contains('"') && !line.trim_start().starts_with("//");
    let of_line = |(index, line): (usize, &str)| {
        let words = line.split(|c: char| !is_part(c)).flat_map(with_and_without_what_is_beside);
        let found: Vec<_> = words.filter(is_outside).map(str::to_owned).collect();
        found.into_iter().map(move |word| {
            let remedy = "run its test by `with_loopback_only`, or say in SENDS_NOTHING why not";
            Violation::new(index + 1, format!("the address {word}"), remedy)
        })
    };
    text.lines().enumerate().filter(|(_, line)| quoted(line)).flat_map(of_line).collect()
}

/// An address may have something before it and a port behind, each with a colon.
fn with_and_without_what_is_beside(word: &str) -> impl Iterator<Item = &str> {
    let parts = word.split(':').filter(move |part| *part != word);
    std::iter::once(word).chain(parts)
}

/// What reads a whole file, or opens one to be read.
const READS_A_FILE: &[&str] =
    &["fs::read(", "fs::read_to_string(", "File::open(", ".read(true)", "tokio::fs"];

fn reads_round_the_door(path: &str, text: &str) -> Vec<Violation> {
    let code = without_comments_and_literals(text);
    let tests = tests_module(&code);
    let remedy = "read it by `crate::files`: regular files only, and no more than a limit";
    let mut found =
        if path == "files.rs" { Vec::new() } else { occurrences(&code, READS_A_FILE, remedy) };
    found.retain(|violation| !tests.contains(&violation.line));
    found
}

fn unfinished_work(_: &str, text: &str) -> Vec<Violation> {
    occurrences(text, UNFINISHED, "finish it, or take it out")
}

fn occurrences(text: &str, parts: &[&str], remedy: &'static str) -> Vec<Violation> {
    let found_in = |(index, line): (usize, &str)| {
        let found = parts.iter().filter(|part| line.contains(**part));
        found.map(|part| Violation::new(index + 1, format!("`{part}`"), remedy)).collect::<Vec<_>>()
    };
    text.lines().enumerate().flat_map(found_in).collect()
}

fn long_lines(_: &str, text: &str) -> Vec<Violation> {
    let columns = text.lines().map(|line| line.chars().count()).enumerate();
    columns
        .filter(|(_, columns)| *columns > COLUMNS_MAX)
        .map(|(index, columns)| {
            Violation::new(index + 1, format!("{columns} columns"), "break it: at most 100 columns")
        })
        .collect()
}

fn long_files(_: &str, text: &str) -> Vec<Violation> {
    let count = text.lines().count();
    if count <= FILE_LINES_MAX {
        return Vec::new();
    }
    vec![Violation::new(count, format!("{count} lines"), "split the file: at most 500 lines")]
}

fn long_functions(_: &str, text: &str) -> Vec<Violation> {
    let code = without_comments_and_literals(text);
    let tests = tests_module(&code);
    let mut violations = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let line = line_of(&code, at);
        let starts = code[..at].rsplit('\n').next().expect("a line").trim();
        let qualifies = |word: &str| word.starts_with("pub") || ["const", "async"].contains(&word);
        if !starts.split_whitespace().all(qualifies) || tests.contains(&line) {
            continue;
        }
        let length = line_of(&code, at + end_of_item(&code[at..])) - line + 1;
        if length > FUNCTION_LINES_MAX {
            let name = identifier(&code[at + "fn ".len()..]);
            let found = format!("`fn {name}` of {length} lines");
            violations.push(Violation::new(line, found, "split it: at most 70 lines"));
        }
    }
    violations
}

/// The lines of `mod tests`; none without one.
fn tests_module(code: &str) -> std::ops::Range<usize> {
    match code.find("#[cfg(test)]\nmod tests {") {
        Some(at) => line_of(code, at)..line_of(code, at + end_of_item(&code[at..])),
        None => 0..0,
    }
}

/// Where an item ends: at the brace that closes its body, or at its semicolon.
fn end_of_item(code: &str) -> usize {
    let (mut depth, mut in_body) = (0_usize, 0_usize);
    for (at, character) in code.char_indices() {
        match character {
            '(' | '[' | '{' => {
                depth += 1;
                in_body += usize::from(character == '{' && depth == 1);
            }
            ')' | ']' | '}' => {
                depth -= 1;
                if depth == 0 && character == '}' && in_body > 0 {
                    return at;
                }
            }
            ';' if depth == 0 => return at,
            _ => {}
        }
    }
    code.len()
}

fn missing_introduction(_: &str, text: &str) -> Vec<Violation> {
    if text.starts_with("//!") {
        return Vec::new();
    }
    let first = text.lines().next().unwrap_or_default();
    vec![Violation::new(1, format!("`{first}`"), "open the file with `//!` and what it is for")]
}

/// `Cargo.toml` must forbid unsafe code.
fn unsafe_allowed(_: &str, text: &str) -> Vec<Violation> {
    let section = text.split("\n[").find(|section| section.starts_with("workspace.lints.rust]"));
    let forbids = |section: &str| section.lines().any(|line| line == "unsafe_code = \"forbid\"");
    if section.is_some_and(forbids) {
        return Vec::new();
    }
    let remedy = "put `unsafe_code = \"forbid\"` under [workspace.lints.rust]";
    vec![Violation::new(1, "no ban on unsafe code", remedy)]
}

/// `clippy.toml` must ban the methods that go round the house's doors.
fn methods_allowed(_: &str, text: &str) -> Vec<Violation> {
    let section = text.split_once("disallowed-methods = [").map_or("", |(_, rest)| rest);
    let section = section.split("\n]").next().unwrap_or_default();
    let bans = |method: &str| {
        let entry = format!("{{ path = \"{method}\"");
        section.lines().any(|line| line.trim_start().starts_with(&entry))
    };
    let missing = BANNED_METHODS.iter().filter(|method| !bans(method));
    missing
        .map(|method| {
            let found = format!("no ban on `{method}`");
            Violation::new(1, found, "put it on disallowed-methods, with the reason")
        })
        .collect()
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The text with comments and the insides of literals taken out; every line stays where it is.
fn without_comments_and_literals(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let after_word = code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let skipped = match next {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => quoted(rest, '"'),
            'r' if !after_word || code.ends_with('b') => raw_string(rest).unwrap_or(0),
            '\'' => character_literal(rest).unwrap_or(0),
            _ => 0,
        };
        if skipped > 0 {
            code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
            rest = &rest[skipped..];
        } else {
            code.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    code
}

/// The length of a literal that begins with its quote.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a raw string, if one begins here.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text[1..].chars().take_while(|c| *c == '#').count();
    let inside = text[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(inside.find(&end).map_or(text.len(), |at| 2 + hashes + at + end.len()))
}

/// The length of a character literal; `None` if it is a lifetime.
fn character_literal(text: &str) -> Option<usize> {
    let mut characters = text.chars().skip(1);
    let escaped = characters.next()? == '\\';
    (escaped || characters.next()? == '\'').then(|| quoted(text, '\''))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source of both crates: its path below `src/`, and its text.
fn sources() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    for src in [root().join("core/src"), root().join("src")] {
        let mut found = Vec::new();
        collect(&src, &mut found);
        found.sort();
        let name = |path: &Path| path.strip_prefix(&src).expect("below src").display().to_string();
        sources.extend(found.into_iter().map(|path| (name(&path), read(&path))));
    }
    sources
}

fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Holds the sources to a rule.
#[track_caller]
fn hold(checker: Checker) {
    let sources = sources();
    assert!(sources.len() > 40, "the sources were not found: {}", sources.len());
    let mut message = String::new();
    for (path, text) in &sources {
        write_violations(&mut message, &format!("src/{path}"), &checker(path, text));
    }
    assert!(message.is_empty(), "\n{message}");
}

/// Holds one file at the root to a rule.
#[track_caller]
fn hold_file(checker: Checker, name: &str) {
    let mut message = String::new();
    write_violations(&mut message, name, &checker(name, &read(&root().join(name))));
    assert!(message.is_empty(), "\n{message}");
}

fn write_violations(message: &mut String, path: &str, violations: &[Violation]) {
    for Violation { line, found, remedy } in violations {
        writeln!(message, "{path}:{line}: {found}; {remedy}").expect("a string takes all");
    }
}

/// What a checker finds, each as `line: found`.
fn found(checker: Checker, path: &str, text: &str) -> Vec<String> {
    let violations = checker(path, text);
    violations.iter().map(|it| format!("{}: {}", it.line, it.found)).collect()
}

#[test]
fn a_file_imports_only_from_floors_below_its_own() {
    hold(imports_from_above);
}

#[test]
fn the_core_has_no_effects() {
    hold(effects_in_core);
}

#[test]
fn a_test_that_names_an_address_of_elsewhere_runs_with_loopback_only() {
    let mut sources = Vec::new();
    for folder in ["core/src", "src", "tests", "benches"] {
        collect(&root().join(folder), &mut sources);
    }
    let clients = root().join("tests/e2e/clients");
    sources.retain(|path| !path.starts_with(&clients));
    assert!(sources.len() > 200, "the sources were not found: {}", sources.len());
    let mut message = String::new();
    for path in &sources {
        let name = path.strip_prefix(root()).expect("below the root").display().to_string();
        write_violations(&mut message, &name, &outside_addresses(&name, &read(path)));
    }
    assert!(message.is_empty(), "\n{message}");
}

#[test]
fn files_are_read_by_one_door() {
    hold(reads_round_the_door);
}

#[test]
fn no_work_is_left_unfinished() {
    hold(unfinished_work);
}

#[test]
fn no_line_is_longer_than_100_columns() {
    hold(long_lines);
}

#[test]
fn no_file_is_longer_than_500_lines() {
    hold(long_files);
}

#[test]
fn no_function_is_longer_than_70_lines() {
    hold(long_functions);
}

#[test]
fn every_file_says_first_what_it_is_for() {
    hold(missing_introduction);
}

#[test]
fn unsafe_code_is_forbidden() {
    hold_file(unsafe_allowed, "Cargo.toml");
}

#[test]
fn clippy_bans_what_goes_round_the_doors_of_time_chance_and_configuration() {
    hold_file(methods_allowed, "clippy.toml");
}

#[test]
fn every_floor_is_there() {
    let sources = sources();
    for floor in FLOORS {
        let there = sources.iter().any(|(path, _)| floor_of(path) == Some(floor));
        assert!(there, "no sources on the floor `{floor}`: is its name still right?");
    }
}

#[test]
fn an_import_from_above_is_found() {
    let text = "//! crate::cli\nuse crate::model::time;\nuse crate::gateway::Gateway;\n\
                use crate::{\n    model::{a, b},\n    cli, engine::x};\n\
                fn f() { crate::control::g(\"crate::cli\") }\nuse super::super::cli;\n";
    let expected = [
        "3: `crate::gateway` on the floor `engine`",
        "4: `crate::cli` on the floor `engine`",
        "7: `crate::control` on the floor `engine`",
        "8: `super::super::`",
    ];
    assert_eq!(found(imports_from_above, "engine/a.rs", text), expected);
    let in_sandbox = ["4: `crate::cli` on the floor `sandbox`", "8: `super::super::`"];
    assert_eq!(found(imports_from_above, "sandbox.rs", text), in_sandbox);
    assert!(found(imports_from_above, "main.rs", text).is_empty());
    let unknown = ["1: the module `cellar`, which is on no floor"];
    assert_eq!(found(imports_from_above, "cellar/mod.rs", ""), unknown);
}

#[test]
fn an_effect_in_the_core_is_found() {
    for effect in NOT_IN_CORE {
        let text =
            format!("//! {effect}\nfn f<'a>() {{ g('\"', '\\''); }} // {effect}\n{effect}\n");
        let expected = [format!("3: `{effect}`")];
        for floor in CORE {
            assert_eq!(found(effects_in_core, &format!("{floor}/a.rs"), &text), expected);
        }
        assert!(found(effects_in_core, "engine/a.rs", &text).is_empty());
    }
}

#[test]
fn an_address_of_elsewhere_is_found() {
    let text = "//! \"10.0.0.1\"\nf(\"key:10.0.0.1:80/\");\ng(\"127.0.0.1 ::1 12:30:00\");\n\
                h(\"[fd00::1]:80\");\n";
    let expected = ["2: the address 10.0.0.1", "4: the address fd00::1"];
    assert_eq!(found(outside_addresses, "tests/a.rs", text), expected);
    assert!(found(outside_addresses, "tests/api/parity/compare.rs", text).is_empty());
    let held = format!("{text}with_loopback_only(test, async {{}});\n");
    assert!(found(outside_addresses, "tests/a.rs", &held).is_empty());
}

#[test]
fn a_file_that_is_read_round_the_door_is_found() {
    for way in READS_A_FILE {
        let text =
            format!("//! {way}\nfn f() {{ {way} }}\n#[cfg(test)]\nmod tests {{\n{way}\n}}\n");
        assert_eq!(found(reads_round_the_door, "cli/a.rs", &text), [format!("2: `{way}`")]);
        assert!(found(reads_round_the_door, "files.rs", &text).is_empty());
    }
}

#[test]
fn unfinished_work_is_found() {
    for word in UNFINISHED {
        let text = format!("//! x\n// {word}\n");
        assert_eq!(found(unfinished_work, "a.rs", &text), [format!("2: `{word}`")]);
    }
}

#[test]
fn a_long_line_is_found() {
    let text = format!("{}\n{}\n", "ü".repeat(100), "x".repeat(101));
    assert_eq!(found(long_lines, "a.rs", &text), ["2: 101 columns"]);
}

#[test]
fn a_long_file_is_found() {
    assert!(found(long_files, "a.rs", &"x\n".repeat(500)).is_empty());
    assert_eq!(found(long_files, "a.rs", &"x\n".repeat(501)), ["501: 501 lines"]);
}

#[test]
fn a_long_function_is_found() {
    let function = |lines: usize| {
        let body = "        g(\"}\", [1; 2]); // }\n".repeat(lines - 3);
        format!("    pub async fn long(\n        a: [u8; 2]) {{\n{body}    }}\n")
    };
    let declared = "trait T {\n    fn declared(&self);\n}\n";
    let text = |lines| format!("{declared}impl T {{\n{}}}\nfn f() {{}}\n", function(lines));
    assert!(found(long_functions, "a.rs", &text(70)).is_empty());
    assert_eq!(found(long_functions, "a.rs", &text(71)), ["5: `fn long` of 71 lines"]);
    let in_tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", text(71));
    assert!(found(long_functions, "a.rs", &in_tests).is_empty());
    let after_tests = format!("#[cfg(test)]\nmod tests {{\n}}\n{}", text(71));
    assert_eq!(found(long_functions, "a.rs", &after_tests), ["8: `fn long` of 71 lines"]);
}

#[test]
fn a_missing_introduction_is_found() {
    assert!(found(missing_introduction, "a.rs", "//! What it is for.\n").is_empty());
    assert_eq!(found(missing_introduction, "a.rs", "use a;\n//! b\n"), ["1: `use a;`"]);
    assert_eq!(found(missing_introduction, "a.rs", ""), ["1: ``"]);
}

#[test]
fn a_missing_ban_on_unsafe_code_is_found() {
    let good = "[a]\n\n[workspace.lints.rust]\nx = 1\nunsafe_code = \"forbid\"\n\n[b]\n";
    assert!(found(unsafe_allowed, "Cargo.toml", good).is_empty());
    for bad in [
        good.replace("lints.rust", "lints.other"),
        good.replace("forbid", "deny"),
        good.replace("unsafe_code", "# unsafe_code"),
    ] {
        assert_eq!(found(unsafe_allowed, "Cargo.toml", &bad), ["1: no ban on unsafe code"]);
    }
}

#[test]
fn a_missing_ban_on_a_method_is_found() {
    let entry = |method: &&str| format!("  {{ path = \"{method}\", reason = \"r\" }},\n");
    let entries: String = BANNED_METHODS.iter().map(entry).collect();
    let good = format!("disallowed-methods = [\n{entries}]\ndisallowed-types = [\n]\n");
    assert!(found(methods_allowed, "clippy.toml", &good).is_empty());
    for method in BANNED_METHODS {
        let expected = [format!("1: no ban on `{method}`")];
        let line = format!("  {{ path = \"{method}\"");
        let out = good.replace(&line, &format!("  # {{ path = \"{method}\""));
        assert_eq!(found(methods_allowed, "clippy.toml", &out), expected);
        let longer = good.replace(&line, &format!("  {{ path = \"{method}_os\""));
        assert_eq!(found(methods_allowed, "clippy.toml", &longer), expected);
    }
    assert_eq!(found(methods_allowed, "clippy.toml", "").len(), BANNED_METHODS.len());
}
