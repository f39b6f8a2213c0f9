//! A transaction's fate, decided once, when it is accepted.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use smallvec::SmallVec;

use crate::model::reason::Reason;
use crate::model::status::{FinancialTransactionId, RuleStatus, Status};
use crate::model::submission::{InvoiceNumbers, Submission, TransactionKind};
use crate::scenario::forced_failure::ForcedFailure;
use crate::scenario::matching::Circumstances;
use crate::scenario::occurrence::{CountedOccurrences, RuleCounts};
use crate::scenario::planned_callback::{PlannedCallback, planned_callback};
use crate::scenario::rule::{Decider, Fault, Origin, QueryExtent, QueryRule, Then};
use crate::scenario::rule_book::RuleBook;
use crate::scenario::seed::{Purpose, Seed};
use crate::scenario::timing::Timing;

/// The most queries of a transaction's status that a scenario decides, the most times that one of
/// its steps, or a callback, is repeated, and the most answers to queries of the balance: a plan is
/// written out in full.
pub const REPEATED_MAX: u32 = 1000;

/// The whole time line of a transaction. Nothing is decided later: a rule edited afterwards does
/// not change a transaction in flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What the POST meets, where that is not a plain 202.
    pub submit: Option<Box<PlannedSubmit>>,
    /// The statuses with their times. The first is at zero; only the last may be final.
    pub stages: Stages,
    /// What successive GETs of the status meet, one each unless it lasts; then the truth.
    pub queries: Vec<PlannedQuery>,
    pub callback: PlannedCallback,
    pub decided_by: Decision,
    /// The platform's own numbers, of an invoice.
    pub invoice: Option<Box<InvoiceNumbers>>,
}

/// The statuses of a plan: two of most, which need no memory elsewhere.
pub type Stages = SmallVec<[Stage; 2]>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedSubmit {
    pub delay: Duration,
    pub fault: Option<Fault>,
    pub created: bool,
}

/// What a GET of the status meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedQuery {
    pub delay: Duration,
    pub fault: Option<Fault>,
    /// The status that it tells, if not the transaction's.
    pub status: Option<Status>,
    /// The time after acceptance until which all GETs meet it; `None` if one does.
    pub until: Option<Duration>,
}

/// A status and when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    pub after: Duration,
    pub status: Status,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The rule of a loaded scenario that matched.
    pub rule: Option<Origin>,
    pub rule_name: Option<Arc<str>>,
    /// MTN's use case whose test value matched, where the rule left the status to it.
    pub test_value: Option<Arc<str>>,
    /// What made a transaction fail that the rules would have let succeed.
    pub overruled_by: Option<Box<ForcedFailure>>,
    /// Which occurrence of the rule this was, where it counts.
    pub occurrence: Option<NonZeroU32>,
}

impl Decision {
    /// The rule that decided, and which occurrence of it, if a rule did.
    pub fn decider(&self) -> Option<Decider> {
        let rule = self.rule.clone()?;
        Some(Decider { rule, occurrence: self.occurrence })
    }

    /// Why the ledger made the transaction fail, in a sentence or two, if it did.
    pub fn why(&self, submission: &Submission) -> Option<String> {
        self.overruled_by.as_deref()?.why(submission)
    }
}

/// Decides the fate of a submission. A pure function: the same rules, submission, circumstances and
/// counts give the same plan, whatever else happens before or beside it. The second of the two
/// results are the counts that go on once the plan is in force.
pub fn plan(
    rules: &RuleBook,
    submission: &Submission,
    circumstances: &Circumstances,
    counts: &RuleCounts,
) -> (Plan, CountedOccurrences) {
    let (loaded, counted) = rules.loaded_rule(submission, circumstances, counts);
    let rule = loaded.map(|(rule, _)| rule);
    let leaves_ending = rule.is_none_or(|rule| rule.then.ending.is_none());
    let test = if leaves_ending { rules.test_rule(submission, circumstances) } else { None };
    let seed = circumstances.seed;

    let rng = |purpose| seed.rng(submission.reference_id.0, purpose);
    let submit = rule.and_then(|rule| rule.submit.as_ref()).map(|submit| {
        let draw = |delay: Timing| delay.draw(&mut rng(Purpose::AnswerAfter));
        Box::new(PlannedSubmit {
            delay: submit.delay.map(draw).unwrap_or_default(),
            fault: submit.fault.clone(),
            created: submit.created,
        })
    });
    let own = rule.map(|rule| &rule.then);
    let stages = stages(rules, submission, circumstances, own, test.map(|test| &test.then));
    let queries = rule.map(|rule| queries(&rule.query, submission, circumstances));
    let decided_by = Decision {
        rule: rule.map(|rule| rule.origin.clone()),
        rule_name: rule.and_then(|rule| rule.name.clone()),
        test_value: test.and_then(|test| test.name.clone()),
        overruled_by: None,
        occurrence: loaded.and_then(|(_, occurrence)| occurrence),
    };
    let invoice = (submission.kind == TransactionKind::Invoice)
        .then(|| Box::new(invoice_numbers(submission, seed)));
    let own = rule.map(|rule| &*rule.callbacks).filter(|own| !own.is_empty());
    let callbacks = own.or(test.map(|test| &*test.callbacks)).unwrap_or_default();
    let callback = planned_callback(rules.delivery, submission, circumstances, callbacks);
    let queries = queries.unwrap_or_default();
    let mut plan = Plan { submit, stages, queries, callback, decided_by, invoice };
    if let Some(reason) = submission.consent_fault
        && plan.succeeds()
    {
        plan.overrule(reason, ForcedFailure::Consent);
    }
    if let Some(validity) = submission.details.validity {
        plan.lapse_after(validity);
    }
    (plan, counted)
}

/// The statuses, as the rule says, and what it leaves out as MTN's test value says.
fn stages(
    rules: &RuleBook,
    submission: &Submission,
    circumstances: &Circumstances,
    own: Option<&Then>,
    test: Option<&Then>,
) -> Stages {
    let decides = own.filter(|then| then.ending.is_some()).or(test);
    let ending = decides.and_then(|then| then.ending).unwrap_or(RuleStatus::Successful(()));
    let mut rng = circumstances.seed.rng(submission.reference_id.0, Purpose::SettleAfter);
    let mut stages = Stages::new();
    let mut at = Duration::ZERO;
    let id = || financial_transaction_id(submission, circumstances);
    for (status, lasts) in decides.map(|then| then.path.as_slice()).unwrap_or_default() {
        stages.push(Stage { after: at, status: status.with_id(id) });
        at += lasts.draw(&mut rng);
    }
    let has_path = !stages.is_empty();
    let last = ending.with_id(id);
    if !has_path && last.is_final() {
        stages.push(Stage { after: Duration::ZERO, status: Status::Pending });
        let after = own.and_then(|then| then.after).or(test.and_then(|then| then.after));
        at = after.map_or(rules.settle_after, |after| after.draw(&mut rng));
    }
    stages.push(Stage { after: at, status: last });
    stages
}

/// What successive GETs meet, written out.
fn queries(
    steps: &[QueryRule],
    submission: &Submission,
    circumstances: &Circumstances,
) -> Vec<PlannedQuery> {
    let id = || financial_transaction_id(submission, circumstances);
    let mut rng = circumstances.seed.rng(submission.reference_id.0, Purpose::QueryAfter);
    let mut lasted = Duration::ZERO;
    let mut queries = Vec::new();
    for step in steps {
        let until = match step.extent {
            QueryExtent::Times(_) => None,
            QueryExtent::Lasts(time) => {
                lasted += time.draw(&mut rng);
                Some(lasted)
            }
        };
        for _ in 0..step.extent.planned() {
            queries.push(PlannedQuery {
                delay: step.delay.map(|delay| delay.draw(&mut rng)).unwrap_or_default(),
                fault: step.fault.clone(),
                status: step.status.map(|status| status.with_id(id)),
                until,
            });
        }
    }
    queries.truncate(REPEATED_MAX as usize);
    queries
}

impl Plan {
    /// Whether the plan ends as SUCCESSFUL.
    pub fn succeeds(&self) -> bool {
        matches!(self.last().status, Status::Successful(_))
    }

    pub fn last(&self) -> Stage {
        *self.stages.last().expect("a plan begins with a stage")
    }

    /// Makes it end as FAILED for this reason at the time at which it would have succeeded.
    pub fn overrule(&mut self, reason: Reason, by: ForcedFailure) {
        assert!(self.succeeds(), "only what succeeds can be overruled");
        let last = self.stages.last_mut().expect("a plan begins with a stage");
        last.status = Status::Failed(reason);
        self.decided_by.overruled_by = Some(Box::new(by));
    }

    /// Makes it end as EXPIRED after its validity if it would end later. What a rule leaves PENDING
    /// for good stays so.
    fn lapse_after(&mut self, validity: Duration) {
        let last = self.last();
        if last.status.is_final() && last.after > validity {
            // What would have come between the two does not come any more.
            self.stages.retain(|stage| stage.after < validity);
            self.stages.push(Stage { after: validity, status: Status::Failed(Reason::Expired) });
            self.decided_by.overruled_by = Some(Box::new(ForcedFailure::Validity));
        }
    }
}

fn invoice_numbers(submission: &Submission, seed: Seed) -> InvoiceNumbers {
    let mut rng = seed.rng(submission.reference_id.0, Purpose::InvoiceNumbers);
    let mut ten_digits = || rng.random_range(1_000_000_000..=INT32_MAX);
    InvoiceNumbers { invoice_id: ten_digits(), payment_reference: ten_digits() }
}

/// The id of the money's movement, the same whenever the transaction succeeds: in the sandbox of 8
/// to 10 digits below 2^31, since clients keep it in 32 bits; in production of 10 digits, which may
/// be beyond that (both recorded 2020 to 2026).
pub fn financial_transaction_id(
    submission: &Submission,
    circumstances: &Circumstances,
) -> FinancialTransactionId {
    let Circumstances { seed, environment, .. } = circumstances;
    let mut rng = seed.rng(submission.reference_id.0, Purpose::FinancialTransactionId);
    FinancialTransactionId(if environment.is_production() {
        rng.random_range(1_000_000_000..=9_999_999_999)
    } else {
        rng.random_range(10_000_000..=INT32_MAX)
    })
}

/// The largest number that fits into 32 bits with a sign.
const INT32_MAX: u64 = 2_147_483_647;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_small() {
        assert!(size_of::<Decision>() <= 72, "{}", size_of::<Decision>());
    }
}
