//! The limits in force, and the permits of what may exist only a limited number of times.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::engine::metrics::Metrics;
use crate::permits::{Permit, Permits};
use momo_sandbox_core::model::limits::{Limit, Limits};
use momo_sandbox_core::operations::rejection::Rejection;

/// The most bytes of a body that needs no place: the largest real one is below 2 KiB.
pub const SHORT_BODY_BYTES_MAX: usize = 4 * 1024;

/// The most KiB of longer bodies that there are at one time, on all connections together. Further
/// ones are read once there is room, within `--body-time-max`.
pub const LONG_BODIES_KIBIBYTES_MAX: u32 = 16 * 1024;

/// The capacity of one emulator, with the metrics that count what reaches its limits.
#[derive(Debug)]
pub struct Capacity {
    pub limits: Limits,
    pub metrics: Metrics,
    pub connections: Permits,
    pub control_clients: Permits,
    /// Long bodies, a permit for each KiB.
    body_kibibytes: Permits,
    /// The long body that the control plane works on.
    pub long_control_body: Permits,
    pub api_users: AtomicUsize,
}

impl Capacity {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            metrics: Metrics::new(limits),
            connections: Permits::new(limits.connections),
            control_clients: Permits::new(limits.control_clients),
            body_kibibytes: Permits::new(LONG_BODIES_KIBIBYTES_MAX as usize),
            long_control_body: Permits::new(1),
            api_users: AtomicUsize::default(),
        }
    }

    /// A permit for a body of `bytes` at most, once there is room for it.
    pub async fn acquire_body_permit(&self, bytes: usize) -> Permit {
        let kibibytes = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        self.body_kibibytes.acquire_many(kibibytes.min(LONG_BODIES_KIBIBYTES_MAX)).await
    }

    /// Counts one more API user.
    ///
    /// # Errors
    ///
    /// [`Rejection::LimitReached`] if there are as many API users as the limit allows.
    pub fn add_api_user(&self) -> Result<(), Rejection> {
        let most = self.limits.api_users;
        let added = self.api_users.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |there| {
            (there < most).then_some(there + 1)
        });
        added.map(|_| ()).map_err(|_| Rejection::LimitReached { limit: Limit::ApiUsers, most })
    }
}
