//! Cancelled invoices and preapprovals, and the preapprovals that are approved.

use crate::model::party::{PartyIdType, comparable_id};
use crate::model::product::Product;
use crate::model::reason::Reason;
use crate::model::reference::ReferenceId;
use crate::model::status::Status;
use crate::model::time::Timestamp;
use crate::model::transaction::TransactionKind;
use crate::operations::rejection::Rejection;
use crate::operations::wire::{PreApprovalAnswer, PreApprovalState};
use crate::platform::Platform;
use crate::platform::event::Event;
use crate::platform::transaction::Transaction;

impl Platform {
    /// Cancels an invoice. One that is not settled yet fails as TRANSACTION_CANCELED, and its
    /// callback goes out; a settled one stays as it is, although the answer is the same (recorded
    /// 2024).
    ///
    /// # Errors
    ///
    /// [`Rejection::NotFound`] if there is none of that reference.
    pub fn cancel_invoice(
        &mut self,
        product: Product,
        reference_id: ReferenceId,
    ) -> Result<(), Rejection> {
        let status = self.find(product, TransactionKind::Invoice, reference_id)?.status();
        if status.is_final() {
            return Ok(());
        }
        self.apply(Event::InvoiceCancelled { reference_id });
        let status = Status::Failed(Reason::TransactionCanceled);
        self.apply(Event::StatusReached { reference_id, status });
        self.catch_up();
        Ok(())
    }

    /// Cancels an approved preapproval.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotFound`] if there is none of that reference, [`Rejection::NotCancellable`] if
    /// it is not approved, was cancelled before or has lapsed.
    pub fn cancel_preapproval(
        &mut self,
        product: Product,
        reference_id: ReferenceId,
    ) -> Result<(), Rejection> {
        let preapproval = self.find(product, TransactionKind::PreApproval, reference_id)?;
        let status = match state(preapproval, self.now()) {
            Some(PreApprovalState::Approved) => {
                self.apply(Event::PreApprovalCancelled { reference_id });
                return Ok(());
            }
            Some(PreApprovalState::Cancelled) => "CANCELLED",
            Some(PreApprovalState::Expired) => "EXPIRED",
            None => preapproval.status().name(),
        };
        let rule = "only an approved one can be cancelled";
        Err(Rejection::NotCancellable { kind: "preapproval", status, rule })
    }

    /// The preapprovals that an account holder approved, in the order in which they were asked for.
    pub fn approved_preapprovals(
        &self,
        product: Product,
        id_type: PartyIdType,
        id: &str,
    ) -> Vec<PreApprovalAnswer> {
        let id = comparable_id(id_type, id);
        self.preapprovals()
            .filter(|found| found.submission.product == product)
            .filter(|found| {
                let party = found.submission.details.party.as_ref();
                party.is_some_and(|party| party.id_type == id_type && party.comparable_id() == id)
            })
            .filter_map(|found| self.preapproval_answer(found))
            .collect()
    }

    fn preapproval_answer(&self, preapproval: &Transaction) -> Option<PreApprovalAnswer> {
        let details = &preapproval.submission.details;
        let party = details.party.as_ref()?;
        let accepted_at = preapproval.accepted_at;
        Some(PreApprovalAnswer {
            pre_approval_id: preapproval.submission.reference_id.to_string(),
            to_fri: format!("FRI:{}/USER", self.api_user().id),
            from_fri: format!("FRI:{}/{}", party.comparable_id(), party.id_type),
            from_currency: details.currency.to_string(),
            created_time: accepted_at.to_string(),
            approved_time: preapproval.successful_since()?.to_string(),
            expiry_time: accepted_at.after(details.validity.unwrap_or_default()).to_string(),
            status: state(preapproval, self.now())?,
            message: details.text("payerMessage").unwrap_or_default().to_owned(),
        })
    }
}

/// Whether a preapproval can be used; `None` if it was never approved.
fn state(preapproval: &Transaction, now: Timestamp) -> Option<PreApprovalState> {
    preapproval.successful_since()?;
    let validity = preapproval.submission.details.validity.unwrap_or_default();
    Some(if preapproval.cancelled_at.is_some() {
        PreApprovalState::Cancelled
    } else if now >= preapproval.accepted_at.after(validity) {
        PreApprovalState::Expired
    } else {
        PreApprovalState::Approved
    })
}
