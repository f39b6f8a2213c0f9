//! The flags of the HTTPS server.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::certificates::authority::Authority;
use crate::cli::failure::Failure;
use crate::cli::parse::parse_address;
use crate::cli::{authority_folder, heading};
use crate::engine::clock::wall_clock;
use crate::gateway::frontend_hosts;
use crate::server::https::HttpsFrontend;
use momo_sandbox_core::model::causes::with_causes;

/// The flags of the HTTPS server.
#[derive(Debug, Clone, Default, Args)]
pub struct HttpsArguments {
    /// Address to serve HTTPS on (HTTP/1.1 and HTTP/2), for clients that have MTN's hosts wired in
    #[arg(
        long,
        help_heading = heading::HTTPS,
        env = "MOMO_SANDBOX_TLS_LISTEN",
        value_name = "ADDR",
        value_parser = parse_address
    )]
    pub tls_listen: Option<SocketAddr>,

    /// Another host for the HTTPS certificate, beside MTN's and localhost; may be repeated
    #[arg(
        long,
        help_heading = heading::HTTPS,
        env = "MOMO_SANDBOX_TLS_NAME",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub tls_name: Vec<String>,

    /// Folder of the root that issues the HTTPS certificate, as `momosandbox ca` creates it
    /// [default: a root of this run, served at /_sandbox/ca.pem]
    #[arg(long, help_heading = heading::HTTPS, env = "MOMO_SANDBOX_TLS_CA", value_name = "FOLDER")]
    pub tls_ca: Option<PathBuf>,
}

impl HttpsArguments {
    /// The HTTPS server, if `--tls-listen` asks for one.
    ///
    /// # Errors
    ///
    /// A folder without a valid root.
    pub fn frontend(&self) -> Result<Option<HttpsFrontend>, Failure> {
        let Some(listen) = self.tls_listen else { return Ok(None) };
        let authority = match &self.tls_ca {
            Some(folder) => authority_folder::open_or_create(folder)?,
            None => Authority::new_root(wall_clock())
                .map_err(|error| Failure::environment(format!("no root can be made: {error}")))?,
        };
        let hosts = frontend_hosts(&self.tls_name);
        // Certificates are good by the world's time, whatever the emulator's is.
        let frontend = HttpsFrontend::issued_by(&authority, listen, hosts, wall_clock());
        frontend
            .map(Some)
            .map_err(|error| Failure::user(format!("cannot serve HTTPS: {}", with_causes(&error))))
    }
}
