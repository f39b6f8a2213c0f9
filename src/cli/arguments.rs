//! What can be said on the command line and in the environment.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rust_decimal::Decimal;

use clap::{Arg, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::cli::environment_arguments::{CallbackArguments, EnvironmentArguments};
use crate::cli::report::FailOn;
use crate::model::amount::parse_balance;
use crate::model::api_user::ApiUser;
use crate::model::callback_url::ProviderCallbackHost;
use crate::model::product::Product;
use crate::model::reference::{ApiUserId, parse_uuid_v4};
use crate::platform::Limits;
use crate::scenario::dice::Seed;
use crate::scenario::duration::{DURATION_REMEDY, read_duration};

/// A local emulator of the MTN MoMo (Mobile Money) Open API.
///
/// Point your program's base URL at it: POSTs are answered with 202, transactions settle by
/// scenario, one callback goes out and is never retried, and the status is there to GET.
/// Without a command it serves; `momo-sandbox serve --help` lists the flags.
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
        let mut matches = command.try_get_matches_from(said)?;
        Self::from_arg_matches_mut(&mut matches)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the door: clap reads the rest")]
fn is_set_to_nothing(flag: &Arg) -> bool {
    flag.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty())
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the emulated API (also what no command does)
    Serve(Box<Serve>),
    /// Validate scenario files: exit 0 if all are good, 2 with every problem shown
    Check(Check),
    /// List the scenarios that ship with the program, or print one
    Scenarios(Scenarios),
    /// Say what a merchant's program did: the audit of a running emulator
    Report(Report),
    /// Run a command with an emulator of its own, then print the audit
    Exec(Box<Exec>),
    /// Create certificates as MTN approves them for callbacks, to try https callbacks offline
    Ca(Ca),
}

/// The flags of `serve`. A list in an environment variable is separated by commas.
#[derive(Debug, Args)]
pub struct Serve {
    /// Address to listen on; port 0 takes any free one
    #[arg(
        long,
        env = "MOMO_SANDBOX_LISTEN",
        default_value = "127.0.0.1:4673",
        value_name = "ADDR",
        value_parser = read_address
    )]
    pub listen: SocketAddr,

    /// Scenario file, or the name of one that ships; may be repeated, earlier files go first
    #[arg(long, env = "MOMO_SANDBOX_SCENARIO", value_name = "FILE", value_delimiter = ',')]
    pub scenario: Vec<PathBuf>,

    /// Seed of every random draw; the same seed repeats a run [default: drawn, and printed]
    #[arg(long, env = "MOMO_SANDBOX_SEED", value_name = "NUMBER")]
    pub seed: Option<u64>,

    /// `real`, `manual` (stands still until it is advanced by the control plane) or such as `x60`,
    /// sixty times faster
    #[arg(
        long,
        env = "MOMO_SANDBOX_CLOCK",
        default_value = "real",
        value_name = "CLOCK",
        value_parser = read_clock
    )]
    pub clock: ClockMode,

    /// How long an ordinary transaction stays PENDING, such as 200ms, 2s or 5m
    #[arg(
        long,
        env = "MOMO_SANDBOX_SETTLE_AFTER",
        default_value = "200ms",
        value_name = "DURATION",
        value_parser = read_settle_after
    )]
    pub settle_after: Duration,

    /// What each account holds at first, in the environment's currency; goes before a scenario's
    /// [default: 1000]
    #[arg(
        long,
        env = "MOMO_SANDBOX_OPENING_BALANCE",
        value_name = "AMOUNT",
        allow_negative_numbers = true,
        value_parser = read_opening_balance
    )]
    pub opening_balance: Option<Decimal>,

    /// A product's subscription key; may be repeated. With none given, any key is good everywhere
    #[arg(
        long,
        env = "MOMO_SANDBOX_SUBSCRIPTION_KEY",
        value_name = "PRODUCT=KEY",
        value_delimiter = ',',
        value_parser = read_subscription_key
    )]
    pub subscription_key: Vec<SubscriptionKey>,

    /// An API user to provision at the start, with its key and callback host; may be repeated
    #[arg(
        long,
        env = "MOMO_SANDBOX_API_USER",
        value_name = "UUID:APIKEY:HOST",
        value_delimiter = ',',
        value_parser = read_api_user
    )]
    pub api_user: Vec<GivenApiUser>,

    /// The target environment.
    #[command(flatten)]
    pub environment: EnvironmentArguments,

    /// Callbacks.
    #[command(flatten)]
    pub callbacks: CallbackArguments,

    /// How many settled transactions of each API user are kept; the oldest goes first
    #[arg(
        long,
        env = "MOMO_SANDBOX_SETTLED_MAX",
        default_value_t = Limits::default().settled,
        value_name = "NUMBER"
    )]
    pub settled_max: usize,

    /// How many pending transactions of each API user there may be; beyond it a POST meets a 503
    #[arg(
        long,
        env = "MOMO_SANDBOX_PENDING_MAX",
        default_value_t = Limits::default().pending,
        value_name = "NUMBER"
    )]
    pub pending_max: usize,

    /// How many entries of each API user's journal are kept; the oldest goes first
    #[arg(
        long,
        env = "MOMO_SANDBOX_JOURNAL_MAX",
        default_value_t = Limits::default().journal,
        value_name = "NUMBER"
    )]
    pub journal_max: usize,

    /// What `/_sandbox` must be shown, as `Authorization: Bearer TOKEN` [default: drawn and printed
    /// when listening beyond this machine, none otherwise]
    #[arg(long, env = "MOMO_SANDBOX_CONTROL_TOKEN", value_name = "TOKEN")]
    pub control_token: Option<String>,

    /// Form of the log, which goes to standard error
    #[arg(long, env = "MOMO_SANDBOX_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// The arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Scenario files, or names of those that ship
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// The arguments of `scenarios`.
#[derive(Debug, Args)]
pub struct Scenarios {
    /// The one to print
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// The arguments of `report`.
#[derive(Debug, Args)]
pub struct Report {
    /// Where the emulator is
    #[arg(
        long,
        env = "MOMO_SANDBOX_URL",
        default_value = "http://127.0.0.1:4673",
        value_name = "URL"
    )]
    pub url: String,

    /// Only of this API user
    #[arg(long, value_name = "UUID")]
    pub space: Option<uuid::Uuid>,

    /// Form of the report
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    pub format: ReportFormat,

    /// How soon after a lost callback the status should have been asked for
    #[arg(long, default_value = "10m", value_name = "DURATION")]
    pub within: String,

    /// Rules that end it with 3 if they fail or cannot be told: `all`, `none`, or names
    #[arg(long, default_value = "none", value_name = "RULES", value_parser = FailOn::parse)]
    pub fail_on: FailOn,

    /// What the control plane must be shown
    #[arg(long, env = "MOMO_SANDBOX_CONTROL_TOKEN", value_name = "TOKEN")]
    pub control_token: Option<String>,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// To read.
    Text,
    /// One JSON object.
    Json,
    /// XML for CI.
    Junit,
    /// A page.
    Html,
}

impl ReportFormat {
    /// The name, as the control plane knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Html => "html",
        }
    }
}

/// The arguments of `exec`: those of `serve`, and a command.
#[derive(Debug, Args)]
pub struct Exec {
    /// What the emulator is; it takes a free port.
    #[command(flatten)]
    pub serve: Serve,

    /// Host that the callbacks of the ready-made API user go to
    #[arg(long, default_value = "localhost", value_name = "HOST")]
    pub callback_host: String,

    /// Rules that end it with 3 if they fail or cannot be told: `strict` (all), `none`, or names
    #[arg(long, default_value = "none", value_name = "RULES", value_parser = FailOn::parse)]
    pub audit: FailOn,

    /// The command, which finds the emulator's address and credentials in its environment
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// The arguments of `ca`.
#[derive(Debug, Args)]
pub struct Ca {
    /// Folder of the root and of what is issued
    #[arg(long, default_value = "momo-sandbox-ca", value_name = "FOLDER")]
    pub dir: PathBuf,

    /// The approved intermediate whose name issues; --list shows all
    #[arg(long, default_value = "R3", value_name = "ALIAS")]
    pub alias: String,

    /// A host to issue a certificate for; may be repeated
    #[arg(long, value_name = "NAME", value_parser = read_host)]
    pub host: Vec<String>,

    /// List the intermediates that MTN approves
    #[arg(long)]
    pub list: bool,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line to read.
    Text,
    /// A JSON object a line.
    Json,
}

/// How the clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockMode {
    /// With the machine, so many times faster.
    Times(u32),
    /// It stands still until it is advanced.
    Manual,
}

/// `PRODUCT=KEY`.
#[derive(Debug, Clone)]
pub struct SubscriptionKey {
    /// The product.
    pub product: Product,
    /// Its key.
    pub key: String,
}

/// `UUID:APIKEY:HOST`.
#[derive(Debug, Clone)]
pub struct GivenApiUser {
    /// The API user.
    pub api_user: ApiUser,
    /// Its key.
    pub api_key: String,
}

fn read_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "expected an IP address and a port, such as 127.0.0.1:4673 or 0.0.0.0:4673".to_owned()
    })
}

fn read_settle_after(text: &str) -> Result<Duration, String> {
    read_duration(text).map_err(|why| format!("it {why}; {DURATION_REMEDY}"))
}

fn read_clock(text: &str) -> Result<ClockMode, String> {
    const FACTOR_MAX: u32 = 100_000;
    let factor = text.strip_prefix('x').and_then(|factor| factor.parse().ok());
    match (text, factor) {
        ("real", _) => Ok(ClockMode::Times(1)),
        ("manual", _) => Ok(ClockMode::Manual),
        (_, Some(factor)) if (1..=FACTOR_MAX).contains(&factor) => Ok(ClockMode::Times(factor)),
        _ => Err(format!("expected real, manual or x1 to x{FACTOR_MAX}, such as x60")),
    }
}

fn read_opening_balance(text: &str) -> Result<Decimal, String> {
    parse_balance(text).map_err(|why| format!("it {why}"))
}

fn read_subscription_key(text: &str) -> Result<SubscriptionKey, String> {
    let expected = "expected PRODUCT=KEY, such as collection=abc123";
    let (product, key) = text.split_once('=').ok_or(expected)?;
    let product = Product::named(product).ok_or_else(|| {
        format!("`{product}` is not a product: collection, disbursement or remittance")
    })?;
    if key.is_empty() {
        return Err(format!("the key is empty; {expected}"));
    }
    Ok(SubscriptionKey { product, key: key.to_owned() })
}

fn read_api_user(text: &str) -> Result<GivenApiUser, String> {
    let expected = "expected UUID:APIKEY:HOST, such as \
                    c0ffee00-1111-4222-8333-444455556666:secret:localhost";
    let (id, rest) = text.split_once(':').ok_or(expected)?;
    let (api_key, host) = rest.split_once(':').ok_or(expected)?;
    let id = parse_uuid_v4(id)
        .map(ApiUserId)
        .ok_or_else(|| format!("`{id}` is not a UUID of version 4; {expected}"))?;
    if api_key.is_empty() {
        return Err(format!("the API key is empty; {expected}"));
    }
    let provider_callback_host = ProviderCallbackHost::parse(host)
        .ok_or_else(|| format!("`{host}` is not a host name; {expected}"))?;
    let products = Product::ALL.into();
    let api_user = ApiUser { id, provider_callback_host, products };
    Ok(GivenApiUser { api_user, api_key: api_key.to_owned() })
}

fn read_host(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let host = url::Host::parse(name);
    host.map(|_| text.to_owned())
        .map_err(|_| "expected a host name, an IP address or such as *.shop.example".to_owned())
}

/// A seed for a run that was given none: six digits, to be read out and typed again.
pub fn draw_seed() -> Seed {
    #[expect(clippy::disallowed_methods, reason = "the one draw that nothing repeats: the seed")]
    let entropy = uuid::Uuid::new_v4().as_u128();
    Seed(u64::try_from(entropy % 1_000_000).expect("six digits fit"))
}

/// A control token for a run that was given none.
pub fn draw_control_token() -> String {
    #[expect(clippy::disallowed_methods, reason = "a secret, which no seed may tell")]
    let token = uuid::Uuid::new_v4();
    token.simple().to_string()
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
        assert!(refused(&["--subscription-key", "colection=1"]).contains("is not a product"));
        assert!(refused(&["--subscription-key", "abc"]).contains("expected PRODUCT=KEY"));
        assert!(refused(&["--api-user", "1:2:3"]).contains("UUID of version 4"));
        assert!(refused(&["--settle-after", "soon"]).contains("is not a duration"));
        assert!(refused(&["--opening-balance", "-1"]).contains("a decimal of zero or more"));
        assert!(refused(&["--clock", "x0"]).contains("expected real, manual or x1"));
        assert!(refused(&["--log-format", "xml"]).contains("text, json"));
        assert!(refused(&["check"]).contains("<FILE>"));
    }
}
