//! The flags of the commands that ask a running emulator.

use std::net::SocketAddr;

use clap::Args;

use crate::cli::configuration_arguments::ConfigurationArguments;
use crate::cli::parse::parse_address;
use crate::emulator::ports::connectable;

/// The flag of the address at which `serve` listens on this machine.
#[derive(Debug, Args)]
pub struct ServedAddress {
    /// Where `serve` listens
    #[arg(
        long,
        env = "MOMO_SANDBOX_LISTEN",
        default_value = "127.0.0.1:4673",
        value_name = "ADDR",
        value_parser = parse_address
    )]
    pub listen: SocketAddr,
}

impl ServedAddress {
    /// The base URL of what listens there.
    pub fn base_url(&self) -> String {
        format!("http://{}", connectable(self.listen))
    }
}

/// The flags that say where the emulator is.
#[derive(Debug, Args)]
pub struct EmulatorArguments {
    /// Where the emulator is, for example http://momo:4673 [default: where --listen says]
    #[arg(long, env = "MOMO_SANDBOX_URL", value_name = "URL")]
    pub url: Option<String>,

    #[command(flatten)]
    pub served: ServedAddress,

    /// Bearer token for the control plane
    #[arg(long, env = "MOMO_SANDBOX_CONTROL_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub control_token: Option<String>,

    #[command(flatten)]
    pub configuration: ConfigurationArguments,
}

impl EmulatorArguments {
    /// The base URL of the emulator.
    pub fn base_url(&self) -> String {
        self.url.clone().unwrap_or_else(|| self.served.base_url())
    }
}
