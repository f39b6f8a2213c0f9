//! `momosandbox env`: prints what `exec` tells a program, for an emulator that runs.

use std::io::Write;

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::cli::control_client;
use crate::cli::emulator_arguments::EmulatorArguments;
use crate::cli::environment_variables::EnvironmentVariable;
use crate::cli::failure::Failure;
use crate::cli::random::random_wide_seed;
use crate::cli::shell::Syntax;
use momo_sandbox_core::model::environment_variables as variable;

/// The arguments of `env`.
#[derive(Debug, Args)]
pub struct EnvArguments {
    #[command(flatten)]
    pub emulator: EmulatorArguments,

    /// Provider callback host of the API user that is provisioned
    #[arg(long, default_value = "localhost", value_name = "HOST")]
    pub callback_host: String,

    /// Whose syntax is printed; zsh and sh read that of bash
    #[arg(long, default_value = "bash", value_name = "SHELL")]
    pub shell: Syntax,
}

/// What the control plane answers about an API user that it provisioned.
#[derive(Debug, Deserialize)]
struct Provisioned {
    environment: Map<String, Value>,
}

/// Provisions an API user at the emulator, and prints the variables for a program that acts as it.
///
/// # Errors
///
/// No emulator answers there, it refuses the callback host or the token, or a value has no place in
/// the syntax.
pub fn run(arguments: &EnvArguments) -> Result<(), Failure> {
    let (url, token) = (arguments.emulator.base_url(), arguments.emulator.control_token.as_deref());
    control_client::get(&url, "health", None).map_err(|failure| Failure { code: 1, ..failure })?;
    let provision = |body: Value| {
        let answer = control_client::post(&url, "spaces", body.to_string(), token)?;
        let read: Result<Provisioned, _> = serde_json::from_str(&answer);
        read.map(|provisioned| provisioned.environment).map_err(|error| {
            Failure::environment(format!("what answers at {url} is no momo-sandbox: {error}"))
        })
    };
    let host = &arguments.callback_host;
    // There is a cutover to ask for only where both of MTN's platforms are played.
    let environment = if control_client::get(&url, "cutover", token).is_ok() {
        let wallet = format!("env-{:x}", random_wide_seed().0);
        let on = |platform: &str| {
            let one = json!({
                "provider_callback_host": host, "platform": platform, "wallet": wallet
            });
            provision(one)
        };
        with_legacy(on("new")?, &on("legacy")?)
    } else {
        provision(json!({ "provider_callback_host": host }))?
    };
    let variables = variable::ALL.map(|name| {
        let told = environment.get(name).and_then(Value::as_str);
        let value = if name == variable::CONTROL_TOKEN { token } else { told };
        EnvironmentVariable { name, value: value.map(str::to_owned) }
    });
    let script = arguments.shell.script(&variables).map_err(Failure::user)?;
    // A closed standard output is no failure.
    let _ = std::io::stdout().write_all(script.as_bytes());
    Ok(())
}

/// The variables of the new platform, with those of the legacy one beside them.
fn with_legacy(
    mut of_new: Map<String, Value>,
    of_legacy: &Map<String, Value>,
) -> Map<String, Value> {
    for (name, of_its_own) in [
        (variable::LEGACY_URL, variable::URL),
        (variable::LEGACY_API_USER_ID, variable::API_USER_ID),
        (variable::LEGACY_API_KEY, variable::API_KEY),
    ] {
        if let Some(value) = of_legacy.get(of_its_own) {
            of_new.insert(name.to_owned(), value.clone());
        }
    }
    of_new
}
