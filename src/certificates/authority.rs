//! A local certificate authority: a root, intermediates of any name below it, and server
//! certificates below those. It is for trying the rules, never for trust beyond that.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::certificates::distinguished_name::DistinguishedName;
use momo_sandbox_core::model::time::Timestamp;

const DAY: Duration = Duration::from_secs(86_400);

/// How many days a root is valid, from a day before it was made, since clocks differ.
const ROOT_DAYS: u32 = 3650;

/// The most days that browsers and libraries accept for a server's certificate.
const SERVER_DAYS: u32 = 397;

/// A root or intermediate that can issue certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub certificate_pem: String,
    pub key_pem: String,
}

/// Hides the key.
impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authority").field(&self.certificate_pem).finish_non_exhaustive()
    }
}

#[derive(Clone)]
pub struct ServerCertificate {
    pub certificate_pem: String,
    pub key_pem: String,
}

/// Hides the key.
impl fmt::Debug for ServerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerCertificate").field(&self.certificate_pem).finish_non_exhaustive()
    }
}

/// Why a certificate could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("{0}")]
    Certificate(#[from] rcgen::Error),
    /// A time that no certificate can express.
    #[error("no certificate can name the time {0}")]
    Time(Timestamp),
}

/// The validity from a day before `now` until `days` days after it.
pub fn days_from(now: Timestamp, days: u32) -> Range<Timestamp> {
    now.before(DAY)..now.after(DAY.saturating_mul(days))
}

impl Authority {
    pub fn new_root(now: Timestamp) -> Result<Self, AuthorityError> {
        let name = DistinguishedName::parse("CN=momo-sandbox local root; O=momo-sandbox")
            .expect("it is a name");
        let mut params = params(&name, Vec::new(), days_from(now, ROOT_DAYS))?;
        make_authority(&mut params);
        let key = KeyPair::generate()?;
        let certificate_pem = params.self_signed(&key)?.pem();
        let key_pem = key.serialize_pem();
        Ok(Self { issuer: Issuer::new(params, key), certificate_pem, key_pem })
    }

    /// The root in these PEM texts of a certificate and its key.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] if they are not a certificate and a key.
    pub fn read(certificate_pem: String, key_pem: String) -> Result<Self, AuthorityError> {
        let key = KeyPair::from_pem(&key_pem)?;
        let issuer = Issuer::from_ca_cert_pem(&certificate_pem, key)?;
        Ok(Self { issuer, certificate_pem, key_pem })
    }

    /// Issues an intermediate with exactly this name.
    pub fn intermediate(
        &self,
        name: &DistinguishedName,
        now: Timestamp,
    ) -> Result<Self, AuthorityError> {
        let mut params = params(name, Vec::new(), days_from(now, ROOT_DAYS))?;
        make_authority(&mut params);
        let key = KeyPair::generate()?;
        let certificate_pem = params.signed_by(&key, &self.issuer)?.pem();
        let key_pem = key.serialize_pem();
        Ok(Self { issuer: Issuer::new(params, key), certificate_pem, key_pem })
    }

    /// Issues a server's certificate for these hosts with this validity.
    pub fn server(
        &self,
        hosts: &[String],
        valid: Range<Timestamp>,
    ) -> Result<ServerCertificate, AuthorityError> {
        let (params, key) = (server_params(hosts, valid)?, KeyPair::generate()?);
        let certificate_pem = params.signed_by(&key, &self.issuer)?.pem();
        Ok(ServerCertificate { certificate_pem, key_pem: key.serialize_pem() })
    }

    pub fn usual_validity(now: Timestamp) -> Range<Timestamp> {
        now.before(DAY)..now.after(DAY.saturating_mul(SERVER_DAYS - 1))
    }
}

pub fn self_signed(
    hosts: &[String],
    valid: Range<Timestamp>,
) -> Result<ServerCertificate, AuthorityError> {
    let (params, key) = (server_params(hosts, valid)?, KeyPair::generate()?);
    let certificate_pem = params.self_signed(&key)?.pem();
    Ok(ServerCertificate { certificate_pem, key_pem: key.serialize_pem() })
}

fn server_params(
    hosts: &[String],
    valid: Range<Timestamp>,
) -> Result<CertificateParams, AuthorityError> {
    let first = hosts.first().map_or("", String::as_str);
    let name = DistinguishedName::parse(&format!("CN={first}")).expect("it has an attribute");
    let mut params = params(&name, hosts.to_vec(), valid)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn params(
    name: &DistinguishedName,
    hosts: Vec<String>,
    valid: Range<Timestamp>,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    for (attribute, value) in name.attributes() {
        let kind = match attribute {
            "C" => DnType::CountryName,
            "L" => DnType::LocalityName,
            "ST" => DnType::StateOrProvinceName,
            "O" => DnType::OrganizationName,
            "OU" => DnType::OrganizationalUnitName,
            _ => DnType::CommonName,
        };
        // The library keeps one value for each kind of attribute. A second organisational unit
        // needs a kind with its own number.
        let kind = match params.distinguished_name.get(&kind) {
            Some(_) if attribute == "OU" => DnType::CustomDnType(vec![2, 5, 4, 11]),
            _ => kind,
        };
        params.distinguished_name.push(kind, value);
    }
    params.not_before = moment(valid.start)?;
    params.not_after = moment(valid.end)?;
    Ok(params)
}

fn make_authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
}

/// A time as certificates express it, in whole seconds.
fn moment(at: Timestamp) -> Result<time::OffsetDateTime, AuthorityError> {
    let named = time::OffsetDateTime::from_unix_timestamp(at.unix_seconds());
    named.map_err(|_| AuthorityError::Time(at))
}
