//! An HTTPS listener beside the plain one, for clients with hard-coded hosts of another server. A
//! name alias and the root of a local authority make them work unmodified.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;

/// An HTTPS listener with a certificate of a local authority.
#[derive(Debug)]
pub struct HttpsFrontend {
    /// The address to listen on; port 0 for any free one.
    pub listen: SocketAddr,
    pub hosts: Vec<String>,
    /// The authority's certificate in PEM, which clients must trust.
    pub root_certificate: String,
    /// TLS with its certificate, for HTTP/2 and HTTP/1.1.
    pub tls: Arc<ServerConfig>,
}

#[cfg(feature = "cli")]
mod issuing {
    use super::*;
    use crate::certificates::authority::{Authority, AuthorityError};
    use crate::certificates::verification::{TlsConfigError, server_config};
    use momo_sandbox_core::model::time::Timestamp;

    #[derive(Debug, thiserror::Error)]
    pub enum HttpsFrontendError {
        /// The authority cannot issue the certificate.
        #[error(transparent)]
        Certificate(#[from] AuthorityError),
        #[error(transparent)]
        Tls(#[from] TlsConfigError),
    }

    impl HttpsFrontend {
        /// A frontend whose certificate this authority issues now.
        pub fn issued_by(
            authority: &Authority,
            listen: SocketAddr,
            hosts: Vec<String>,
            now: Timestamp,
        ) -> Result<Self, HttpsFrontendError> {
            let issued = authority.server(&hosts, Authority::usual_validity(now))?;
            let (chain, key) = (issued.certificate_pem.as_bytes(), issued.key_pem.as_bytes());
            let mut tls = server_config(chain, key)?;
            tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            let root_certificate = authority.certificate_pem.clone();
            Ok(Self { listen, hosts, root_certificate, tls: Arc::new(tls) })
        }
    }
}
