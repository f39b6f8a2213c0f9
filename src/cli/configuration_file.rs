//! The configuration file: keys named as the long flags of `serve`, whose values become the flags'
//! defaults. So a flag goes before a variable, a variable before the file, and the file before what
//! the program has by itself.

use std::any::TypeId;
use std::borrow::Cow;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::cli::failure::Failure;
use crate::cli::program_name::spelled;
use crate::files;
use crate::scenarios;
use momo_sandbox_core::model::spelling::nearest;
use momo_sandbox_core::scenario::problem::{PROBLEMS_MAX, Problem, Problems};
use momo_sandbox_core::scenario::value::Location;

/// The file that is looked for in the working directory, and nowhere else.
pub const FILE_NAME: &str = "momo-sandbox.toml";

/// The most bytes of a configuration file.
const FILE_BYTES_MAX: usize = 1024 * 1024;

/// The commands that read the file. Each takes the keys of the flags that it has.
const READERS: [&str; 6] = ["serve", "exec", "migrate", "env", "health", "report"];

/// The flags of `serve` that are no keys: they say where the file is, and that it is printed.
const NO_KEYS: [&str; 3] = ["config", "print-config", "help"];

/// What a configuration file says.
#[derive(Debug)]
pub struct Settings {
    /// The path of the file.
    pub file: PathBuf,
    settings: Vec<Setting>,
}

/// A key with its values.
#[derive(Debug)]
struct Setting {
    key: String,
    line: usize,
    values: Vec<String>,
}

/// The flags of `serve` that a file may set, by the definition of the program.
pub fn keys(program: &Command) -> impl Iterator<Item = (&str, &Arg)> {
    let serve = program.find_subcommand("serve").into_iter();
    let flags = serve.flat_map(Command::get_arguments);
    let keys = flags.filter_map(|flag| Some((flag.get_long()?, flag)));
    keys.filter(|(key, _)| !NO_KEYS.contains(key))
}

/// Tells whether this flag's values are secrets or contain one.
pub fn is_secret(flag: &Arg) -> bool {
    flag.is_hide_env_values_set()
}

/// Tells whether the command reads the configuration file.
pub fn is_reader(command: &str) -> bool {
    READERS.contains(&command)
}

/// The settings of the file that was given, or of that in the working directory, if there is one.
///
/// # Errors
///
/// The file cannot be read or has mistakes, which are printed.
pub fn find(given: Option<&Path>, program: &Command) -> Result<Option<Settings>, Failure> {
    let file = given.unwrap_or(Path::new(FILE_NAME));
    match files::read_text(file, FILE_BYTES_MAX) {
        Ok(text) => read(file, &text, program).map(Some),
        Err(why) if given.is_none() && why.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => {
            let file = file.display();
            Err(Failure::user(format!("cannot read the configuration file {file}: {why}")))
        }
    }
}

impl Settings {
    /// The program whose flags have the values of the file as defaults.
    pub fn apply(&self, program: Command) -> Command {
        let serve = program.clone();
        let in_file = self.file.clone().into_os_string();
        program.mut_subcommands(|command| {
            if !is_reader(command.get_name()) {
                return command;
            }
            command.mut_args(|flag| match (flag.get_long(), self.defaults(&flag, &serve)) {
                (Some("config"), _) => flag.default_value(in_file.clone()),
                (_, Some(values)) => flag.default_values(values),
                _ => flag,
            })
        })
    }

    /// The values of a flag, if it is one of `serve`: the variable is the same.
    fn defaults(&self, flag: &Arg, program: &Command) -> Option<Vec<String>> {
        let (key, _) = keys(program).find(|(key, of_serve)| {
            flag.get_long() == Some(key) && flag.get_id() == of_serve.get_id()
        })?;
        Some(self.setting(key)?.values.clone())
    }

    /// The place of a key, `FILE:LINE`.
    pub fn place(&self, key: &str) -> Option<String> {
        let setting = self.setting(key)?;
        Some(format!("{}:{}", self.file.display(), setting.line))
    }

    fn setting(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.key == key)
    }

    /// The number of keys.
    pub fn count(&self) -> usize {
        self.settings.len()
    }

    /// A warning, if the file has secrets and other users of this machine may read it.
    pub fn warning(&self, program: &Command) -> Option<String> {
        let secret = |key: &str| keys(program).any(|(one, flag)| one == key && is_secret(flag));
        let (file, mut keys) = (self.file.display(), self.settings.iter().map(|one| &one.key));
        let key = keys.find(|key| secret(key)).filter(|_| is_open_to_others(&self.file))?;
        Some(format!(
            "warning: {file} has a secret (`{key}`), and other users of this machine can read it; \
             `chmod 600 {file}` mends that"
        ))
    }
}

#[cfg(unix)]
fn is_open_to_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o004 != 0)
}

/// Says no: access lists are not looked at.
#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

fn read(file: &Path, text: &str, program: &Command) -> Result<Settings, Failure> {
    let shown = file.display();
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { file, program, text, problems: Vec::new() };
    for error in errors.into_iter().take(PROBLEMS_MAX + 1) {
        let help = "a configuration file is TOML, for example `settle-after = \"2s\"`; each key \
                    stands there once";
        reader.note(error.span().unwrap_or_default(), error.message().to_owned(), help);
    }
    let settings: Vec<Setting> = if reader.problems.is_empty() {
        let entries = table.get_ref().iter();
        entries.filter_map(|(key, value)| reader.setting(key, value)).collect()
    } else {
        Vec::new()
    };
    if reader.problems.is_empty() {
        return Ok(Settings { file: file.to_owned(), settings });
    }
    let text = reader.text_without_secrets(table.get_ref());
    let problems = Problems::new(&shown.to_string(), &text, reader.problems);
    for report in problems.reports() {
        // A closed standard error is no failure.
        let _ = writeln!(std::io::stderr(), "{report:?}");
    }
    let (count, problems) = match problems.count() {
        1 => (1, "problem"),
        several => (several, "problems"),
    };
    Err(Failure::mistakes(format!("{count} {problems} in the configuration file")))
}

struct Reader<'r> {
    file: &'r Path,
    program: &'r Command,
    text: &'r str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn note(&mut self, span: std::ops::Range<usize>, message: String, help: &str) {
        let (place, help) = (Location::Bytes(span), Some(spelled(help)));
        self.problems.push(Problem { place, message, help, is_warning: false });
    }

    fn setting(
        &mut self,
        key: &Spanned<Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Setting> {
        let (name, span) = (key.get_ref().as_ref(), key.span());
        let program = self.program;
        let Some((_, flag)) = keys(program).find(|(one, _)| *one == name) else {
            let help = match value.get_ref() {
                DeValue::Table(_) => "keys stand by themselves, in no table".to_owned(),
                _ => self.remedy_of_unknown(name),
            };
            self.note(span, format!("unknown key `{name}`"), &help);
            return None;
        };
        let before = self.problems.len();
        let values = self.values(name, flag, value);
        let line = self.text[..span.start].matches('\n').count() + 1;
        (self.problems.len() == before).then(|| Setting { key: name.to_owned(), line, values })
    }

    fn remedy_of_unknown(&self, name: &str) -> String {
        let known: Vec<&str> = keys(self.program).map(|(key, _)| key).collect();
        let mut commands = self.program.get_subcommands();
        let is_of =
            |command: &&Command| command.get_arguments().any(|flag| flag.get_long() == Some(name));
        match (name, nearest(name, &known), commands.find(is_of)) {
            ("rules" | "account_holders", ..) => {
                "this is of a scenario: put it into a file of its \
                                                  own, and name that by the key `scenario`"
                    .to_owned()
            }
            (_, _, Some(command)) => {
                let command = command.get_name();
                format!("`--{name}` is a flag of `{command}` alone: give it there")
            }
            (_, Some(near), _) => format!("did you mean `{near}`?"),
            _ => "the keys are the long flags of `momosandbox serve --help`, without `--`".into(),
        }
    }

    /// The texts of a value, as they would stand behind the flag.
    fn values(&mut self, key: &str, flag: &Arg, value: &Spanned<DeValue<'_>>) -> Vec<String> {
        let is_list = matches!(flag.get_action(), ArgAction::Append);
        let is_switch = !flag.get_action().takes_values();
        let expected = match (is_switch, is_list) {
            (true, _) => "true or false",
            (false, true) => "a text in quotes or a list of them",
            (false, false) => "a text in quotes or a number",
        };
        let items = match value.get_ref() {
            DeValue::Array(items) if is_list => items.iter().collect(),
            _ => vec![value],
        };
        let mut texts = Vec::new();
        for item in items {
            let text = match item.get_ref() {
                DeValue::Boolean(yes) if is_switch => Ok(yes.to_string()),
                DeValue::String(text) if !is_switch => Ok(text.to_string()),
                DeValue::Integer(number) if !is_switch => Ok(number.as_str().replace('_', "")),
                DeValue::Float(number) if !is_switch => Ok(number.as_str().replace('_', "")),
                other => Err(format!("`{key}` is {}, not {expected}", kind_of(other))),
            };
            let checked = text.and_then(|text| self.checked(key, flag, text));
            match checked {
                Ok(text) => texts.push(text),
                Err(message) => {
                    let about = flag.get_help().map(ToString::to_string).unwrap_or_default();
                    let about = about.split(" [default: ").next().unwrap_or_default();
                    let help = format!("write {expected}. `{key}`: {about}");
                    self.note(item.span(), message, &help);
                }
            }
        }
        texts
    }

    /// The text, if the flag's own parser takes it. A path is made relative to the file.
    fn checked(&self, key: &str, flag: &Arg, text: String) -> Result<String, String> {
        if flag.get_value_delimiter().is_some_and(|delimiter| text.contains(delimiter)) {
            return Err(format!("a value of `{key}` has a comma, which separates values"));
        }
        if flag.get_action().takes_values() {
            let wrong = |why| format!("`{key}` has a wrong value: {why}");
            parse(key, flag, &text).map_err(wrong)?;
        }
        if flag.get_value_parser().type_id() != TypeId::of::<PathBuf>() {
            return Ok(text);
        }
        let in_folder = self.file.parent().unwrap_or(Path::new("")).join(&text);
        if key == "scenario" && scenarios::named(&text).is_some() && !in_folder.exists() {
            return Ok(text);
        }
        Ok(in_folder.to_str().map_or(text, str::to_owned))
    }

    /// The text with asterisks for secrets, since reports show the lines around a mistake.
    fn text_without_secrets(&self, table: &DeTable<'_>) -> String {
        let mut shown = self.text.as_bytes().to_vec();
        let known: Vec<&str> = keys(self.program).map(|(key, _)| key).collect();
        let is_hidden = |name: &str| {
            let meant = nearest(name, &known).unwrap_or(name);
            keys(self.program).any(|(key, flag)| key == meant && is_secret(flag))
        };
        let values = table.iter().filter(|(key, _)| is_hidden(key.get_ref()));
        let mut hidden: Vec<_> = values.map(|(_, value)| value.span()).collect();
        // A line that is no TOML has no value.
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            if let Some((key, _)) = line.split_once('=')
                && is_hidden(key.trim().trim_matches('"'))
            {
                hidden.push(start + key.len() + 1..start + line.len());
            }
            start += line.len();
        }
        for byte in hidden.into_iter().flatten() {
            if let Some(byte) = shown.get_mut(byte).filter(|byte| !b" \r\n".contains(byte)) {
                *byte = b'*';
            }
        }
        String::from_utf8_lossy(&shown).into_owned()
    }
}

/// Says why the flag does not take the text.
fn parse(key: &str, flag: &Arg, text: &str) -> Result<(), String> {
    use std::error::Error;
    let flag = flag.clone().env(None).value_delimiter(None);
    let command = Command::new("momosandbox").no_binary_name(true).disable_help_flag(true);
    let read = command.arg(flag).try_get_matches_from([format!("--{key}={text}")]);
    let Err(error) = read else { return Ok(()) };
    let why = match (error.source(), error.get(ContextKind::ValidValue)) {
        (Some(why), _) => why.to_string(),
        (None, Some(ContextValue::Strings(valid))) if !valid.is_empty() => {
            format!("expected one of {}", valid.join(", "))
        }
        _ => "it is empty".to_owned(),
    };
    Err(why)
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false without quotes",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
