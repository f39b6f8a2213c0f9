//! Transactions as a test sees them.

use std::time::SystemTime;

use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::platform::transaction;
use uuid::Uuid;

use super::clock::system_time;
use crate::Callback;
use crate::Product;
use crate::Status;

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
            status: status.kind(),
            reason: status.reason().map(|reason| reason.code().to_owned()),
            callback: transaction.callback.state(),
            attempts: transaction
                .callback
                .attempts()
                .iter()
                .map(|one| one.result.to_string())
                .collect(),
            status_reads: transaction.status_reads.into(),
        }
    }
}
