//! Refunds: the payment that a refund names, in this space or in another API user's.

use crate::model::ids::{ReferenceId, parse_uuid};
use crate::model::party::Party;
use crate::model::submission::{MoneyFlow, PaymentElsewhere, Submission};
use crate::operations::request_schema::REFERENCE_ID_TO_REFUND;
use crate::platform::Platform;
use crate::platform::event::Event;
use crate::platform::transaction::Transaction;

/// The reference id of the transaction that a refund names.
pub fn reference_to_refund(submission: &Submission) -> Option<ReferenceId> {
    parse_uuid(submission.details.text(REFERENCE_ID_TO_REFUND)?).map(ReferenceId)
}

impl Platform {
    /// The transaction of this space that a refund names, if there is one: a request to pay, or a
    /// payout.
    pub fn payment_to_refund(&self, submission: &Submission) -> Option<&Transaction> {
        let payment = self.transaction(reference_to_refund(submission)?)?;
        payment.is_refundable().then_some(payment)
    }

    /// Who gets the money of a refund: the payer of what it gives back, or the API user itself
    /// where a payout comes back (docs/contract.md#refunds).
    pub(super) fn party_of_refund(&self, refund: &Submission) -> Option<Party> {
        let is_payout = match (self.payment_to_refund(refund), &refund.payment_elsewhere) {
            (Some(own), _) if !own.is_refundable_payout() => {
                return own.submission.details.party.clone();
            }
            (Some(_), _) => true,
            (None, elsewhere) => elsewhere.as_deref().is_some_and(|there| there.is_payout),
        };
        if is_payout {
            Some(Party::of_api_user(self.api_user().id))
        } else {
            refund.details.party.clone()
        }
    }

    /// What a submission does to the account once successful; `refunded` is the transaction of this
    /// space that it refunds.
    pub(super) fn flow_of(
        &self,
        submission: &Submission,
        refunded: Option<&Transaction>,
    ) -> MoneyFlow {
        let elsewhere = submission.payment_elsewhere.as_deref();
        let is_payout = match refunded {
            Some(refunded) => refunded.is_refundable_payout(),
            None => elsewhere.is_some_and(|there| there.is_payout),
        };
        // MTN does not document where the money goes. It returns to the API user who asks for the
        // refund, since the status names that API user as the payee.
        if is_payout { MoneyFlow::Credit } else { submission.kind.money_flow() }
    }

    /// Reserves the amount of another API user's refund at the transaction of this space that it
    /// names, and writes in the refund who paid, or why it cannot be. Does nothing if this space
    /// has no such transaction.
    pub fn reserve_refund(&mut self, refund: &mut Submission) {
        let Some(payment) = self.payment_to_refund(refund) else { return };
        let keeps_ledger = self.rules().keeps_ledger;
        let fault = payment.fault_of_refund(&refund.details).filter(|_| keeps_ledger);
        let reference_id = payment.submission.reference_id;
        let (is_payout, acceptance) = (payment.is_refundable_payout(), payment.acceptance);
        if !is_payout {
            refund.details.party = payment.submission.details.party.clone();
        }
        let api_user = self.api_user().id;
        let is_fit = fault.is_none();
        let elsewhere = PaymentElsewhere { api_user, acceptance, is_payout, fault };
        refund.payment_elsewhere = Some(Box::new(elsewhere));
        if let (true, Some(amount)) = (is_fit, refund.details.amount) {
            self.apply(Event::RefundSetAside { reference_id, amount });
        }
    }

    /// The refunds of this space that reserve an amount of another API user's transaction.
    pub fn refunds_elsewhere(&self) -> Vec<Submission> {
        let is_elsewhere = |transaction: &&Transaction| {
            let elsewhere = transaction.submission.payment_elsewhere.as_deref();
            elsewhere.is_some_and(|there| there.fault.is_none()) && transaction.plan.succeeds()
        };
        let refunds = self.transactions().filter(is_elsewhere);
        refunds.map(|transaction| transaction.submission.clone()).collect()
    }

    /// Ends the reservation for another API user's refund that failed.
    pub fn release_refund(&mut self, refund: &Submission) {
        let Some(payment) = self.payment_to_refund(refund) else { return };
        let named = refund.payment_elsewhere.as_deref().map(|elsewhere| elsewhere.acceptance);
        if named != Some(payment.acceptance) {
            // The original payment is gone, and a newer one has its reference.
            return;
        }
        let reference_id = payment.submission.reference_id;
        if let Some(amount) = refund.details.amount {
            self.apply(Event::RefundGivenUp { reference_id, amount });
        }
    }
}
