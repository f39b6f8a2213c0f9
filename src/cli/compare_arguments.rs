//! The arguments of `compare`.

use std::fmt;
use std::path::PathBuf;

use clap::Args;

use crate::cli::serve_arguments::{SubscriptionKey, read_subscription_key};
use crate::parity::access::Credentials;

/// The arguments of `compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// Base URL of the gateway
    #[arg(long, value_name = "URL")]
    pub base_url: String,

    /// A product's subscription key; may be repeated. Products without a key are skipped
    #[arg(
        long,
        env = "MOMO_SANDBOX_SUBSCRIPTION_KEY",
        hide_env_values = true,
        required = true,
        value_name = "PRODUCT=KEY",
        value_delimiter = ',',
        value_parser = read_subscription_key
    )]
    pub subscription_key: Vec<SubscriptionKey>,

    /// API user to send requests as; without one, the provisioning API creates some
    #[arg(
        long,
        env = "MOMO_SANDBOX_COMPARE_API_USER",
        hide_env_values = true,
        value_name = "UUID:KEY",
        value_parser = read_credentials
    )]
    pub api_user: Option<GivenCredentials>,

    /// Callback host that the API user of --api-user is registered with
    #[arg(long, value_name = "HOST", requires = "api_user")]
    pub callback_host: Option<String>,

    /// Target environment: sandbox, or a market such as mtnuganda
    #[arg(long, default_value = "sandbox", value_name = "NAME")]
    pub target_environment: String,

    /// Allow requests that move real money, in this market; must equal --target-environment
    #[arg(long, value_name = "NAME")]
    pub allow_production: Option<String>,

    /// File of recordings to replay instead of those that ship with the program
    #[arg(long, value_name = "FILE")]
    pub recordings: Option<PathBuf>,

    /// Replay only recordings whose id contains this text
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub only: String,

    /// File to write the report to as well
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// File for new recordings, without credentials and personal data, so that it can be shared
    #[arg(long, value_name = "FILE.jsonl")]
    pub out: Option<PathBuf>,

    /// Continue an interrupted run: skip what the file of --out has already
    #[arg(long, requires = "out")]
    pub resume: bool,

    /// Requests a second, 1 to 5; more only where the gateway is on this machine
    #[arg(
        long,
        default_value_t = 5,
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    pub requests_per_second: u32,

    /// Bearer token for the control plane, where the gateway is an emulator
    #[arg(long, env = "MOMO_SANDBOX_CONTROL_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub control_token: Option<String>,

    /// A root certificate, in PEM, to trust beside the public ones; may be repeated
    #[arg(long, value_name = "FILE")]
    pub trust: Vec<PathBuf>,
}

/// An API user that was given.
#[derive(Clone)]
pub struct GivenCredentials(pub Credentials);

/// The key is shown by nothing.
impl fmt::Debug for GivenCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GivenCredentials").finish_non_exhaustive()
    }
}

fn read_credentials(text: &str) -> Result<GivenCredentials, String> {
    let expected = "expected ID:KEY, for example c0ffee00-1111-4222-8333-444455556666:secret";
    let (id, key) = text.split_once(':').ok_or(expected)?;
    if id.is_empty() || key.is_empty() {
        return Err(format!("the id or the key is empty; {expected}"));
    }
    Ok(GivenCredentials(Credentials { id: id.to_owned(), key: key.to_owned() }))
}
