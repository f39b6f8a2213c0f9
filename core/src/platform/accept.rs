//! Acceptance of a submission.

use crate::model::product::Product;
use crate::model::submission::{Submission, TransactionKind};
use crate::model::time::Timestamp;
use crate::operations::rejection::Rejection;
use crate::platform::Platform;
use crate::platform::event::{Bookkeeping, Event};
use crate::platform::transaction::Transaction;
use crate::scenario::occurrence::CountedOccurrences;
use crate::scenario::plan::PlannedSubmit;
use crate::scenario::rule::{Decider, Fault};

/// The result of a valid submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    pub at: Timestamp,
    /// What a scenario does to the answer, if anything.
    pub submit: Option<Box<PlannedSubmit>>,
    /// The rule of the scenario that does it.
    pub rule: Option<Decider>,
    /// Why the ledger makes the transaction fail, if it does: for the log.
    pub why: Option<String>,
}

impl Platform {
    /// Accepts a valid submission, and decides its plan.
    ///
    /// # Errors
    ///
    /// [`Rejection::Duplicate`] if its reference was used before, [`Rejection::LimitReached`] if
    /// too many transactions are open; nothing is created then.
    pub fn accept(&mut self, mut submission: Submission) -> Result<Acceptance, Rejection> {
        if self.transaction(submission.reference_id).is_some() {
            return Err(Rejection::Duplicate(submission.reference_id.to_string()));
        }
        if self.open() >= self.limits().pending {
            return Err(Rejection::too_many_pending(self.limits().pending));
        }
        if submission.kind == TransactionKind::Refund {
            submission.details.party = self.party_of_refund(&submission);
        }
        let payment = self.payment_to_refund(&submission);
        let (plan, counted) = self.decide(&submission, payment, self.counts());
        let submit = plan.submit.clone();
        let rule = submit.as_ref().and_then(|_| plan.decided_by.decider());
        let mut why = None;
        if submit.as_ref().is_some_and(|submit| !submit.created) {
            self.go_on_counting(counted);
            self.apply(Event::SubmissionFailed { reference_id: submission.reference_id });
        } else {
            why = plan.decided_by.why(&submission);
            let flow = self.flow_of(&submission, payment);
            let refunds = payment.map(|payment| payment.submission.reference_id);
            let (number, now) = (self.acceptances(), self.now());
            let mut transaction = Box::new(Transaction::accept(submission, plan, number, now));
            (transaction.refunds, transaction.flow) = (refunds, flow);
            transaction.round = self.round();
            transaction.is_booked = self.rules().keeps_ledger;
            self.go_on_counting(counted);
            self.apply(Event::Accepted(transaction));
            // What is due at once has happened before the 202 is on its way.
            self.catch_up();
        }
        Ok(Acceptance { at: self.now(), submit, rule, why })
    }

    /// What a submission meets by a scenario without its body being read, and the rule.
    pub fn answer_before_body(
        &self,
        product: Product,
        kind: TransactionKind,
    ) -> Option<(Fault, Decider)> {
        let found = self.rules().rule_before_body(product, kind, &self.circumstances());
        found.map(|(rule, fault)| {
            (fault.clone(), Decider { rule: rule.origin.clone(), occurrence: None })
        })
    }

    /// Goes on with the counts of a request that is decided.
    pub(super) fn go_on_counting(&mut self, counted: CountedOccurrences) {
        for occurrence in counted {
            self.apply(Bookkeeping::OccurrenceCounted(occurrence));
        }
    }
}
