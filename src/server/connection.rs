//! One connection: its requests, its time limits, and its end.

use std::future::{Future, poll_fn};
use std::io;
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::server::body::ResponseBody;
use crate::server::context::ServerContext;
use crate::server::http_faults::{Failed, FaultReporter};
use crate::server::limits::{HTTP2_STREAMS_MAX, HTTP2_WINDOW_BYTES};
use crate::server::limits::{LINGER_MAX, ServerLimit};
use crate::server::paced_body::hang;
use crate::server::peer::Peer;
use crate::server::stream::{Stream, is_http2, linger};
use crate::server::timeouts::{TimedStream, Timeouts};
use crate::server::unread::{TrackedBody, Unread};
use momo_sandbox_core::model::fault::ConnectionFault;

/// Passes an answer on, unless it has a [`ConnectionFault`] as an extension: then none is sent. One
/// that is cut off is sent with the body that it has.
async fn apply_fault(
    response: Response<ResponseBody>,
    stop: &CancellationToken,
) -> io::Result<Response<ResponseBody>> {
    match response.extensions().get::<ConnectionFault>() {
        None | Some(ConnectionFault::CutOff) => return Ok(response),
        Some(ConnectionFault::Reset) => {}
        // Boxed, because it is rare and large.
        Some(ConnectionFault::Hang) => Box::pin(hang(stop.clone())).await,
    }
    Err(io::Error::other("the handler wants no answer"))
}

/// Tells a body that comes over time which connection it is sent on.
fn tell_connection(
    response: &mut Response<ResponseBody>,
    timeouts: &Arc<Timeouts>,
    stop: &CancellationToken,
    is_own: bool,
) {
    if let ResponseBody::Paced(body) = response.body_mut() {
        body.goes_on(timeouts, stop, is_own);
    }
}

/// Answers the requests of a connection until it ends.
pub(super) async fn serve_connection<H, F>(stream: Stream, handler: H, context: &ServerContext)
where
    H: Fn(Request<Incoming>, Peer) -> F + Send + Sync + 'static,
    F: Future<Output = Response<ResponseBody>> + Send + 'static,
{
    if is_http2(&stream) {
        serve_http2(stream, handler, context).await;
    } else {
        serve_http1(stream, handler, context).await;
    }
}

async fn serve_http2<H, F>(stream: Stream, handler: H, context: &ServerContext)
where
    H: Fn(Request<Incoming>, Peer) -> F + Send + Sync + 'static,
    F: Future<Output = Response<ResponseBody>> + Send + 'static,
{
    let ServerContext { limits, stop, faults, observer, .. } = context;
    let unread = Arc::new(Unread::default());
    let timeouts = Arc::new(Timeouts::http2(*limits, Arc::clone(&unread)));
    let peer = Peer::default();
    let service = service_fn(|request| {
        let answered = handler(request, peer.clone());
        let (stop, timeouts) = (stop.clone(), Arc::clone(&timeouts));
        let unread = Arc::clone(&unread);
        async move {
            let _in_handler = timeouts.begin_request();
            let mut answer = apply_fault(unread.make(answered).await, &stop).await?;
            tell_connection(&mut answer, &timeouts, &stop, false);
            Ok::<_, io::Error>(answer.map(|body| TrackedBody::new(body, &unread)))
        }
    });
    // Hyper itself drops the answers of a stream or connection that its client ends.
    let stream = TimedStream::new(stream, Arc::clone(&timeouts), Peer::default());
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS_MAX)
        .initial_stream_window_size(HTTP2_WINDOW_BYTES)
        .initial_connection_window_size(HTTP2_WINDOW_BYTES)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        // A request that came before the stop is still answered.
        biased;
        ended = connection.as_mut() => ended,
        limit = timeouts.expired() => {
            observer.limit_reached(limit);
            if limit == ServerLimit::AnswerTime {
                timeouts.reset_at_end();
            }
            connection.as_mut().graceful_shutdown();
            // A client that does not read the GOAWAY frame gets none.
            tokio::time::timeout(LINGER_MAX, connection).await.unwrap_or(Ok(()))
        }
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended early");
        faults.report_http2(&error);
    }
}

async fn serve_http1<H, F>(stream: Stream, handler: H, context: &ServerContext)
where
    H: Fn(Request<Incoming>, Peer) -> F + Send + Sync + 'static,
    F: Future<Output = Response<ResponseBody>> + Send + 'static,
{
    let ServerContext { limits, stop, faults, observer, .. } = context;
    let is_secure = matches!(stream, Either::Right(_));
    let timeouts = Arc::new(Timeouts::http1(*limits));
    let peer = Peer::default();
    let (handler, timeouts, peer) = (&handler, &timeouts, &peer);
    let service = service_fn(|request| {
        // Boxed, because `into_parts` needs a connection that is not pinned.
        Box::pin(async move {
            let _in_handler = timeouts.begin_request();
            let mut answered = apply_fault(handler(request, peer.clone()).await, stop).await;
            match &mut answered {
                Ok(answer) => tell_connection(answer, timeouts, stop, true),
                Err(_) => timeouts.reset_at_end(),
            }
            answered
        })
    });
    let stream = TimedStream::new(stream, Arc::clone(timeouts), peer.clone());
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // `Timeouts` does that, and tells a slow head from an idle connection.
        .header_read_timeout(None)
        .max_buf_size(limits.head_bytes)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut expired = None;
    let ended = tokio::select! {
        // A request that came before the stop is still answered.
        biased;
        ended = poll_fn(|context| connection.poll_without_shutdown(context)) => ended,
        limit = timeouts.expired() => {
            observer.limit_reached(limit);
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
    let last_answer = match (ended, expired) {
        (Err(error), _) => {
            let is_in_head = timeouts.is_in_head();
            let failed = Failed { error: &error, head: &head, is_in_head, is_secure };
            refuse_unread(&failed, timeouts, faults)
        }
        (Ok(()), Some(ServerLimit::HeadTime)) => Some(faults.refuse_slow(&head)),
        (Ok(()), _) => None,
    };
    // A client that reads nothing keeps its last answer in memory until its connection is reset.
    if timeouts.resets_at_end() || expired == Some(ServerLimit::AnswerTime) {
        timeouts.reset_at_end();
        return;
    }
    // It does not matter if the client has closed the connection already.
    let _ = tokio::time::timeout(LINGER_MAX, async move {
        let mut stream = stream;
        if let Some(last_answer) = last_answer {
            stream.write_all(&last_answer).await?;
        }
        linger(stream).await
    })
    .await;
}

/// Reports a head that could not be read, and returns the bytes that refuse it.
fn refuse_unread(
    failed: &Failed<'_>,
    timeouts: &Timeouts,
    faults: &FaultReporter,
) -> Option<Vec<u8>> {
    let error = failed.error;
    debug!(%error, "a connection ended early");
    // Hyper refuses a head that it cannot parse, but not HTTP/2. One refusal is enough.
    let is_answered = !timeouts.is_refusal_dropped() && !error.is_parse_version_h2();
    faults.refuse(failed).filter(|_| !is_answered)
}
