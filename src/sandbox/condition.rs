//! What a test waits for.

use std::time::Duration;

use uuid::Uuid;

use super::transaction::Transaction;
use crate::Callback;
use crate::Status;

/// What a test waits for: that a transaction comes to a status, its callback to a state, or both.
///
/// ```
/// use std::time::Duration;
///
/// use momo_sandbox::{Callback, Condition, Status};
/// # let reference_id = uuid::Uuid::nil();
/// let settled = Condition::status(reference_id, Status::Successful)
///     .and_callback(Callback::Answered)
///     .within(Duration::from_secs(10));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "give it to `wait_for`"]
pub struct Condition {
    pub(super) reference_id: Uuid,
    pub(super) status: Option<Status>,
    pub(super) callback: Option<Callback>,
    pub(super) within: Duration,
}

impl Condition {
    const fn of(reference_id: Uuid) -> Self {
        Self { reference_id, status: None, callback: None, within: Duration::from_secs(5) }
    }

    /// The transaction has this status.
    pub const fn status(reference_id: Uuid, status: Status) -> Self {
        Self { status: Some(status), ..Self::of(reference_id) }
    }

    /// The callback of the transaction is in this state.
    pub const fn callback(reference_id: Uuid, callback: Callback) -> Self {
        Self { callback: Some(callback), ..Self::of(reference_id) }
    }

    /// And its callback is in this state, too.
    pub const fn and_callback(self, callback: Callback) -> Self {
        Self { callback: Some(callback), ..self }
    }

    /// Gives up after this long on the emulator's clock, and after a minute of real time at most.
    /// Five seconds where nothing is said.
    pub const fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }
}

/// Why a wait ended without what it waited for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The condition can no longer be met: another final status was reached, say.
    #[error("waited in vain: {why}")]
    Impossible {
        /// The reason.
        why: String,
        /// The transaction as it is.
        transaction: Box<Transaction>,
    },
    /// The time was over.
    #[error("waited in vain: {why}")]
    TimedOut {
        /// The status and the callback's state at the end.
        why: String,
        /// The transaction as it is, if there is one of that reference id.
        transaction: Option<Box<Transaction>>,
    },
    /// The emulator stopped.
    #[error("waited in vain: the emulator stops")]
    Stopped,
}
