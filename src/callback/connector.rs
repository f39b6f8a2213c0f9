//! Connections to listeners: by the routes, never to the emulator itself.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;
use url::Host;

use crate::callback::resolver::Resolver;
use crate::callback::settings::CallbackSettings;

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectFault {
    /// The host's name has no address.
    #[error("{0}")]
    NameResolution(String),
    /// Nothing accepted the connection.
    #[error("{0}")]
    Connection(String),
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
        let (host, port) = self.settings.routes.way_to(&host, port);
        let addresses = self.resolver.addresses_of(&host).await;
        let addresses = addresses.map_err(ConnectFault::NameResolution)?;
        let mut failures = Vec::new();
        for address in addresses {
            let address = SocketAddr::new(address, port);
            self.refuse_itself(address)?;
            match TcpStream::connect(address).await {
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
            true => format!("`{host}` has no address"),
            false => failures.join("; "),
        }))
    }

    fn refuse_itself(&self, address: SocketAddr) -> Result<(), ConnectFault> {
        let is_own = |own: &SocketAddr| {
            own.port() == address.port()
                && (own.ip() == address.ip()
                    || (own.ip().is_unspecified() && leads_here(address.ip())))
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

fn leads_here(address: IpAddr) -> bool {
    address.is_loopback() || address.is_unspecified()
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
