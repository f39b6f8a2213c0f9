//! Watches over a connection: whether its peer sends, and reads, in time.
//!
//! What happens on a connection only moves a few numbers; now and then [`Watch::expired`] looks
//! whether they have moved since. It looks four times in the shortest limit, so that a connection
//! may stay a quarter longer than that.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::server::unread::Unread;
use momo_sandbox_core::model::limits::{Limit, Limits};

/// Nothing of the next request has come.
const IDLE: u8 = 0;

/// A part of a head has come.
const IN_HEAD: u8 = 1;

/// A request is being answered.
const ANSWERING: u8 = 2;

/// What is known of a connection.
#[derive(Debug)]
pub struct Watch {
    limits: Limits,
    /// Over HTTP/2, where requests are no phases, what the peer has not taken yet. Such a
    /// connection is idle while nothing is asked for, whatever other frames come.
    unread: Option<Arc<Unread>>,
    phase: AtomicU8,
    /// How many requests are with their handlers.
    handled: AtomicU32,
    /// Whether the peer does not read what is written.
    is_stalled: AtomicBool,
    /// Whether the connection is to be closed with a reset.
    is_cut_off: AtomicBool,
    /// Whether the library's own refusal of a head was kept back, for a better one.
    is_refusal_kept_back: AtomicBool,
    moves: AtomicU32,
}

/// A request that is with its handler.
#[derive(Debug)]
pub struct Handled<'a>(&'a Watch);

impl Drop for Handled<'_> {
    fn drop(&mut self) {
        self.0.handled.fetch_sub(1, Ordering::Relaxed);
        self.0.moved();
    }
}

impl Watch {
    /// Over a new connection of HTTP/1.
    pub fn over(limits: Limits) -> Self {
        Self {
            limits,
            unread: None,
            phase: AtomicU8::new(IDLE),
            handled: AtomicU32::new(0),
            is_stalled: AtomicBool::new(false),
            is_cut_off: AtomicBool::new(false),
            is_refusal_kept_back: AtomicBool::new(false),
            moves: AtomicU32::new(0),
        }
    }

    /// Over a new connection of HTTP/2, whose answers are held there until they are taken.
    pub fn over_http2(limits: Limits, unread: Arc<Unread>) -> Self {
        Self { unread: Some(unread), ..Self::over(limits) }
    }

    /// Has the connection closed with nothing lingering, which the peer sees as a reset.
    pub fn cut_off(&self) {
        self.is_cut_off.store(true, Ordering::Relaxed);
    }

    /// A whole head has come, and its request goes to its handler.
    pub fn handle(&self) -> Handled<'_> {
        if self.unread.is_none() {
            self.phase.store(ANSWERING, Ordering::Relaxed);
        }
        self.handled.fetch_add(1, Ordering::Relaxed);
        Handled(self)
    }

    /// Whether a refusal of the head was kept back, so that another one can be sent.
    pub fn is_refusal_kept_back(&self) -> bool {
        self.is_refusal_kept_back.load(Ordering::Relaxed)
    }

    /// Whether a part of a head has come, and the rest has not.
    pub fn is_in_head(&self) -> bool {
        self.unread.is_none()
            && self.phase.load(Ordering::Relaxed) == IN_HEAD
            && self.handled.load(Ordering::Relaxed) == 0
    }

    /// Keeps back the answer of the library to a head that it cannot read: it says nothing.
    fn keeps_back(&self, bytes: &[u8]) -> bool {
        let is_kept_back = self.is_in_head() && is_bare_refusal(bytes);
        if is_kept_back {
            self.is_refusal_kept_back.store(true, Ordering::Relaxed);
        }
        is_kept_back
    }

    fn moved(&self) {
        self.moves.fetch_add(1, Ordering::Relaxed);
    }

    /// Over HTTP/1 nothing is read before the answer is written, but for the request's own body.
    fn is_between_requests(&self) -> bool {
        self.unread.is_none()
            && self.phase.load(Ordering::Relaxed) != IN_HEAD
            && self.handled.load(Ordering::Relaxed) == 0
    }

    fn read(&self) {
        if self.is_between_requests() {
            self.phase.store(IN_HEAD, Ordering::Relaxed);
            self.moved();
        }
    }

    fn waits_for_the_peer(&self) {
        if self.is_between_requests() && self.phase.swap(IDLE, Ordering::Relaxed) != IDLE {
            self.moved();
        }
    }

    fn goes_on(&self) {
        if self.is_stalled.load(Ordering::Relaxed) {
            self.is_stalled.store(false, Ordering::Relaxed);
            self.moved();
        }
    }

    fn stalls(&self) {
        if !self.is_stalled.swap(true, Ordering::Relaxed) {
            self.moved();
        }
    }

    /// The limit that the connection is under now, if it is under one.
    fn limit(&self) -> Option<(Limit, Duration)> {
        if self.is_stalled.load(Ordering::Relaxed) {
            return Some((Limit::AnswerTime, self.limits.answer_time));
        }
        let is_any_unread = self.unread.as_ref().is_some_and(|unread| unread.is_any());
        if is_any_unread || self.handled.load(Ordering::Relaxed) > 0 {
            return None;
        }
        match self.phase.load(Ordering::Relaxed) {
            IDLE => Some((Limit::IdleTime, self.limits.idle_time)),
            IN_HEAD => Some((Limit::HeadTime, self.limits.head_time)),
            _ => None,
        }
    }

    /// Completes once the peer takes longer than a limit allows, with that limit.
    pub async fn expired(&self) -> Limit {
        let Limits { head_time, idle_time, answer_time, .. } = self.limits;
        let pause = head_time.min(idle_time).min(answer_time) / 4;
        let (mut seen, mut still) = (self.moves.load(Ordering::Relaxed), Duration::ZERO);
        loop {
            tokio::time::sleep(pause).await;
            let moves = self.moves.load(Ordering::Relaxed);
            still = if moves == seen { still + pause } else { Duration::ZERO };
            seen = moves;
            let looks = self.unread.as_ref().map_or(0, |unread| unread.look());
            if pause.saturating_mul(looks) >= answer_time {
                return Limit::AnswerTime;
            }
            match self.limit() {
                None => still = Duration::ZERO,
                Some((limit, longest)) if still >= longest => return limit,
                Some(_) => {}
            }
        }
    }
}

/// Whether this is an answer as the library writes one for a head that it cannot read.
fn is_bare_refusal(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"HTTP/1.1 4") else { return false };
    let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else { return false };
    rest[end + 2..].starts_with(b"connection: close\r\ncontent-length: 0\r\n")
}

/// A stream that can be closed with a reset.
pub trait Reset {
    /// Has the stream, when it is closed, drop what its peer has not read.
    fn reset(&self);
}

/// A stream under watch.
#[derive(Debug)]
pub struct Watched<S: Reset> {
    stream: S,
    watch: Arc<Watch>,
}

impl<S: Reset> Drop for Watched<S> {
    fn drop(&mut self) {
        if self.watch.is_cut_off.load(Ordering::Relaxed) {
            self.stream.reset();
        }
    }
}

impl<S: Reset> Watched<S> {
    /// A stream under this watch.
    pub fn new(stream: S, watch: Arc<Watch>) -> Self {
        Self { stream, watch }
    }

    fn note<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match &written {
            Poll::Ready(_) => self.watch.goes_on(),
            Poll::Pending => self.watch.stalls(),
        }
        written
    }
}

impl<S: AsyncRead + Reset + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_pending() {
            self.watch.waits_for_the_peer();
        }
        ready!(read)?;
        if buffer.filled().len() > before {
            self.watch.read();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Reset + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.watch.keeps_back(bytes) {
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
        if parts.first().is_some_and(|first| self.watch.keeps_back(first)) {
            return Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()));
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        match &flushed {
            Poll::Ready(_) => self.watch.goes_on(),
            Poll::Pending => self.watch.stalls(),
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
