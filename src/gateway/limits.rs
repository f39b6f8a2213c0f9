//! The bounds of the gateway, each with its reason.

use std::time::Duration;

/// The most bytes of a body: the largest real one is below 2 KiB. Beyond it: 413.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// The most bytes of a request line and its headers; a token is below 1 KiB. Beyond it: 431.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;

/// The most characters of a path, or of a method, that the journal keeps.
pub const RECORDED_CHARACTERS_MAX: usize = 256;

/// How long the head of a request may take, and how long a connection may be idle between two.
pub const HEAD_READ_MAX: Duration = Duration::from_secs(30);

/// How long a body may take after its head. Beyond it: 408.
pub const BODY_READ_MAX: Duration = Duration::from_secs(10);

/// The most open connections; further ones wait in the system's queue until one ends.
pub const CONNECTIONS_MAX: usize = 8192;

/// How long a connection that is ended may still send, so that its last answer is not lost to a
/// reset of the connection.
pub const LINGER_MAX: Duration = Duration::from_secs(1);

/// The most bytes that are read and thrown away in that time.
pub const LINGER_BYTES_MAX: usize = 1024 * 1024;

/// The most connections that are still taken at the end, as many as the system keeps waiting.
pub const WAITING_MAX: usize = 1024;

/// How long the listener waits when the system has no place for another connection.
pub const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// How long a request that a scenario leaves without an answer is held; no client waits longer.
pub const HANG_MAX: Duration = Duration::from_secs(300);
