//! The HTTPS front, for clients that have MTN's hosts wired in: certificates of a local authority,
//! so that a name alias and its root make them work unmodified.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;

use crate::certificates::authority::{Authority, AuthorityError};
use crate::certificates::verification::server_config;
use momo_sandbox_core::model::time::Timestamp;

/// The hosts that published clients have wired in (docs/contract.md#what-clients-do), and that of
/// the platform that production moves to (docs/contract.md#new-platform).
pub const WIRED_IN: [&str; 6] = [
    "sandbox.momodeveloper.mtn.com",
    "proxy.momoapi.mtn.com",
    "ericssonbasicapi2.azure-api.net",
    "ericssonbasicapi1.azure-api.net",
    "proxy.momoapi.mtn.co.rw",
    "momoapi.momo.africa",
];

/// What the front is made of.
#[derive(Debug)]
pub struct HttpsFrontend {
    /// Where it listens; port 0 for any free one.
    pub listen: SocketAddr,
    /// The hosts that it has a certificate for, beside those that clients have wired in.
    pub names: Vec<String>,
    /// Whose root issues it.
    pub authority: Authority,
}

/// Why there is no front.
#[derive(Debug, thiserror::Error)]
pub enum HttpsFrontendError {
    /// A name that no certificate can have.
    #[error("{0}")]
    Certificate(#[from] AuthorityError),
    /// What is wrong with the certificate.
    #[error("{0}")]
    Server(String),
}

impl HttpsFrontend {
    /// The hosts that its certificate is for.
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = WIRED_IN.map(str::to_owned).into();
        hosts.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
        hosts.extend(self.names.iter().cloned());
        hosts
    }

    /// How it answers a handshake: with a certificate that is issued now, for HTTP/2 and HTTP/1.1.
    ///
    /// # Errors
    ///
    /// [`HttpsFrontendError`].
    pub fn server_config(&self, now: Timestamp) -> Result<Arc<ServerConfig>, HttpsFrontendError> {
        let server = self.authority.server(&self.hosts(), Authority::usual_validity(now))?;
        let (chain, key) = (server.certificate_pem.as_bytes(), server.key_pem.as_bytes());
        let mut config = server_config(chain, key).map_err(HttpsFrontendError::Server)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}
