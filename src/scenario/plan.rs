//! A transaction's fate, decided once, when it is accepted.

use std::sync::Arc;
use std::time::Duration;

use crate::model::reason::Reason;
use crate::model::status::{FinancialTransactionId, Status};
use crate::model::transaction::{InvoiceNumbers, Submission, TransactionKind};
use crate::scenario::dice::{Purpose, Seed};
use crate::scenario::rule::{CallbackFate, Ending, Origin};
use crate::scenario::rule_book::RuleBook;

/// The whole time line of a transaction. Nothing is decided later: a rule edited afterwards does
/// not change a transaction in flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The statuses with their times. The first is at zero; only the last may be final.
    pub stages: Vec<Stage>,
    /// What becomes of the callback once the last stage, if final, is reached.
    pub callback: PlannedCallback,
    /// What decided it.
    pub decided_by: Decision,
    /// The platform's own numbers, of an invoice.
    pub invoice: Option<Box<InvoiceNumbers>>,
}

/// A status and when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// The time after acceptance.
    pub after: Duration,
    /// The status.
    pub status: Status,
}

/// What becomes of the callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlannedCallback {
    /// The POST had no callback URL.
    NotRequested,
    /// Sent once, this long after the final status.
    Sent {
        /// The time after the final status.
        delay: Duration,
    },
    /// Never sent.
    Lost,
}

/// What decided a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The rule of a loaded scenario that matched.
    pub rule: Option<Origin>,
    /// MTN's use case whose test value matched, where the rule left the status to it.
    pub test_value: Option<Arc<str>>,
    /// What made a transaction fail that the rules would have let succeed.
    pub overruled_by: Option<Overruling>,
}

/// What makes a transaction fail whatever the rules say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overruling {
    /// The merchant's account was too small for it.
    ShortOfFunds,
    /// It is a refund, and there is no payment that it could give back.
    Refund,
    /// The consent of its token does not carry it.
    Consent,
    /// Its own validity ends before.
    Validity,
}

impl Overruling {
    /// The name in the control plane's answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::ShortOfFunds => "short_of_funds",
            Self::Refund => "refund",
            Self::Consent => "consent",
            Self::Validity => "validity",
        }
    }
}

/// Decides the fate of a submission. A pure function: the same rules, submission and seed give the
/// same plan, whatever else happens before or beside it.
pub fn plan(rules: &RuleBook, submission: &Submission, seed: Seed) -> Plan {
    let rule = rules.scenario_rule(submission);
    let then = rule.map(|rule| rule.then).unwrap_or_default();
    let test = if then.ending.is_none() { rules.test_rule(submission) } else { None };
    let fallback = test.map(|test| test.rule.then).unwrap_or_default();

    let ending = then.ending.or(fallback.ending).unwrap_or(Ending::Successful);
    let after = then.after.or(fallback.after).unwrap_or(rules.settle_after);
    let first = match test {
        Some(test) if test.starts_created => Status::Created,
        Some(_) | None => Status::Pending,
    };
    let mut stages = vec![Stage { after: Duration::ZERO, status: first }];
    let last = match ending {
        Ending::Pending => None,
        Ending::Failed(reason) => Some(Status::Failed(reason)),
        Ending::Successful => Some(Status::Successful(financial_transaction_id(submission, seed))),
    };
    stages.extend(last.map(|status| Stage { after, status }));

    let callback = match (&submission.callback_url, rule.and_then(|rule| rule.callback)) {
        (None, _) => PlannedCallback::NotRequested,
        (Some(_), None) => PlannedCallback::Sent { delay: Duration::ZERO },
        (Some(_), Some(callback)) => match callback.fate {
            CallbackFate::Sent => PlannedCallback::Sent { delay: callback.delay },
            CallbackFate::Lost => PlannedCallback::Lost,
        },
    };
    let decided_by = Decision {
        rule: rule.map(|rule| rule.origin.clone()),
        test_value: test.map(|test| Arc::clone(&test.use_case)),
        overruled_by: None,
    };
    let invoice = (submission.kind == TransactionKind::Invoice)
        .then(|| Box::new(invoice_numbers(submission, seed)));
    let mut plan = Plan { stages, callback, decided_by, invoice };
    if let Some(reason) = submission.consent_fault
        && plan.succeeds()
    {
        plan.overrule(reason, Overruling::Consent);
    }
    if let Some(validity) = submission.details.validity {
        plan.lapse_after(validity);
    }
    plan
}

impl Plan {
    /// Whether it ends with the money moved.
    pub fn succeeds(&self) -> bool {
        matches!(self.last().status, Status::Successful(_))
    }

    /// The last stage.
    pub fn last(&self) -> Stage {
        *self.stages.last().expect("a plan begins with a stage")
    }

    /// Makes it end as FAILED for this reason at the time at which it would have succeeded.
    pub fn overrule(&mut self, reason: Reason, by: Overruling) {
        assert!(self.succeeds(), "only what succeeds can be overruled");
        let last = self.stages.last_mut().expect("a plan begins with a stage");
        last.status = Status::Failed(reason);
        self.decided_by.overruled_by = Some(by);
    }

    /// Makes it end as EXPIRED after its validity if it would end later. What a rule leaves PENDING
    /// for good stays so.
    fn lapse_after(&mut self, validity: Duration) {
        let last = self.stages.last_mut().expect("a plan begins with a stage");
        if last.status.is_final() && last.after > validity {
            *last = Stage { after: validity, status: Status::Failed(Reason::Expired) };
            self.decided_by.overruled_by = Some(Overruling::Validity);
        }
    }
}

fn invoice_numbers(submission: &Submission, seed: Seed) -> InvoiceNumbers {
    let mut dice = seed.dice(submission.reference_id.0, Purpose::InvoiceNumbers);
    let mut ten_digits = || dice.between(1_000_000_000, 9_999_999_999);
    InvoiceNumbers { invoice_id: ten_digits(), payment_reference: ten_digits() }
}

/// Ten digits, the first not a zero.
fn financial_transaction_id(submission: &Submission, seed: Seed) -> FinancialTransactionId {
    let mut dice = seed.dice(submission.reference_id.0, Purpose::FinancialTransactionId);
    FinancialTransactionId(dice.between(1_000_000_000, 9_999_999_999))
}
