//! HTTPS with certificates of a local authority, for clients with hard-coded hosts of another
//! server. A name alias and the authority's root make them work unmodified.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;

use crate::certificates::authority::{Authority, AuthorityError};
use crate::certificates::verification::server_config;
use momo_sandbox_core::model::causes::with_causes;
use momo_sandbox_core::model::time::Timestamp;

/// An HTTPS listener with a certificate of a local authority.
#[derive(Debug)]
pub struct HttpsFrontend {
    /// The address to listen on; port 0 for any free one.
    pub listen: SocketAddr,
    /// The hosts in its certificate beside this machine and those wired into clients.
    pub names: Vec<String>,
    /// The issuer of its certificate.
    pub authority: Authority,
}

/// Why there can be no HTTPS frontend.
#[derive(Debug, thiserror::Error)]
pub enum HttpsFrontendError {
    /// The authority cannot issue the certificate.
    #[error(transparent)]
    Certificate(#[from] AuthorityError),
    /// The certificate cannot be used.
    #[error("{0}")]
    Server(String),
}

impl HttpsFrontend {
    /// The hosts in its certificate: those wired into clients, this machine, and the names.
    pub fn hosts(&self, wired_in: &[&str]) -> Vec<String> {
        let mut hosts: Vec<String> = wired_in.iter().copied().map(str::to_owned).collect();
        hosts.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
        hosts.extend(self.names.iter().cloned());
        hosts
    }

    /// TLS with a certificate that is issued now for these hosts, for HTTP/2 and HTTP/1.1.
    ///
    /// # Errors
    ///
    /// [`HttpsFrontendError`].
    pub fn server_config(
        &self,
        hosts: &[String],
        now: Timestamp,
    ) -> Result<Arc<ServerConfig>, HttpsFrontendError> {
        let server = self.authority.server(hosts, Authority::usual_validity(now))?;
        let (chain, key) = (server.certificate_pem.as_bytes(), server.key_pem.as_bytes());
        let mut config = server_config(chain, key)
            .map_err(|error| HttpsFrontendError::Server(with_causes(&error)))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}
