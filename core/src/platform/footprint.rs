//! The memory of a space and of each thing in it, in bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::model::party::Party;
use crate::model::submission::Submission;
use crate::platform::callback::{Attempt, AttemptResult};
use crate::platform::transaction::Transaction;
use crate::scenario::memory_size::{bytes_of_content, bytes_of_fault};
use crate::scenario::plan::{Plan, PlannedQuery, Stage};
use crate::scenario::planned_callback::{PlannedCallback, PlannedEntry};
use crate::scenario::rule::Fault;

/// A transaction's places in the store, among the timers, among what is done, and in the engine's
/// index of reference ids.
const PLACES: usize = 160 + 64;

/// The head of a callback, and its body without the texts of the request.
const CALLBACK_BESIDE_TEXTS: usize = 1024;

/// A header of a recorded attempt, beside its value.
const HEADER: usize = 48;

/// The bytes of an API user's space, with nothing in it.
pub const EMPTY_SPACE: usize = 2560;

/// A text that a [`compact_str::CompactString`] holds needs no memory elsewhere up to this length.
const SHORT_TEXT: usize = 24;

/// What a space keeps, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    pub bytes: usize,
    /// What can go: settled transactions, the journal, consents.
    pub evictable: usize,
}

/// Frees most of a queue's capacity where it is many times what is needed.
pub fn shrink<T>(queue: &mut VecDeque<T>) {
    if queue.capacity() / 4 > queue.len() {
        queue.shrink_to(2 * queue.len());
    }
}

impl Transaction {
    /// The bytes of the transaction and of all that it points to.
    pub(super) fn bytes(&self) -> usize {
        let Self { submission, plan, callback, delivery_notification, .. } = self;
        let attempts = callback.attempts().iter().chain(self.attempts_by_hand());
        let attempts: usize = attempts.map(|attempt| bytes_of_attempt(attempt, plan)).sum();
        // They count from the start on: what is accepted takes no more room later.
        let awaited = match self.callbacks_to_come() {
            0 => 0,
            times => times as usize * bytes_of_callback(submission),
        };
        let notification = delivery_notification.as_ref().map_or(0, |message| message.len());
        let elsewhere = bytes_of_submission(submission) + bytes_of_plan(plan);
        size_of::<Self>() + PLACES + elsewhere + attempts + awaited + notification
    }
}

/// The bytes of a plan. The texts of its rule are shared with the rule, and outlive it.
fn bytes_of_plan(plan: &Plan) -> usize {
    let decided_by = &plan.decided_by;
    let names = decided_by.rule.iter().map(|origin| &origin.scenario);
    let names = names.chain(&decided_by.rule_name).chain(&decided_by.test_value);
    let names: usize = names.map(|name| name.len()).sum();
    let submit = plan.submit.as_ref().and_then(|submit| submit.fault.as_ref());
    let mut bytes = names + bytes_of_fault(submit);
    bytes += spilled(plan.stages.len(), 2) * size_of::<Stage>();
    bytes += plan.queries.len() * size_of::<PlannedQuery>();
    if let PlannedCallback::Several(entries) = &plan.callback {
        let content = |entry: &PlannedEntry| entry.content.as_deref().map_or(0, bytes_of_content);
        bytes += size_of_val(&**entries) + entries.iter().map(content).sum::<usize>();
    }
    let mut before = None;
    for fault in plan.queries.iter().filter_map(|query| query.fault.as_ref()) {
        // The queries of one rule follow each other, and share their answer.
        let is_shared = before.is_some_and(|before| are_one(before, fault));
        bytes += if is_shared { 0 } else { bytes_of_fault(Some(fault)) };
        before = Some(fault);
    }
    bytes
}

fn are_one(one: &Fault, other: &Fault) -> bool {
    match (one, other) {
        (Fault::Answer(one), Fault::Answer(other)) => Arc::ptr_eq(one, other),
        (Fault::OnTheWay(one), Fault::OnTheWay(other)) => Arc::ptr_eq(one, other),
        _ => false,
    }
}

fn bytes_of_submission(submission: &Submission) -> usize {
    let details = &submission.details;
    let texts = texts_of(submission).map(|text| spilled(text.len(), SHORT_TEXT)).sum::<usize>();
    let names = spilled(details.texts.len(), 2) * 40;
    let payee = details.payee.as_deref().map_or(0, |_| size_of::<Party>());
    let elsewhere = submission.payment_elsewhere.as_deref().map_or(0, size_of_val);
    texts + names + payee + bytes_of_url(submission) + elsewhere
}

/// The texts that a merchant chose, as long as it likes.
fn texts_of(submission: &Submission) -> impl Iterator<Item = &str> {
    let details = &submission.details;
    let named = details.texts.iter().map(|(_, text)| text);
    let parties = details.party.iter().chain(details.payee.as_deref()).map(|party| &party.id);
    details.external_id.iter().chain(named).chain(parties).map(|text| text.as_str())
}

fn bytes_of_url(submission: &Submission) -> usize {
    /// The parsed URL beside its text, with a host of the usual length.
    const PARSED: usize = 152;
    submission.callback_url.as_ref().map_or(0, |url| PARSED + url.as_str().len())
}

/// The bytes of a callback on its way: its URL, and its body with the texts as JSON writes them.
fn bytes_of_callback(submission: &Submission) -> usize {
    let written = |byte: u8| match byte {
        0..0x20 => 6,
        b'"' | b'\\' => 2,
        _ => 1,
    };
    let texts: usize = texts_of(submission).flat_map(str::bytes).map(written).sum();
    bytes_of_url(submission) + texts + CALLBACK_BESIDE_TEXTS
}

/// The bytes of an attempt. A body that a scenario writes out is that of its plan.
fn bytes_of_attempt(attempt: &Attempt, plan: &Plan) -> usize {
    let content = plan.callback.content(attempt.number.entry);
    let is_shared = content.is_some_and(|content| content.body.is_some());
    let body = if is_shared { 0 } else { attempt.body.len() };
    let headers: usize = attempt.headers.iter().map(|(_, value)| HEADER + value.len()).sum();
    let told = match &attempt.result {
        AttemptResult::Answered { redirect, .. } => redirect.as_ref().map_or(0, |to| to.len()),
        AttemptResult::Failed { detail, .. } => detail.len(),
    };
    size_of::<Attempt>() + attempt.url.as_str().len() + body + headers + told
}

/// What does not fit where it is: all of it, once it is longer than that.
fn spilled(length: usize, room: usize) -> usize {
    if length > room { length } else { 0 }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::model::api_user::ApiUser;
    use crate::model::callback_url::{CallbackUrl, ProviderCallbackHost};
    use crate::model::environment::SANDBOX;
    use crate::model::ids::{ApiUserId, ReferenceId};
    use crate::model::limits::Limits;

    use crate::model::submission::TransactionKind;
    use crate::model::time::Timestamp;

    use crate::platform::rules_in_force::Lasting;
    use crate::platform::transaction::Sent;
    use crate::platform::{Platform, Settings};
    use crate::scenario::planned_callback::Delivery;
    use crate::scenario::read_scenario::read_scenario;
    use crate::scenario::rule_book::{Defaults, RuleBook};
    use crate::scenario::seed::Seed;
    use crate::scenario::test_requests;

    fn platform() -> Platform {
        let api_user = ApiUser::new(
            ApiUserId(Uuid::nil()),
            ProviderCallbackHost::parse("localhost").expect("a host"),
            [],
        );
        let given = Defaults::settling_after(Duration::from_secs(1));
        let settings = Settings {
            rules: Arc::new(RuleBook::new(Vec::new(), given)),
            seed: Seed(1),
            environment: &SANDBOX,
            limits: Limits::DEFAULT,
        };
        Platform::new(api_user, settings, Timestamp(0))
    }

    #[test]
    fn what_has_gone_gives_its_places_back() {
        let mut platform = platform();
        for _ in 0..20_000 {
            platform.create_api_key();
        }
        assert!(platform.journal().capacity() >= 20_000);
        let (before, journal) = (platform.kept(), platform.journal().bytes());
        platform.make_room(journal / 10 * 9);
        assert!(platform.journal().capacity() <= 4_100, "{}", platform.journal().capacity());
        assert!(platform.journal().held() > 1_000);
        let freed = before.bytes - platform.kept().bytes;
        assert!(freed >= journal / 10 * 9, "{freed}");
    }

    fn submission(number: u128) -> Submission {
        Submission {
            reference_id: ReferenceId(Uuid::from_u128(number)),
            callback_url: Some(CallbackUrl::parse("http://shop.example/paid").expect("a URL")),
            ..test_requests::submission(TransactionKind::RequestToPay, "25677", "7", "5")
        }
    }

    /// The bytes of a payment under a scenario: once it is accepted, and once all its callbacks got
    /// this answer.
    fn bytes_before_and_after(scenario: &str, status: u16) -> [usize; 2] {
        let mut platform = platform();
        let scenario = read_scenario("a.toml", scenario).expect("a good scenario");
        let given = Defaults::settling_after(Duration::from_secs(1));
        let rules = Arc::new(RuleBook::new(vec![scenario], given));
        platform.put_own_rules(rules, Lasting::ForGood);
        let submission = submission(1);
        let id = submission.reference_id;
        platform.accept(submission).expect("accepted");
        let bytes = |platform: &Platform| platform.transaction(id).expect("it is kept").bytes();
        let before = bytes(&platform);
        let day = Duration::from_secs(24 * 60 * 60);
        let end = platform.now().after(10 * day);
        while platform.has_callbacks_waiting() {
            platform.advance_to_callback(end);
            for callback in platform.poll_callbacks() {
                let attempt = Attempt {
                    sent_at: platform.now(),
                    took: Duration::ZERO,
                    url: callback.url,
                    method: callback.method,
                    headers: Vec::new(),
                    body: callback.body,
                    result: AttemptResult::answered(status),
                    number: callback.number,
                    due_at: callback.due_at,
                };
                platform.finish_callback(platform.generation(), id, attempt);
            }
        }
        assert!(platform.transaction(id).expect("it is kept").is_done());
        [before, bytes(&platform)]
    }

    #[test]
    fn what_is_accepted_takes_no_more_room_once_its_callbacks_were_sent() {
        let text = "x".repeat(10_000);
        let several = format!(
            "[[rules]]\ncallback = [{{ times = 5 }}, {{ fate = \"lost\" }}, \
             {{ times = 90, body = {{ text = \"{text}\" }} }}]"
        );
        let retried = format!("delivery = \"retrying\"\n{several}");
        for scenario in ["", &several, &retried] {
            for status in [200, 503] {
                let [before, after] = bytes_before_and_after(scenario, status);
                assert!(after <= before, "{after} of {before}: {scenario:.40}, {status}");
            }
        }
        let [before, after] = bytes_before_and_after(&several, 200);
        assert!(before > 95 * 1024, "room for 95 callbacks: {before}");
        assert!(
            after > 10_000 && before < 200 * 1024,
            "their text is there once: {before} {after}"
        );
    }

    /// Most transactions have one callback or none, and are as small as if there were no others.
    #[test]
    fn a_plan_and_its_attempts_are_no_larger_for_several_callbacks() {
        assert_eq!(size_of::<PlannedCallback>(), size_of::<Delivery>());
        let (sent, attempt) = (size_of::<Sent>(), size_of::<Attempt>());
        assert!(sent <= 32 && attempt <= 120, "{sent} and {attempt} bytes");
    }

    #[test]
    fn an_empty_space_counts_as_much_as_it_takes() {
        assert!(size_of::<Platform>() + 1_000 < EMPTY_SPACE, "{}", size_of::<Platform>());
    }
}
