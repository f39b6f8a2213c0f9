//! A generic HTTP server: listeners with and without TLS, limits on connections, sizes and times,
//! and clear refusals for requests that fail before a handler sees them.
//!
//! The server does not know what it serves. Its caller passes in a handler, the limits, an
//! [`Observer`](observer::Observer) that counts and records, and the names that its messages use.

pub mod body;
mod connection;
pub mod context;
mod drain;
pub mod framing;
pub mod http_faults;
pub mod https;
pub mod limits;
pub mod listener;
pub mod malformed;
pub mod observer;
mod overload;
pub mod paced_body;
pub mod peer;
mod refusal;
pub mod request_body;
mod stream;
mod timeouts;
mod tls;
mod unread;

pub use refusal::printable_ascii;
