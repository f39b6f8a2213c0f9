//! `docs/command-line.md`, made from the definition of the command line.

use std::fmt::Write;

use clap::{Arg, Command, CommandFactory};
use momo_sandbox::internals::cli::CommandLine;

const INTRODUCTION: &str = "\
<!-- Made from the sources: MOMO_SANDBOX_UPDATE_DOCS=1 cargo test docs -->

# The command line

All commands and flags. For those who look one up: `momosandbox COMMAND --help` shows the same.

Each flag of `serve` has an environment variable: `MOMO_SANDBOX_` and its name in capitals, lists
separated by commas. An unknown variable of this kind is reported at startup, with the nearest
known name. A [configuration file](configuration.md) has the same names.

| exit code | meaning |
|---|---|
| 0 | success; `serve` was stopped by SIGTERM or Ctrl-C |
| 1 | environment error, such as a port in use |
| 2 | a mistake in a flag or file |
| 3 | `exec`, `migrate` and `report`: the audit failed; `preflight`: problems; `compare`: differences |
| other | `exec` and `migrate`: the exit code of their command |

`serve` stops on SIGTERM or Ctrl-C; [`docs/platforms.md`](platforms.md) has what else stops it on
Windows. It takes no new connections, and waits up to five seconds for
requests and callbacks under way. What is not settled by then stays pending. The last line says
how many transactions that are, and how many requests and callbacks were cut off.

A log that cannot be written, or that nobody reads, loses lines of the log and nothing else.
`serve` raises the soft limit of open files as far as `--connections-max` needs it.
[`docs/limits.md`](limits.md) has the reason of each limit and what happens beyond it; `GET
/_sandbox/metrics` counts that, and more, for Prometheus.

## Two names

The program is `momosandbox`, and the same program is `momo-sandbox` too. Help, messages, completions and
the manual have the name that started it. The first line of `--version` begins with `momo-sandbox `
under either name, so a script can tell it from another program.

There is another program called `momo-sandbox`: npm's `mtn-momo` installs it into `node_modules/.bin`,
which comes first in every npm script. It creates credentials at MTN's hosted sandbox, by `--host` and
`--primary-key`. This program, started with those flags, says so and ends with 2. `momosandbox` is
ours alone: on 2026-11-26 neither npm, PyPI, crates.io nor Debian (bookworm, sid) had a package of that
name (`npm view`, `pip index versions`, `cargo info`, `apt-cache policy`).

## Commands
";

/// The page.
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    let program = CommandLine::command();
    let commands: Vec<&Command> = program.get_subcommands().collect();
    page.push_str("\n| command | what it does |\n|---|---|\n");
    for command in &commands {
        let name = command.get_name();
        let _ = writeln!(page, "| [`{name}`](#{name}) | {} |", text(command.get_about()));
    }
    let serve = program.find_subcommand("serve").expect("the command");
    for command in commands {
        let _ = write!(page, "\n## {}\n\n{}.\n", command.get_name(), about(command));
        let without = match command.get_name() {
            "exec" => Some(serve),
            "migrate" => program.find_subcommand("exec"),
            _ => None,
        };
        page.push_str(match command.get_name() {
            "exec" => "\nIt takes all flags of [`serve`](#serve), and these:\n",
            "migrate" => "\nIt takes all flags of [`exec`](#exec).\n",
            _ => "",
        });
        page.push_str(&tables(command, without));
    }
    page
}

fn about(command: &Command) -> String {
    text(command.get_long_about().or(command.get_about())).trim_end_matches('.').to_owned()
}

fn text(words: Option<&clap::builder::StyledStr>) -> String {
    words.map(ToString::to_string).unwrap_or_default()
}

/// The arguments, a table for each heading; those that another command has too are left out.
fn tables(command: &Command, without: Option<&Command>) -> String {
    let is_other = |arg: &&Arg| {
        let same = |known: &Arg| known.get_id() == arg.get_id();
        !arg.is_hide_set() && !without.is_some_and(|known| known.get_arguments().any(same))
    };
    let shown = ["help", "version"];
    let all: Vec<&Arg> = command
        .get_arguments()
        .filter(is_other)
        .filter(|arg| !shown.contains(&arg.get_id().as_str()))
        .collect();
    let mut headings: Vec<Option<&str>> = Vec::new();
    for arg in &all {
        if !headings.contains(&arg.get_help_heading()) {
            headings.push(arg.get_help_heading());
        }
    }
    let mut text = String::new();
    for heading in headings {
        if let Some(heading) = heading
            && command.get_name() == "serve"
        {
            let _ = write!(text, "\n### {heading}\n");
        }
        text.push_str("\n| flag | default | |\n|---|---|---|\n");
        for arg in all.iter().filter(|arg| arg.get_help_heading() == heading) {
            text.push_str(&row(arg));
        }
    }
    text
}

fn row(arg: &Arg) -> String {
    let (mut help, mut default) = (text(arg.get_help()), default_of(arg));
    if let Some((before, stated)) = help.clone().split_once(" [default: ")
        && let Some((stated, after)) = stated.split_once(']')
    {
        help = format!("{before}{after}");
        default = stated.to_owned();
    }
    let mut words = vec![sentence(&help)];
    let values = arg.get_possible_values();
    if !arg.is_hide_possible_values_set() && arg.get_action().takes_values() && !values.is_empty() {
        let names: Vec<String> =
            values.iter().map(|value| format!("`{}`", value.get_name())).collect();
        words.push(format!("One of {}.", names.join(", ")));
    }
    let variable = arg.get_env().map(|variable| variable.to_string_lossy().into_owned());
    let expected = arg.get_long().map(variable_of);
    if let Some(variable) = variable
        && Some(&variable) != expected.as_ref()
    {
        words.push(format!("Variable: `{variable}`."));
    }
    let default = match default.as_str() {
        "" => String::new(),
        stated if stated.contains([' ', ',']) => stated.to_owned(),
        value => format!("`{value}`"),
    };
    format!("| {} | {} | {} |\n", cell(&name_of(arg)), cell(&default), cell(&words.join(" ")))
}

fn variable_of(long: &str) -> String {
    format!("MOMO_SANDBOX_{}", long.replace('-', "_").to_uppercase())
}

fn name_of(arg: &Arg) -> String {
    let values = arg.get_value_names().unwrap_or_default();
    let value = values.first().map(|value| value.as_str()).unwrap_or_default();
    match arg.get_long() {
        Some(long) if arg.get_action().takes_values() => format!("`--{long} {value}`"),
        Some(long) => format!("`--{long}`"),
        None => format!("`{value}`"),
    }
}

fn default_of(arg: &Arg) -> String {
    if arg.is_hide_default_value_set() || !arg.get_action().takes_values() {
        return String::new();
    }
    let values = arg.get_default_values().iter().map(|value| value.to_string_lossy());
    values.collect::<Vec<_>>().join(",")
}

fn sentence(help: &str) -> String {
    let help = help.trim();
    if help.ends_with('.') { help.to_owned() } else { format!("{help}.") }
}

/// Text that may stand in a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
