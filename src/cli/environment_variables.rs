//! The environment variables of the flags: warnings about unknown ones, and messages that name a
//! variable where it, and not its flag, was set.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};

use crate::cli::configuration_file::Settings;
use momo_sandbox_core::model::environment_variables;
use momo_sandbox_core::model::spelling::nearest;

/// The beginning of the names of all variables.
const PREFIX: &str = "MOMO_SANDBOX_";

/// A variable of a program that learns of an emulator by it. Without a value the variable is
/// removed, because an inherited one belongs to another emulator.
pub struct EnvironmentVariable {
    pub name: &'static str,
    pub value: Option<String>,
}

/// A warning for each variable that is set and that neither a flag of `program` nor `exec` knows.
pub fn warnings(program: &Command) -> Vec<String> {
    let known = known(program);
    let mut warnings: Vec<String> =
        set().into_iter().filter_map(|name| warning(&name, &known)).collect();
    warnings.sort();
    warnings
}

/// The names, without the prefix, of our variables that are set; an empty one counts as not set.
#[expect(clippy::disallowed_methods, reason = "clap reads known variables only")]
fn set() -> Vec<String> {
    let ours = |(name, value): (OsString, OsString)| {
        let name = name.to_str()?.strip_prefix(PREFIX)?.to_owned();
        (!value.is_empty()).then_some(name)
    };
    std::env::vars_os().filter_map(ours).collect()
}

/// The names, without the prefix, of all variables that a command reads or that `exec` sets.
fn known(program: &Command) -> Vec<String> {
    let of_flags = flags(program)
        .into_iter()
        .filter_map(|(_, variable)| variable.strip_prefix(PREFIX).map(str::to_owned));
    let of_exec =
        environment_variables::ALL.iter().filter_map(|variable| variable.strip_prefix(PREFIX));
    of_flags.chain(of_exec.map(str::to_owned)).collect()
}

/// The flags of all commands that have a variable, as pairs of flag and variable.
fn flags(program: &Command) -> Vec<(String, String)> {
    let all = program.get_subcommands().flat_map(Command::get_arguments);
    let of_flag = |flag: &Arg| {
        let variable = flag.get_env().and_then(OsStr::to_str)?;
        Some((format!("--{}", flag.get_long()?), variable.to_owned()))
    };
    all.filter_map(of_flag).collect()
}

/// The warning about a variable, if it is not known.
fn warning(name: &str, known: &[String]) -> Option<String> {
    // A Kubernetes service or a linked container named momo-sandbox sets these in all others.
    let is_of_a_service =
        name == "PORT" || name.starts_with("PORT_") || name.starts_with("SERVICE_");
    if is_of_a_service || known.iter().any(|one| one == name) {
        return None;
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let help = match nearest(name, &known) {
        Some(near) => format!("did you mean `{PREFIX}{near}`?"),
        None => "`momosandbox serve --help` lists the known ones".to_owned(),
    };
    Some(format!("warning: unknown variable `{PREFIX}{name}`, which has no effect; {help}"))
}

/// The variable that a flag's value came from: it is set, and the flag is not among `arguments`.
pub fn source_of(flag: &str, program: &Command, arguments: &[OsString]) -> Option<String> {
    let (_, variable) = flags(program).into_iter().find(|(one, _)| one == flag)?;
    let is_set =
        variable.strip_prefix(PREFIX).is_some_and(|name| set().iter().any(|one| one == name));
    (is_set && !is_given(flag, arguments)).then_some(variable)
}

fn is_given(flag: &str, arguments: &[OsString]) -> bool {
    // The arguments after `--` are those of a command that `exec` runs.
    let mut own = arguments.iter().skip(1).take_while(|argument| *argument != "--");
    own.any(|argument| {
        let rest = argument.to_str().and_then(|argument| argument.strip_prefix(flag));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })
}

/// The message with each flag replaced by its variable, where the value came from the variable, or
/// by its key in the configuration file, where it came from there.
pub fn name_sources(
    message: &str,
    program: &Command,
    arguments: &[OsString],
    settings: Option<&Settings>,
) -> String {
    let in_file = |flag: &str| {
        let key = flag.strip_prefix("--")?;
        let place = settings?.place(key).filter(|_| !is_given(flag, arguments))?;
        Some(format!("`{key}` of {place}"))
    };
    let mut named = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find("--") {
        let (before, from) = rest.split_at(at);
        let is_part = |one: char| one.is_ascii_lowercase() || one == '-';
        let end = from.find(|one| !is_part(one)).unwrap_or(from.len());
        let flag = &from[..end];
        named.push_str(before);
        let source = source_of(flag, program, arguments).or_else(|| in_file(flag));
        named.push_str(source.as_deref().unwrap_or(flag));
        rest = &from[end..];
    }
    named + rest
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::command_line::CommandLine;

    #[test]
    fn a_warning_names_the_nearest_known_variable() {
        let known = known(&CommandLine::command());
        let warned = |name: &str| warning(name, &known);
        let near = warned("LISTN").expect("a warning");
        assert!(near.ends_with("did you mean `MOMO_SANDBOX_LISTEN`?"), "{near}");
        assert!(warned("ZZZ").expect("a warning").contains("serve --help"));
        for name in ["LISTEN", "URL", "CONNECTIONS_MAX", "CONTROL_TOKEN", "PRIMARY_KEY"] {
            assert_eq!(warned(name), None);
        }
        for name in ["PORT", "PORT_4673_TCP_ADDR", "SERVICE_HOST", "SERVICE_PORT_HTTP"] {
            assert_eq!(warned(name), None, "a service of our name sets it");
        }
    }
}
