//! What can be said on the command line and in the environment.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::cli::audit_arguments::{Exec, Report};
use crate::cli::colour::ColourArguments;
use crate::cli::compare_arguments::Compare;
use crate::cli::environment_arguments::{CallbackArguments, ProfileName};
use crate::cli::environment_variables;
use crate::cli::serve_arguments::{Serve, read_address, read_settle_after};

/// A local emulator of the MTN MoMo (Mobile Money) Open API.
///
/// Set your program's base URL to its address. POSTs are answered with 202, transactions settle by
/// scenario, one callback goes out and is never retried, and the status is there to GET. Without a
/// command it serves; `momo-sandbox serve --help` lists the flags.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Arguments {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// Reads what was said, the program's name first. Flags without a command are those of `serve`,
    /// and an environment variable that is empty counts as not set.
    ///
    /// # Errors
    ///
    /// A mistake, or a request for help or the version, in clap's words.
    pub fn read(said: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut said: Vec<OsString> = said.into_iter().collect();
        if said.is_empty() {
            said.push(env!("CARGO_PKG_NAME").into());
        }
        let first = said.get(1).map(|first| first.to_string_lossy().into_owned());
        let is_for_serve = match first.as_deref() {
            None => true,
            Some("-h" | "--help" | "-V" | "--version") => false,
            Some(first) => first.starts_with('-'),
        };
        if is_for_serve {
            said.insert(1, "serve".into());
        }
        let command = Self::command().mut_subcommands(|command| {
            command.mut_args(|flag| if is_set_to_nothing(&flag) { flag.env(None) } else { flag })
        });
        let matches = command.try_get_matches_from(&said);
        let mut matches =
            matches.map_err(|error| by_its_variable(without_secrets(error), &said))?;
        Self::from_arg_matches_mut(&mut matches)
    }
}

/// Flags whose values are secrets, or have one in them.
const SECRET: [&str; 3] = ["--api-user ", "--control-token ", "--subscription-key "];

/// Takes secrets out of an error message, which has the mistaken value and may go to a log.
fn without_secrets(mut error: clap::Error) -> clap::Error {
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

/// Names the environment variable in place of the flag, where the mistaken value came from one.
fn by_its_variable(mut error: clap::Error, said: &[OsString]) -> clap::Error {
    let flag = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) => flag.split([' ', '=']).next().unwrap_or_default(),
        _ => return error,
    };
    if let Some(variable) = environment_variables::in_place_of(flag, said) {
        error.insert(ContextKind::InvalidArg, ContextValue::String(variable));
    }
    error
}

#[expect(clippy::disallowed_methods, reason = "this is the door: clap reads the rest")]
fn is_set_to_nothing(flag: &Arg) -> bool {
    flag.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty())
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the emulated API (the default command)
    Serve(Box<Serve>),
    /// Validate scenario files: exits 0 if all are valid, 2 after reporting every problem
    Check(Check),
    /// List the scenarios that ship with the program, or print one
    Scenarios(Scenarios),
    /// Print the audit of a running emulator
    Report(Report),
    /// Replay recorded exchanges against another gateway and report the differences
    ///
    /// The recordings are published answers of the real gateway. The other gateway may be MTN's
    /// hosted sandbox, with your own keys. Requests that move money are sent only if
    /// --allow-production names the market, and at most 5 requests a second. Callbacks are not
    /// replayed.
    ///
    /// Exit codes: 0 no differences, 3 differences, 1 environment error, 2 a mistake in a flag or
    /// file.
    Compare(Box<Compare>),
    /// Run a command with its own emulator, then print the audit
    Exec(Box<Exec>),
    /// Health check: exits 0 if an emulator answers
    Health(Health),
    /// Print a shell completion script
    Completions(Completions),
    /// Print the manual page, for `man -l -`
    Man,
    /// Show what happens to money when a callback is missed
    Demo(Demo),
    /// Receive callbacks and print them
    Listen(Listen),
    /// Try a callback URL as MTN would, and report any problems
    Preflight(Preflight),
    /// Create certificates that MTN's rules approve, to try https callbacks offline
    Ca(Ca),
}

/// The arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Scenario files, folders of them, or names of those that ship
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// The arguments of `scenarios`.
#[derive(Debug, Args)]
pub struct Scenarios {
    /// The scenario to print
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// The arguments of `health`.
#[derive(Debug, Args)]
pub struct Health {
    /// Where `serve` listens
    #[arg(
        long,
        env = "MOMO_SANDBOX_LISTEN",
        default_value = "127.0.0.1:4673",
        value_name = "ADDR",
        value_parser = read_address
    )]
    pub listen: SocketAddr,
}

/// The arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// The arguments of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Which demonstration
    #[arg(value_name = "NAME")]
    pub name: DemoName,

    /// How many times faster; at 1 it takes a minute
    #[arg(
        long,
        default_value_t = 1,
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub speed: u32,

    /// Seed; the same seed repeats the day
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,

    /// Colour.
    #[command(flatten)]
    pub colour: ColourArguments,
}

/// The demonstrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DemoName {
    /// Two shops over a day on which every third callback is lost.
    MissedCallback,
}

/// The arguments of `listen`.
#[derive(Debug, Args)]
pub struct Listen {
    /// Address to listen on; port 0 takes any free one
    #[arg(
        long,
        default_value = "127.0.0.1:8080",
        value_name = "ADDR",
        value_parser = read_address
    )]
    pub listen: SocketAddr,

    /// Status to answer with
    #[arg(
        long,
        default_value_t = 200,
        value_name = "STATUS",
        value_parser = clap::value_parser!(u16).range(200..600)
    )]
    pub answer: u16,

    /// How long to wait before the answer, for example 3s
    #[arg(long, default_value = "0s", value_name = "DURATION", value_parser = read_settle_after)]
    pub delay: Duration,

    /// Close the connection instead of answering
    #[arg(long)]
    pub drop: bool,

    /// Format of the output
    #[arg(long, default_value = "pretty", value_name = "FORMAT")]
    pub format: ListenFormat,

    /// Serve TLS with this certificate chain, in PEM, the listener's own certificate first
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_chain: Option<PathBuf>,

    /// The key of that certificate
    #[arg(long, value_name = "FILE", requires = "tls_chain")]
    pub tls_key: Option<PathBuf>,
}

/// How received callbacks are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListenFormat {
    /// Human-readable.
    Pretty,
    /// One JSON object per line.
    Json,
}

/// The arguments of `preflight`.
#[derive(Debug, Args)]
pub struct Preflight {
    /// The callback URL
    #[arg(value_name = "URL")]
    pub url: String,

    /// Which rule set applies [default: production for https, sandbox for http]
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<ProfileName>,

    /// Print one JSON object
    #[arg(long)]
    pub json: bool,

    /// How to get there.
    #[command(flatten)]
    pub callbacks: CallbackArguments,

    /// Colour.
    #[command(flatten)]
    pub colour: ColourArguments,
}

/// The arguments of `ca`.
#[derive(Debug, Args)]
pub struct Ca {
    /// Folder of the root and of what is issued
    #[arg(long, default_value = "momo-sandbox-ca", value_name = "FOLDER")]
    pub dir: PathBuf,

    /// Approved intermediate to issue as; --list shows all
    #[arg(long, default_value = "R3", value_name = "ALIAS")]
    pub alias: String,

    /// Host to issue a certificate for; may be repeated
    #[arg(long, value_name = "NAME", value_parser = read_host)]
    pub host: Vec<String>,

    /// List the intermediates that MTN approves
    #[arg(long)]
    pub list: bool,
}

fn read_host(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let host = url::Host::parse(name);
    host.map(|_| text.to_owned())
        .map_err(|_| "expected a host name, an IP address or for example *.shop.example".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_every_flag_has_its_variable() {
        let command = Arguments::command();
        command.clone().debug_assert();
        let serve = command.find_subcommand("serve").expect("the command");
        for flag in serve.get_arguments() {
            let long = flag.get_long().expect("a long flag");
            let variable = format!("MOMO_SANDBOX_{}", long.replace('-', "_").to_uppercase());
            assert_eq!(flag.get_env(), Some(variable.as_ref()), "--{long}");
        }
    }

    #[test]
    fn flags_without_a_command_are_those_of_serve() {
        let read = |said: &[&str]| Arguments::read(said.iter().map(OsString::from));
        let command = |said: &[&str]| read(said).expect("good arguments").command;
        for said in [&["m"][..], &[], &["m", "--seed", "7"], &["m", "serve"]] {
            assert!(matches!(command(said), Command::Serve(_)), "{said:?}");
        }
        assert!(matches!(command(&["m", "check", "a"]), Command::Check(_)));
        assert!(read(&["m", "--help"]).expect_err("help").to_string().contains("check"));
    }

    #[test]
    fn what_is_said_wrongly_is_told_what_would_be_right() {
        let refused = |arguments: &[&str]| {
            let all = ["momo-sandbox"].iter().chain(arguments);
            Arguments::read(all.map(OsString::from)).expect_err("a mistake").to_string()
        };
        assert!(refused(&["--subscription-key", "colection=1"]).contains("unknown product"));
        assert!(refused(&["--subscription-key", "abc"]).contains("expected PRODUCT=KEY"));
        assert!(refused(&["--api-user", "1:2:3"]).contains("UUID of version 4"));
        assert!(refused(&["--settle-after", "soon"]).contains("is not a duration"));
        assert!(refused(&["--opening-balance", "-1"]).contains("a decimal of zero or more"));
        assert!(refused(&["--ledger", "none"]).contains("expected on or off"));
        assert!(refused(&["--clock", "x0"]).contains("expected real, manual or x1"));
        assert!(refused(&["--log-format", "xml"]).contains("text, json"));
        assert!(refused(&["check"]).contains("<FILE>"));
    }
}
