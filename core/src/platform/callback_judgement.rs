//! The judgement of callbacks, from the plan, the transaction and the attempts, in one place.
//!
//! It is computed when somebody asks. Only the journal keeps what was known when an attempt ended.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::model::status::StatusKind;
use crate::platform::callback::Attempt;
use crate::platform::callback_verdict::{CallbackVerdict, Verdicts};
use crate::platform::transaction::{CallbackProgress, Transaction};
use crate::scenario::planned_callback::{Delivery, PlannedCallback};
use crate::scenario::rule::CallbackBody;

/// How long after the final status a callback counts as late. MTN advises to ask for the status
/// five minutes after the submission; that this makes a callback late is our own line.
pub const LATE_AFTER: Duration = Duration::from_secs(5 * 60);

/// What holds of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptVerdict {
    pub verdicts: Verdicts,
    /// Of callbacks with the same body that reached the listener, or may have: which one this is,
    /// and how many there are with those to come. `None` of one that stands alone.
    pub copy: Option<CopyNumber>,
}

/// The number of a callback among those with the same body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyNumber {
    /// The number, from 1.
    pub n: u32,
    /// How many there are.
    pub m: u32,
}

/// `duplicate (2 of 3), delivered`.
impl fmt::Display for AttemptVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = self.verdicts.to_string();
        match self.copy {
            Some(CopyNumber { n, m }) if self.verdicts.has(CallbackVerdict::Duplicate) => {
                let words = CallbackVerdict::Duplicate.words();
                f.write_str(&told.replacen(words, &format!("{words} ({n} of {m})"), 1))
            }
            _ => f.write_str(&told),
        }
    }
}

/// Whether the listener got an attempt, or may have.
fn may_have_come(attempt: &Attempt) -> bool {
    let came = CallbackVerdict::of_result(&attempt.result);
    came != CallbackVerdict::Refused
}

impl Transaction {
    /// What holds of all its callbacks together. Nothing does as long as none has ended.
    pub fn callback_verdicts(&self) -> Verdicts {
        let mut all = Verdicts::default();
        for one in self.attempt_verdicts(self.callback.attempts()) {
            all = all.with(one.verdicts);
        }
        if self.has_lost_callback() {
            all.add(CallbackVerdict::Lost);
        }
        all
    }

    /// What holds of each of its attempts, in their order.
    pub fn verdicts_of_attempts(&self) -> Vec<AttemptVerdict> {
        self.attempt_verdicts(self.callback.attempts()).collect()
    }

    /// What holds of an attempt that ended now.
    pub(super) fn verdict_of_next(&self, attempt: &Attempt) -> AttemptVerdict {
        if attempt.number.is_by_hand() {
            return self.verdict_by_hand(attempt);
        }
        let alone = || AttemptVerdict { verdicts: self.verdicts_of(attempt), copy: None };
        let before = self.callback.attempts();
        if before.is_empty() && self.times_planned(attempt) <= 1 {
            return alone();
        }
        let all = before.iter().chain([attempt]);
        self.attempt_verdicts(all.collect::<Vec<_>>()).last().unwrap_or_else(alone)
    }

    /// What holds of a callback that somebody sent by hand: what came of it, and what it said. It
    /// is no copy of another, and neither early nor late.
    pub fn verdict_by_hand(&self, attempt: &Attempt) -> AttemptVerdict {
        let mut verdicts = Verdicts::only(CallbackVerdict::of_result(&attempt.result));
        if let Some(delivery) = self.plan.callback.delivery(attempt.number.entry) {
            self.judge_body(attempt, delivery, &mut verdicts);
        }
        AttemptVerdict { verdicts, copy: None }
    }

    fn attempt_verdicts<'a>(
        &'a self,
        attempts: impl IntoIterator<Item = &'a Attempt>,
    ) -> impl Iterator<Item = AttemptVerdict> {
        let attempts: Vec<&Attempt> = attempts.into_iter().collect();
        // How many came with each body. Most transactions have one attempt, and need no map.
        let mut came: BTreeMap<&str, u32> = BTreeMap::new();
        if attempts.len() > 1 {
            for attempt in attempts.iter().filter(|one| may_have_come(one)) {
                *came.entry(&*attempt.body).or_default() += 1;
            }
        }
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        attempts.into_iter().map(move |attempt| {
            let mut verdicts = self.verdicts_of(attempt);
            if !may_have_come(attempt) {
                return AttemptVerdict { verdicts, copy: None };
            }
            let there = came.get(&*attempt.body).copied().unwrap_or(1);
            let m = there.max(self.times_planned(attempt));
            let n = if m == 1 {
                1
            } else {
                let number = numbers.entry(&*attempt.body).or_default();
                *number += 1;
                *number
            };
            if n > 1 {
                verdicts.add(CallbackVerdict::Duplicate);
            }
            AttemptVerdict { verdicts, copy: (m > 1).then_some(CopyNumber { n, m }) }
        })
    }

    /// How often the plan sends the entry that an attempt is of, whatever is answered.
    fn times_planned(&self, attempt: &Attempt) -> u32 {
        let delivery = self.plan.callback.delivery(attempt.number.entry);
        delivery.filter(|delivery| !delivery.retries).map_or(1, |delivery| delivery.times)
    }

    /// What holds of an attempt by itself.
    fn verdicts_of(&self, attempt: &Attempt) -> Verdicts {
        let mut verdicts = Verdicts::only(CallbackVerdict::of_result(&attempt.result));
        let (since, status) = self.latest();
        if !status.is_final() || attempt.due_at < since {
            verdicts.add(CallbackVerdict::Early);
        } else if attempt.due_at >= since.after(LATE_AFTER) {
            verdicts.add(CallbackVerdict::Late);
        }
        if let Some(delivery) = self.plan.callback.delivery(attempt.number.entry) {
            self.judge_body(attempt, delivery, &mut verdicts);
        }
        verdicts
    }

    /// Judges what an attempt said. Only bodies that a scenario changed are read.
    fn judge_body(&self, attempt: &Attempt, delivery: &Delivery, verdicts: &mut Verdicts) {
        let content = self.plan.callback.content(attempt.number.entry);
        let is_written = content.is_some_and(|content| content.body.is_some());
        let claimed = if is_written || delivery.body == CallbackBody::UnknownReference {
            let Ok(Value::Object(body)) = serde_json::from_str(&attempt.body) else {
                verdicts.add(CallbackVerdict::Malformed);
                return;
            };
            if is_written || !self.is_named_by(&body) {
                verdicts.add(CallbackVerdict::Forged);
            }
            body.get("status").and_then(Value::as_str).map(str::to_owned)
        } else if delivery.body == CallbackBody::Malformed {
            verdicts.add(CallbackVerdict::Malformed);
            return;
        } else {
            // What it said when it was sent, see `Platform::callback_body`.
            let is_early = verdicts.has(CallbackVerdict::Early);
            let true_then = if is_early { self.plan.last().status } else { self.status() };
            Some(delivery.status.unwrap_or(true_then).kind().as_str().to_owned())
        };
        let is_endless = !self.expected_status().is_final();
        if is_endless && delivery.status.is_some_and(|status| status.is_final()) {
            verdicts.add(CallbackVerdict::Forged);
        }
        if claimed.is_some_and(|claimed| claimed != self.expected_status().as_str()) {
            verdicts.add(CallbackVerdict::ContradictsStatus);
        }
    }

    /// The final status, or the one that the plan ends with.
    fn expected_status(&self) -> StatusKind {
        let now = self.status();
        if now.is_final() { now.kind() } else { self.plan.last().status.kind() }
    }

    /// Whether the ids in a body are those of this transaction.
    pub fn is_named_by(&self, body: &serde_json::Map<String, Value>) -> bool {
        let submission = &self.submission;
        let names_it = |field: &str, own: Option<&str>| match body.get(field) {
            None => true,
            Some(named) => named.as_str() == own,
        };
        names_it("referenceId", Some(&submission.reference_id.to_string()))
            && names_it("externalId", submission.details.external_id.as_deref())
    }

    /// Whether its callback, or one of several, was lost.
    fn has_lost_callback(&self) -> bool {
        match (&self.callback, &self.plan.callback) {
            (CallbackProgress::Lost, _) => true,
            // Those of several get lost at the final status.
            (CallbackProgress::Sent(_), PlannedCallback::Several(_)) => {
                self.status().is_final() && self.plan.callback.lost_of_several() > 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::model::api_user::ApiUser;
    use crate::model::callback_url::{CallbackUrl, ProviderCallbackHost};
    use crate::model::environment::SANDBOX;
    use crate::model::ids::{ApiUserId, ReferenceId};
    use crate::model::limits::Limits;
    use crate::model::submission::{Submission, TransactionKind};
    use crate::model::time::Timestamp;
    use crate::platform::callback::{AttemptResult, DeliveryFailure};
    use crate::platform::event::PayerAct;
    use crate::platform::{Platform, Settings};
    use crate::scenario::read_scenario::read_scenario;
    use crate::scenario::rule_book::{Defaults, RuleBook};
    use crate::scenario::seed::Seed;
    use crate::scenario::test_requests::submission;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    /// A payment under a rule, which settles after half a minute unless the rule says otherwise.
    struct Paid {
        platform: Platform,
        id: ReferenceId,
    }

    impl Paid {
        fn under(rule: &str) -> Self {
            let text = format!("[[rules]]\n{rule}\n");
            let scenario = read_scenario("mine.toml", &text).expect("a good file");
            let given = Defaults::settling_after(Duration::from_secs(30));
            let settings = Settings {
                rules: Arc::new(RuleBook::new(vec![scenario], given)),
                seed: Seed(1),
                environment: &SANDBOX,
                limits: Limits::DEFAULT,
            };
            let id = ApiUserId(Uuid::nil());
            let user =
                ApiUser::new(id, ProviderCallbackHost::parse("shop.example").expect("a host"), []);
            let mut platform = Platform::new(user, settings, Timestamp(0));
            let submission = Submission {
                callback_url: CallbackUrl::parse("http://shop.example/").ok(),
                ..submission(TransactionKind::RequestToPay, "25677", "o1", "5")
            };
            let id = submission.reference_id;
            platform.accept(submission).expect("accepted");
            Self { platform, id }
        }

        /// Lets everything happen for an hour. The attempts end so, one after the other, the last
        /// of these also for all that follow.
        fn called(mut self, results: &[AttemptResult]) -> Self {
            let end = self.platform.now().after(HOUR);
            let mut results = results.iter().cycle();
            while self.platform.next_due().is_some_and(|due| due <= end) {
                self.platform.advance_to_callback(end);
                for callback in self.platform.poll_callbacks() {
                    let attempt = Attempt {
                        // Long after it was due, as in an advance of time.
                        sent_at: end,
                        took: Duration::ZERO,
                        url: callback.url,
                        method: callback.method,
                        headers: Vec::new(),
                        body: callback.body,
                        result: results.next().expect("a result").clone(),
                        number: callback.number,
                        due_at: callback.due_at,
                    };
                    let (generation, id) = (callback.generation, callback.reference_id);
                    let verdict = self.platform.finish_callback(generation, id, attempt);
                    assert!(verdict.is_some_and(|one| one.verdicts.gravest().is_some()));
                }
            }
            self.platform.advance(end);
            self
        }

        fn transaction(&self) -> &Transaction {
            self.platform.transaction(self.id).expect("it is kept")
        }

        /// What is told of each attempt, and of all together.
        fn told(&self) -> (Vec<String>, String) {
            let attempts = self.transaction().verdicts_of_attempts();
            let told = attempts.iter().map(ToString::to_string).collect();
            (told, self.transaction().callback_verdicts().to_string())
        }

        #[track_caller]
        fn expect(&self, attempts: &[&str], all: &str) {
            let (told, together) = self.told();
            assert_eq!((&*told, &*together), (&*attempts.map_to_strings(), all));
        }
    }

    trait Strings {
        fn map_to_strings(&self) -> Vec<String>;
    }

    impl Strings for [&str] {
        fn map_to_strings(&self) -> Vec<String> {
            self.iter().map(|one| (*one).to_owned()).collect()
        }
    }

    fn ok() -> AttemptResult {
        AttemptResult::answered(200)
    }

    fn failed(failure: DeliveryFailure) -> AttemptResult {
        AttemptResult::Failed { failure, detail: "so".to_owned() }
    }

    #[track_caller]
    fn answered(rule: &str, attempts: &[&str], all: &str) {
        Paid::under(rule).called(&[ok()]).expect(attempts, all);
    }

    #[test]
    fn the_result_of_the_attempt_is_a_verdict() {
        let cases = [
            (ok(), "delivered"),
            (AttemptResult::answered(404), "answered 4xx"),
            (AttemptResult::answered(500), "answered 5xx"),
            (AttemptResult::answered(302), "redirected"),
            (AttemptResult::answered(101), "answered 5xx"),
            (failed(DeliveryFailure::TimedOut), "timed out"),
            (failed(DeliveryFailure::ConnectionBroken), "broken off"),
            (failed(DeliveryFailure::NotAllowed), "refused"),
            (failed(DeliveryFailure::Approval), "refused"),
        ];
        for (result, told) in cases {
            Paid::under("callback = {}").called(&[result]).expect(&[told], told);
        }
    }

    #[test]
    fn what_the_body_says_is_compared_with_what_becomes_of_the_transaction() {
        answered(
            "callback = { status = \"FAILED\", reason = \"EXPIRED\" }",
            &["contradicts the status, delivered"],
            "contradicts the status, delivered",
        );
        answered("callback = { status = \"SUCCESSFUL\" }", &["delivered"], "delivered");
        let malformed = "malformed, delivered";
        answered("callback = { body = \"malformed\" }", &[malformed], malformed);
        answered("callback = { body = { text = \"<p>\" } }", &[malformed], malformed);
        let forged = "forged, delivered";
        answered("callback = { body = \"unknown-reference\" }", &[forged], forged);
        answered("callback = { body = { text = \"{}\" } }", &[forged], forged);
        let both = "forged, contradicts the status, delivered";
        let text = "callback = { body = { text = '{\"status\":\"FAILED\"}' } }";
        answered(text, &[both], both);
        answered("callback = { body = \"unknown-fields\" }", &["delivered"], "delivered");
        answered("callback = { headers = { X-A = \"b\" } }", &["delivered"], "delivered");
    }

    #[test]
    fn a_callback_of_what_never_ends_is_forged_until_the_payer_ends_it() {
        let rule = "then = { status = \"PENDING\" }\n\
                    callback = { delay = \"2s\", status = \"SUCCESSFUL\" }";
        let all = "forged, contradicts the status, early, delivered";
        let mut paid = Paid::under(rule).called(&[ok()]);
        paid.expect(&[all], all);
        paid.platform.act_as_payer(paid.id, PayerAct::Approve).expect("it is pending");
        paid.expect(&["early, delivered"], "early, delivered");
        // The journal keeps what was known.
        let finished =
            paid.platform.journal().entries().find(|entry| entry.verdicts().gravest().is_some());
        assert_eq!(finished.expect("an entry").verdicts().to_string(), all);
    }

    #[test]
    fn the_time_is_that_at_which_it_became_due() {
        answered("callback = { delay = \"-5s\" }", &["early, delivered"], "early, delivered");
        answered("callback = { delay = \"4m\" }", &["delivered"], "delivered");
        answered("callback = { delay = \"5m\" }", &["late, delivered"], "late, delivered");
        // A payer who is quicker makes an early callback a contradicting one.
        let mut paid = Paid::under("callback = { delay = \"-5s\" }").called(&[ok()]);
        assert_eq!(paid.transaction().callback_verdicts().to_string(), "early, delivered");
        paid = Paid::under("callback = { delay = \"-5s\" }");
        paid.platform.act_as_payer(paid.id, PayerAct::Decline).expect("it is pending");
        let paid = paid.called(&[ok()]);
        paid.expect(&["delivered"], "delivered");
    }

    #[test]
    fn copies_are_counted_among_those_that_came() {
        let thrice = "callback = { times = 3, every = \"1m\" }";
        let told = ["delivered", "duplicate (2 of 3), delivered", "duplicate (3 of 3), delivered"];
        answered(thrice, &told, "duplicate, delivered");
        let results = [failed(DeliveryFailure::Connection), AttemptResult::answered(500), ok()];
        Paid::under(thrice).called(&results).expect(
            &["refused", "answered 5xx", "duplicate (2 of 3), delivered"],
            "refused, answered 5xx, duplicate, delivered",
        );
        // Two that say different things are no copies, two entries that say the same are.
        answered(
            "callback = [{ status = \"FAILED\", reason = \"EXPIRED\" }, {}, { method = \"PUT\" }]",
            &["contradicts the status, delivered", "delivered", "duplicate (2 of 2), delivered"],
            "contradicts the status, duplicate, delivered",
        );
    }

    #[test]
    fn a_lost_one_is_lost_also_beside_others() {
        answered("callback = { fate = \"lost\" }", &[], "lost");
        answered("callback = [{ fate = \"lost\" }, {}]", &["delivered"], "lost, delivered");
        let mut paid = Paid::under("callback = { fate = \"lost\" }");
        paid.expect(&[], "");
        paid.platform.advance(Timestamp(60_000));
        let lost =
            paid.platform.journal().entries().find(|entry| entry.verdicts().gravest().is_some());
        let lost = lost.expect("an entry");
        assert_eq!((lost.kind().name(), &*lost.verdicts().to_string()), ("callback_lost", "lost"));
    }
}
