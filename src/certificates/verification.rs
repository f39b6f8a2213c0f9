//! Verification of a callback listener's certificate: the chain, the host, and in production that
//! an approved intermediate issued it (docs/contract.md#callbacks).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    ServerConfig, SignatureScheme,
};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::certificates::approval;
use crate::certificates::distinguished_name::DistinguishedName;
use crate::files;

/// The most bytes of a file of certificates or of a key: the roots of a whole system are 250 KiB.
pub const PEM_FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What is wrong with a listener's certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// The chain does not lead to a trusted root, or a part of it is not valid now.
    #[error("{0}")]
    Chain(String),
    /// The certificate is for another host.
    #[error("{0}")]
    Host(String),
    /// The intermediate that issued it is not approved.
    #[error("{0}")]
    NotApproved(String),
}

impl CertificateFault {
    /// The fault of a certificate that ended a handshake; `None` if it ended for another reason.
    pub fn of(error: &Error) -> Option<&Self> {
        match error {
            Error::InvalidCertificate(CertificateError::Other(OtherError(fault))) => {
                fault.downcast_ref()
            }
            _ => None,
        }
    }

    fn into_error(self) -> Error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(self))))
    }
}

/// The issuer of the certificate that passed a handshake last.
#[derive(Debug, Clone, Default)]
pub struct SeenIssuer(Arc<Mutex<Option<DistinguishedName>>>);

impl SeenIssuer {
    /// The issuer; `None` until a certificate has passed.
    pub fn get(&self) -> Option<DistinguishedName> {
        self.0.lock().clone()
    }
}

/// Why certificates or keys cannot be used for TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsConfigError {
    #[error("this is no root to trust")]
    Root(#[source] Error),
    #[error("the trusted roots are not good")]
    Roots(#[source] VerifierBuilderError),
    #[error(transparent)]
    Versions(Error),
    #[error("a certificate in PEM was expected")]
    Certificate(#[source] pem::Error),
    #[error("there is no certificate in PEM, -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    #[error("there is no private key in PEM")]
    Key(#[source] pem::Error),
    #[error("the certificate and the key are not good")]
    Pair(#[source] Error),
}

/// Why the certificates of a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFileError {
    #[error("cannot read {}", file.display())]
    Unreadable {
        file: PathBuf,
        #[source]
        error: std::io::Error,
    },
    #[error("{}", file.display())]
    Certificates {
        file: PathBuf,
        #[source]
        error: TlsConfigError,
    },
}

/// Verifies the certificate of a callback listener.
#[derive(Debug)]
struct ListenerVerifier {
    inner: Arc<WebPkiServerVerifier>,
    needs_approval: bool,
    seen: Option<SeenIssuer>,
}

impl ServerCertVerifier for ListenerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let inner = &self.inner;
        inner
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            .map_err(|error| fault_of(&error, end_entity, server_name).into_error())?;
        if self.needs_approval {
            require_approval(end_entity).map_err(CertificateFault::into_error)?;
        }
        if let Some(SeenIssuer(seen)) = &self.seen {
            *seen.lock() = issuer_and_subject(end_entity).map(|(issuer, _)| issuer);
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

fn fault_of(
    error: &Error,
    end_entity: &CertificateDer<'_>,
    server_name: &ServerName<'_>,
) -> CertificateFault {
    let names = issuer_and_subject(end_entity);
    match error {
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => {
            let host = server_name.to_str();
            CertificateFault::Host(format!(
                "the certificate is not for the host `{host}` but for {}",
                hosts_of(end_entity)
            ))
        }
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            CertificateFault::Chain(match names {
                Some((issuer, subject)) if issuer == subject => {
                    "the certificate is self-signed: no authority issued it".to_owned()
                }
                Some((issuer, _)) => format!(
                    "the certificate's issuer, `{issuer}`, leads to no trusted root; does the \
                     listener send its intermediate? --trust FILE adds a root"
                ),
                None => "the certificate cannot be read".to_owned(),
            })
        }
        Error::InvalidCertificate(CertificateError::BadSignature) => {
            let issuer = names.map(|(issuer, _)| issuer.to_string()).unwrap_or_default();
            CertificateFault::Chain(format!(
                "the certificates lead to no trusted root: one is not signed by the issuer that it \
                 names, as where a root of the same name was made anew; the first names `{issuer}`"
            ))
        }
        other => CertificateFault::Chain(format!("the certificates are not good: {other}")),
    }
}

fn require_approval(end_entity: &CertificateDer<'_>) -> Result<(), CertificateFault> {
    let unreadable = || CertificateFault::Chain("the certificate cannot be read".to_owned());
    let (issuer, _) = issuer_and_subject(end_entity).ok_or_else(unreadable)?;
    match approval::fault_of(&issuer) {
        Some(fault) => Err(CertificateFault::NotApproved(fault)),
        None => Ok(()),
    }
}

fn issuer_and_subject(
    certificate: &CertificateDer<'_>,
) -> Option<(DistinguishedName, DistinguishedName)> {
    let (_, read) = X509Certificate::from_der(certificate).ok()?;
    Some((DistinguishedName::of(read.issuer())?, DistinguishedName::of(read.subject())?))
}

/// The hosts of a certificate, in words.
fn hosts_of(certificate: &CertificateDer<'_>) -> String {
    let hosts = X509Certificate::from_der(certificate).ok().and_then(|(_, read)| {
        let names = read.subject_alternative_name().ok()??;
        let names = names.value.general_names.iter().map(|name| match name {
            GeneralName::DNSName(name) => format!("`{name}`"),
            other => other.to_string(),
        });
        Some(names.collect::<Vec<_>>().join(", "))
    });
    hosts.filter(|hosts| !hosts.is_empty()).unwrap_or_else(|| "no host by name".to_owned())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// A verifier of listeners' certificates that trusts the public roots and `trusted`.
pub fn verifier(
    trusted: &[CertificateDer<'static>],
    needs_approval: bool,
) -> Result<Arc<dyn ServerCertVerifier>, TlsConfigError> {
    observed_verifier(trusted, needs_approval, None)
}

fn observed_verifier(
    trusted: &[CertificateDer<'static>],
    needs_approval: bool,
    seen: Option<SeenIssuer>,
) -> Result<Arc<dyn ServerCertVerifier>, TlsConfigError> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for root in trusted {
        roots.add(root.clone()).map_err(TlsConfigError::Root)?;
    }
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(TlsConfigError::Roots)?;
    Ok(Arc::new(ListenerVerifier { inner, needs_approval, seen }))
}

/// The TLS configuration of connections to listeners, with a [`verifier`].
pub fn client_config(
    trusted: &[CertificateDer<'static>],
    needs_approval: bool,
) -> Result<ClientConfig, TlsConfigError> {
    observed_client_config(trusted, needs_approval, None)
}

/// The TLS configuration likewise, which notes in `seen` who issued the certificates.
pub fn observed_client_config(
    trusted: &[CertificateDer<'static>],
    needs_approval: bool,
    seen: Option<SeenIssuer>,
) -> Result<ClientConfig, TlsConfigError> {
    let verifier = observed_verifier(trusted, needs_approval, seen)?;
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsConfigError::Versions)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(config)
}

/// The TLS configuration of a server with a chain, its own certificate first, and its key.
pub fn server_config(chain_pem: &[u8], key_pem: &[u8]) -> Result<ServerConfig, TlsConfigError> {
    let chain = certificates(chain_pem)?;
    let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(TlsConfigError::Key)?;
    ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsConfigError::Versions)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsConfigError::Pair)
}

/// The certificates of a PEM text, one at least.
///
/// # Errors
///
/// [`TlsConfigError`] if there is none, or something else in the text.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsConfigError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(TlsConfigError::Certificate)?;
    if found.is_empty() { Err(TlsConfigError::NoCertificate) } else { Ok(found) }
}

pub fn read_certificates(
    file: &Path,
) -> Result<Vec<CertificateDer<'static>>, CertificateFileError> {
    let text = files::read(file, PEM_FILE_BYTES_MAX)
        .map_err(|error| CertificateFileError::Unreadable { file: file.into(), error })?;
    certificates(&text)
        .map_err(|error| CertificateFileError::Certificates { file: file.into(), error })
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use std::ops::Range;
    use std::time::Duration;

    use rustls::{ClientConnection, ServerConnection};

    use crate::certificates::approved::{approved, named};
    use crate::certificates::authority::{Authority, ServerCertificate, self_signed};
    use momo_sandbox_core::model::time::Timestamp;

    use super::*;

    const HOST: &str = "shop.example";

    #[expect(clippy::disallowed_methods, reason = "rustls asks the same clock")]
    fn now() -> Timestamp {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp(0).after(now.expect("after 1970"))
    }

    fn usual() -> Range<Timestamp> {
        Authority::usual_validity(now())
    }

    fn hosts() -> Vec<String> {
        vec![HOST.to_owned()]
    }

    /// A root, and a server's certificate below an intermediate with this name.
    fn issued(
        name: &str,
        hosts: &[String],
        valid: Range<Timestamp>,
    ) -> (Authority, String, String) {
        let root = Authority::new_root(now()).expect("a root");
        let name = DistinguishedName::parse(name).expect("a name");
        let intermediate = root.intermediate(&name, now()).expect("an intermediate");
        let server = intermediate.server(hosts, valid).expect("a certificate");
        let chain = server.certificate_pem + &intermediate.certificate_pem;
        (root, chain, server.key_pem)
    }

    /// A handshake in memory, as far as it goes.
    fn shake(root: &Authority, chain: &str, key: &str, approval: bool) -> Result<(), Error> {
        let trusted = certificates(root.certificate_pem.as_bytes()).expect("a root");
        let client = client_config(&trusted, approval).expect("a configuration");
        let server = server_config(chain.as_bytes(), key.as_bytes()).expect("a configuration");
        let name = ServerName::try_from(HOST).expect("a name");
        let mut client = ClientConnection::new(Arc::new(client), name).expect("a client");
        let mut server = ServerConnection::new(Arc::new(server)).expect("a server");
        while client.is_handshaking() || server.is_handshaking() {
            let mut wire = Vec::new();
            while client.wants_write() {
                client.write_tls(&mut wire).expect("memory");
            }
            let mut read = wire.as_slice();
            while !read.is_empty() {
                server.read_tls(&mut read).expect("memory");
                server.process_new_packets()?;
            }
            let mut wire = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut wire).expect("memory");
            }
            let mut read = wire.as_slice();
            while !read.is_empty() {
                client.read_tls(&mut read).expect("memory");
                client.process_new_packets()?;
            }
        }
        Ok(())
    }

    fn fault(root: &Authority, chain: &str, key: &str) -> CertificateFault {
        let error = shake(root, chain, key, true).expect_err("a fault");
        CertificateFault::of(&error).unwrap_or_else(|| panic!("{error}")).clone()
    }

    #[test]
    fn each_of_the_31_approved_intermediates_is_accepted() {
        for one in approved() {
            let (root, chain, key) = issued(&one.subject.to_string(), &hosts(), usual());
            assert_eq!(shake(&root, &chain, &key, true), Ok(()), "{}", one.alias);
        }
    }

    #[test]
    fn an_intermediate_of_another_name_is_not() {
        let (root, chain, key) = issued("CN=R3; O=Let's Encrypt; C=SE", &hosts(), usual());
        let fault = fault(&root, &chain, &key);
        assert!(matches!(&fault, CertificateFault::NotApproved(why) if why.contains("C=SE")));
        assert_eq!(shake(&root, &chain, &key, false), Ok(()), "without the rule it is good");
    }

    #[test]
    fn each_fault_of_a_chain_has_its_own_words() {
        let r3 = named("R3").expect("an alias").subject.to_string();
        let day = Duration::from_secs(86_400);
        let past = now().before(day * 9)..now().before(day);
        let future = now().after(day)..now().after(day * 9);
        for (valid, words) in [(past, "expired"), (future, "not valid yet")] {
            let (root, chain, key) = issued(&r3, &hosts(), valid);
            let fault = fault(&root, &chain, &key);
            assert!(
                matches!(&fault, CertificateFault::Chain(why) if why.contains(words)),
                "{fault}"
            );
        }
        let (root, chain, key) = issued(&r3, &["other.example".to_owned()], usual());
        let host = fault(&root, &chain, &key);
        assert!(matches!(&host, CertificateFault::Host(why) if why.contains("other.example")));
        let ServerCertificate { certificate_pem, key_pem } =
            self_signed(&hosts(), usual()).expect("a certificate");
        let alone = fault(&root, &certificate_pem, &key_pem);
        assert!(matches!(&alone, CertificateFault::Chain(why) if why.contains("self-signed")));
        let (_, chain, key) = issued(&r3, &hosts(), usual());
        let stranger = fault(&root, &chain, &key);
        assert!(
            matches!(&stranger, CertificateFault::Chain(why) if why.contains("no trusted root"))
        );
    }

    #[test]
    fn a_certificate_straight_from_the_root_has_no_approved_intermediate() {
        let root = Authority::new_root(now()).expect("a root");
        let server = root.server(&hosts(), usual()).expect("a certificate");
        let fault = fault(&root, &server.certificate_pem, &server.key_pem);
        assert!(matches!(fault, CertificateFault::NotApproved(_)));
    }

    #[test]
    fn a_root_that_was_written_issues_again() {
        let root = Authority::new_root(now()).expect("a root");
        let (certificate, key) = (root.certificate_pem.clone(), root.key_pem.clone());
        let again = Authority::read(certificate, key).expect("the same root");
        let name = &named("R3").expect("an alias").subject;
        let intermediate = again.intermediate(name, now()).expect("an intermediate");
        let server = intermediate.server(&hosts(), usual()).expect("a certificate");
        let chain = server.certificate_pem + &intermediate.certificate_pem;
        assert_eq!(shake(&root, &chain, &server.key_pem, true), Ok(()));
        assert!(Authority::read("no".to_owned(), "no".to_owned()).is_err());
        assert!(certificates(b"no").is_err());
    }
}
