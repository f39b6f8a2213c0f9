//! The bounds of callbacks.

use std::time::Duration;

/// How long a listener has to answer, from the start of the attempt (contract, section 6).
pub const ANSWER_MAX: Duration = Duration::from_secs(2);

/// The most callbacks on their way at one time; further ones wait their turn.
pub const IN_FLIGHT_MAX: usize = 1024;

/// The most bytes of a listener's answer that are read; what it says is not looked at.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// How long an idle connection to a listener is kept for the next callback: shorter than common
/// servers keep theirs, so that a callback never meets a connection that is just being closed.
pub const IDLE_CONNECTION_MAX: Duration = Duration::from_millis(500);
