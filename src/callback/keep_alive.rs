//! Keep-alive of one listener: whether it keeps connections open, and its idle connections.
//!
//! A kept connection can be closed by the listener at the very moment when a callback is written to
//! it. That callback is lost, since it must not be sent again. So a callback gets a connection of
//! its own for as long as that is cheap, and a kept one only if all of this is so:
//! - many connections were opened lately, so the system's ports could run out;
//! - the listener was seen to leave connections open for [`limits::IDLE_MAX`], and has
//!   closed none without saying so for [`limits::DISTRUST`];
//! - the connection has rested long enough for a close after its last answer to be seen
//!   ([`limits::REST_MIN`]), and much shorter than the listener was seen to keep one
//!   ([`limits::REST_MAX`]);
//! - the socket is open and silent at the moment of writing ([`crate::callback::listener_stream`]).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::SendRequest;
use tokio::task::JoinHandle;

use crate::callback::limits;
use crate::callback::listener_stream::Progress;
use crate::callback::window::Window;

/// A connection between two callbacks.
#[derive(Debug)]
pub struct IdleConnection {
    pub sender: SendRequest<Full<Bytes>>,
    pub progress: Arc<Progress>,
    /// The task that speaks HTTP on it.
    pub task: JoinHandle<()>,
    pub since: Instant,
}

#[derive(Debug)]
pub struct KeepAlive {
    /// How many new connections may wait for an answer.
    pub window: Window,
    /// Whether the listener was seen to leave a connection open.
    has_kept: bool,
    distrusted_until: Option<Instant>,
    /// The idle connections, the longest idle one first.
    idle: VecDeque<IdleConnection>,
    used: Instant,
}

impl KeepAlive {
    pub fn new(now: Instant) -> Self {
        Self {
            window: Window::narrow(),
            has_kept: false,
            distrusted_until: None,
            idle: VecDeque::new(),
            used: now,
        }
    }

    /// An idle connection for the next callback; `None` if a new one is cheap, or no idle one fits.
    /// The number counts the connections that are no longer idle.
    pub fn take(&mut self, now: Instant, new_is_cheap: bool) -> (Option<IdleConnection>, usize) {
        self.used = now;
        let mut gone = 0;
        if new_is_cheap || !self.is_trusted(now) {
            return (None, gone);
        }
        while let Some(first) = self.idle.front() {
            let age = now.saturating_duration_since(first.since);
            if age < limits::REST_MIN {
                break;
            }
            let Some(first) = self.idle.pop_front() else { break };
            gone += 1;
            if age <= limits::REST_MAX && first.sender.is_ready() {
                return (Some(first), gone);
            }
            first.close();
        }
        (None, gone)
    }

    fn is_trusted(&self, now: Instant) -> bool {
        self.has_kept && self.distrusted_until.is_none_or(|until| until <= now)
    }

    /// Keeps a connection for later callbacks.
    pub fn put_idle(&mut self, connection: IdleConnection) {
        self.idle.push_back(connection);
    }

    /// Notes that the listener closed a connection without saying so.
    pub fn closed(&mut self, now: Instant) {
        self.has_kept = false;
        self.distrusted_until = Some(now + limits::DISTRUST);
    }

    /// Closes connections that have been idle long enough, and notes whether the listener had left
    /// them open. Returns how many are no longer idle.
    pub fn sweep(&mut self, now: Instant) -> usize {
        let mut gone = 0;
        let is_old = |idle: &mut IdleConnection| {
            now.saturating_duration_since(idle.since) >= limits::IDLE_MAX
        };
        while let Some(old) = self.idle.pop_front_if(is_old) {
            gone += 1;
            self.has_kept |= !old.sender.is_closed();
            old.close();
        }
        gone
    }

    /// Whether the listener may be forgotten: it has no idle connection, and the knowledge of it is
    /// old.
    pub fn is_stale(&self, now: Instant) -> bool {
        self.idle.is_empty() && now.saturating_duration_since(self.used) >= limits::DISTRUST
    }
}

impl IdleConnection {
    fn close(self) {
        self.progress.close();
    }
}

/// A token bucket: how many connections may be opened to all listeners although idle ones are
/// there.
#[derive(Debug)]
pub struct Budget {
    left: f64,
    at: Instant,
}

impl Budget {
    pub fn full(now: Instant) -> Self {
        Self { left: limits::FRESH_MAX, at: now }
    }

    pub fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        let filled = self.left + passed * limits::FRESH_A_SECOND;
        (self.left, self.at) = (filled.min(limits::FRESH_MAX), now.max(self.at));
        let is_enough = self.left >= 1.0;
        if is_enough {
            self.left -= 1.0;
        }
        is_enough
    }
}

#[cfg(test)]
impl KeepAlive {
    /// Makes all idle connections idle for `by` longer.
    pub(super) fn age(&mut self, by: std::time::Duration) {
        for idle in &mut self.idle {
            idle.since = idle.since.checked_sub(by).expect("the machine runs for long");
        }
    }

    pub(super) fn idle(&self) -> usize {
        self.idle.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hyper::client::conn::http1;
    use hyper_util::rt::TokioIo;
    use tokio::io::DuplexStream;

    use crate::engine::clock::monotonic;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A connection that has been idle since `since`, and its other end.
    async fn idle(since: Instant) -> (IdleConnection, DuplexStream) {
        let (near, far) = tokio::io::duplex(64);
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(near)).await.expect("nothing is said at first");
        let task = tokio::spawn(async move {
            let _ = connection.await;
        });
        sender.ready().await.expect("an open connection");
        (IdleConnection { sender, progress: Arc::default(), task, since }, far)
    }

    /// A listener that was seen to keep a connection.
    async fn trusted(now: Instant) -> KeepAlive {
        let mut keep_alive = KeepAlive::new(now);
        let (seen, _far) = idle(now).await;
        keep_alive.put_idle(seen);
        assert_eq!(keep_alive.sweep(now + limits::IDLE_MAX), 1);
        keep_alive
    }

    #[test]
    fn so_many_new_connections_are_cheap_and_some_more_after_a_while() {
        let now = monotonic();
        let mut fresh = Budget::full(now);
        let most = limits::FRESH_MAX as usize;
        assert_eq!((0..2 * most).filter(|_| fresh.take(now)).count(), most);
        let later = now + Duration::from_secs(1);
        let more = limits::FRESH_A_SECOND as usize;
        assert_eq!((0..most).filter(|_| fresh.take(later)).count(), more);
    }

    #[tokio::test]
    async fn a_callback_gets_a_new_connection_while_that_is_cheap() {
        let now = monotonic();
        let mut keep_alive = trusted(now).await;
        let (one, _far) = idle(now).await;
        keep_alive.put_idle(one);
        let rested = now + limits::REST_MIN;
        assert!(keep_alive.take(rested, true).0.is_none());
        assert!(keep_alive.take(rested, false).0.is_some());
    }

    #[tokio::test]
    async fn a_kept_connection_is_used_in_the_middle_of_the_time_that_it_was_seen_to_last() {
        let now = monotonic();
        for (age, is_used, left) in [
            (limits::REST_MIN - MS, false, 1),
            (limits::REST_MIN, true, 0),
            (limits::REST_MAX, true, 0),
            (limits::REST_MAX + MS, false, 0),
        ] {
            let mut keep_alive = trusted(now).await;
            let (one, _far) = idle(now).await;
            keep_alive.put_idle(one);
            assert_eq!(keep_alive.take(now + age, false).0.is_some(), is_used, "{age:?}");
            assert_eq!(keep_alive.idle(), left, "{age:?}");
        }
    }

    #[tokio::test]
    async fn a_listener_that_closed_a_connection_gets_new_ones_until_it_has_kept_some_again() {
        let now = monotonic();
        let mut keep_alive = trusted(now).await;
        keep_alive.closed(now);
        let later = now + limits::DISTRUST;
        for (moment, expected) in [(later - MS, false), (later, true)] {
            let (seen, _far) = idle(moment - limits::IDLE_MAX).await;
            keep_alive.put_idle(seen);
            keep_alive.sweep(moment);
            let (one, _other_far) = idle(moment - limits::REST_MIN).await;
            keep_alive.put_idle(one);
            assert_eq!(keep_alive.take(moment, false).0.is_some(), expected);
        }
    }

    #[tokio::test]
    async fn a_listener_that_was_never_seen_to_keep_a_connection_gets_new_ones() {
        let now = monotonic();
        let mut keep_alive = KeepAlive::new(now);
        let (one, _far) = idle(now).await;
        keep_alive.put_idle(one);
        assert!(keep_alive.take(now + limits::REST_MIN, false).0.is_none());
        let (mut closed, far) = idle(now).await;
        drop(far);
        while closed.sender.ready().await.is_ok() {
            tokio::task::yield_now().await;
        }
        closed.since = now;
        keep_alive.idle.clear();
        keep_alive.put_idle(closed);
        keep_alive.sweep(now + limits::IDLE_MAX);
        assert!(!keep_alive.has_kept, "that one was closed meanwhile");
    }
}
