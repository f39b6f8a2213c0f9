//! Distinguished names as people write them, and certificates as listeners send them.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::prelude::{FromDer, X509Certificate};

use momo_sandbox::internals::certificates::DistinguishedName;
use momo_sandbox::internals::certificates::approved_as;
use momo_sandbox::internals::certificates::{CertificateFault, certificates, verifier};

/// What begins like a DER sequence is a certificate, like a PEM one several, and all else a name.
pub fn run(input: &[u8]) {
    match input {
        [0x30, ..] => check_certificate(&CertificateDer::from(input)),
        [b'-', b'-', ..] => {
            for certificate in certificates(input).unwrap_or_default() {
                check_certificate(&certificate);
            }
        }
        _ => check_text(&String::from_utf8_lossy(input)),
    }
}

fn check_text(text: &str) {
    if let Some(name) = DistinguishedName::parse(text) {
        check_name(&name);
    }
}

fn check_name(name: &DistinguishedName) {
    assert_eq!(name, &name.clone());
    for (attribute, _) in name.attributes() {
        assert!(!attribute.is_empty(), "{name}");
    }
    // A certificate's name may be empty, which no text is.
    if name.attributes().next().is_some() {
        let read = DistinguishedName::parse(&name.to_string());
        assert_eq!(read.as_ref(), Some(name), "it is read as it is shown: {name}");
    }
    // Two that are written alike are approved alike.
    if let Some(approved) = approved_as(name) {
        assert_eq!(&approved.subject, name);
    }
}

fn check_certificate(certificate: &CertificateDer<'_>) {
    static VERIFIER: LazyLock<Arc<dyn ServerCertVerifier>> =
        LazyLock::new(|| verifier(&[], true).expect("the public roots"));
    if let Ok((_, read)) = X509Certificate::from_der(certificate) {
        for name in [read.issuer(), read.subject()] {
            DistinguishedName::of(name).iter().for_each(check_name);
        }
    }
    let host = ServerName::try_from("shop.example").expect("a host");
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_788_264_000));
    let verified = VERIFIER.verify_server_cert(certificate, &[], &host, &[], now);
    let error = verified.expect_err("no public root vouches for a certificate that was made up");
    let fault = CertificateFault::of(&error).unwrap_or_else(|| panic!("{error}"));
    assert!(!fault.to_string().is_empty());
    // What is wrong is told in words that fit in the journal.
    assert!(fault.to_string().len() <= 8 * certificate.len() + 256, "{fault}");
}
