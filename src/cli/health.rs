//! `momosandbox health`: the health check of container engines.

use clap::Args;

use crate::cli::configuration_arguments::ConfigurationArguments;
use crate::cli::control_client;
use crate::cli::emulator_arguments::ServedAddress;
use crate::cli::failure::Failure;

/// The arguments of `health`.
#[derive(Debug, Args)]
pub struct HealthArguments {
    #[command(flatten)]
    pub served: ServedAddress,

    #[command(flatten)]
    pub configuration: ConfigurationArguments,
}

/// Asks the emulator at the address of `serve` for its health.
///
/// # Errors
///
/// No emulator answers there.
pub fn run(arguments: &HealthArguments) -> Result<(), Failure> {
    match control_client::get(&arguments.served.base_url(), "health", None) {
        Ok(_) => Ok(()),
        Err(failure) => Err(Failure { code: 1, ..failure }),
    }
}
