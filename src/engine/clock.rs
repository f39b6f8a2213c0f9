//! The one door through which time comes in.

#![expect(clippy::disallowed_methods, reason = "this is the door that the ban points to")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::model::time::Timestamp;

/// The emulator's clock. It only moves forward.
#[derive(Debug)]
pub enum Clock {
    /// Runs with the machine: the wall clock at the start, and monotonic time from there, so that a
    /// correction of the wall clock never moves it back.
    Real {
        /// The wall clock at the start.
        origin: Timestamp,
        /// Monotonic time at the start.
        started: Instant,
    },
    /// Stands still until it is advanced.
    Manual(watch::Sender<Timestamp>),
}

impl Clock {
    /// A clock that runs with the machine.
    pub fn real() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::Real { origin: Timestamp(0).after(since_epoch), started: Instant::now() }
    }

    /// A clock that stands at `start` until it is advanced.
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(watch::Sender::new(start))
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::Real { origin, started } => origin.after(started.elapsed()),
            Self::Manual(time) => *time.borrow(),
        }
    }

    /// Moves a manual clock forward; a real one is not to be moved.
    pub fn advance(&self, by: Duration) {
        if let Self::Manual(time) = self {
            time.send_modify(|now| *now = now.after(by));
        }
    }

    /// Waits until that time.
    pub async fn sleep_until(&self, at: Timestamp) {
        match self {
            Self::Real { .. } => tokio::time::sleep(at.since(self.now())).await,
            Self::Manual(time) => {
                // The sender is `self`, so the channel cannot close while we wait.
                let _ = time.subscribe().wait_for(|now| *now >= at).await;
            }
        }
    }
}
