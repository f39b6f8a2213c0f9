//! The environment variables of the program: those that no flag has, and the names by which a
//! message tells those that are set.

use std::ffi::{OsStr, OsString};

use clap::CommandFactory;

use crate::cli::arguments::Arguments;
use momo_sandbox_core::model::environment_variables;
use momo_sandbox_core::model::spelling::nearest;

/// What the names of all variables begin with.
const PREFIX: &str = "MOMO_SANDBOX_";

/// A warning for each variable that is set and that nothing reads.
pub fn warnings() -> Vec<String> {
    let mut unknown: Vec<String> =
        set().into_iter().filter_map(|name| warning(&name, &known())).collect();
    unknown.sort();
    unknown
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

/// The names, without the prefix, of all variables that some command reads or that `exec` sets.
fn known() -> Vec<String> {
    let of_flags = flags()
        .into_iter()
        .filter_map(|(_, variable)| variable.strip_prefix(PREFIX).map(str::to_owned));
    let told =
        environment_variables::ALL.iter().filter_map(|variable| variable.strip_prefix(PREFIX));
    of_flags.chain(told.map(str::to_owned)).collect()
}

/// The long flags of all commands that have a variable, each with it.
fn flags() -> Vec<(String, String)> {
    let command = Arguments::command();
    let all = command.get_subcommands().flat_map(clap::Command::get_arguments);
    let of_flag = |flag: &clap::Arg| {
        let variable = flag.get_env().and_then(OsStr::to_str)?;
        Some((format!("--{}", flag.get_long()?), variable.to_owned()))
    };
    all.filter_map(of_flag).collect()
}

/// The warning about a variable, if it is not known.
fn warning(name: &str, known: &[String]) -> Option<String> {
    // A Kubernetes service, or a linked container, of our name sets these for all others.
    let is_of_a_service =
        name == "PORT" || name.starts_with("PORT_") || name.starts_with("SERVICE_");
    if is_of_a_service || known.iter().any(|one| one == name) {
        return None;
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let help = match nearest(name, &known) {
        Some(near) => format!("did you mean `{PREFIX}{near}`?"),
        None => "`momo-sandbox serve --help` lists the known ones".to_owned(),
    };
    Some(format!("warning: unknown variable `{PREFIX}{name}`, which has no effect; {help}"))
}

/// The variable that a flag's value came from, if the flag is not among what was said.
pub fn in_place_of(flag: &str, said: &[OsString]) -> Option<String> {
    let (_, variable) = flags().into_iter().find(|(one, _)| one == flag)?;
    let is_set =
        variable.strip_prefix(PREFIX).is_some_and(|name| set().iter().any(|one| one == name));
    let mut ours = said.iter().skip(1).take_while(|word| *word != "--");
    let is_said = ours.any(|word| {
        let rest = word.to_str().and_then(|word| word.strip_prefix(flag));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    });
    (is_set && !is_said).then_some(variable)
}

/// A message, in which flags whose values came from variables have the variables' names.
pub fn by_their_names(message: &str, said: &[OsString]) -> String {
    let mut named = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find("--") {
        let (before, from) = rest.split_at(at);
        let is_part = |one: char| one.is_ascii_lowercase() || one == '-';
        let end = from.find(|one| !is_part(one)).unwrap_or(from.len());
        let flag = &from[..end];
        named.push_str(before);
        named.push_str(in_place_of(flag, said).as_deref().unwrap_or(flag));
        rest = &from[end..];
    }
    named + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_variable_is_told_with_the_nearest_known_one() {
        let known = known();
        let told = |name: &str| warning(name, &known);
        let near = told("LISTN").expect("a warning");
        assert!(near.ends_with("did you mean `MOMO_SANDBOX_LISTEN`?"), "{near}");
        assert!(told("ZZZ").expect("a warning").contains("serve --help"));
        for name in ["LISTEN", "URL", "CONNECTIONS_MAX", "CONTROL_TOKEN", "PRIMARY_KEY"] {
            assert_eq!(told(name), None);
        }
        for name in ["PORT", "PORT_4673_TCP_ADDR", "SERVICE_HOST", "SERVICE_PORT_HTTP"] {
            assert_eq!(told(name), None, "a service of our name sets it");
        }
    }
}
