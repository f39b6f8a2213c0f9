//! The flag that names the configuration file.

use std::path::PathBuf;

use clap::Args;

/// The flag of the configuration file. Once the file is read, `config` is the one in force.
#[derive(Debug, Clone, Default, Args)]
pub struct ConfigurationArguments {
    /// Configuration file: TOML whose keys are the long flags of `serve` [default:
    /// momo-sandbox.toml in the working directory, if it is there]
    #[arg(long, env = "MOMO_SANDBOX_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}
