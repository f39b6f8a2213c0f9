//! What the listeners of one program share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::permits::Permits;
use crate::server::http_faults::{FaultReporter, Ports};
use crate::server::limits::HTTP2_CONNECTIONS_MAX;
use crate::server::limits::{OVERLOAD_ANSWERS_MAX, ServerLimits};
use crate::server::observer::{Observer, Unobserved};
use momo_sandbox_core::model::limits::Limits;

/// What the listeners of one program share. Each of them has a clone.
#[derive(Debug, Clone)]
pub struct ServerContext {
    /// Set by the caller, and the same for all listeners; read by every connection.
    pub limits: ServerLimits,
    /// Set by the caller. It learns of each connection, and of each limit that a client reaches.
    pub observer: Arc<dyn Observer>,
    /// Set by the caller; explains and records requests that fail before a handler sees them.
    pub faults: Arc<FaultReporter>,
    /// One permit for each connection. Set by the caller, which may count those in use. A new
    /// connection takes one until it ends, and is refused if there is none.
    pub connection_permits: Permits,
    /// One permit for each refused connection that gets an answer. Without one it is closed at
    /// once.
    pub overload_permits: Permits,
    /// One permit for each connection that speaks HTTP/2. A client without one is offered HTTP/1.1.
    pub http2_permits: Permits,
    /// Cancelled by the caller. The listeners wait for it, and stop accepting; the connections wait
    /// for it, and end with the request that they are in.
    pub stop: CancellationToken,
    /// One task for each connection. The listeners add to it; the caller waits until it is empty.
    pub connections: TaskTracker,
}

impl ServerContext {
    /// The context of a server without an observer, with the default limits.
    pub fn standalone(stop: CancellationToken, connections: TaskTracker) -> Self {
        let faults = FaultReporter {
            limits: Limits::DEFAULT.into(),
            observer: Arc::new(Unobserved),
            ports: Ports::default(),
            remedies: None,
        };
        let connection_permits = Permits::new(Limits::DEFAULT.connections);
        Self::new(Arc::new(faults), connection_permits, stop, connections)
    }

    /// A context with free permits for HTTP/2 and for answers under overload.
    pub fn new(
        faults: Arc<FaultReporter>,
        connection_permits: Permits,
        stop: CancellationToken,
        connections: TaskTracker,
    ) -> Self {
        Self {
            limits: faults.limits,
            observer: Arc::clone(&faults.observer),
            faults,
            connection_permits,
            overload_permits: Permits::new(OVERLOAD_ANSWERS_MAX),
            http2_permits: Permits::new(HTTP2_CONNECTIONS_MAX),
            stop,
            connections,
        }
    }
}
