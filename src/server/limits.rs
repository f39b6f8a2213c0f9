//! The limits of the server.

use std::time::Duration;

use momo_sandbox_core::model::limits::Limits;

/// The most connections that speak HTTP/2 at one time. A further one is offered HTTP/1.1 alone.
pub const HTTP2_CONNECTIONS_MAX: usize = 64;

/// The most concurrent requests on a connection of HTTP/2. The settings announce it, and the
/// protocol refuses a further request. RFC 9113 recommends 100, but each may have a head of 32 KiB.
pub const HTTP2_STREAMS_MAX: u32 = 32;

/// The most bytes of request bodies that a peer may send over HTTP/2 before they are read.
pub const HTTP2_WINDOW_BYTES: u32 = 256 * 1024;

/// The most bytes of answers that a peer of HTTP/2 has not read yet. Beyond it, no further answer
/// is made for this peer. Some of the longest documents of the control plane fit.
pub const HTTP2_UNREAD_BYTES_MAX: usize = 512 * 1024;

/// The bytes of each piece in which an answer is sent over HTTP/2. A peer that takes one has read a
/// part of its answer.
pub const HTTP2_PIECE_BYTES: usize = 16 * 1024;

/// The limits that the caller sets.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Bytes of a request line and its headers.
    pub head_bytes: usize,
    /// Time for a head, from its first byte, and for a TLS handshake.
    pub head_time: Duration,
    /// Time that a connection may be idle between two requests.
    pub idle_time: Duration,
    /// Time in which a client must read a part of its answer.
    pub answer_time: Duration,
}

impl From<Limits> for ServerLimits {
    fn from(limits: Limits) -> Self {
        let Limits { head_bytes, head_time, idle_time, answer_time, .. } = limits;
        Self { head_bytes, head_time, idle_time, answer_time }
    }
}

/// A limit that a client can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerLimit {
    Connections,
    HeadBytes,
    HeadTime,
    IdleTime,
    AnswerTime,
}

/// How many bytes may wait in the system for a client to read them. Linux takes twice as many.
/// Without this bound, a client that reads nothing holds megabytes.
pub(super) const SEND_BUFFER_BYTES: usize = 32 * 1024;

/// The most connections beyond the limit that get an answer at one time. A further one is closed
/// at once.
pub const OVERLOAD_ANSWERS_MAX: usize = 64;

/// The most connections that are still accepted at the end: as many as the system keeps waiting.
pub(super) const WAITING_MAX: usize = 1024;

/// How long a client may still send on a connection that ends, so that a reset of the connection
/// does not destroy its last answer.
pub(super) const LINGER_MAX: Duration = Duration::from_secs(1);

/// The most bytes that are read and thrown away in that time.
pub(super) const LINGER_BYTES_MAX: usize = 1024 * 1024;

/// The most headers of a request over HTTP/1.1, as hyper has it.
pub(super) const HEADERS_MAX: usize = 100;

/// How long the listener waits before it tries again to accept a connection.
pub(super) const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// The most characters that are kept of a request's target.
pub(super) const TARGET_CHARACTERS_MAX: usize = 256;

/// The most characters that are kept of a method, or quoted in a message.
pub(super) const METHOD_CHARACTERS_MAX: usize = 32;

/// The most bytes of a TLS handshake that are searched for the name that a client asks for.
pub(super) const HELLO_BYTES_MAX: usize = 4096;

/// The most bytes of an explanation, which may quote the request.
pub const EXPLANATION_BYTES_MAX: usize = 512;

/// How long a request is held that gets no answer on purpose. No client waits longer.
pub(super) const HANG_MAX: Duration = Duration::from_secs(300);
