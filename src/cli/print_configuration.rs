//! `serve --print-config`: every value in force, with where it came from, as a configuration file.

use std::any::TypeId;
use std::fmt::Write;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueEnum};
use toml::Value;

use crate::cli::configuration_file::{self, Settings};

/// The value of `--print-config`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrintedConfiguration {
    /// Secrets are left out.
    WithoutSecrets,
    /// Secrets are printed as they are.
    WithSecrets,
}

/// The values of `serve` by these matches of its flags.
pub fn text(
    program: &Command,
    matches: &ArgMatches,
    settings: Option<&Settings>,
    printed: PrintedConfiguration,
) -> String {
    let mut text = format!(
        "# The configuration in force of momo-sandbox {}.\n# It may be saved as {}.\n",
        env!("CARGO_PKG_VERSION"),
        configuration_file::FILE_NAME,
    );
    let mut keys: Vec<(&str, &Arg)> = configuration_file::keys(program).collect();
    let heading_of = |flag: &Arg| flag.get_help_heading().unwrap_or_default().to_owned();
    let mut headings: Vec<String> = Vec::new();
    for (_, flag) in &keys {
        if !headings.contains(&heading_of(flag)) {
            headings.push(heading_of(flag));
        }
    }
    keys.sort_by_key(|(_, flag)| headings.iter().position(|one| *one == heading_of(flag)));
    let mut last = String::new();
    for (key, flag) in keys {
        if heading_of(flag) != last {
            last = heading_of(flag);
            let _ = write!(text, "\n# {last}\n");
        }
        let source = source(key, flag, matches, settings);
        let is_hidden =
            configuration_file::is_secret(flag) && printed == PrintedConfiguration::WithoutSecrets;
        let _ = match value(flag, matches) {
            None => writeln!(text, "# {key}: {}", without_value(flag)),
            Some(_) if is_hidden => writeln!(
                text,
                "# {key}: set, but secret; --print-config=with-secrets shows it  # {source}"
            ),
            Some(value) => writeln!(text, "{key} = {value}  # {source}"),
        };
    }
    text
}

/// The value in TOML; `None` if there is none.
fn value(flag: &Arg, matches: &ArgMatches) -> Option<Value> {
    let raw = matches.get_raw(flag.get_id().as_str())?;
    let values: Vec<Value> = raw.map(|raw| typed(flag, raw.to_string_lossy().into())).collect();
    match flag.get_action() {
        ArgAction::Append => Some(Value::Array(values)),
        _ => values.into_iter().next(),
    }
}

fn typed(flag: &Arg, text: String) -> Value {
    let kind = flag.get_value_parser().type_id();
    let number = text.parse().ok().filter(|_| kind == TypeId::of::<u64>());
    let yes = text.parse().ok().filter(|_| kind == TypeId::of::<bool>());
    let is_switch = !flag.get_action().takes_values();
    match (number, yes) {
        (Some(number), _) => Value::Integer(number),
        (_, Some(yes)) if is_switch => Value::Boolean(yes),
        _ => Value::String(text),
    }
}

/// What holds without a value, as the flag's help says it.
fn without_value(flag: &Arg) -> String {
    let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
    let stated = help.split_once("[default: ").and_then(|(_, after)| after.split_once(']'));
    let stated = stated.map_or("none", |(stated, _)| stated);
    format!("not set; default: {}", stated.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn source(key: &str, flag: &Arg, matches: &ArgMatches, settings: Option<&Settings>) -> String {
    let in_file = settings.and_then(|settings| settings.place(key));
    match matches.value_source(flag.get_id().as_str()) {
        Some(ValueSource::CommandLine) => format!("flag --{key}"),
        Some(ValueSource::EnvVariable) => {
            let variable = flag.get_env().unwrap_or_default();
            format!("variable {}", variable.to_string_lossy())
        }
        _ => in_file.unwrap_or_else(|| "default".to_owned()),
    }
}
