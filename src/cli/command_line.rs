//! The command line as clap reads it: the commands, and mistakes without secrets.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cli::ca::CaArguments;
use crate::cli::check::CheckArguments;
use crate::cli::compare::CompareArguments;
use crate::cli::completions::CompletionsArguments;
use crate::cli::configuration_file::Settings;
use crate::cli::demo::DemoArguments;
use crate::cli::env::EnvArguments;
use crate::cli::environment_variables;
use crate::cli::exec::ExecArguments;
use crate::cli::health::HealthArguments;
use crate::cli::listen::ListenArguments;
use crate::cli::migrate::MigrateArguments;
use crate::cli::preflight::PreflightArguments;
use crate::cli::print_configuration;
use crate::cli::program_name::{program_name, spelled};
use crate::cli::report::ReportArguments;
use crate::cli::scenarios::ScenariosArguments;
use crate::cli::serve::ServeCommand;

/// A local emulator of the MTN MoMo (Mobile Money) Open API.
///
/// Set your program's base URL to its address. POSTs are answered with 202, transactions settle by
/// scenario, one callback goes out and is never retried, and the status is there to GET. Without a
/// command it serves; `momosandbox serve --help` lists the flags.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Command,
}

impl CommandLine {
    /// Reads the arguments of the program, its name first. Flags without a command are those of
    /// `serve`, and an environment variable that is empty counts as not set.
    ///
    /// # Errors
    ///
    /// A mistake, or a request for help or the version, in clap's words.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        Self::read_with(None, arguments)
    }

    /// The same, where a configuration file was read.
    ///
    /// # Errors
    ///
    /// As for [`Self::read`].
    pub fn read_with(
        settings: Option<&Settings>,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, clap::Error> {
        let mut arguments: Vec<OsString> = arguments.into_iter().collect();
        if arguments.is_empty() {
            arguments.push(program_name().into());
        }
        let first = arguments.get(1).map(|first| first.to_string_lossy().into_owned());
        let is_for_serve = match first.as_deref() {
            None => true,
            Some("-h" | "--help" | "-V" | "--version") => false,
            Some(first) => first.starts_with('-'),
        };
        if is_for_serve {
            arguments.insert(1, "serve".into());
        }
        let mut program = Self::definition();
        if let Some(settings) = settings {
            program = settings.apply(program);
        }
        let command = program.clone().mut_subcommands(|command| {
            command.mut_args(|flag| if has_empty_variable(&flag) { flag.env(None) } else { flag })
        });
        let matches = command
            .try_get_matches_from(&arguments)
            .map_err(|error| name_variable(hide_secret(error), &arguments))?;
        let mut line = Self::from_arg_matches(&matches)?;
        line.command.note_values(&program, &matches, settings);
        Ok(line)
    }

    /// The definition of the program under the name by which it was started.
    pub fn definition() -> clap::Command {
        let program = Self::command().bin_name(program_name());
        let with_about = |mut command: clap::Command| {
            if let Some(about) = command.get_about().map(ToString::to_string) {
                command = command.about(spelled(&about));
            }
            match command.get_long_about().map(ToString::to_string) {
                Some(about) => command.long_about(spelled(&about)),
                None => command,
            }
        };
        let with_help = |flag: Arg| match flag.get_help().map(ToString::to_string) {
            Some(help) => flag.help(spelled(&help)),
            None => flag,
        };
        with_about(program).mut_subcommands(|command| with_about(command).mut_args(with_help))
    }
}

/// The flags whose values are secrets or contain one.
const SECRET: [&str; 4] =
    ["--api-user ", "--control-token ", "--subscription-key ", "--system-credential "];

/// Removes a secret from an error message, which repeats the mistaken value and may go to a log.
fn hide_secret(mut error: clap::Error) -> clap::Error {
    let flag = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) => flag.as_str(),
        _ => "",
    };
    if SECRET.iter().any(|secret| flag.starts_with(secret)) {
        let hidden = ContextValue::String("(not shown)".to_owned());
        error.insert(ContextKind::InvalidValue, hidden);
    }
    error
}

/// Names the environment variable instead of the flag, where the mistaken value came from one.
fn name_variable(mut error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let flag = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) => flag.split([' ', '=']).next().unwrap_or_default(),
        _ => return error,
    };
    let definition = CommandLine::command();
    if let Some(variable) = environment_variables::source_of(flag, &definition, arguments) {
        error.insert(ContextKind::InvalidArg, ContextValue::String(variable));
    }
    error
}

#[expect(clippy::disallowed_methods, reason = "clap reads the values; this looks for empty ones")]
fn has_empty_variable(flag: &Arg) -> bool {
    flag.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty())
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the emulated API (the default command)
    Serve(Box<ServeCommand>),
    /// Validate scenario files: exits 0 if all are valid, 2 after reporting every problem
    Check(CheckArguments),
    /// List the scenarios that ship with the program, or print one
    Scenarios(ScenariosArguments),
    /// Print the audit of a running emulator
    Report(ReportArguments),
    /// Replay recorded exchanges against another gateway and report the differences
    ///
    /// The recordings are published answers of the real gateway. The other gateway may be MTN's
    /// hosted sandbox, with your own keys. Requests that move money are sent only if
    /// --allow-production names the market, and at most 5 requests a second. Callbacks are not
    /// replayed.
    ///
    /// Exit codes: 0 no differences, 3 differences, 1 environment error, 2 a mistake in a flag or
    /// file.
    Compare(Box<CompareArguments>),
    /// Run a command with its own emulator, then print the audit
    Exec(Box<ExecArguments>),
    /// Run a command against both of MTN's platforms of production, then report whether it is
    /// ready for the migration
    ///
    /// It does what `momosandbox exec --platform both --audit migration` does, and wants a market:
    /// --target-environment NAME. The command reaches the new platform by MOMO_SANDBOX_URL and the
    /// legacy one by MOMO_SANDBOX_LEGACY_URL, each with credentials of its own and both with the
    /// accounts of one wallet.
    Migrate(Box<MigrateArguments>),
    /// Print what `exec` tells a program, as variables of a shell, for an emulator that runs
    Env(EnvArguments),
    /// Health check: exits 0 if an emulator answers
    Health(HealthArguments),
    /// Print a shell completion script
    Completions(CompletionsArguments),
    /// Print the manual page, for `man -l -`
    Man,
    /// Show what happens to money when a callback is missed, or when a platform closes
    Demo(DemoArguments),
    /// Receive callbacks and print them
    Listen(ListenArguments),
    /// Try a callback URL as MTN would, and report any problems
    Preflight(PreflightArguments),
    /// Create certificates that MTN's rules approve, to try https callbacks offline
    Ca(CaArguments),
}

impl Command {
    /// Whether the command reads the configuration file, and the one that was named.
    pub fn configuration_file(&self) -> Option<Option<&Path>> {
        let arguments = match self {
            Self::Serve(arguments) => &arguments.serve.configuration,
            Self::Exec(arguments) => &arguments.serve.configuration,
            Self::Migrate(arguments) => &arguments.exec.serve.configuration,
            Self::Env(arguments) => &arguments.emulator.configuration,
            Self::Health(arguments) => &arguments.configuration,
            Self::Report(arguments) => &arguments.emulator.configuration,
            _ => return None,
        };
        Some(arguments.config.as_deref())
    }

    /// Writes down the values in force, if they are to be printed.
    fn note_values(
        &mut self,
        program: &clap::Command,
        matches: &ArgMatches,
        settings: Option<&Settings>,
    ) {
        if let Self::Serve(serve) = self
            && let Some(printed) = serve.print_config
            && let Some((_, matches)) = matches.subcommand()
        {
            let text = print_configuration::text(program, matches, settings, printed);
            serve.values_in_force = text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_every_flag_has_its_variable() {
        let command = CommandLine::command();
        command.clone().debug_assert();
        let serve = command.find_subcommand("serve").expect("the command");
        for flag in serve.get_arguments() {
            let long = flag.get_long().expect("a long flag");
            if long == "print-config" {
                continue;
            }
            let variable = format!("MOMO_SANDBOX_{}", long.replace('-', "_").to_uppercase());
            assert_eq!(flag.get_env(), Some(variable.as_ref()), "--{long}");
        }
    }

    #[test]
    fn flags_without_a_command_are_those_of_serve() {
        let read = |line: &[&str]| CommandLine::read(line.iter().map(OsString::from));
        let command = |line: &[&str]| read(line).expect("good arguments").command;
        for line in [&["m"][..], &[], &["m", "--seed", "7"], &["m", "serve"]] {
            assert!(matches!(command(line), Command::Serve(_)), "{line:?}");
        }
        assert!(matches!(command(&["m", "check", "a"]), Command::Check(_)));
        assert!(read(&["m", "--help"]).expect_err("help").to_string().contains("check"));
    }

    #[test]
    fn a_mistake_is_answered_with_what_was_expected() {
        let refused = |arguments: &[&str]| {
            let all = ["momo-sandbox"].iter().chain(arguments);
            CommandLine::read(all.map(OsString::from)).expect_err("a mistake").to_string()
        };
        assert!(refused(&["--subscription-key", "colection=1"]).contains("unknown product"));
        assert!(refused(&["--subscription-key", "abc"]).contains("expected PRODUCT=KEY"));
        assert!(refused(&["--api-user", "1:2"]).contains("expected ID:APIKEY:HOST"));
        assert!(refused(&["--system-credential", "1:2"]).contains("expected USERID:TOKEN:HOST"));
        assert!(refused(&["--cutover", "soon"]).contains("nor an RFC 3339 time"));
        assert!(refused(&["--platform", "old"]).contains("legacy, new, both"));
        assert!(refused(&["--settle-after", "soon"]).contains("is not a duration"));
        assert!(refused(&["--opening-balance", "-1"]).contains("a decimal of zero or more"));
        assert!(refused(&["--ledger", "none"]).contains("expected on or off"));
        assert!(refused(&["--clock", "x0"]).contains("expected real, manual or x1"));
        assert!(refused(&["--log-format", "xml"]).contains("text, json"));
        assert!(refused(&["check"]).contains("<FILE>"));
    }
}
