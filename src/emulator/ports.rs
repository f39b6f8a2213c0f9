//! The ports of an emulator: the plain one, that of the legacy platform, the HTTPS front.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::server::body::ResponseBody;
use crate::server::context::ServerContext;
use crate::server::https::HttpsFrontend;
use crate::server::listener;
use crate::server::peer::Peer;
use momo_sandbox_core::model::mtn_platform::MtnPlatform;

/// The address to connect to for a server that listens on `listening`: nobody can connect to an
/// unspecified address, so loopback stands in for it.
pub fn connectable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

/// The ports, open.
#[derive(Debug)]
pub(super) struct OpenPorts {
    plain: TcpListener,
    /// The port of the legacy platform, where both platforms are played.
    legacy: Option<TcpListener>,
    front: Option<(TcpListener, Arc<ServerConfig>)>,
    pub(super) addresses: Addresses,
}

/// The kinds of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortKind {
    Plain,
    /// Of the legacy platform, where both are played.
    Legacy,
    /// The HTTPS front's.
    Front,
}

/// Why a port could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct PortError {
    pub kind: PortKind,
    pub address: SocketAddr,
    /// What the system says.
    pub source: io::Error,
}

/// Where the ports are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    pub(super) plain: SocketAddr,
    pub(super) legacy: Option<SocketAddr>,
    pub(super) front: Option<SocketAddr>,
}

impl Addresses {
    pub(super) fn all(self) -> impl Iterator<Item = SocketAddr> {
        std::iter::once(self.plain).chain(self.legacy).chain(self.front)
    }
}

impl OpenPorts {
    /// Opens the ports, the plain one last.
    pub(super) async fn bind(
        plain: SocketAddr,
        legacy: Option<SocketAddr>,
        front: Option<HttpsFrontend>,
    ) -> Result<Self, PortError> {
        let mut opened_front = None;
        if let Some(front) = front {
            opened_front = Some((open(PortKind::Front, front.listen).await?, front.tls));
        }
        let mut opened_legacy = None;
        if let Some(address) = legacy {
            opened_legacy = Some(open(PortKind::Legacy, address).await?);
        }
        let (plain, address) = open(PortKind::Plain, plain).await?;
        let addresses = Addresses {
            plain: address,
            legacy: opened_legacy.as_ref().map(|(_, address)| *address),
            front: opened_front.as_ref().map(|((_, address), _)| *address),
        };
        let front = opened_front.map(|((listener, _), tls)| (listener, tls));
        Ok(Self { plain, legacy: opened_legacy.map(|(listener, _)| listener), front, addresses })
    }

    /// Serves at all ports until the context says stop. The answer to a request may depend on the
    /// platform of the port that it came to; the HTTPS front is of neither.
    pub(super) async fn serve<R, F>(self, respond: R, context: ServerContext)
    where
        R: Fn(Request<Incoming>, Peer, Option<MtnPlatform>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response<ResponseBody>> + Send + 'static,
    {
        let serve = |listener, tls: Option<TlsAcceptor>, platform| {
            let respond = respond.clone();
            let handler = move |request, peer| respond(request, peer, platform);
            listener::serve(listener, tls, handler, context.clone())
        };
        let front = self.front.map(|(listener, tls)| serve(listener, Some(tls.into()), None));
        let legacy = self.legacy.map(|listener| serve(listener, None, Some(MtnPlatform::Legacy)));
        let plain = serve(self.plain, None, Some(MtnPlatform::New));
        tokio::join!(plain, run_if_any(front), run_if_any(legacy));
    }
}

/// Opens a port, and says where it is.
async fn open(kind: PortKind, address: SocketAddr) -> Result<(TcpListener, SocketAddr), PortError> {
    let failed = |source| PortError { kind, address, source };
    let listener = listener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

async fn run_if_any(future: Option<impl Future<Output = ()>>) {
    if let Some(future) = future {
        future.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unspecified_address_is_reached_by_loopback() {
        let reached = |listen: &str| connectable(listen.parse().expect("an address")).to_string();
        assert_eq!(reached("0.0.0.0:4673"), "127.0.0.1:4673");
        assert_eq!(reached("[::]:4673"), "[::1]:4673");
        assert_eq!(reached("127.0.0.2:1"), "127.0.0.2:1");
    }
}
