//! Connections to listeners. They follow `--route`, never lead to the emulator itself, and lead to
//! an address where no merchant listens only if `--route` names it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use url::Host;

use crate::callback::limits;
use crate::callback::resolver::{ResolveError, Resolver};
use crate::callback::rules;
use crate::callback::settings::CallbackSettings;
use crate::callback::sources::{connect_from, is_of_this_machine, reachable_from};
use momo_sandbox_core::model::callback_url::CallbackUrl;

/// A connection to a listener, with TLS where the URL is https.
pub type Socket = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// Why a connection could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The host's name has no address.
    #[error("{error}; {}", override_remedy(host, *.is_overridden))]
    NameResolution {
        error: ResolveError,
        host: Host<String>,
        /// Whether `--route` led to that name.
        is_overridden: bool,
    },
    #[error("{0}")]
    Connection(String),
    /// The host leads to an address where no merchant listens.
    #[error(
        "`{host}` leads to {address}, {kind}: a callback goes there only if a route names it, \
         such as --route {host}={}",
        bracketed(*.address)
    )]
    Forbidden { host: Host<String>, address: IpAddr, kind: &'static str },
    /// The address is the emulator's own.
    #[error("{0} is the emulator itself: a callback never goes there")]
    Itself(SocketAddr),
    /// No certificate can name the host.
    #[error(transparent)]
    ServerName(#[from] InvalidDnsNameError),
    #[error(transparent)]
    Handshake(std::io::Error),
}

#[derive(Clone)]
pub struct Connector {
    resolver: Resolver,
    tls: TlsConnector,
    settings: Arc<CallbackSettings>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Connector {
    pub fn new(resolver: Resolver, tls: ClientConfig, settings: Arc<CallbackSettings>) -> Self {
        Self { resolver, tls: TlsConnector::from(Arc::new(tls)), settings }
    }

    /// Connects to the host and port of a URL, or to where an override leads, from a local address
    /// where that is given.
    pub async fn connect(
        &self,
        url: &CallbackUrl,
        source: Option<IpAddr>,
    ) -> Result<Socket, ConnectError> {
        if !url.is_https() {
            return Ok(Either::Left(self.reach(url, source).await?));
        }
        let name = match url.host() {
            Host::Domain(name) => ServerName::try_from(name.clone())?,
            Host::Ipv4(address) => ServerName::from(IpAddr::from(*address)),
            Host::Ipv6(address) => ServerName::from(IpAddr::from(*address)),
        };
        let stream = self.reach(url, source).await?;
        let secured = self.tls.connect(name, stream).await.map_err(ConnectError::Handshake)?;
        Ok(Either::Right(Box::new(secured)))
    }

    async fn reach(
        &self,
        url: &CallbackUrl,
        source: Option<IpAddr>,
    ) -> Result<TcpStream, ConnectError> {
        let host = url.host();
        let is_for_own_listener = url.path_and_query() == rules::OWN_LISTENER && !url.is_https();
        let target = self.settings.overrides.target_of(host, url.port());
        let addresses = self.resolver.addresses_of(&target.host).await;
        let addresses = addresses.map_err(|error| ConnectError::NameResolution {
            error,
            host: host.clone(),
            is_overridden: target.is_overridden,
        })?;
        let addresses = match source {
            None => addresses,
            Some(source) => of_the_source(source, addresses, &target.host)?,
        };
        let (mut addresses, mut attempts) = (addresses.into_iter(), JoinSet::new());
        let mut failures = Vec::new();
        loop {
            if let Some(address) = addresses.next() {
                // The address is checked after the name was resolved, since a name may lead
                // elsewhere at the next look-up.
                if let Some(kind) = rules::forbidden_kind_of(address)
                    && !target.is_overridden
                {
                    return Err(ConnectError::Forbidden { host: host.clone(), address, kind });
                }
                let address = SocketAddr::new(address, target.port);
                if !is_for_own_listener {
                    self.refuse_itself(address)?;
                }
                attempts.spawn(async move { (address, open(address, source).await) });
            }
            // The attempts so far go on while the next address is tried.
            let ended = match addresses.as_slice() {
                [] => Ok(attempts.join_next().await),
                _ => timeout(limits::NEXT_ADDRESS_AFTER, attempts.join_next()).await,
            };
            match ended {
                Ok(Some(Ok((_, Ok(stream))))) if is_for_own_listener => return Ok(stream),
                Ok(Some(Ok((_, Ok(stream))))) => return self.checked(stream, source),
                Ok(Some(Ok((address, Err(error))))) => failures.push(format!("{address}: {error}")),
                Ok(None) => break,
                // Time for the next address; or the end of the program, which cancels an attempt.
                Err(_) | Ok(Some(Err(_))) => {}
            }
        }
        Err(ConnectError::Connection(if failures.is_empty() {
            format!("`{}` has no address", target.host)
        } else {
            failures.join("; ")
        }))
    }

    /// The connection, unless it leads to the emulator. If the emulator listens on every address,
    /// only the connection shows whether an address is its own.
    fn checked(
        &self,
        stream: TcpStream,
        source: Option<IpAddr>,
    ) -> Result<TcpStream, ConnectError> {
        // The system takes the peer's own address for a connection to this machine, unless another
        // one is set.
        if let (Ok(local), Ok(peer)) = (stream.local_addr(), stream.peer_addr())
            && (local.ip() == peer.ip() || source.is_some_and(|_| is_of_this_machine(peer.ip())))
        {
            self.refuse_own_port(peer)?;
        }
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    fn refuse_itself(&self, address: SocketAddr) -> Result<(), ConnectError> {
        let found = answering_address(address.ip());
        self.refuse_own(address, |own| {
            rules::canonical_ip(own.ip()) == found
                || (own.ip().is_unspecified() && found.is_loopback())
        })
    }

    fn refuse_own_port(&self, address: SocketAddr) -> Result<(), ConnectError> {
        self.refuse_own(address, |own| own.ip().is_unspecified())
    }

    fn refuse_own(
        &self,
        address: SocketAddr,
        is_own: impl Fn(&SocketAddr) -> bool,
    ) -> Result<(), ConnectError> {
        let mut own = self.settings.own_addresses.iter();
        if own.any(|own| own.port() == address.port() && is_own(own)) {
            return Err(ConnectError::Itself(address));
        }
        Ok(())
    }
}

/// Connects, and tries again before the system would, since a listener's full queue drops
/// connections. Nothing was written to a connection that is given up.
async fn open(address: SocketAddr, source: Option<IpAddr>) -> std::io::Result<TcpStream> {
    let mut patience = limits::CONNECT_FIRST;
    while patience < limits::ANSWER_MAX {
        if let Ok(connected) = timeout(patience, connect_from(source, address)).await {
            return connected;
        }
        patience *= 2;
    }
    connect_from(source, address).await
}

/// The addresses of a host that can be reached from a source.
fn of_the_source(
    source: IpAddr,
    addresses: Vec<IpAddr>,
    host: &Host<String>,
) -> Result<Vec<IpAddr>, ConnectError> {
    let reachable = reachable_from(source, addresses);
    if reachable.is_empty() {
        let version = if source.is_ipv4() { 4 } else { 6 };
        return Err(ConnectError::Connection(format!(
            "--callback-source has callbacks of this platform sent from {source}, and `{host}` \
             has no IPv{version} address"
        )));
    }
    Ok(reachable)
}

/// The address that answers. An IPv4 address may be written as one of IPv6, and a connection to the
/// unspecified address is one to this machine.
fn answering_address(address: IpAddr) -> IpAddr {
    match rules::canonical_ip(address) {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

/// A remedy by `--route` for a name without an address.
fn override_remedy(host: &Host<String>, is_overridden: bool) -> String {
    if is_overridden {
        format!("a --route leads callbacks for `{host}` there")
    } else {
        format!(
            "--route {host}=127.0.0.1:PORT sends callbacks for it to a listener on this machine"
        )
    }
}

/// An address as it is written in a URL.
fn bracketed(address: IpAddr) -> Host<String> {
    match address {
        IpAddr::V4(v4) => Host::Ipv4(v4),
        IpAddr::V6(v6) => Host::Ipv6(v6),
    }
}

#[cfg(test)]
mod tests {
    use socket2::{Domain, Socket as Socket2, Type};
    use tokio::net::TcpListener;

    use crate::callback::loopback_only::with_loopback_only;
    use crate::callback::overrides::{HostOverride, HostOverrides};
    use crate::certificates::verification::client_config;

    use super::*;

    const NAMES: &str = "127.0.0.1 shop.example\n169.254.169.254 metadata.example\n\
                         0.0.0.0 nowhere.example\n";

    async fn outcome(url: &str, settings: CallbackSettings) -> Result<(), String> {
        let tls = client_config(&[], false).expect("a configuration");
        let connector = Connector::new(Resolver::knowing(NAMES), tls, Arc::new(settings));
        let connected = connector.connect(&CallbackUrl::parse(url).expect("a URL"), None).await;
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

    /// A listener with a full queue drops what would begin a connection, so an attempt waits.
    #[tokio::test]
    async fn an_address_that_does_not_answer_does_not_keep_the_next_one_waiting() {
        let full = Socket2::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        full.bind(&any.into()).expect("a free port");
        full.listen(1).expect("a listener");
        let address = full.local_addr().expect("an address").as_socket().expect("of IP");
        let answering = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), address.port());
        let listener = TcpListener::bind(answering).await.expect("the same port of IPv6 is free");
        let mut waiting = Vec::new();
        while let Ok(connected) = timeout(limits::CONNECT_FIRST, TcpStream::connect(address)).await
        {
            waiting.push(connected.expect("a connection"));
        }
        let url = format!("http://localhost:{}/", address.port());
        let connected = outcome(&url, CallbackSettings::default());
        let connected = timeout(limits::ANSWER_MAX, connected).await;
        assert_eq!(connected.expect("in time for an answer"), Ok(()));
        assert_eq!(
            listener.accept().await.expect("a connection").0.local_addr().ok(),
            Some(answering)
        );
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

    /// The system would take the peer's own address, which tells that it is this machine's.
    #[tokio::test]
    async fn the_emulator_is_recognised_from_another_source_address_too() {
        let source =
            IpAddr::V4(Ipv4Addr::new(127, 0, 0, if cfg!(target_os = "macos") { 1 } else { 2 }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()));
        let settings =
            CallbackSettings { own_addresses: vec![everywhere], ..CallbackSettings::default() };
        let tls = client_config(&[], false).expect("a configuration");
        let connector = Connector::new(Resolver::knowing(NAMES), tls, Arc::new(settings));
        let stream = connect_from(Some(source), address).await.expect("a connection");
        let fault = connector.checked(stream, Some(source)).expect_err("its own port").to_string();
        assert!(fault.contains("is the emulator itself"), "{fault}");
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
