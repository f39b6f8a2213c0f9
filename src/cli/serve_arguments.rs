//! The flags of `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use rand::RngExt;
use rust_decimal::Decimal;

use crate::cli::environment_arguments::{CallbackArguments, EnvironmentArguments, FrontArguments};
use crate::cli::limit_arguments::LimitArguments;
use crate::control::guard::ControlToken;
use momo_sandbox_core::model::amount::parse_balance;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::reference::{ApiUserId, parse_uuid_v4};
use momo_sandbox_core::scenario::delivery::DeliveryPolicy;
use momo_sandbox_core::scenario::duration::{DURATION_REMEDY, read_duration};
use momo_sandbox_core::scenario::read_scenario::LEDGER;
use momo_sandbox_core::scenario::seed::Seed;

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

    /// Scenario file, folder of such files (`.toml`, in the order of their names), or the name of
    /// one that ships; may be repeated, earlier ones go first
    #[arg(long, env = "MOMO_SANDBOX_SCENARIO", value_name = "FILE", value_delimiter = ',')]
    pub scenario: Vec<PathBuf>,

    /// Seed of every random draw; the same seed repeats a run [default: drawn, and printed]
    #[arg(long, env = "MOMO_SANDBOX_SEED", value_name = "NUMBER", value_parser = read_seed)]
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

    /// Whether accounts are kept; `off`: payouts and refunds of any amount succeed and balances
    /// never change, as in MTN's sandbox; goes before a scenario's [default: on]
    #[arg(
        long,
        env = "MOMO_SANDBOX_LEDGER",
        value_name = "on|off",
        value_parser = read_ledger
    )]
    pub ledger: Option<bool>,

    /// A product's subscription key; may be repeated. With none given, any key is good everywhere
    #[arg(
        long,
        env = "MOMO_SANDBOX_SUBSCRIPTION_KEY",
        hide_env_values = true,
        value_name = "PRODUCT=KEY",
        value_delimiter = ',',
        value_parser = read_subscription_key
    )]
    pub subscription_key: Vec<SubscriptionKey>,

    /// An API user to provision at the start, with its key and callback host; may be repeated
    #[arg(
        long,
        env = "MOMO_SANDBOX_API_USER",
        hide_env_values = true,
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

    /// The HTTPS front.
    #[command(flatten)]
    pub front: FrontArguments,

    /// How often callbacks are tried, where no scenario says it
    #[arg(
        long,
        env = "MOMO_SANDBOX_DELIVERY",
        default_value = "once",
        value_name = "POLICY",
        value_parser = read_policy
    )]
    pub delivery: DeliveryPolicy,

    /// The limits.
    #[command(flatten)]
    pub limits: LimitArguments,

    /// What `/_sandbox` must be shown, as `Authorization: Bearer TOKEN` [default: drawn and printed
    /// when listening beyond this machine, none otherwise]
    #[arg(
        long,
        env = "MOMO_SANDBOX_CONTROL_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        value_parser = ControlToken::parse
    )]
    pub control_token: Option<ControlToken>,

    /// Text of at least 16 bytes that signs access tokens: instances that share it take each
    /// other's [default: drawn from the seed]
    #[arg(long, env = "MOMO_SANDBOX_TOKEN_SECRET", value_name = "TEXT", hide_env_values = true)]
    pub token_secret: Option<String>,

    /// Whether a refusal is explained in the header X-Momo-Sandbox-Why, which MTN does not send
    #[arg(long, env = "MOMO_SANDBOX_EXPLAIN", default_value = "on", value_name = "SWITCH")]
    pub explain: Switch,

    /// What the log has: `error`, `warn`, `info` (refused requests too), `payments` (and a line for
    /// each payment accepted, settled and called back) or `debug` [default: payments where
    /// standard error is a terminal, info elsewhere]
    #[arg(long, env = "MOMO_SANDBOX_LOG_LEVEL", value_name = "LEVEL", hide_possible_values = true)]
    pub log_level: Option<LogLevel>,

    /// Form of the log, which goes to standard error
    #[arg(long, env = "MOMO_SANDBOX_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// What the log has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// What does not work.
    Error,
    /// And what may not work, such as a callback that was not delivered.
    Warn,
    /// And what is worth knowing, such as a refused request.
    Info,
    /// And each payment.
    Payments,
    /// And every request.
    Debug,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Human-readable lines.
    Text,
    /// One JSON object per line.
    Json,
}

/// Whether something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is done.
    On,
    /// It is not done.
    Off,
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

pub(super) fn read_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "expected an IP address and a port, such as 127.0.0.1:4673 or 0.0.0.0:4673".to_owned()
    })
}

pub(super) fn read_settle_after(text: &str) -> Result<Duration, String> {
    read_duration(text).map_err(|why| format!("it {why}; {DURATION_REMEDY}"))
}

fn read_seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
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

fn read_ledger(text: &str) -> Result<bool, String> {
    let found = LEDGER.into_iter().find(|(name, _)| *name == text);
    found.map(|(_, keeps)| keeps).ok_or_else(|| "expected on or off".to_owned())
}

pub(super) fn read_subscription_key(text: &str) -> Result<SubscriptionKey, String> {
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

/// What is said of an API user's id that is no UUID (docs/contract.md#markets).
pub(super) const NOT_AN_ID: &str = "not a UUID of version 4: other ids of API users are not \
                                    supported here, although MTN's production may give them";

fn read_api_user(text: &str) -> Result<GivenApiUser, String> {
    let expected = "expected UUID:APIKEY:HOST, such as \
                    c0ffee00-1111-4222-8333-444455556666:secret:localhost";
    let (id, rest) = text.split_once(':').ok_or(expected)?;
    let (api_key, host) = rest.split_once(':').ok_or(expected)?;
    let id = parse_uuid_v4(id)
        .map(ApiUserId)
        .ok_or_else(|| format!("`{id}` is {NOT_AN_ID}; {expected}"))?;
    if api_key.is_empty() {
        return Err(format!("the API key is empty; {expected}"));
    }
    let provider_callback_host = ProviderCallbackHost::parse(host)
        .ok_or_else(|| format!("`{host}` is not a host name; {expected}"))?;
    let products = Product::ALL.into();
    let api_user = ApiUser { id, provider_callback_host, products };
    Ok(GivenApiUser { api_user, api_key: api_key.to_owned() })
}

fn read_policy(name: &str) -> Result<DeliveryPolicy, String> {
    let names = DeliveryPolicy::ALL.map(|(name, _)| name).join(", ");
    DeliveryPolicy::named(name).ok_or_else(|| format!("there are {names}"))
}

/// A seed for a run that was given none: six digits, to be read out and typed again.
pub fn draw_seed() -> Seed {
    Seed(system_rng().random_range(0..1_000_000))
}

/// A seed for ids that must be new to a gateway which others use too.
pub fn draw_wide_seed() -> Seed {
    Seed(system_rng().random())
}

/// A control token for a run that was given none.
pub fn draw_control_token() -> ControlToken {
    let token = format!("{:032x}", system_rng().random::<u128>());
    ControlToken::parse(&token).expect("hexadecimal digits are visible ASCII")
}

/// The system's randomness, for what nothing repeats: the start's seed, and secrets that no seed may
/// tell.
#[expect(clippy::disallowed_methods, reason = "the one place that draws without a seed")]
fn system_rng() -> rand::rngs::ThreadRng {
    rand::rng()
}
