//! Overrides of hosts, as `--route` gives them: where a connection goes instead of where the host's
//! name leads. The URL stays what it is, with all rules about it.

use std::fmt;

use url::Host;

/// Overrides in their order. The first that fits counts.
#[derive(Debug, Clone, Default)]
pub struct HostOverrides(Vec<HostOverride>);

/// What `--route` says of one host, or of any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostOverride {
    /// The host of the URL; `None` for any host.
    from: Option<Host<String>>,
    /// The host that is connected to.
    to: Host<String>,
    /// The port that is connected to; `None` for the URL's own port.
    port: Option<u16>,
}

/// Why a text is not a [`HostOverride`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostOverrideError {
    #[error("{EXPECTED}")]
    Form,
    #[error("`{0}` before the = is neither a host name nor *; {EXPECTED}")]
    From(String),
    #[error("`{0}` after the = is not a host; {EXPECTED}")]
    To(String),
    #[error("`{0}` is not a port; {EXPECTED}")]
    Port(String),
}

const EXPECTED: &str = "expected HOST=HOST[:PORT], such as shop.example=127.0.0.1:3000 or \
                        '*=host.docker.internal'";

impl HostOverride {
    /// Reads `shop.example=127.0.0.1:3000` or `*=host.docker.internal`.
    pub fn parse(text: &str) -> Result<Self, HostOverrideError> {
        let (from, to) = text.split_once('=').ok_or(HostOverrideError::Form)?;
        let from = match from.trim() {
            "*" => None,
            host => {
                let wrong = |_| HostOverrideError::From(host.to_owned());
                Some(Host::parse(host).map_err(wrong)?)
            }
        };
        let to = to.trim();
        let (host, port) = match to.rsplit_once(':') {
            // An IPv6 address in brackets has colons of its own.
            Some((host, port)) if !port.ends_with(']') => {
                let number = port.parse().ok().filter(|number| *number != 0);
                let number = number.ok_or_else(|| HostOverrideError::Port(port.to_owned()))?;
                (host, Some(number))
            }
            _ => (to, None),
        };
        let host = Host::parse(host).map_err(|_| HostOverrideError::To(host.to_owned()))?;
        Ok(Self { from, to: host, port })
    }
}

impl fmt::Display for HostOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.from {
            Some(from) => write!(f, "{from}")?,
            None => f.write_str("*")?,
        }
        write!(f, "={}", self.to)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl HostOverrides {
    pub fn new(routes: Vec<HostOverride>) -> Self {
        Self(routes)
    }

    /// The target of a connection for this host and port.
    pub fn target_of(&self, host: &Host<String>, port: u16) -> Target {
        let fits = |route: &&HostOverride| route.from.as_ref().is_none_or(|from| from == host);
        match self.0.iter().find(fits) {
            Some(route) => Target {
                host: route.to.clone(),
                port: route.port.unwrap_or(port),
                is_overridden: true,
            },
            None => Target { host: host.clone(), port, is_overridden: false },
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub host: Host<String>,
    pub port: u16,
    /// Whether a route led here. Then the operator of the emulator chose the target, not the caller
    /// of the API.
    pub is_overridden: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str) -> Host<String> {
        Host::parse(name).expect("a host")
    }

    #[test]
    fn the_first_route_that_fits_leads() {
        let routes = ["shop.example=127.0.0.1:3000", "other.example=[::1]", "*=docker.internal"];
        let routes = routes.map(|route| HostOverride::parse(route).expect("a route"));
        let routes = HostOverrides::new(routes.into());
        let named = |name, port| Target { host: host(name), port, is_overridden: true };
        assert_eq!(routes.target_of(&host("shop.example"), 443), named("127.0.0.1", 3000));
        assert_eq!(routes.target_of(&host("other.example"), 443), named("[::1]", 443));
        assert_eq!(routes.target_of(&host("third.example"), 80), named("docker.internal", 80));
        let own = Target { host: host("shop.example"), port: 80, is_overridden: false };
        assert_eq!(HostOverrides::default().target_of(&host("shop.example"), 80), own);
    }

    #[test]
    fn what_is_no_route_is_told_what_would_be() {
        for (text, part) in [
            ("shop.example", "expected HOST=HOST"),
            ("a b=127.0.0.1", "before the ="),
            ("shop.example=a b", "after the ="),
            ("shop.example=127.0.0.1:0", "is not a port"),
            ("shop.example=127.0.0.1:http", "is not a port"),
        ] {
            let error = HostOverride::parse(text).expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        let shown = |text: &str| HostOverride::parse(text).expect("a route").to_string();
        assert_eq!(shown("*=[::1]:80"), "*=[::1]:80");
    }
}
