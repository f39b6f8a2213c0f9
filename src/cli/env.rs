//! `momosandbox env`: prints what `exec` tells a program, for an emulator that runs.

use std::io::Write;

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::cli::control_client;
use crate::cli::emulator_arguments::EmulatorArguments;
use crate::cli::environment_variables::EnvironmentVariable;
use crate::cli::failure::Failure;
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
    let body = json!({ "provider_callback_host": arguments.callback_host }).to_string();
    let answer = control_client::post(&url, "spaces", body, token)?;
    let Provisioned { environment } = serde_json::from_str(&answer).map_err(|error| {
        Failure::environment(format!("what answers at {url} is no momo-sandbox: {error}"))
    })?;
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
