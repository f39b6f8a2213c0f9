//! Transactions as a test sees them.

use std::time::SystemTime;

use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::status;
use momo_sandbox_core::platform::transaction::{self, CallbackState};
use uuid::Uuid;

use super::clock::system_time;
use crate::Product;

/// A payment, payout, invoice or preapproval that was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transaction {
    /// The `X-Reference-Id` of its submission.
    pub reference_id: Uuid,
    /// The API user that submitted it.
    pub api_user: Uuid,
    /// The product that it was submitted to.
    pub product: Product,
    /// What it is, such as `requesttopay` or `transfer`.
    pub operation: &'static str,
    /// The amount as it was sent, such as `12.50`; none of a preapproval.
    pub amount: Option<String>,
    /// The currency, such as `EUR`.
    pub currency: String,
    /// The payer, or the payee of a payout: a phone number, an email address or an alias.
    pub party: Option<String>,
    /// The merchant's own id of it.
    pub external_id: Option<String>,
    /// When it was accepted, on the emulator's clock.
    pub accepted_at: SystemTime,
    /// The status.
    pub status: Status,
    /// The reason code of a failure, such as `NOT_ENOUGH_FUNDS`.
    pub reason: Option<String>,
    /// What became of its callback.
    pub callback: Callback,
    /// How many times the callback was sent, with what answer or failure.
    pub attempts: Vec<String>,
    /// How many times its status was read by a GET.
    pub status_reads: u64,
}

/// The status of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// Accepted, and not yet shown to the payer.
    Created,
    /// Waiting for the payer or the platform.
    Pending,
    /// Final: the money moved.
    Successful,
    /// Final: the money did not move.
    Failed,
}

/// What became of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Callback {
    /// The submission asked for none.
    NotRequested,
    /// It is not due yet.
    Waiting,
    /// A scenario let it get lost: it was never sent.
    Lost,
    /// It was sent, and has no answer yet.
    Sent,
    /// The listener answered, with whatever status.
    Answered,
    /// No answer came.
    Failed,
}

impl Transaction {
    pub(super) fn of(api_user: ApiUserId, transaction: &transaction::Transaction) -> Self {
        let submission = &transaction.submission;
        let details = &submission.details;
        let status = transaction.status();
        Self {
            reference_id: submission.reference_id.0,
            api_user: api_user.0,
            product: submission.product,
            operation: submission.kind.name(),
            amount: details.amount.map(|amount| amount.to_string()),
            currency: details.currency.to_string(),
            party: details.party.as_ref().map(|party| party.id.to_string()),
            external_id: details.external_id.as_deref().map(str::to_owned),
            accepted_at: system_time(transaction.accepted_at),
            status: status.kind().into(),
            reason: status.reason().map(|reason| reason.code().to_owned()),
            callback: transaction.callback.state().into(),
            attempts: transaction
                .callback
                .attempts()
                .iter()
                .map(|one| one.result.to_string())
                .collect(),
            status_reads: transaction.status_reads,
        }
    }
}

impl From<status::StatusKind> for Status {
    fn from(status: status::StatusKind) -> Self {
        match status {
            status::StatusKind::Created => Self::Created,
            status::StatusKind::Pending => Self::Pending,
            status::StatusKind::Successful => Self::Successful,
            status::StatusKind::Failed => Self::Failed,
        }
    }
}

impl From<Status> for status::StatusKind {
    fn from(status: Status) -> Self {
        match status {
            Status::Created => Self::Created,
            Status::Pending => Self::Pending,
            Status::Successful => Self::Successful,
            Status::Failed => Self::Failed,
        }
    }
}

impl From<CallbackState> for Callback {
    fn from(state: CallbackState) -> Self {
        match state {
            CallbackState::NotRequested => Self::NotRequested,
            CallbackState::Waiting => Self::Waiting,
            CallbackState::Lost => Self::Lost,
            CallbackState::Sent => Self::Sent,
            CallbackState::Answered => Self::Answered,
            CallbackState::Failed => Self::Failed,
        }
    }
}

impl From<Callback> for CallbackState {
    fn from(callback: Callback) -> Self {
        match callback {
            Callback::NotRequested => Self::NotRequested,
            Callback::Waiting => Self::Waiting,
            Callback::Lost => Self::Lost,
            Callback::Sent => Self::Sent,
            Callback::Answered => Self::Answered,
            Callback::Failed => Self::Failed,
        }
    }
}
