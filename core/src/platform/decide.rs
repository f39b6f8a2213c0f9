//! The decision on the outcome of a submission, which never changes.

use rust_decimal::Decimal;

use crate::model::product::Product;
use crate::model::reason::Reason;
use crate::model::refund::RefundFault;
use crate::model::submission::{Submission, TransactionKind};
use crate::platform::Platform;
use crate::platform::transaction::Transaction;
use crate::scenario::forced_failure::ForcedFailure;
use crate::scenario::matching::Circumstances;
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
            seed: self.seed(),
            in_force_for: self.now().since(self.in_force_since()),
            environment: self.environment(),
        }
    }

    /// The plan of the rules, or a failure where the account or the refunded payment cannot carry
    /// it.
    pub(super) fn decide(&self, submission: &Submission, payment: Option<&Transaction>) -> Plan {
        let mut plan = plan(self.rules(), submission, &self.circumstances(), self.matches());
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
        plan
    }
}
