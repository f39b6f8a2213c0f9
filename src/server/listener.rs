//! Listening sockets, and which of their connections are served.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use http::{Request, Response};
use hyper::body::Incoming;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tracing::warn;

use crate::server::body::ResponseBody;
use crate::server::connection::serve_connection;
use crate::server::context::ServerContext;
use crate::server::limits::{ACCEPT_RETRY, SEND_BUFFER_BYTES, ServerLimit};
use crate::server::peer::Peer;
use crate::server::stream::is_http2;
use crate::server::tls::{tls_handshake, without_http2};
use crate::server::{drain, overload};

/// Binds a listener. Bytes for a client that does not read wait in the system's memory, so they are
/// bounded for each connection, where the system allows it.
///
/// # Errors
///
/// The system's error, such as that the address is in use.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await?;
    // Each accepted connection inherits it.
    let _ = SockRef::from(&listener).set_send_buffer_size(SEND_BUFFER_BYTES);
    Ok(listener)
}

/// Accepts connections until the context stops, and gives each request to the handler. With `tls`,
/// all of them speak TLS.
pub async fn serve<H, F>(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    handler: H,
    context: ServerContext,
) where
    H: Fn(Request<Incoming>, Peer) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<ResponseBody>> + Send + 'static,
{
    let handler = &handler;
    let without_http2 = tls.as_ref().map(without_http2);
    let on_accept = |stream| on_accept(stream, &tls, &without_http2, handler, &context);
    while let Some(stream) = context.stop.run_until_cancelled(accept(&listener)).await {
        on_accept(stream);
    }
    drain::waiting_connections(listener).into_iter().for_each(on_accept);
}

/// Starts the task of a new connection, or refuses it if there are too many.
fn on_accept<H, F>(
    stream: TcpStream,
    tls: &Option<TlsAcceptor>,
    without_http2: &Option<TlsAcceptor>,
    handler: &H,
    context: &ServerContext,
) where
    H: Fn(Request<Incoming>, Peer) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<ResponseBody>> + Send + 'static,
{
    context.observer.connection_accepted();
    let Some(permit) = context.connection_permits.try_acquire() else {
        context.observer.limit_reached(ServerLimit::Connections);
        // Without such a permit either, the connection is closed at once.
        if let Some(permit) = context.overload_permits.try_acquire() {
            let why = tls.is_none().then(|| context.faults.too_many_connections());
            context.connections.spawn(async move {
                overload::refuse_connection(stream, why).await;
                drop(permit);
            });
        }
        return;
    };
    let (handler, own) = (handler.clone(), context.clone());
    let http2_permit = tls.as_ref().and_then(|_| context.http2_permits.try_acquire());
    let tls = if http2_permit.is_some() { tls } else { without_http2 }.clone();
    context.connections.spawn(async move {
        // Answers are small and wanted at once. Without this they may wait for the client's next
        // packet.
        let _ = stream.set_nodelay(true);
        if let Some(stream) = tls_handshake(stream, tls, &own).await {
            let http2_permit = http2_permit.filter(|_| is_http2(&stream));
            serve_connection(stream, handler, &own).await;
            drop(http2_permit);
        }
        drop(permit);
    });
}

/// The next connection. Tries again a little later if the system cannot give one.
async fn accept(listener: &TcpListener) -> TcpStream {
    let mut is_logged = false;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                if !std::mem::replace(&mut is_logged, true) {
                    warn!(%error, "cannot accept a connection; trying again until it can be done");
                }
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}
