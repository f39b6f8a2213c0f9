//! Connections to listeners: by the routes, never to the emulator itself, and to an address where
//! no merchant listens only where a route names it.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;
use url::Host;

use crate::callback::resolver::Resolver;
use crate::callback::rules;
use crate::callback::settings::CallbackSettings;
use momo_sandbox_core::model::limits;

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectFault {
    /// The host's name has no address.
    #[error("{0}")]
    NameResolution(String),
    /// Nothing accepted the connection.
    #[error("{0}")]
    Connection(String),
    /// The host leads to an address where no merchant listens.
    #[error(
        "`{host}` leads to {address}, {kind}: a callback goes there only if a route names it, \
         such as --route {host}={}",
        bracketed(*.address)
    )]
    Forbidden {
        /// The host of the URL.
        host: Host<String>,
        /// Where it leads.
        address: IpAddr,
        /// What is there.
        kind: &'static str,
    },
    /// It would have been a connection to the emulator.
    #[error("{0} is the emulator itself: a callback never goes there")]
    Itself(SocketAddr),
}

/// Makes connections.
#[derive(Debug, Clone)]
pub struct Connector {
    resolver: Resolver,
    settings: Arc<CallbackSettings>,
}

impl Connector {
    /// One that follows these settings.
    pub fn new(resolver: Resolver, settings: Arc<CallbackSettings>) -> Self {
        Self { resolver, settings }
    }

    /// A connection to the host and port of a URL, or to where their route leads.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub async fn connect(&self, uri: &Uri) -> Result<TcpStream, ConnectFault> {
        let (host, port) = destination(uri)?;
        let target = self.settings.overrides.target_of(&host, port);
        let addresses = self.resolver.addresses_of(&target.host).await;
        let addresses = addresses.map_err(|why| {
            ConnectFault::NameResolution(match target.is_overridden {
                true => format!("{why}; a --route leads callbacks for `{host}` there"),
                false => format!(
                    "{why}; --route {host}=127.0.0.1:PORT sends callbacks for it to a listener on \
                     this machine"
                ),
            })
        })?;
        let mut failures = Vec::new();
        for address in addresses {
            self.refuse_forbidden(&host, address, target.is_overridden)?;
            let address = SocketAddr::new(address, target.port);
            self.refuse_itself(address)?;
            match reach(address).await {
                Ok(stream) => {
                    // Where it listens on every address, only the connection tells which are its.
                    if let (Ok(local), Ok(peer)) = (stream.local_addr(), stream.peer_addr())
                        && local.ip() == peer.ip()
                    {
                        self.refuse_own_port(peer)?;
                    }
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) => failures.push(format!("{address}: {error}")),
            }
        }
        Err(ConnectFault::Connection(match failures.is_empty() {
            true => format!("`{}` has no address", target.host),
            false => failures.join("; "),
        }))
    }

    /// Looks at the address that is connected to, after its name was resolved: what a name led to a
    /// moment ago says nothing of where it leads now.
    fn refuse_forbidden(
        &self,
        host: &Host<String>,
        address: IpAddr,
        is_overridden: bool,
    ) -> Result<(), ConnectFault> {
        match rules::forbidden_kind_of(address) {
            Some(kind) if !is_overridden => {
                Err(ConnectFault::Forbidden { host: host.clone(), address, kind })
            }
            _ => Ok(()),
        }
    }

    fn refuse_itself(&self, address: SocketAddr) -> Result<(), ConnectFault> {
        let found = reached_by(address.ip());
        let is_own = |own: &SocketAddr| {
            own.port() == address.port()
                && (rules::canonical_ip(own.ip()) == found
                    || (own.ip().is_unspecified() && found.is_loopback()))
        };
        match self.settings.own_addresses.iter().any(is_own) {
            true => Err(ConnectFault::Itself(address)),
            false => Ok(()),
        }
    }

    fn refuse_own_port(&self, address: SocketAddr) -> Result<(), ConnectFault> {
        let is_own = |own: &SocketAddr| own.ip().is_unspecified() && own.port() == address.port();
        match self.settings.own_addresses.iter().any(is_own) {
            true => Err(ConnectFault::Itself(address)),
            false => Ok(()),
        }
    }
}

/// Connects, and tries again before the system would: a full queue drops what comes. Nothing was
/// written to what is given up.
async fn reach(address: SocketAddr) -> std::io::Result<TcpStream> {
    let mut patience = limits::CALLBACK_CONNECT_FIRST;
    while patience < limits::CALLBACK_ANSWER_MAX {
        if let Ok(connected) = timeout(patience, TcpStream::connect(address)).await {
            return connected;
        }
        patience *= 2;
    }
    TcpStream::connect(address).await
}

/// The address that answers: one of IPv4 may be written as one of IPv6, and a connection to the
/// unspecified address is one to this machine.
fn reached_by(address: IpAddr) -> IpAddr {
    match rules::canonical_ip(address) {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

/// An address as a URL has it.
fn bracketed(address: IpAddr) -> Host<String> {
    match address {
        IpAddr::V4(v4) => Host::Ipv4(v4),
        IpAddr::V6(v6) => Host::Ipv6(v6),
    }
}

fn destination(uri: &Uri) -> Result<(Host<String>, u16), ConnectFault> {
    let wrong = || ConnectFault::NameResolution(format!("`{uri}` names no host"));
    let host = uri.host().ok_or_else(wrong)?;
    let host = Host::parse(host).map_err(|_| wrong())?;
    let default = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    Ok((host, uri.port_u16().unwrap_or(default)))
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectFault;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectFault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect(&uri).await.map(TokioIo::new) })
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use crate::callback::loopback_only::with_loopback_only;
    use crate::callback::overrides::{HostOverride, HostOverrides};

    use super::*;

    const NAMES: &str = "127.0.0.1 shop.example\n169.254.169.254 metadata.example\n\
                         0.0.0.0 nowhere.example\n";

    async fn outcome(url: &str, settings: CallbackSettings) -> Result<(), String> {
        let connector = Connector::new(Resolver::knowing(NAMES), Arc::new(settings));
        let connected = connector.connect(&url.parse().expect("a URL")).await;
        connected.map(drop).map_err(|fault| fault.to_string())
    }

    fn routed(route: &str) -> CallbackSettings {
        let overrides = HostOverrides::new(vec![HostOverride::parse(route).expect("a route")]);
        CallbackSettings { overrides, ..CallbackSettings::default() }
    }

    #[test]
    fn the_address_counts_that_a_name_leads_to() {
        with_loopback_only(
            "callback::connector::tests::the_address_counts_that_a_name_leads_to",
            the_address_counts(),
        );
    }

    async fn the_address_counts() {
        let plain = CallbackSettings::default;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let shop = format!("http://shop.example:{port}/");
        assert_eq!(outcome(&shop, plain()).await, Ok(()));
        for (url, part) in [
            ("http://metadata.example/", "leads to 169.254.169.254, a link-local address"),
            ("http://169.254.169.254/", "--route 169.254.169.254=169.254.169.254"),
            ("http://[::ffff:a9fe:a9fe]/", "a link-local address"),
            ("http://nowhere.example/", "leads to 0.0.0.0, an unspecified address"),
        ] {
            let fault = outcome(url, plain()).await.expect_err(url);
            assert!(fault.contains(part), "{url}: {fault}");
        }
        let named = routed(&format!("nowhere.example=0.0.0.0:{port}"));
        assert_eq!(outcome("http://nowhere.example/", named).await, Ok(()), "a route names it");
    }

    #[tokio::test]
    async fn a_name_that_does_not_resolve_is_told_with_the_route_that_helps() {
        let outcome = async |url, settings| outcome(url, settings).await.expect_err(url);
        let plain = outcome("http://nobody.invalid:8080/", CallbackSettings::default()).await;
        assert!(plain.contains("`nobody.invalid` does not resolve"), "{plain}");
        assert!(plain.contains("--route nobody.invalid=127.0.0.1:PORT"), "{plain}");
        let led = outcome("http://any.example/", routed("*=nobody.invalid")).await;
        assert!(led.contains("a --route leads callbacks for `any.example` there"), "{led}");
    }

    #[tokio::test]
    async fn the_emulator_is_not_connected_to_however_its_address_is_written() {
        for own in ["127.0.0.1:0", "0.0.0.0:0"] {
            let listener = TcpListener::bind(own).await.expect("a free port");
            let address = listener.local_addr().expect("an address");
            let port = address.port();
            for to in ["127.0.0.1", "localhost", "shop.example", "[::ffff:127.0.0.1]", "0.0.0.0"] {
                let settings = CallbackSettings {
                    own_addresses: vec![address],
                    ..routed(&format!("*={to}:{port}"))
                };
                let fault = outcome("http://any.example/", settings).await.expect_err(to);
                assert!(fault.contains("is the emulator itself"), "{own} {to}: {fault}");
            }
        }
    }
}
