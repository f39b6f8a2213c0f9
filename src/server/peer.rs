//! Whether the client of a connection has closed it, while an answer is being made.
//!
//! Over HTTP/2 hyper drops the future of an answer whose stream or connection ends. Over HTTP/1.1
//! it does not: a client that closes only its own direction is answered, so hyper reads nothing
//! before the answer is written. Whoever makes a client wait asks here, and only then does the
//! connection look. The end of the client's direction counts as its close: no HTTP library that
//! still wants its answer sends it.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::server::stream::Stream;

/// How often the connection is looked at where bytes that nobody reads yet hide its end.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The client of a connection.
#[derive(Debug, Clone, Default)]
pub struct Peer(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// How many wait for the close.
    watchers: AtomicU32,
    is_closed: AtomicBool,
    closed: Notify,
}

/// The guard of somebody who waits for the close.
struct Watching<'a>(&'a State);

impl<'a> Watching<'a> {
    fn begin(state: &'a State) -> Self {
        state.watchers.fetch_add(1, Ordering::Relaxed);
        Self(state)
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        self.0.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Peer {
    /// Waits until the client of an HTTP/1.1 connection has closed it. Never completes over HTTP/2.
    pub async fn closed(&self) {
        let _watching = Watching::begin(&self.0);
        while !self.0.is_closed.load(Ordering::Relaxed) {
            // The connection looks again whenever this is polled.
            let _ = tokio::time::timeout(LOOK_AGAIN, self.0.closed.notified()).await;
        }
    }

    /// Looks whether the client has closed the connection, if somebody waits for that. The task of
    /// the context is woken when there is something to see.
    pub(super) fn look(&self, stream: &impl Closing, context: &mut Context<'_>) {
        let is_watched = self.0.watchers.load(Ordering::Relaxed) > 0;
        if is_watched && stream.poll_closed(context).is_ready() {
            self.0.is_closed.store(true, Ordering::Relaxed);
            self.0.closed.notify_waiters();
        }
    }
}

/// A stream that tells whether the other side has closed it.
pub(super) trait Closing {
    /// Completes once the other side has closed its direction. Takes no byte from the stream.
    fn poll_closed(&self, context: &mut Context<'_>) -> Poll<()>;
}

impl Closing for Stream {
    fn poll_closed(&self, context: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Left(plain) => poll_closed(plain, context),
            Self::Right(secure) => poll_closed(secure.get_ref().0, context),
        }
    }
}

fn poll_closed(stream: &TcpStream, context: &mut Context<'_>) -> Poll<()> {
    let mut byte = [0];
    let mut buffer = ReadBuf::new(&mut byte);
    match stream.poll_peek(context, &mut buffer) {
        Poll::Pending => Poll::Pending,
        // An error: the connection was reset.
        Poll::Ready(Ok(0) | Err(_)) => Poll::Ready(()),
        Poll::Ready(Ok(_)) if is_read_closed(stream) => Poll::Ready(()),
        Poll::Ready(Ok(_)) => Poll::Pending,
    }
}

/// Whether the system has told that nothing more comes after the bytes that wait.
fn is_read_closed(stream: &TcpStream) -> bool {
    let mut readiness = pin!(stream.ready(Interest::READABLE));
    let mut context = Context::from_waker(Waker::noop());
    match readiness.as_mut().poll(&mut context) {
        Poll::Ready(Ok(ready)) => ready.is_read_closed(),
        Poll::Ready(Err(_)) => true,
        Poll::Pending => false,
    }
}
