//! A transaction's fate, decided once, when it is accepted.

use std::sync::Arc;
use std::time::Duration;

use crate::model::reason::Reason;
use crate::model::status::{FinancialTransactionId, Status};
use crate::model::transaction::Submission;
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
    /// Whether the merchant's account was too small for it, whatever the rules say.
    pub short_of_funds: bool,
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
        short_of_funds: false,
    };
    Plan { stages, callback, decided_by }
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

    /// The same time line, but failing for want of money: decided at acceptance too, since a payout
    /// reserves its amount from then on.
    pub fn short_of_funds(mut self) -> Self {
        let last = self.stages.last_mut().expect("a plan begins with a stage");
        assert!(last.status.is_final(), "a plan that never ends takes no money");
        last.status = Status::Failed(Reason::NotEnoughFunds);
        self.decided_by.short_of_funds = true;
        self
    }
}

/// Ten digits, the first not a zero.
fn financial_transaction_id(submission: &Submission, seed: Seed) -> FinancialTransactionId {
    let mut dice = seed.dice(submission.reference_id.0, Purpose::FinancialTransactionId);
    FinancialTransactionId(dice.between(1_000_000_000, 9_999_999_999))
}
