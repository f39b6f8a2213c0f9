//! The flags of the callback client, and reading of the certificates of `--trust`.

use std::path::PathBuf;

use clap::Args;
use rustls::pki_types::CertificateDer;

use crate::callback::overrides::{HostOverride, HostOverrides};
use crate::callback::settings::CallbackSettings;
use crate::callback::sources::{CallbackSource, CallbackSources};
use crate::certificates::verification::read_certificates;
use crate::cli::failure::Failure;
use crate::cli::heading;
use momo_sandbox_core::model::causes::with_causes;

/// The flags of the callback client.
#[derive(Debug, Clone, Args)]
pub struct CallbackArguments {
    /// Send callbacks for HOST to this address, for example shop.example=127.0.0.1:3000 or
    /// '*=host.docker.internal' for all hosts; may be repeated, the first match counts
    #[arg(
        long,
        help_heading = heading::CALLBACKS,
        env = "MOMO_SANDBOX_ROUTE",
        value_name = "HOST=HOST[:PORT]",
        value_delimiter = ',',
        value_parser = HostOverride::parse
    )]
    pub route: Vec<HostOverride>,

    /// Deliver callbacks to https URLs in the sandbox too
    #[arg(long, help_heading = heading::CALLBACKS, env = "MOMO_SANDBOX_HTTPS_CALLBACKS")]
    pub https_callbacks: bool,

    /// File of root certificates, in PEM, to trust beside the public ones; may be repeated
    #[arg(
        long,
        help_heading = heading::CALLBACKS,
        env = "MOMO_SANDBOX_TRUST",
        value_name = "FILE",
        value_delimiter = ','
    )]
    pub trust: Vec<PathBuf>,
}

/// The flag of the addresses that callbacks are sent from, for who runs an emulator.
#[derive(Debug, Clone, Args)]
pub struct CallbackSourceArguments {
    /// Local address that callbacks of MTN's legacy or new platform are sent from, for example
    /// legacy=127.0.0.2,new=127.0.0.3, so that an allow-list can be tried; may be repeated
    #[arg(
        long,
        help_heading = heading::CALLBACKS,
        env = "MOMO_SANDBOX_CALLBACK_SOURCE",
        value_name = "PLATFORM=ADDR",
        value_delimiter = ',',
        value_parser = CallbackSource::parse
    )]
    pub callback_source: Vec<CallbackSource>,
}

impl CallbackSourceArguments {
    /// The addresses by platform.
    ///
    /// # Errors
    ///
    /// A platform that is given twice.
    pub fn sources(&self) -> Result<CallbackSources, Failure> {
        CallbackSources::new(&self.callback_source)
            .map_err(|error| Failure::user(error.to_string()))
    }
}

impl CallbackArguments {
    /// The settings of the callback client.
    ///
    /// # Errors
    ///
    /// A file of root certificates that cannot be read.
    pub fn settings(&self) -> Result<CallbackSettings, Failure> {
        Ok(CallbackSettings {
            https_in_sandbox: self.https_callbacks,
            overrides: HostOverrides::new(self.route.clone()),
            trusted: read_trusted(&self.trust)?,
            ..CallbackSettings::default()
        })
    }
}

/// Reads the root certificates of `--trust`.
pub fn read_trusted(files: &[PathBuf]) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let mut trusted = Vec::new();
    for file in files {
        let roots = read_certificates(file)
            .map_err(|error| Failure::user(format!("--trust: {}", with_causes(&error))))?;
        trusted.extend(roots);
    }
    Ok(trusted)
}
