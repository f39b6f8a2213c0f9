//! The ports of an emulator: the plain one, that of the legacy platform, the HTTPS front.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
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

/// The ports, open.
#[derive(Debug)]
pub(super) struct OpenPorts {
    plain: TcpListener,
    /// The port of the legacy platform, where both platforms are played.
    legacy: Option<TcpListener>,
    front: Option<(TcpListener, Arc<ServerConfig>)>,
    pub(super) addresses: Addresses,
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
    ) -> io::Result<Self> {
        let front = match front {
            None => None,
            Some(front) => Some((listener::bind(front.listen).await?, front.tls)),
        };
        let legacy = match legacy {
            None => None,
            Some(address) => Some(listener::bind(address).await?),
        };
        let plain = listener::bind(plain).await?;
        let addresses = Addresses {
            plain: plain.local_addr()?,
            legacy: legacy.as_ref().map(TcpListener::local_addr).transpose()?,
            front: front.as_ref().map(|(listener, _)| listener.local_addr()).transpose()?,
        };
        Ok(Self { plain, legacy, front, addresses })
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

async fn run_if_any(future: Option<impl Future<Output = ()>>) {
    if let Some(future) = future {
        future.await;
    }
}
