//! The decision on the outcome of a submission, which never changes.

use rust_decimal::Decimal;

use crate::model::party::PartyRole;
use crate::model::product::Product;
use crate::model::reason::Reason;
use crate::model::refund::RefundFault;
use crate::model::submission::{Submission, TransactionKind};
use crate::platform::Platform;
use crate::platform::transaction::Transaction;
use crate::scenario::forced_failure::ForcedFailure;
use crate::scenario::matching::Circumstances;
use crate::scenario::occurrence::{CountedOccurrences, RuleCounts};
use crate::scenario::plan::{Plan, plan};

impl Platform {
    /// What a product's account can pay out. Without a ledger, that is its opening balance.
    pub fn available_balance(&self, product: Product) -> Decimal {
        if !self.rules().keeps_ledger {
            return self.rules().opening_balance;
        }
        self.account(product).available()
    }

    /// What a match of a rule depends on beside the submission.
    pub(super) fn circumstances(&self) -> Circumstances {
        Circumstances {
            api_user: self.api_user().id,
            platform: self.api_user().platform,
            seed: self.seed(),
            now: self.now(),
            in_force_for: self.now().since(self.in_force_since()),
            environment: self.environment(),
            same_payer_pending: false,
        }
    }

    /// The same for a submission, of whose payer another request may be pending.
    pub(super) fn circumstances_of(&self, submission: &Submission) -> Circumstances {
        let same_payer_pending =
            self.rules().asks_for_pending_payers() && self.has_pending_of_payer(submission);
        Circumstances { same_payer_pending, ..self.circumstances() }
    }

    /// Whether another request that asks the same payer has no final status yet.
    fn has_pending_of_payer(&self, submission: &Submission) -> bool {
        let Some(payer) = submission.details.comparable_party() else { return false };
        self.transactions().any(|other| {
            !other.status().is_final()
                && other.submission.kind.party_role() == PartyRole::Payer
                && other.submission.details.comparable_party() == Some(payer)
        })
    }

    /// The plan of the rules, or a failure where the account or the refunded payment cannot carry
    /// it.
    pub(super) fn decide(
        &self,
        submission: &Submission,
        payment: Option<&Transaction>,
        counts: &RuleCounts,
    ) -> (Plan, CountedOccurrences) {
        let circumstances = self.circumstances_of(submission);
        let (mut plan, counted) = plan(self.rules(), submission, &circumstances, counts);
        let (details, keeps_ledger) = (&submission.details, self.rules().keeps_ledger);
        // MTN's test values for refunds stand where the payment's reference would.
        let must_refund =
            submission.kind == TransactionKind::Refund && plan.decided_by.test_value.is_none();
        if plan.succeeds() && must_refund {
            let fault = match (payment, submission.payment_elsewhere.as_deref()) {
                (None, None) => Some(RefundFault::Unknown),
                // MTN's sandbox refunds whatever there is.
                _ if !keeps_ledger => None,
                (Some(payment), _) => payment.fault_of_refund(details),
                (None, Some(elsewhere)) => elsewhere.fault.clone(),
            };
            if let Some(fault) = fault {
                plan.overrule(fault.reason(), ForcedFailure::Refund(fault));
            }
        }
        let account = self.account(submission.product);
        let flow = self.flow_of(submission, payment);
        let carried =
            !keeps_ledger || details.amount.is_none_or(|amount| account.can_carry(flow, amount));
        if plan.succeeds() && !carried {
            let shortage = account.shortage();
            plan.overrule(Reason::NotEnoughFunds, ForcedFailure::ShortOfFunds(shortage));
        }
        (plan, counted)
    }
}
