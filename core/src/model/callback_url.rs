//! The callback URL of a transaction and the host that it must have.

use std::fmt;
use std::sync::Arc;

use url::{Host, Position, Url};

/// The registered `providerCallbackHost`: an allow-list of one host, never a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderCallbackHost {
    /// The text as sent at provisioning. A GET of the API user returns it.
    pub as_sent: Box<str>,
    /// The host alone, in its comparable form.
    pub host: Host<String>,
}

impl ProviderCallbackHost {
    /// Reads a bare host name, or a whole URL, of which the host counts
    /// (docs/contract.md#provisioning); a port or path behind a bare host is dropped likewise.
    /// `None` where there is no host in it, or one with nothing between two dots.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let url = if text.contains("://") {
            Url::parse(text)
        } else {
            Url::parse(&format!("http://{text}"))
        };
        let host = comparable(url.ok()?.host()?.to_owned())?;
        Some(Self { as_sent: text.into(), host })
    }

    pub fn is_ip_address(&self) -> bool {
        !matches!(self.host, Host::Domain(_))
    }
}

/// An `X-Callback-Url`: absolute, http or https, with a host and without user information. A clone
/// shares its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackUrl(Arc<Parsed>);

#[derive(Debug, PartialEq, Eq)]
struct Parsed {
    url: Url,
    /// The host in its comparable form.
    host: Host<String>,
    port: u16,
}

/// Why a text is not a [`CallbackUrl`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallbackUrlError {
    /// The text has no scheme or host, or is no URL.
    #[error("is not an absolute URL")]
    NotAbsolute,
    /// The scheme is neither http nor https.
    #[error("has the scheme `{0}`, not http or https")]
    Scheme(String),
    /// The host is not a name that DNS can look up.
    #[error("has the host `{0}`, in which nothing stands between two dots")]
    Host(String),
    /// The URL contains `user:password@`.
    #[error("has user information in it")]
    UserInformation,
}

impl CallbackUrl {
    pub fn parse(text: &str) -> Result<Self, CallbackUrlError> {
        let url = Url::parse(text).map_err(|_| CallbackUrlError::NotAbsolute)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(CallbackUrlError::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(CallbackUrlError::UserInformation);
        }
        let host = url.host().ok_or(CallbackUrlError::NotAbsolute)?.to_owned();
        let Some(host) = comparable(host.clone()) else {
            return Err(CallbackUrlError::Host(host.to_string()));
        };
        let port = url.port_or_known_default().expect("http and https have one");
        Ok(Self(Arc::new(Parsed { url, host, port })))
    }

    /// The host, in its comparable form.
    pub fn host(&self) -> &Host<String> {
        &self.0.host
    }

    /// The host as the URL has it, and its port unless that is the scheme's own: what a request
    /// says in its `Host`.
    pub fn authority(&self) -> &str {
        &self.0.url[Position::BeforeHost..Position::AfterPort]
    }

    /// The path with the query: what a request asks for.
    pub fn path_and_query(&self) -> &str {
        &self.0.url[Position::BeforePath..Position::AfterQuery]
    }

    /// Resolves a reference, such as a `Location`, against this URL.
    pub fn join(&self, reference: &str) -> Option<Url> {
        self.0.url.join(reference).ok()
    }

    pub fn is_https(&self) -> bool {
        self.0.url.scheme() == "https"
    }

    pub fn is_ip_address(&self) -> bool {
        !matches!(self.0.host, Host::Domain(_))
    }

    /// The port, which the scheme gives where the URL does not.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// The reason why production refuses the URL, if it does (docs/contract.md#callbacks).
    pub fn fault_in_production(&self) -> Option<&'static str> {
        if !self.is_https() {
            Some("is http: in production callbacks go to https URLs only")
        } else if self.is_ip_address() {
            Some("has an IP address: in production callbacks go to a host name")
        } else {
            None
        }
    }

    pub fn as_str(&self) -> &str {
        self.0.url.as_str()
    }
}

/// A host name without the dot that may end it, as `Url` writes those of http: the host of another
/// scheme it leaves as it came. `None` for a name with nothing between two dots, which two readers
/// take for different hosts.
fn comparable(host: Host<String>) -> Option<Host<String>> {
    let Host::Domain(name) = host else { return Some(host) };
    match Host::parse(name.strip_suffix('.').unwrap_or(&name)).ok()? {
        Host::Domain(name) if name.split('.').any(str::is_empty) => None,
        Host::Ipv4(_) if name.ends_with("..") => None,
        host => Some(host),
    }
}

impl fmt::Display for CallbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn agree(registered: &str, url: &str) -> bool {
        let registered = ProviderCallbackHost::parse(registered).expect("a host");
        registered.host == *CallbackUrl::parse(url).expect("a callback URL").host()
    }

    #[test]
    fn only_the_host_counts() {
        assert!(agree("clinic.com", "http://clinic.com/paid?x=1"));
        assert!(agree("clinic.com", "https://CLINIC.com:8443/"));
        assert!(agree("https://clinic.com/momo", "http://clinic.com/other"));
        assert!(agree("clinic.com:8080", "http://clinic.com:9090/"));
        assert!(agree("clinic.com.", "http://clinic.com/"));
        assert!(agree("momo://CLINIC.com/paid", "http://clinic.com/"));
        assert!(agree("127.0.0.1", "http://127.0.0.1:9/"));
        assert!(agree("[::1]", "http://[::1]:9/"));
        assert!(!agree("clinic.com", "http://evil.com/clinic.com"));
        assert!(!agree("clinic.com", "http://www.clinic.com/"));
        assert!(!agree("localhost", "http://127.0.0.1/"));
    }

    #[test]
    fn a_request_names_the_host_and_a_port_of_its_own() {
        for (url, authority, path) in [
            ("http://clinic.com", "clinic.com", "/"),
            ("https://clinic.com.:443/a?b=%20#c", "clinic.com.", "/a?b=%20"),
            ("http://[::1]:9/?", "[::1]:9", "/?"),
        ] {
            let url = CallbackUrl::parse(url).expect("a callback URL");
            assert_eq!((url.authority(), url.path_and_query()), (authority, path), "{url}");
        }
    }

    #[test]
    fn what_is_not_a_callback_url_says_why() {
        let error = |text| CallbackUrl::parse(text).expect_err(text);
        assert_eq!(error(""), CallbackUrlError::NotAbsolute);
        assert_eq!(error("/paid"), CallbackUrlError::NotAbsolute);
        assert_eq!(error("http://"), CallbackUrlError::NotAbsolute);
        assert_eq!(error("ftp://clinic.com/"), CallbackUrlError::Scheme("ftp".into()));
        assert_eq!(error("http://a:b@clinic.com/"), CallbackUrlError::UserInformation);
        assert_eq!(error("http://./"), CallbackUrlError::Host(".".into()));
        assert_eq!(error("http://a../"), CallbackUrlError::Host("a..".into()));
    }

    #[test]
    fn a_text_without_a_host_is_no_provider_callback_host() {
        for text in ["", "  ", "http://", "a b", "://", ".", "a..b", "a..", "127.0.0.1.."] {
            assert_eq!(ProviderCallbackHost::parse(text), None, "{text:?}");
        }
    }
}
