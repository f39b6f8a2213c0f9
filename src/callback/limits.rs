//! The limits of callbacks and of the connections that carry them.

use std::time::Duration;

/// How long a listener has to answer a callback, from the start of the attempt
/// (docs/contract.md#callbacks).
pub const ANSWER_MAX: Duration = Duration::from_secs(2);

/// How long one address of a host may take before the next one is tried as well (RFC 8305, section
/// 5). Windows takes about two seconds to refuse a connection to itself, so a listener on `::1`
/// alone would be found too late there.
pub const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

/// The most bytes that are read of a listener's answer. Its content has no effect.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// How long a connection stays open after an answer, to learn whether the listener keeps it open.
/// Common servers keep connections for seconds.
pub const IDLE_MAX: Duration = Duration::from_millis(100);

/// How long a connection must be idle before it may carry another callback. A listener that closes
/// connections after an answer has closed this one by then.
pub const REST_MIN: Duration = Duration::from_millis(10);

/// How long a connection may be idle and still carry another callback: much shorter than the time
/// for which the listener keeps connections.
pub const REST_MAX: Duration = Duration::from_millis(40);

/// How long a listener gets only new connections after it closed one without notice.
pub const DISTRUST: Duration = Duration::from_secs(10);

/// The most new connections at once, to all listeners together, while kept connections are idle.
/// With those that [`FRESH_A_SECOND`] allows in two minutes, they fit into the 28,232 ports that
/// Linux uses by default, and into the smallest connection tables of firewalls.
pub const FRESH_MAX: f64 = 4096.0;

/// How many more new connections are allowed in each second: a closed connection holds its port for
/// a minute.
pub const FRESH_A_SECOND: f64 = 300.0;

/// How many new connections to a listener may always wait for an answer: the shortest backlogs of
/// listeners have room for as many.
pub const OPENING_LEAST: usize = 4;

/// The most new connections to a listener that may wait for an answer.
pub const OPENING_MOST: usize = 1024;

/// How long a connection without an answer keeps its place in the window, if the listener has not
/// answered any callback yet.
pub const OPENING_PATIENCE: Duration = Duration::from_millis(50);

/// The same time for a listener that has answered, as a multiple of its quickest answer: a listener
/// may answer the first connections one after the other.
pub const OPENING_ROUNDS: u32 = 6;

/// How much longer than twice the quickest answer a quick answer may take. A busy machine is not a
/// full backlog.
pub const OPENING_SLACK: Duration = Duration::from_micros(500);

/// How long the first attempt to connect may take; each further attempt may take twice as long. The
/// system itself would try again only after one second, and then after two more.
pub const CONNECT_FIRST: Duration = Duration::from_millis(250);

/// The most listeners whose keep-alive behaviour is remembered. For further listeners, every
/// callback gets a new connection.
pub const LISTENERS_MAX: usize = 4096;
