//! The sockets: connections accepted within the limits, each request given to a handler.

use std::future::{Future, poll_fn};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::gateway::limits;
use crate::gateway::reply::{Breakage, ReplyBody};

/// A connection, plain or over TLS.
type Wire = Either<TcpStream, TlsStream<TcpStream>>;

/// Accepts connections until `stop`; those under way then finish the request that they are in, as
/// tasks of `connections`. With `tls`, all of them speak TLS.
pub async fn serve<H, F>(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    handler: H,
    stop: CancellationToken,
    connections: TaskTracker,
) where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<ReplyBody>> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
    let take = |stream: TcpStream, place| {
        let (handler, stop, tls) = (handler.clone(), stop.clone(), tls.clone());
        connections.spawn(async move {
            // Answers are small and wanted at once; without it they may wait for the peer's next
            // packet.
            let _ = stream.set_nodelay(true);
            if let Some(wire) = shake_hands(stream, tls, &stop).await {
                converse(wire, handler, stop).await;
            }
            drop(place);
        });
    };
    loop {
        let place = Arc::clone(&places).acquire_owned();
        let next = async { (place.await, accept(&listener).await) };
        match stop.run_until_cancelled(next).await {
            Some((place, stream)) => take(stream, place),
            None => break,
        }
    }
    for stream in waiting(listener) {
        take(stream, Arc::clone(&places).acquire_owned().await);
    }
}

/// The connections that the system has made and nobody has accepted: to their peers they are open,
/// and a request may be in them, so they are not reset at the end.
fn waiting(listener: TcpListener) -> Vec<TcpStream> {
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let accept = || {
        let (stream, _) = listener.accept().ok()?;
        stream.set_nonblocking(true).ok()?;
        TcpStream::from_std(stream).ok()
    };
    std::iter::from_fn(accept).take(limits::WAITING_MAX).collect()
}

/// The next connection. When the system has no place for one, it is asked again a little later.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                warn!(%error, "cannot accept a connection; trying again");
                tokio::time::sleep(limits::ACCEPT_RETRY).await;
            }
        }
    }
}

/// The connection, over TLS where that is wanted; none if the peer does not come so far.
async fn shake_hands(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    stop: &CancellationToken,
) -> Option<Wire> {
    let Some(tls) = tls else { return Some(Either::Left(stream)) };
    let shaken = tokio::time::timeout(limits::HEAD_READ_MAX, tls.accept(stream));
    match stop.run_until_cancelled(shaken).await? {
        Ok(Ok(stream)) => Some(Either::Right(stream)),
        Ok(Err(error)) => {
            debug!(%error, "a TLS handshake failed");
            None
        }
        Err(_) => None,
    }
}

/// Whether the peers have agreed on HTTP/2.
fn is_http2(stream: &Wire) -> bool {
    match stream {
        Either::Left(_) => false,
        Either::Right(secure) => secure.get_ref().1.alpn_protocol() == Some(b"h2"),
    }
}

/// Has a request answered, or leaves it without an answer where a scenario asks for that.
async fn answer(
    answered: impl Future<Output = Response<ReplyBody>>,
    stop: &CancellationToken,
) -> io::Result<Response<ReplyBody>> {
    let response = answered.await;
    match response.extensions().get::<Breakage>() {
        None | Some(Breakage::CutOff) => return Ok(response),
        Some(Breakage::Reset) => {}
        Some(Breakage::Hang) => tokio::select! {
            () = tokio::time::sleep(limits::HANG_MAX) => {}
            () = stop.cancelled() => {}
        },
    }
    Err(io::Error::other("broken, as a scenario asks for"))
}

async fn converse<H, F>(stream: Wire, handler: H, stop: CancellationToken)
where
    H: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<ReplyBody>> + Send + 'static,
{
    match is_http2(&stream) {
        true => converse_in_http2(stream, handler, stop).await,
        false => converse_in_http1(stream, handler, stop).await,
    }
}

async fn converse_in_http2<H, F>(stream: Wire, handler: H, stop: CancellationToken)
where
    H: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<ReplyBody>> + Send + 'static,
{
    let service = service_fn(|request| {
        let (answered, stop) = (handler(request), stop.clone());
        async move { answer(answered, &stop).await }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits::HEAD_BYTES_MAX).unwrap_or(u32::MAX))
        .keep_alive_interval(Some(limits::HEAD_READ_MAX))
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        // What the peer has sent before the stop is still answered.
        biased;
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended early");
    }
}

async fn converse_in_http1<H, F>(stream: Wire, handler: H, stop: CancellationToken)
where
    H: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<ReplyBody>> + Send + 'static,
{
    let is_reset = AtomicBool::new(false);
    let service = service_fn(|request| {
        let answered = handler(request);
        // Boxed, because a connection that is taken apart at its end must not be pinned.
        Box::pin(async {
            let answered = answer(answered, &stop).await;
            is_reset.store(answered.is_err(), Ordering::Relaxed);
            answered
        })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD_READ_MAX)
        .max_buf_size(limits::HEAD_BYTES_MAX)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let ended = tokio::select! {
        // What the peer has sent before the stop is still answered.
        biased;
        ended = poll_fn(|context| connection.poll_without_shutdown(context)) => ended,
        () = stop.cancelled() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|context| connection.poll_without_shutdown(context)).await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended early");
    }
    let stream = connection.into_parts().io.into_inner();
    if is_reset.load(Ordering::Relaxed) {
        // Closed with nothing lingering, which the peer sees as a reset.
        let _ = match &stream {
            Either::Left(plain) => plain.set_zero_linger(),
            Either::Right(secure) => secure.get_ref().0.set_zero_linger(),
        };
        return;
    }
    // A peer that has hung up already has nothing to lose.
    let _ = tokio::time::timeout(limits::LINGER_MAX, linger(stream)).await;
}

/// Ends a connection so that the peer gets the last answer: a socket closed with unread bytes in it
/// resets the connection, and the answer on its way is lost.
async fn linger(mut stream: Wire) -> io::Result<()> {
    stream.shutdown().await?;
    let mut thrown_away = 0;
    let mut buffer = [0; 4096];
    while thrown_away < limits::LINGER_BYTES_MAX {
        match stream.read(&mut buffer).await? {
            0 => break,
            count => thrown_away += count,
        }
    }
    Ok(())
}
