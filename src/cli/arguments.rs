//! What can be said on the command line and in the environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::api_user::ApiUser;
use crate::model::callback_url::ProviderCallbackHost;
use crate::model::product::Product;
use crate::model::reference::{ApiUserId, parse_uuid_v4};
use crate::scenario::dice::Seed;
use crate::scenario::file::read_duration;

/// A local emulator of the MTN MoMo (Mobile Money) Open API.
///
/// Point your program's base URL at it: POSTs are answered with 202, transactions settle by
/// scenario, one callback goes out and is never retried, and the status is there to GET.
/// Without a command it serves.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, max_term_width = 100)]
pub struct Arguments {
    /// The command; `serve` where none is given.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The flags of `serve`.
    #[command(flatten)]
    pub serve: Serve,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the emulated API (also what no command does)
    Serve(Serve),
    /// Validate scenario files: exit 0 if all are good, 2 with every problem shown
    Check(Check),
}

/// The flags of `serve`. A list in an environment variable is separated by commas.
#[derive(Debug, Args)]
pub struct Serve {
    /// Address to listen on; port 0 takes any free one
    #[arg(
        long,
        env = "MOMO_SANDBOX_LISTEN",
        default_value = "127.0.0.1:4673",
        value_name = "ADDR"
    )]
    pub listen: SocketAddr,

    /// Scenario file; may be repeated, earlier files go first
    #[arg(long, env = "MOMO_SANDBOX_SCENARIO", value_name = "FILE", value_delimiter = ',')]
    pub scenario: Vec<PathBuf>,

    /// Seed of every random draw; the same seed repeats a run [default: drawn, and printed]
    #[arg(long, env = "MOMO_SANDBOX_SEED", value_name = "NUMBER")]
    pub seed: Option<u64>,

    /// How long an ordinary transaction stays PENDING, such as 200ms, 2s or 5m
    #[arg(
        long,
        env = "MOMO_SANDBOX_SETTLE_AFTER",
        default_value = "200ms",
        value_name = "DURATION",
        value_parser = read_duration
    )]
    pub settle_after: Duration,

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

    /// Form of the log, which goes to standard error
    #[arg(long, env = "MOMO_SANDBOX_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// The arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Scenario files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line to read.
    Text,
    /// A JSON object a line.
    Json,
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

/// A seed for a run that was given none: six digits, to be read out and typed again.
pub fn draw_seed() -> Seed {
    #[expect(clippy::disallowed_methods, reason = "the one draw that nothing repeats: the seed")]
    let entropy = uuid::Uuid::new_v4().as_u128();
    Seed(u64::try_from(entropy % 1_000_000).expect("six digits fit"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_every_flag_has_its_variable() {
        let command = Arguments::command();
        command.clone().debug_assert();
        for flag in command.get_arguments().filter(|flag| flag.get_long().is_some()) {
            let long = flag.get_long().expect("a long flag");
            if !["help", "version"].contains(&long) {
                let variable = format!("MOMO_SANDBOX_{}", long.replace('-', "_").to_uppercase());
                assert_eq!(flag.get_env(), Some(variable.as_ref()), "--{long}");
            }
        }
    }

    #[test]
    fn what_is_said_wrongly_is_told_what_would_be_right() {
        let refused = |arguments: &[&str]| {
            let all = ["momo-sandbox"].iter().chain(arguments);
            Arguments::try_parse_from(all).expect_err("a mistake").to_string()
        };
        assert!(refused(&["--subscription-key", "colection=1"]).contains("is not a product"));
        assert!(refused(&["--subscription-key", "abc"]).contains("expected PRODUCT=KEY"));
        assert!(refused(&["--api-user", "1:2:3"]).contains("UUID of version 4"));
        assert!(refused(&["--settle-after", "soon"]).contains("is not a duration"));
        assert!(refused(&["--log-format", "xml"]).contains("text, json"));
        assert!(refused(&["check"]).contains("<FILE>"));
    }
}
