//! The sockets: connections accepted within the limits, each request given to a handler.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::engine::counters::{self, Counters};
use crate::engine::permits::Permits;
use crate::gateway::reply::ReplyBody;
use crate::server::drain;
use crate::server::http_faults::{self, Doors, Failed, Traces};
use crate::server::malformed;
use crate::server::overload;
use crate::server::timeouts::{Reset, Watch, Watched};
use crate::server::unread::{Unread, WatchedBody};
use momo_sandbox_core::model::fault::ConnectionFault;
use momo_sandbox_core::model::http_fault::HttpFault;
use momo_sandbox_core::model::limits::{self, Limit, Limits};

/// A connection, plain or over TLS.
type Wire = Either<TcpStream, TlsStream<TcpStream>>;

/// What the sockets of one emulator share.
#[derive(Debug, Clone)]
pub struct ServerContext {
    /// Where requests that fail in HTTP or TLS leave a trace.
    pub traces: Arc<Traces>,
    /// The places of connections, and what is counted.
    pub counters: Arc<Counters>,
    /// Where it is told that no place is free.
    pub turned_away: Permits,
    /// The places of connections that speak HTTP/2.
    pub http2: Permits,
    /// Ends the accepting; connections then finish the request that they are in.
    pub stop: CancellationToken,
    /// The connections.
    pub connections: TaskTracker,
}

impl ServerContext {
    /// One with the limits of the program without a flag.
    pub fn of_its_own(stop: CancellationToken, connections: TaskTracker) -> Self {
        let counters = Arc::new(Counters::new(Limits::DEFAULT));
        let traces = Traces { counters, spaces: None, doors: Doors::default() };
        Self::new(Arc::new(traces), stop, connections)
    }

    /// One whose connections are tasks of `connections`.
    pub fn new(traces: Arc<Traces>, stop: CancellationToken, connections: TaskTracker) -> Self {
        let counters = Arc::clone(&traces.counters);
        let turned_away = Permits::new(limits::TURNED_AWAY_MAX);
        let http2 = Permits::new(limits::HTTP2_CONNECTIONS_MAX);
        Self { traces, counters, turned_away, http2, stop, connections }
    }
}

/// Binds a listener. What is written to a peer that does not read waits in the system, and takes
/// its memory: it is bounded for each connection, where the system lets it be.
///
/// # Errors
///
/// What the system says of the address.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await?;
    // Each connection that is accepted takes it over.
    let _ = SockRef::from(&listener).set_send_buffer_size(limits::SEND_BUFFER_BYTES);
    Ok(listener)
}

/// Accepts connections until the house stops. With `tls`, all of them speak TLS.
pub async fn serve<H, F>(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    handler: H,
    house: ServerContext,
) where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<ReplyBody>> + Send + 'static,
{
    let without_http2 = tls.as_ref().map(without_http2);
    let take = |stream: TcpStream| {
        counters::add(&house.counters.connections_accepted);
        let Some(place) = house.counters.connections.try_acquire() else {
            house.counters.reach(Limit::Connections);
            // Beyond these places too, it is closed at once.
            if let Some(place) = house.turned_away.try_acquire() {
                let is_plain = tls.is_none();
                house.connections.spawn(async move {
                    overload::turn_away(stream, is_plain).await;
                    drop(place);
                });
            }
            return;
        };
        let (handler, own) = (handler.clone(), house.clone());
        let http2_place = tls.as_ref().and_then(|_| house.http2.try_acquire());
        let tls = if http2_place.is_some() { &tls } else { &without_http2 }.clone();
        house.connections.spawn(async move {
            // Answers are small and wanted at once; without it they may wait for the peer's next
            // packet.
            let _ = stream.set_nodelay(true);
            if let Some(wire) = shake_hands(stream, tls, &own).await {
                let http2_place = http2_place.filter(|_| is_http2(&wire));
                converse(wire, handler, &own).await;
                drop(http2_place);
            }
            drop(place);
        });
    };
    while let Some(stream) = house.stop.run_until_cancelled(accept(&listener)).await {
        take(stream);
    }
    drain::close(listener).await.into_iter().for_each(take);
}

/// The next connection. When the system has no place for one, it is asked again a little later.
async fn accept(listener: &TcpListener) -> TcpStream {
    let mut is_told = false;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                if !std::mem::replace(&mut is_told, true) {
                    warn!(%error, "cannot accept a connection; trying again until it can be done");
                }
                tokio::time::sleep(limits::ACCEPT_RETRY).await;
            }
        }
    }
}

/// The connection, over TLS where that is wanted; none if the peer does not come so far.
async fn shake_hands(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    house: &ServerContext,
) -> Option<Wire> {
    let Some(tls) = tls else { return Some(Either::Left(stream)) };
    let (mut hello, mut length) = (vec![0; limits::HELLO_BYTES_MAX], 0);
    let shaking = async {
        length = stream.peek(&mut hello).await.unwrap_or(0);
        match hello[..length].first() {
            None => Err(Unshaken::Gone),
            // A record of TLS begins with a small number, a request with its method.
            Some(first) if first.is_ascii_uppercase() => Err(Unshaken::Plain(stream)),
            Some(_) => tls.accept(stream).await.map_err(Unshaken::Failed),
        }
    };
    let shaken = tokio::time::timeout(house.counters.limits.head_time, shaking);
    let shaken = house.stop.run_until_cancelled(shaken).await?;
    let (hello, traces) = (&hello[..length], &house.traces);
    match shaken {
        Ok(Ok(stream)) => return Some(Either::Right(stream)),
        Ok(Err(Unshaken::Gone)) => {}
        Ok(Err(Unshaken::Plain(stream))) => {
            let why = traces.http_on_https_port();
            traces.leave(HttpFault::HttpOnHttpsPort, malformed::line_of(hello), 400, &why);
            overload::refuse_plain(stream, &why).await;
        }
        Ok(Err(Unshaken::Failed(error))) => {
            let name = http_faults::server_name(hello);
            let why = traces.handshake(&error, name.as_deref());
            let line = http_faults::line_of_handshake(name);
            traces.leave(HttpFault::TlsHandshake, line, 0, &why);
        }
        Err(_) => {
            house.counters.reach(Limit::HeadTime);
            let line = http_faults::line_of_handshake(http_faults::server_name(hello));
            let why = "The TLS handshake did not end within --head-time-max.";
            traces.leave(HttpFault::TlsHandshake, line, 0, why);
        }
    }
    None
}

/// Why there is no TLS on a connection.
enum Unshaken {
    /// The peer speaks plain HTTP.
    Plain(TcpStream),
    /// The handshake failed.
    Failed(io::Error),
    /// The peer left without a word.
    Gone,
}

/// The same TLS, which offers HTTP/1.1 alone.
fn without_http2(tls: &TlsAcceptor) -> TlsAcceptor {
    let mut config = ServerConfig::clone(tls.config());
    config.alpn_protocols.retain(|protocol| protocol != b"h2");
    TlsAcceptor::from(Arc::new(config))
}

/// Whether the peers have agreed on HTTP/2.
fn is_http2(stream: &Wire) -> bool {
    match stream {
        Either::Left(_) => false,
        Either::Right(secure) => secure.get_ref().1.alpn_protocol() == Some(b"h2"),
    }
}

/// Lets an answer go out, unless a scenario asks for none.
async fn go_out(
    response: Response<ReplyBody>,
    stop: &CancellationToken,
) -> io::Result<Response<ReplyBody>> {
    match response.extensions().get::<ConnectionFault>() {
        None | Some(ConnectionFault::CutOff) => return Ok(response),
        Some(ConnectionFault::Reset) => {}
        // Boxed, because it is rare and large.
        Some(ConnectionFault::Hang) => Box::pin(hang(stop)).await,
    }
    Err(io::Error::other("broken, as a scenario asks for"))
}

async fn hang(stop: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(limits::HANG_MAX) => {}
        () = stop.cancelled() => {}
    }
}

async fn converse<H, F>(stream: Wire, handler: H, house: &ServerContext)
where
    H: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<ReplyBody>> + Send + 'static,
{
    match is_http2(&stream) {
        true => converse_in_http2(stream, handler, house).await,
        false => converse_in_http1(stream, handler, house).await,
    }
}

async fn converse_in_http2<H, F>(stream: Wire, handler: H, house: &ServerContext)
where
    H: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<ReplyBody>> + Send + 'static,
{
    let ServerContext { counters, stop, traces, .. } = house;
    let unread = Arc::new(Unread::default());
    let watch = Arc::new(Watch::over_http2(counters.limits, Arc::clone(&unread)));
    let service = service_fn(|request| {
        let (answered, stop, watch) = (handler(request), stop.clone(), Arc::clone(&watch));
        let unread = Arc::clone(&unread);
        async move {
            let _handled = watch.handle();
            let answer = go_out(unread.make(answered).await, &stop).await?;
            Ok::<_, io::Error>(answer.map(|body| WatchedBody::new(body, &unread)))
        }
    });
    let stream = Watched::new(stream, Arc::clone(&watch));
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::HTTP2_STREAMS_MAX)
        .initial_stream_window_size(limits::HTTP2_WINDOW_BYTES)
        .initial_connection_window_size(limits::HTTP2_WINDOW_BYTES)
        .max_header_list_size(u32::try_from(counters.limits.head_bytes).unwrap_or(u32::MAX))
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        // What the peer has sent before the stop is still answered.
        biased;
        ended = connection.as_mut() => ended,
        limit = watch.expired() => {
            counters.reach(limit);
            if limit == Limit::AnswerTime {
                watch.cut_off();
            }
            connection.as_mut().graceful_shutdown();
            // Whoever does not take even the farewell is left without it.
            tokio::time::timeout(limits::LINGER_MAX, connection).await.unwrap_or(Ok(()))
        }
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended early");
        traces.leave_http2(&error);
    }
}

async fn converse_in_http1<H, F>(stream: Wire, handler: H, house: &ServerContext)
where
    H: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<ReplyBody>> + Send + 'static,
{
    let ServerContext { counters, stop, traces, .. } = house;
    let is_secure = matches!(stream, Either::Right(_));
    let watch = Arc::new(Watch::over(counters.limits));
    let is_reset = AtomicBool::new(false);
    let (handler, watch, is_reset) = (&handler, &watch, &is_reset);
    let service = service_fn(|request| {
        // Boxed, because a connection that is taken apart at its end must not be pinned.
        Box::pin(async move {
            let _handled = watch.handle();
            let answered = go_out(handler(request).await, stop).await;
            is_reset.store(answered.is_err(), Ordering::Relaxed);
            answered
        })
    });
    let stream = Watched::new(stream, Arc::clone(watch));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // The watch sees to that, and tells a slow head from an idle connection.
        .header_read_timeout(None)
        .max_buf_size(counters.limits.head_bytes)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut expired = None;
    let ended = tokio::select! {
        // What the peer has sent before the stop is still answered.
        biased;
        ended = poll_fn(|context| connection.poll_without_shutdown(context)) => ended,
        limit = watch.expired() => {
            counters.reach(limit);
            expired = Some(limit);
            Ok(())
        }
        () = stop.cancelled() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|context| connection.poll_without_shutdown(context)).await
        }
    };
    let parts = connection.into_parts();
    let (stream, head) = (parts.io.into_inner(), parts.read_buf);
    let farewell = match (ended, expired) {
        (Err(error), _) => {
            let is_in_head = watch.is_in_head();
            let failed = Failed { error: &error, head: &head, is_in_head, is_secure };
            refuse_unread(&failed, watch, traces)
        }
        (Ok(()), Some(Limit::HeadTime)) => Some(traces.refuse_slow(&head)),
        (Ok(()), _) => None,
    };
    // One whose peer reads nothing keeps its last answer, in the system too, until it is reset.
    if is_reset.load(Ordering::Relaxed) || expired == Some(Limit::AnswerTime) {
        watch.cut_off();
        return;
    }
    // A peer that has hung up already has nothing to lose.
    let _ = tokio::time::timeout(limits::LINGER_MAX, async move {
        let mut stream = stream;
        if let Some(farewell) = farewell {
            stream.write_all(&farewell).await?;
        }
        linger(stream).await
    })
    .await;
}

/// Leaves the trace of what could not be read, and returns what is still to be told to its client.
fn refuse_unread(failed: &Failed<'_>, watch: &Watch, traces: &Traces) -> Option<Vec<u8>> {
    let error = failed.error;
    debug!(%error, "a connection ended early");
    // The library answers what it cannot read, but for HTTP/2; one answer is enough.
    let is_answered = !watch.is_refusal_kept_back() && !error.is_parse_version_h2();
    traces.refuse(failed).filter(|_| !is_answered)
}

impl Reset for Wire {
    fn reset(&self) {
        let _ = match self {
            Self::Left(plain) => plain.set_zero_linger(),
            Self::Right(secure) => secure.get_ref().0.set_zero_linger(),
        };
    }
}

/// Ends a connection so that the peer gets the last answer: a socket closed with unread bytes in it
/// resets the connection, and the answer on its way is lost.
pub async fn linger<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> io::Result<()> {
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
