//! The observer of a server: how its caller learns of connections, limits and failed requests.

use std::fmt::Debug;

use crate::server::limits::ServerLimit;
use crate::server::malformed::Line;
use momo_sandbox_core::model::http_fault::HttpFault;

/// Receives the events of a server, to count and record them.
pub trait Observer: Debug + Send + Sync {
    fn connection_accepted(&self) {}

    fn limit_reached(&self, _: ServerLimit) {}

    /// A request failed before a handler saw it.
    fn request_failed(&self, _: FailedRequest) {}
}

#[derive(Debug)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// A request that failed in HTTP or TLS.
#[derive(Debug)]
pub struct FailedRequest {
    pub fault: HttpFault,
    pub line: Line,
    /// The status of the answer; 0 if there was no answer in HTTP.
    pub status: u16,
    /// What was received, and what to send instead: printable ASCII.
    pub why: String,
}
