//! The time limits of a connection: whether its client sends and reads in time.
//!
//! Reads, writes and requests only change a few numbers. [`Timeouts::expired`] compares them four
//! times in the shortest limit, so a connection may last a quarter longer than a limit.
//!
//! Hyper's `header_read_timeout` does not replace this: it closes an idle connection and one with a
//! slow head alike, and sends no 408. Each of the two has a limit, a metric and an answer of its
//! own. A write timeout of the stream alone does not see an HTTP/2 client that opens no window.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::server::limits::{ServerLimit, ServerLimits};
use crate::server::peer::{Closing, Peer};
use crate::server::stream::Reset;
use crate::server::unread::Unread;

/// Nothing of the next request has come.
const IDLE: u8 = 0;

/// A part of a head has come.
const IN_HEAD: u8 = 1;

const ANSWERING: u8 = 2;

/// The progress of a connection.
#[derive(Debug)]
pub struct Timeouts {
    limits: ServerLimits,
    /// Over HTTP/2, where requests overlap: the answers that the client has not read. Such a
    /// connection is idle while there is no request, whatever other frames come.
    unread: Option<Arc<Unread>>,
    phase: AtomicU8,
    /// How many requests are being answered by their handlers.
    in_handlers: AtomicU32,
    /// Whether a write waits because the client does not read.
    is_stalled: AtomicBool,
    /// Whether the connection ends with a reset.
    is_reset: AtomicBool,
    /// Whether hyper's own refusal of a head was dropped, in favour of one that says why.
    is_refusal_dropped: AtomicBool,
    /// How often the connection has made progress.
    steps: AtomicU32,
}

/// The guard of a request that its handler answers.
#[derive(Debug)]
pub struct InHandler<'a>(&'a Timeouts);

impl Drop for InHandler<'_> {
    fn drop(&mut self) {
        self.0.in_handlers.fetch_sub(1, Ordering::Relaxed);
        self.0.step();
    }
}

impl Timeouts {
    pub fn http1(limits: ServerLimits) -> Self {
        Self {
            limits,
            unread: None,
            phase: AtomicU8::new(IDLE),
            in_handlers: AtomicU32::new(0),
            is_stalled: AtomicBool::new(false),
            is_reset: AtomicBool::new(false),
            is_refusal_dropped: AtomicBool::new(false),
            steps: AtomicU32::new(0),
        }
    }

    /// A new connection of HTTP/2, with the answers that its client has not read.
    pub fn http2(limits: ServerLimits, unread: Arc<Unread>) -> Self {
        Self { unread: Some(unread), ..Self::http1(limits) }
    }

    /// Makes the connection end with a reset.
    pub fn reset_at_end(&self) {
        self.is_reset.store(true, Ordering::Relaxed);
    }

    /// Whether the connection is to end with a reset.
    pub fn resets_at_end(&self) -> bool {
        self.is_reset.load(Ordering::Relaxed)
    }

    /// Notes that a whole head has come, and that its request goes to its handler.
    pub fn begin_request(&self) -> InHandler<'_> {
        if self.unread.is_none() {
            self.phase.store(ANSWERING, Ordering::Relaxed);
        }
        self.in_handlers.fetch_add(1, Ordering::Relaxed);
        InHandler(self)
    }

    /// Whether hyper's refusal of the head was dropped, so that another one can be sent.
    pub fn is_refusal_dropped(&self) -> bool {
        self.is_refusal_dropped.load(Ordering::Relaxed)
    }

    /// Whether a part of a head has come, and the rest has not.
    pub fn is_in_head(&self) -> bool {
        self.unread.is_none()
            && self.phase.load(Ordering::Relaxed) == IN_HEAD
            && self.in_handlers.load(Ordering::Relaxed) == 0
    }

    /// Drops the refusal that hyper writes for a head that it cannot parse: it says nothing.
    fn drops_refusal(&self, bytes: &[u8]) -> bool {
        let is_dropped = self.is_in_head() && is_bare_refusal(bytes);
        if is_dropped {
            self.is_refusal_dropped.store(true, Ordering::Relaxed);
        }
        is_dropped
    }

    fn step(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether bytes that come belong to another head: over HTTP/1 nothing but the body of the
    /// request is read before its answer is written.
    fn is_between_requests(&self) -> bool {
        self.unread.is_none()
            && self.phase.load(Ordering::Relaxed) != IN_HEAD
            && self.in_handlers.load(Ordering::Relaxed) == 0
    }

    fn note_read(&self) {
        if self.is_between_requests() {
            self.phase.store(IN_HEAD, Ordering::Relaxed);
            self.step();
        }
    }

    fn wait_for_client(&self) {
        if self.is_between_requests() && self.phase.swap(IDLE, Ordering::Relaxed) != IDLE {
            self.step();
        }
    }

    fn note_written(&self) {
        if self.is_stalled.load(Ordering::Relaxed) {
            self.is_stalled.store(false, Ordering::Relaxed);
            self.step();
        }
    }

    fn note_stalled(&self) {
        if !self.is_stalled.swap(true, Ordering::Relaxed) {
            self.step();
        }
    }

    /// The limit that applies to the connection now, if one does.
    fn limit(&self) -> Option<(ServerLimit, Duration)> {
        if self.is_stalled.load(Ordering::Relaxed) {
            return Some((ServerLimit::AnswerTime, self.limits.answer_time));
        }
        let is_any_unread = self.unread.as_ref().is_some_and(|unread| unread.is_any());
        if is_any_unread || self.in_handlers.load(Ordering::Relaxed) > 0 {
            return None;
        }
        match self.phase.load(Ordering::Relaxed) {
            IDLE => Some((ServerLimit::IdleTime, self.limits.idle_time)),
            IN_HEAD => Some((ServerLimit::HeadTime, self.limits.head_time)),
            _ => None,
        }
    }

    /// Completes with the limit that the client has exceeded.
    pub async fn expired(&self) -> ServerLimit {
        let ServerLimits { head_time, idle_time, answer_time, .. } = self.limits;
        let pause = head_time.min(idle_time).min(answer_time) / 4;
        let (mut seen, mut still) = (self.steps.load(Ordering::Relaxed), Duration::ZERO);
        loop {
            tokio::time::sleep(pause).await;
            let steps = self.steps.load(Ordering::Relaxed);
            still = if steps == seen { still + pause } else { Duration::ZERO };
            seen = steps;
            let looks = self.unread.as_ref().map_or(0, |unread| unread.look());
            if pause.saturating_mul(looks) >= answer_time {
                return ServerLimit::AnswerTime;
            }
            match self.limit() {
                None => still = Duration::ZERO,
                Some((limit, longest)) if still >= longest => return limit,
                Some(_) => {}
            }
        }
    }
}

/// Whether these bytes are the answer that hyper writes for a head that it cannot parse.
fn is_bare_refusal(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"HTTP/1.1 4") else { return false };
    let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else { return false };
    rest[end + 2..].starts_with(b"connection: close\r\ncontent-length: 0\r\n")
}

/// A stream that notes its progress in [`Timeouts`].
#[derive(Debug)]
pub struct TimedStream<S: Reset> {
    stream: S,
    timeouts: Arc<Timeouts>,
    peer: Peer,
}

impl<S: Reset> Drop for TimedStream<S> {
    fn drop(&mut self) {
        if self.timeouts.is_reset.load(Ordering::Relaxed) {
            self.stream.reset();
        }
    }
}

impl<S: Reset> TimedStream<S> {
    pub fn new(stream: S, timeouts: Arc<Timeouts>, peer: Peer) -> Self {
        Self { stream, timeouts, peer }
    }

    fn note<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match &written {
            Poll::Ready(_) => self.timeouts.note_written(),
            Poll::Pending => self.timeouts.note_stalled(),
        }
        written
    }
}

impl<S: AsyncRead + Reset + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_pending() {
            self.timeouts.wait_for_client();
        }
        ready!(read)?;
        if buffer.filled().len() > before {
            self.timeouts.note_read();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Reset + Closing + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.timeouts.drops_refusal(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if parts.first().is_some_and(|first| self.timeouts.drops_refusal(first)) {
            return Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()));
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Hyper flushes whenever its connection is polled, also while a handler is at work.
        self.peer.look(&self.stream, context);
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        match &flushed {
            Poll::Ready(_) => self.timeouts.note_written(),
            Poll::Pending => self.timeouts.note_stalled(),
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
