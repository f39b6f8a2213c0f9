//! `momosandbox serve`: runs the emulator.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use rust_decimal::Decimal;
use tracing::info;

use crate::callback::settings::CallbackSettings;
use crate::cli::banner::{Banner, BannerToken};
use crate::cli::callback_arguments::{CallbackArguments, CallbackSourceArguments};
use crate::cli::configuration_arguments::ConfigurationArguments;
use crate::cli::credentials::{self, of_flag, parse_api_user};
use crate::cli::drawn_credentials::draw;
use crate::cli::environment_arguments::EnvironmentArguments;
use crate::cli::failure::Failure;
use crate::cli::https_arguments::HttpsArguments;
use crate::cli::limit_arguments::LimitArguments;
use crate::cli::log::LogArguments;
use crate::cli::parse::{
    SubscriptionKey, parse_address, parse_duration_flag, parse_subscription_key,
};
use crate::cli::platform_arguments::PlatformArguments;
use crate::cli::print_configuration::PrintedConfiguration;
use crate::cli::random::{random_control_token, random_seed};
use crate::cli::record_arguments::RecordArguments;
use crate::cli::runtime::{start_runtime, stop_signal};
use crate::cli::{heading, open_file_limit, platform_lines, reload, scenario_files};
use crate::control::guard::ControlToken;
use crate::emulator::credentials::{ApiUserWithKey, GivenCredentials, Played};
use crate::emulator::ports::{PortError, PortKind};
use crate::emulator::{BindError, Configuration, Emulator, Stopped};
use crate::engine::clock::Clock;
use crate::gateway::subscription_keys::SubscriptionKeys;
use crate::gateway::token_secret::TokenSecret;
use momo_sandbox_core::model::amount::parse_balance;
use momo_sandbox_core::model::causes::with_causes;
use momo_sandbox_core::model::mtn_platform::PlayedPlatforms;
use momo_sandbox_core::scenario::delivery::DeliveryPolicy;
use momo_sandbox_core::scenario::description::LEDGER_WORDS;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;

/// The arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeCommand {
    #[command(flatten)]
    pub serve: ServeArguments,

    /// Print every value in force and where it came from, as a configuration file, instead of
    /// serving; `=with-secrets` prints secrets too
    #[arg(
        long,
        help_heading = heading::CONFIGURATION,
        value_name = "SECRETS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "without-secrets"
    )]
    pub print_config: Option<PrintedConfiguration>,

    /// What `--print-config` prints.
    #[arg(skip)]
    pub values_in_force: String,
}

/// The flags of `serve` that `exec` has too. Commas separate the elements of a list in an
/// environment variable.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Address to listen on; port 0 takes any free one
    #[arg(
        long,
        help_heading = heading::API,
        env = "MOMO_SANDBOX_LISTEN",
        default_value = "127.0.0.1:4673",
        value_name = "ADDR",
        value_parser = parse_address
    )]
    pub listen: SocketAddr,

    /// Scenario file, folder of `.toml` files (in the order of their names), or the name of one
    /// that ships; may be repeated, earlier ones go first
    #[arg(
        long,
        help_heading = heading::SCENARIOS,
        env = "MOMO_SANDBOX_SCENARIO",
        value_name = "FILE",
        value_delimiter = ','
    )]
    pub scenario: Vec<PathBuf>,

    /// Seed of every random draw; the same seed and reference ids repeat a run [default: drawn,
    /// and printed]
    #[arg(
        long,
        help_heading = heading::SCENARIOS,
        env = "MOMO_SANDBOX_SEED",
        value_name = "NUMBER",
        value_parser = parse_seed
    )]
    pub seed: Option<u64>,

    /// `real`, `manual` (paused until the control plane advances it), or for example `x60`: sixty
    /// times faster
    #[arg(
        long,
        help_heading = heading::SCENARIOS,
        env = "MOMO_SANDBOX_CLOCK",
        default_value = "real",
        value_name = "CLOCK",
        value_parser = parse_clock
    )]
    pub clock: ClockMode,

    /// How long an ordinary transaction stays PENDING, for example 200ms, 2s or 5m
    #[arg(
        long,
        help_heading = heading::SCENARIOS,
        env = "MOMO_SANDBOX_SETTLE_AFTER",
        default_value = "200ms",
        value_name = "DURATION",
        value_parser = parse_duration_flag
    )]
    pub settle_after: Duration,

    /// Opening balance of each account, in the target environment's currency; overrides the
    /// scenario's [default: 1000]
    #[arg(
        long,
        help_heading = heading::SCENARIOS,
        env = "MOMO_SANDBOX_OPENING_BALANCE",
        value_name = "AMOUNT",
        allow_negative_numbers = true,
        value_parser = parse_opening_balance
    )]
    pub opening_balance: Option<Decimal>,

    /// Whether a ledger is kept; `off`: payouts and refunds of any amount succeed and balances
    /// never change, as in MTN's sandbox; overrides the scenario's [default: on]
    #[arg(
        long,
        help_heading = heading::SCENARIOS,
        env = "MOMO_SANDBOX_LEDGER",
        value_name = "on|off",
        value_parser = parse_ledger
    )]
    pub ledger: Option<bool>,

    /// A product's subscription key; may be repeated. Any key is accepted unless you set some
    #[arg(
        long,
        help_heading = heading::API,
        env = "MOMO_SANDBOX_SUBSCRIPTION_KEY",
        hide_env_values = true,
        value_name = "PRODUCT=KEY",
        value_delimiter = ',',
        value_parser = parse_subscription_key
    )]
    pub subscription_key: Vec<SubscriptionKey>,

    /// API user to provision at startup, with its API key and provider callback host; may be
    /// repeated. In production it is of the legacy platform: its id need not be a UUID, and it may
    /// share a wallet's accounts
    #[arg(
        long,
        help_heading = heading::API,
        env = "MOMO_SANDBOX_API_USER",
        hide_env_values = true,
        value_name = "ID:APIKEY:HOST[:WALLET]",
        value_delimiter = ',',
        value_parser = parse_api_user
    )]
    pub api_user: Vec<GivenCredentials>,

    #[command(flatten)]
    pub environment: EnvironmentArguments,

    #[command(flatten)]
    pub platforms: PlatformArguments,

    #[command(flatten)]
    pub callbacks: CallbackArguments,

    #[command(flatten)]
    pub callback_sources: CallbackSourceArguments,

    #[command(flatten)]
    pub https: HttpsArguments,

    /// How often each callback is tried: once, retrying or twice; a scenario's overrides it
    #[arg(
        long,
        help_heading = heading::CALLBACKS,
        env = "MOMO_SANDBOX_DELIVERY",
        default_value = "once",
        value_name = "POLICY",
        value_parser = parse_policy
    )]
    pub delivery: DeliveryPolicy,

    /// Bearer token for the control plane, `/_sandbox` [default: drawn and printed when listening
    /// beyond this machine, none otherwise]
    #[arg(
        long,
        help_heading = heading::CONTROL,
        env = "MOMO_SANDBOX_CONTROL_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        value_parser = ControlToken::parse
    )]
    pub control_token: Option<ControlToken>,

    /// Secret of at least 16 bytes that signs access tokens: instances that share it accept each
    /// other's [default: drawn from the seed]
    #[arg(
        long,
        help_heading = heading::API,
        env = "MOMO_SANDBOX_TOKEN_SECRET",
        value_name = "TEXT",
        hide_env_values = true
    )]
    pub token_secret: Option<String>,

    /// Explain each refused request in the header X-Momo-Sandbox-Why, which MTN does not send
    #[arg(
        long,
        help_heading = heading::API,
        env = "MOMO_SANDBOX_EXPLAIN",
        default_value = "on",
        value_name = "on|off",
        hide_possible_values = true
    )]
    pub explain: Switch,

    #[command(flatten)]
    pub log: LogArguments,

    #[command(flatten)]
    pub record: RecordArguments,

    #[command(flatten)]
    pub limits: LimitArguments,

    #[command(flatten, next_help_heading = heading::CONFIGURATION)]
    pub configuration: ConfigurationArguments,
}

/// The value of an `on|off` flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

/// The value of `--clock`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockMode {
    /// Runs this many times faster than the machine's clock.
    Times(u32),
    /// Paused until the control plane advances it.
    Manual,
}

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
///
/// A mistake in a flag or scenario file, or an address that cannot be listened on.
pub fn run(command: ServeCommand) -> Result<(), Failure> {
    if command.print_config.is_some() {
        return print_configuration(command);
    }
    let arguments = command.serve;
    let _log = arguments.log.start();
    let file = arguments.configuration.config.clone();
    let files = arguments.scenario.clone();
    let seen = scenario_files::modification_times(&files);
    let is_token_given = arguments.control_token.is_some();
    let mut configuration = configuration(arguments)?;
    open_file_limit::raise(&configuration.limits);
    let (environment, platforms) = (configuration.environment, configuration.platforms);
    let credentials = platforms.map(|platforms| add_drawn(platforms, &mut configuration));
    let credentials = credentials.transpose()?.unwrap_or_default();
    let (rules, seed) = (configuration.rules.clone(), configuration.seed);
    let keys = configuration.subscription_keys.clone();
    let token = configuration.control_token.clone();
    let control_token = token.as_ref().map(|token| {
        if is_token_given { BannerToken::Given } else { BannerToken::Drawn(token.reveal()) }
    });
    let runtime = start_runtime()?;
    let served = runtime.block_on(async {
        let stop = stop_signal()?;
        let emulator = Emulator::bind(configuration).await.map_err(bind_failure)?;
        let platforms = platforms.map(|platforms| {
            platform_lines::played(
                platforms,
                emulator.address(),
                emulator.legacy_address(),
                emulator.spaces().cutover(),
            ) + &credentials
        });
        let banner = Banner {
            address: emulator.address(),
            configuration_file: file.as_deref(),
            is_clock_paused: emulator.spaces().clock().is_paused(),
            https: emulator.front_address(),
            environment,
            platforms: platforms.as_deref(),
            rules: &rules,
            seed,
            keys: &keys,
            control_token,
        };
        // A closed standard output does not stop the emulator.
        let _ = std::io::stdout().write_all(banner.text().as_bytes());
        let _ = std::io::stdout().flush();
        let reloading = tokio::spawn(reload::run(files, seen, emulator.spaces()));
        let stopped = emulator.run(stop).await;
        reloading.abort();
        info!(pending = stopped.pending, cut_off = stopped.cut_off, "stopped");
        let _ = std::io::stdout().write_all(last_line(stopped).as_bytes());
        Ok(())
    });
    // The thread that reads scenario files may wait for a disk that does not answer.
    runtime.shutdown_background();
    served
}

/// Draws credentials for each platform that is played, if none at all were given, and returns the
/// lines about credentials.
fn add_drawn(
    platforms: PlayedPlatforms,
    configuration: &mut Configuration,
) -> Result<String, Failure> {
    if !configuration.api_users.is_empty() {
        let of = |platform| {
            let all = configuration.api_users.iter();
            all.filter(|(user, _)| user.platform == Some(platform)).count()
        };
        return Ok(platform_lines::counts(platforms, of));
    }
    let played = Played { environment: configuration.environment, platforms: Some(platforms) };
    let mut drawn = Vec::new();
    for platform in platforms.all() {
        let one = draw(configuration.seed, Some(platform), "localhost");
        let ApiUserWithKey { api_user, api_key } = of_flag(&one, played)?;
        configuration.api_users.push((api_user, api_key));
        drawn.push(one);
    }
    Ok(platform_lines::drawn(&drawn))
}

/// Prints the values in force, if an emulator could start with them.
fn print_configuration(command: ServeCommand) -> Result<(), Failure> {
    let ServeCommand { mut serve, values_in_force, .. } = command;
    // A folder that is not there yet would be made.
    serve.https.tls_ca.take_if(|folder| !folder.exists());
    configuration(serve)?;
    // A closed standard output is no failure.
    let _ = std::io::stdout().write_all(values_in_force.as_bytes());
    Ok(())
}

/// The failure of a command whose emulator did not start.
pub fn bind_failure(error: BindError) -> Failure {
    match error {
        BindError::Port(PortError { kind, address, source }) => {
            let flag = match kind {
                PortKind::Plain => "--listen",
                PortKind::Legacy => "--listen-legacy",
                PortKind::Front => "--tls-listen",
            };
            let remedy = match source.kind() {
                std::io::ErrorKind::AddrInUse => {
                    format!("; stop what listens there, or choose another address with {flag}")
                }
                std::io::ErrorKind::PermissionDenied if cfg!(windows) => format!(
                    "; Windows keeps some ports for itself (`netsh interface ipv4 show \
                     excludedportrange protocol=tcp` lists them): choose another with {flag}"
                ),
                _ => String::new(),
            };
            Failure::environment(format!("cannot listen on {address}: {source}{remedy}"))
        }
        BindError::ApiUsers { .. }
        | BindError::ApiUser(_)
        | BindError::Callbacks(_)
        | BindError::CallbackSource(_) => Failure::user(with_causes(&error)),
    }
}

/// The last line of the output: transactions still pending, and what was cut off.
fn last_line(stopped: Stopped) -> String {
    let transactions = match stopped.pending {
        1 => "1 transaction was".to_owned(),
        several => format!("{several} transactions were"),
    };
    let cut_off = match stopped.cut_off {
        0 => String::new(),
        1 => "; 1 request or callback was cut off".to_owned(),
        several => format!("; {several} requests and callbacks were cut off"),
    };
    format!("stopped; {transactions} still pending{cut_off}\n")
}

/// The configuration of the emulator by its flags and files.
///
/// # Errors
///
/// A mistake in a flag or a file.
pub fn configuration(arguments: ServeArguments) -> Result<Configuration, Failure> {
    let environment = arguments.environment.environment()?;
    let played = arguments.platforms.played(environment)?;
    let legacy_listen = arguments.platforms.legacy_listen(played, arguments.listen)?;
    let file = arguments.environment.api_users.as_deref();
    let of_flags = [arguments.api_user, arguments.platforms.system_credential.clone()].concat();
    let api_users = credentials::read_all(&of_flags, file, played)?;
    let scenarios = scenario_files::read_all(&arguments.scenario)?;
    let scenarios: Vec<_> = scenarios.into_iter().map(|(_, scenario)| scenario).collect();
    scenario_files::warn_of_ineffective(&scenarios);
    let https = arguments.https.tls_listen;
    let is_reachable_from_elsewhere = [Some(arguments.listen), legacy_listen, https]
        .into_iter()
        .flatten()
        .any(|address| !address.ip().is_loopback());
    let keys = arguments.subscription_key.into_iter().map(|given| (given.product, given.key));
    let token_secret = arguments.token_secret.map(TokenSecret::new).transpose();
    let given = Defaults {
        opening_balance: arguments.opening_balance,
        ledger: arguments.ledger,
        delivery: arguments.delivery,
        ..Defaults::of(environment, arguments.settle_after)
    };
    let clock = match arguments.clock {
        ClockMode::Times(factor) => Clock::times(factor),
        ClockMode::Manual => Clock::paused_now(),
    };
    Ok(Configuration {
        listen: arguments.listen,
        legacy_listen,
        environment,
        platforms: played.platforms,
        cutover: arguments.platforms.cutover(&clock),
        rules: RuleBook::new(scenarios, given),
        seed: arguments.seed.map_or_else(random_seed, Seed),
        token_secret: token_secret
            .map_err(|why| Failure::user(format!("--token-secret: {why}")))?,
        subscription_keys: SubscriptionKeys::new(keys),
        api_users: api_users.into_iter().map(|given| (given.api_user, given.api_key)).collect(),
        callbacks: CallbackSettings {
            sources: arguments.callback_sources.sources()?,
            ..arguments.callbacks.settings()?
        },
        front: arguments.https.frontend()?,
        clock,
        limits: arguments.limits.0,
        record: arguments.record.record,
        explains: arguments.explain == Switch::On,
        audit_of_the_run: None,
        control_token: arguments
            .control_token
            .or_else(|| is_reachable_from_elsewhere.then(random_control_token)),
    })
}

fn parse_seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
}

fn parse_clock(text: &str) -> Result<ClockMode, String> {
    const FACTOR_MAX: u32 = 100_000;
    let factor = text.strip_prefix('x').and_then(|factor| factor.parse().ok());
    match (text, factor) {
        ("real", _) => Ok(ClockMode::Times(1)),
        ("manual", _) => Ok(ClockMode::Manual),
        (_, Some(factor)) if (1..=FACTOR_MAX).contains(&factor) => Ok(ClockMode::Times(factor)),
        _ => Err(format!("expected real, manual or x1 to x{FACTOR_MAX}, for example x60")),
    }
}

fn parse_opening_balance(text: &str) -> Result<Decimal, String> {
    parse_balance(text).map_err(|why| format!("`{text}` {why}"))
}

fn parse_ledger(text: &str) -> Result<bool, String> {
    let found = LEDGER_WORDS.into_iter().find(|(name, _)| *name == text);
    found.map(|(_, keeps)| keeps).ok_or_else(|| "expected on or off".to_owned())
}

fn parse_policy(name: &str) -> Result<DeliveryPolicy, String> {
    let names = DeliveryPolicy::NAMES.join(", ");
    DeliveryPolicy::named(name)
        .ok_or_else(|| format!("unknown policy `{name}`; expected one of {names}"))
}
