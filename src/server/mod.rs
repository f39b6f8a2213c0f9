//! A generic HTTP server: listeners, TLS, time limits, overload, and what is wrong with a request
//! that fails before any handler sees it.

pub mod drain;
pub mod framing;
pub mod http_faults;
pub mod https;
pub mod listener;
pub mod malformed;
pub mod overload;
pub mod timeouts;
pub mod unread;
