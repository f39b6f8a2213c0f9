//! `momosandbox health`: the health check of container engines.

use std::net::SocketAddr;

use clap::Args;

use crate::cli::configuration_arguments::ConfigurationArguments;
use crate::cli::control_client;
use crate::cli::failure::Failure;
use crate::cli::parse::parse_address;
use crate::cli::runtime::connectable;

/// The arguments of `health`.
#[derive(Debug, Args)]
pub struct HealthArguments {
    /// Where `serve` listens
    #[arg(
        long,
        env = "MOMO_SANDBOX_LISTEN",
        default_value = "127.0.0.1:4673",
        value_name = "ADDR",
        value_parser = parse_address
    )]
    pub listen: SocketAddr,

    #[command(flatten)]
    pub configuration: ConfigurationArguments,
}

/// Asks the emulator at the address of `serve` for its health.
///
/// # Errors
///
/// No emulator answers there.
pub fn run(arguments: &HealthArguments) -> Result<(), Failure> {
    let url = format!("http://{}", connectable(arguments.listen));
    match control_client::get(&url, "health", None) {
        Ok(_) => Ok(()),
        Err(failure) => Err(Failure { code: 1, ..failure }),
    }
}
