//! What has no effect is told when the program starts: rules that can never match, and variables
//! that nobody reads. A wrong value of a variable is told with the variable's name.

use crate::support::program::{Program, Serving, momo_sandbox};

const ALL: &str = "[[rules]]\ncallback = { fate = \"lost\" }\n";
const SOME: &str = "# Hidden.\n[[rules]]\nwhen = { party = \"46*\" }\nthen = { after = \"5s\" }\n";

fn folder_with_scenarios() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("all.toml", ALL), ("some.toml", SOME), ("empty.toml", "")] {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

/// What the program says on standard error when it serves these scenarios, and then is stopped.
fn said(folder: &tempfile::TempDir, scenarios: &[&str]) -> String {
    let mut command = momo_sandbox(&["--listen", "127.0.0.1:0"]);
    for scenario in scenarios {
        command.args(["--scenario", scenario]);
    }
    let ended = Serving::from(command.current_dir(folder.path())).terminate();
    assert_eq!(ended.code, Some(0));
    // What does not fit a line is broken.
    ended.stderr.join(" ").replace("│ ", "").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_rule_that_a_second_scenario_can_never_reach_is_warned_about() {
    let folder = folder_with_scenarios();
    let warning = "rule 1 of the scenario `some` can never match: rule 1 of `all` before it";
    let text = said(&folder, &["all.toml", "some.toml"]);
    assert!(text.contains(warning), "{text}");
    assert!(text.contains("give `some` before `all`"), "{text}");
    let text = said(&folder, &["some.toml", "all.toml"]);
    assert!(!text.contains("can never match"), "{text}");
}

#[test]
fn a_scenario_file_that_says_nothing_is_warned_about() {
    let folder = folder_with_scenarios();
    let text = said(&folder, &["empty.toml"]);
    assert!(text.contains("this scenario says nothing"), "{text}");
}

#[test]
fn an_unknown_variable_is_warned_about_with_the_nearest_known_name() {
    let mut command = momo_sandbox(&["--listen", "127.0.0.1:0"]);
    command
        .env("MOMO_SANDBOX_SETLE_AFTER", "5s")
        .env("MOMO_SANDBOX_EMPTY", "")
        .env("MOMO_SANDBOX_PORT_4673_TCP", "tcp://127.0.0.1:4673")
        .env("MOMO_SANDBOX_URL", "http://127.0.0.1:4673");
    let ended = Serving::from(&mut command).terminate();
    let warnings: Vec<_> = ended.stderr.iter().filter(|line| line.contains("warning")).collect();
    let [warning] = &warnings[..] else { panic!("one: {warnings:?}") };
    assert!(warning.contains("unknown variable `MOMO_SANDBOX_SETLE_AFTER`"), "{warning}");
    assert!(warning.contains("did you mean `MOMO_SANDBOX_SETTLE_AFTER`?"), "{warning}");
}

/// Whatever `exec` tells its command is known to a program that the command starts.
#[test]
fn the_variables_that_exec_sets_are_known() {
    let program = env!("CARGO_BIN_EXE_momosandbox");
    let mut exec = momo_sandbox(&["exec", "--", program, "scenarios"]);
    let ended = Program::start(&mut exec).end();
    let text = ended.stderr.join("\n");
    assert!(!text.contains("unknown variable"), "{text}");
}

#[test]
fn a_bad_value_of_a_variable_is_told_with_the_variables_name() {
    for (variable, value, arguments) in [
        ("SETTLE_AFTER", "soon", &["serve"][..]),
        ("SEED", "x", &["serve"]),
        ("CONNECTIONS_MAX", "many", &["serve"]),
        ("LOG_FORMAT", "xml", &["serve"]),
        ("HTTPS_CALLBACKS", "perhaps", &["serve"]),
        ("API_USER", "1:2:3", &["serve"]),
        ("LISTEN", "here", &["health"]),
        // Those that are looked at after all flags were read.
        ("TOKEN_SECRET", "short", &["serve"]),
        ("TRUST", "/dev/null/root.pem", &["serve"]),
        ("API_USERS", "/dev/null/users.toml", &["serve"]),
        ("PROFILE", "production", &["serve"]),
    ] {
        let name = format!("MOMO_SANDBOX_{variable}");
        let mut command = momo_sandbox(arguments);
        let ended = Program::start(command.env(&name, value)).end();
        let text = ended.stderr.join("\n");
        assert_eq!(ended.code, Some(2), "{text}");
        assert!(text.contains(&name), "{name} is not in: {text}");
        let flag = format!("--{} ", variable.replace('_', "-").to_lowercase());
        assert!(!text.contains(&flag), "{flag} is in: {text}");
        assert!(!text.contains("invalid digit"), "a library's words: {text}");
    }
    // A flag goes before its variable, and is told by its own name.
    let mut command = momo_sandbox(&["serve", "--settle-after", "soon"]);
    let ended = Program::start(command.env("MOMO_SANDBOX_SETTLE_AFTER", "5s")).end();
    assert!(ended.stderr.join("\n").contains("'--settle-after <DURATION>'"));
}
