//! The stories that ship with the program, played: each ends as its file says.

use std::time::Duration;

use momo_sandbox::internals::scenarios::named;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::emulator::{Emulator, Options};
use crate::support::listener::{CallbackListener, Received};
use crate::support::merchant::{Merchant, PAYER, body_of, new_reference, outcome};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// An emulator with a shipped story, a merchant and its listener.
pub struct Story {
    pub emulator: Emulator,
    pub merchant: Merchant,
    pub listener: CallbackListener,
}

impl Story {
    pub async fn of(name: &str) -> Self {
        Self::with(named(name).expect(name).text).await
    }

    pub async fn with(text: &'static str) -> Self {
        let emulator = Emulator::with_scenario(text).await;
        let merchant = Merchant::of(&emulator, "collection").await;
        let listener = CallbackListener::start().await;
        Self { emulator, merchant, listener }
    }

    pub fn payment(&self, reference: &str, amount: &str) -> reqwest::RequestBuilder {
        self.merchant
            .submission(self.merchant.path(), reference, &self.merchant.body(amount, PAYER))
            .header("X-Callback-Url", format!("{}/paid", self.listener.url))
    }

    /// Pays with a callback URL; returns the reference.
    pub async fn pay(&self, amount: &str) -> String {
        let reference = new_reference();
        assert_eq!(outcome(self.payment(&reference, amount)).await, (202, String::new()));
        reference
    }

    pub async fn status(&self, reference: &str) -> String {
        let told = self.merchant.status(reference).await;
        told["status"].as_str().expect("a status").to_owned()
    }

    /// The status just before and at a time after now.
    pub async fn changes_at(&self, reference: &str, after: Duration, before: &str, then: &str) {
        self.emulator.advance(after - Duration::from_millis(1));
        assert_eq!(self.status(reference).await, before);
        self.emulator.advance(Duration::from_millis(1));
        assert_eq!(self.status(reference).await, then);
    }

    pub async fn next_callback(&mut self) -> (Received, Value) {
        let callback = self.listener.next().await;
        let body = serde_json::from_str(&callback.body).unwrap_or_default();
        (callback, body)
    }
}

#[tokio::test]
async fn happy_succeeds_after_half_a_second_and_calls_back() {
    let mut story = Story::of("happy").await;
    let payment = story.pay("5").await;
    story.changes_at(&payment, SECOND / 2, "PENDING", "SUCCESSFUL").await;
    assert_eq!(story.next_callback().await.1["status"], "SUCCESSFUL");
}

#[tokio::test]
async fn missed_callback_succeeds_and_says_nothing() {
    let mut story = Story::of("missed-callback").await;
    let payment = story.pay("5").await;
    story.changes_at(&payment, SECOND / 5, "PENDING", "SUCCESSFUL").await;
    story.emulator.record_once_callback(&payment, &["lost"]).await;
    story.emulator.advance(60 * MINUTE);
    story.emulator.control("health").await;
    assert!(story.listener.arrived().is_empty());
}

#[tokio::test]
async fn late_callback_comes_five_minutes_after_the_money() {
    let mut story = Story::of("late-callback").await;
    let payment = story.pay("5").await;
    story.changes_at(&payment, SECOND / 5, "PENDING", "SUCCESSFUL").await;
    story.emulator.advance(5 * MINUTE - Duration::from_millis(1));
    assert_eq!(story.emulator.record(&payment).await["callback"], "waiting");
    story.emulator.advance(Duration::from_millis(1));
    assert_eq!(story.next_callback().await.1["status"], "SUCCESSFUL");
}

#[tokio::test]
async fn early_callback_says_it_before_the_status_does() {
    let mut story = Story::of("early-callback").await;
    let payment = story.pay("5").await;
    story.emulator.advance(5 * SECOND);
    assert_eq!(story.next_callback().await.1["status"], "SUCCESSFUL");
    assert_eq!(story.status(&payment).await, "PENDING");
    story.changes_at(&payment, 5 * SECOND, "PENDING", "SUCCESSFUL").await;
    story.emulator.record_once_callback(&payment, &["answered"]).await;
    assert!(story.listener.arrived().is_empty(), "and does not say it again");
}

#[tokio::test]
async fn before_answer_calls_back_before_the_202() {
    let mut story = Story::of("before-answer").await;
    let reference = new_reference();
    let answering = tokio::spawn(story.payment(&reference, "5").send());
    story.emulator.record_once_callback(&reference, &["waiting"]).await;
    story.emulator.advance(SECOND);
    assert_eq!(story.next_callback().await.1["status"], "SUCCESSFUL");
    story.emulator.record_once_callback(&reference, &["answered"]).await;
    story.emulator.advance(2 * SECOND - Duration::from_millis(1));
    story.emulator.control("health").await;
    assert!(!answering.is_finished());
    story.emulator.advance(Duration::from_millis(1));
    assert_eq!(answering.await.expect("no panic").expect("an answer").status(), 202);
}

#[tokio::test]
async fn payout_reversed_says_failed_ten_minutes_after_it_said_successful() {
    let mut story = Story::of("payout-reversed").await;
    for product in ["disbursement", "remittance"] {
        let merchant = story.merchant.under(product).await;
        let payout = merchant.submit(PAYER, Some(&story.listener.url)).await;
        story.emulator.settle();
        assert_eq!(story.next_callback().await.1["status"], "SUCCESSFUL");
        story.emulator.record_once_callback(&payout, &["answered"]).await;
        story.emulator.advance(10 * MINUTE - Duration::from_millis(1));
        story.emulator.record(&payout).await;
        assert!(story.listener.arrived().is_empty());
        story.emulator.advance(Duration::from_millis(1));
        let said = story.next_callback().await.1;
        assert_eq!(
            (&said["status"], &said["reason"]),
            (&"FAILED".into(), &"INTERNAL_PROCESSING_ERROR".into())
        );
        assert_eq!(merchant.status(&payout).await["status"], "SUCCESSFUL");
    }
    story.pay("5").await;
    story.emulator.settle();
    story.next_callback().await;
    story.emulator.advance(20 * MINUTE);
    story.emulator.control("health").await;
    assert!(story.listener.arrived().is_empty(), "a payment has one");
}

#[tokio::test]
async fn status_backwards_says_failed_once_and_then_successful() {
    let story = Story::of("status-backwards").await;
    let payment = story.pay("5").await;
    story.emulator.settle();
    let told = story.merchant.status(&payment).await;
    assert_eq!(
        (&told["status"], &told["reason"]),
        (&"FAILED".into(), &"INTERNAL_PROCESSING_ERROR".into())
    );
    for _ in 0..3 {
        assert_eq!(story.status(&payment).await, "SUCCESSFUL");
    }
    assert_eq!(story.merchant.balance().await, "1005");
}

#[tokio::test]
async fn duplicate_callback_comes_twice_three_minutes_apart() {
    let mut story = Story::of("duplicate-callback").await;
    let payment = story.pay("5").await;
    story.emulator.settle();
    let first = story.next_callback().await.1;
    story.emulator.record_once_callback(&payment, &["answered"]).await;
    story.emulator.advance(3 * MINUTE - Duration::from_millis(1));
    story.emulator.record(&payment).await;
    assert!(story.listener.arrived().is_empty());
    story.emulator.advance(Duration::from_millis(1));
    assert_eq!(story.next_callback().await.1, first);
    let record = story.emulator.record_once_callback(&payment, &["answered"]).await;
    assert_eq!(record["callback_attempts"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn contradicting_callback_says_failed_of_what_succeeded() {
    let mut story = Story::of("contradicting-callback").await;
    let payment = story.pay("5").await;
    story.emulator.settle();
    let said = story.next_callback().await.1;
    assert_eq!(
        (&said["status"], &said["reason"]),
        (&"FAILED".into(), &"INTERNAL_PROCESSING_ERROR".into())
    );
    assert_eq!(story.status(&payment).await, "SUCCESSFUL");
    assert_eq!(story.merchant.balance().await, "1005");
}

#[tokio::test]
async fn forged_callback_says_successful_of_what_nobody_paid() {
    let mut story = Story::of("forged-callback").await;
    let payment = story.pay("5").await;
    story.emulator.advance(2 * SECOND);
    assert_eq!(story.next_callback().await.1["status"], "SUCCESSFUL");
    story.emulator.advance(50 * MINUTE);
    assert_eq!(story.status(&payment).await, "PENDING");
    assert_eq!(story.merchant.balance().await, "1000");
}

#[tokio::test]
async fn wrong_verb_calls_back_with_put() {
    let mut story = Story::of("wrong-verb").await;
    story.pay("5").await;
    story.emulator.settle();
    assert_eq!(story.next_callback().await.0.method, "PUT");
}

#[tokio::test]
async fn malformed_callback_is_no_json() {
    let mut story = Story::of("malformed-callback").await;
    story.pay("5").await;
    story.emulator.settle();
    let (callback, _) = story.next_callback().await;
    assert!(callback.body.starts_with('{'), "{}", callback.body);
    serde_json::from_str::<Value>(&callback.body).expect_err("half a body");
}

#[tokio::test]
async fn unknown_reference_is_about_nothing_that_was_asked_for() {
    let mut story = Story::of("unknown-reference").await;
    let payment = story.pay("5").await;
    story.emulator.settle();
    let said = story.next_callback().await.1;
    let told = story.merchant.status(&payment).await;
    assert_ne!(said["externalId"], told["externalId"]);
    assert_eq!(said["amount"], told["amount"]);
}

#[tokio::test]
async fn unknown_fields_are_added_to_what_the_status_says() {
    let mut story = Story::of("unknown-fields").await;
    let payment = story.pay("5").await;
    story.emulator.settle();
    let said = story.next_callback().await.1;
    let told = story.merchant.status(&payment).await;
    assert!(said["x-unknown"].is_object() && told["x-unknown"].is_null(), "{said}");
    assert_eq!(said["status"], told["status"]);
}

#[tokio::test]
async fn lying_500_has_created_the_payment_all_the_same() {
    let story = Story::of("lying-500").await;
    let reference = new_reference();
    let (status, body) = outcome(story.payment(&reference, "5")).await;
    assert_eq!(status, 500);
    assert!(body.contains("INTERNAL_PROCESSING_ERROR"), "{body}");
    let again = outcome(story.payment(&reference, "5")).await;
    assert_eq!(again.0, 409, "it is there: {}", again.1);
    story.changes_at(&reference, SECOND / 5, "PENDING", "SUCCESSFUL").await;
    story.pay("5").await;
}

#[tokio::test]
async fn lying_timeout_has_created_the_payment_all_the_same() {
    let story = Story::of("lying-timeout").await;
    let reference = new_reference();
    let hanging = tokio::spawn(story.payment(&reference, "5").send());
    // The event to wait for is the payment; the answer never comes.
    let record = story.emulator.record_once_callback(&reference, &["waiting"]).await;
    assert_eq!(record["status"], "PENDING");
    assert!(!hanging.is_finished());
    hanging.abort();
    story.changes_at(&reference, SECOND / 5, "PENDING", "SUCCESSFUL").await;
    story.pay("5").await;
}

#[tokio::test]
async fn duplicate_submit_meets_a_409_for_the_payment_that_is_there() {
    let story = Story::of("duplicate-submit").await;
    let reference = new_reference();
    let error = story.payment(&reference, "5").send().await.expect_err("a reset");
    assert!(error.is_request(), "{error:?}");
    assert_eq!(outcome(story.payment(&reference, "5")).await.0, 409);
    story.changes_at(&reference, SECOND / 5, "PENDING", "SUCCESSFUL").await;
    assert_eq!(story.merchant.balance().await, "1005", "once");
}

/// Codes that production was seen to give beyond MTN's schema, and one that nobody was: it goes out
/// as it stands, and what puts it in force is warned.
#[tokio::test]
async fn a_reason_may_be_any_code() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    for (code, warnings) in [("SENDER_ACCOUNT_NOT_ACTIVE", 0), ("SIM_SWAPPED_TODAY", 1)] {
        let rule = json!({"then": {"status": "FAILED", "reason": code}});
        let (status, put) = emulator.command("PUT", "scenario", json!({"rules": [rule]})).await;
        assert_eq!(status, 200, "{put}");
        assert_eq!(put["warnings"].as_array().map(Vec::len), Some(warnings), "{put}");
        let reference = merchant.submit(PAYER, None).await;
        emulator.settle();
        assert_eq!(merchant.status(&reference).await["reason"], code);
        assert_eq!(emulator.record(&reference).await["reason"], code);
    }
}

/// MTN's sandbox draws one of eight at each query; here eight successive ones meet each once.
#[tokio::test]
async fn random_balance_plays_the_eight_answers_of_the_sandbox() {
    let refused = |message: &str, code: &str| json!({"message": message, "code": code}).to_string();
    let balance =
        |available: &str| format!(r#"{{"availableBalance":"{available}","currency":"EUR"}}"#);
    let forbidden = "Access to target environment is forbidden.";
    let mut eight = [
        (200, balance("1000")),
        (200, balance("0")),
        (200, balance("-25")),
        (404, refused("Requested resource was not found.", "RESOURCE_NOT_FOUND")),
        (500, refused("Authorization failed. Insufficient permissions.", "NOT_ALLOWED")),
        (500, refused(forbidden, "NOT_ALLOWED_TARGET_ENVIRONMENT")),
        (500, refused("An internal error occurred while processing.", "INTERNAL_PROCESSING_ERROR")),
        (503, refused("Service temporarily unavailable, try again later.", "SERVICE_UNAVAILABLE")),
    ];
    eight.sort();
    let story = Story::of("random-balance").await;
    let ask = || outcome(story.merchant.call(Method::GET, "/v1_0/account/balance"));
    for _ in 0..3 {
        let mut told = Vec::new();
        for _ in 0..eight.len() {
            told.push(ask().await);
        }
        told.sort();
        assert_eq!(told, eight);
    }
    // A transaction has nothing to do with it.
    let payment = story.merchant.submit(PAYER, None).await;
    story.emulator.settle();
    assert_eq!(story.merchant.status(&payment).await["status"], "SUCCESSFUL");
    assert_eq!(story.emulator.record(&payment).await["near_misses"], json!([]));
}

#[tokio::test]
async fn declined_fails_with_its_reason() {
    let mut story = Story::of("declined").await;
    let payment = story.pay("5").await;
    story.changes_at(&payment, 3 * SECOND, "PENDING", "FAILED").await;
    assert_eq!(story.next_callback().await.1["reason"], "APPROVAL_REJECTED");
}

#[tokio::test]
async fn expired_fails_after_five_minutes() {
    let mut story = Story::of("expired").await;
    let payment = story.pay("5").await;
    story.changes_at(&payment, 5 * MINUTE, "PENDING", "FAILED").await;
    assert_eq!(story.next_callback().await.1["reason"], "EXPIRED");
}

#[tokio::test]
async fn insufficient_funds_is_of_the_payer_or_of_the_merchant() {
    let story = Story::of("insufficient-funds").await;
    let (large, small) = (story.pay("100").await, story.pay("99.99").await);
    let disbursement = story.merchant.under("disbursement").await;
    let transfer = body_of("transfer", "50.01", PAYER, "");
    let transfer = disbursement.submit_to("/v1_0/transfer", &transfer).await;
    story.emulator.settle();
    assert_eq!(story.merchant.status(&large).await["reason"], "NOT_ENOUGH_FUNDS");
    assert_eq!(story.status(&small).await, "SUCCESSFUL");
    assert_eq!(disbursement.status(&transfer).await["reason"], "NOT_ENOUGH_FUNDS");
}

#[tokio::test]
async fn slow_approval_takes_longer_for_more_money() {
    let story = Story::of("slow-approval").await;
    let (small, large) = (story.pay("999.99").await, story.pay("1000").await);
    story.changes_at(&small, MINUTE, "PENDING", "SUCCESSFUL").await;
    story.changes_at(&large, 3 * MINUTE, "PENDING", "SUCCESSFUL").await;
}

#[tokio::test]
async fn pending_for_ever_stays_pending() {
    let mut story = Story::of("pending-for-ever").await;
    let payment = story.pay("5").await;
    story.changes_at(&payment, 59 * MINUTE, "PENDING", "PENDING").await;
    assert!(story.listener.arrived().is_empty());
}

#[tokio::test]
async fn flaky_status_fails_three_times_and_then_tells_the_truth() {
    let story = Story::of("flaky-status").await;
    let payment = story.pay("5").await;
    story.emulator.settle();
    let path = format!("/v1_0/requesttopay/{payment}");
    let query = || story.merchant.call(Method::GET, &path);
    assert_eq!(outcome(query()).await.0, 500);
    let (status, body) = outcome(query()).await;
    assert_eq!(status, 503);
    assert!(body.contains("SERVICE_UNAVAILABLE"), "{body}");
    let cut = query().send().await.expect("a head").text().await;
    cut.expect_err("an answer that is cut off");
    assert_eq!(story.status(&payment).await, "SUCCESSFUL");
}

#[tokio::test]
async fn token_expires_midway_and_a_new_one_finds_the_payment() {
    let mut story = Story::of("token-expires-midway").await;
    let payment = story.pay("5").await;
    story.emulator.advance(2 * SECOND);
    let path = format!("/v1_0/requesttopay/{payment}");
    let expired = outcome(story.merchant.call(Method::GET, &path)).await;
    assert_eq!(expired, (401, String::new()));
    story.emulator.advance(8 * SECOND);
    story.merchant.renew_token().await;
    assert_eq!(story.status(&payment).await, "SUCCESSFUL");
}

#[tokio::test]
async fn slow_operator_answers_and_settles_late() {
    let story = Story::of("slow-operator").await;
    let reference = new_reference();
    let answering = tokio::spawn(story.payment(&reference, "5").send());
    story.emulator.record_once_callback(&reference, &["waiting"]).await;
    assert!(!answering.is_finished(), "the answer waits for the emulator's clock");
    story.emulator.advance(10 * MINUTE);
    let answer = answering.await.expect("no panic").expect("an answer");
    assert_eq!(answer.status(), 202);
    assert_eq!(story.status(&reference).await, "SUCCESSFUL");
    let plan = &story.emulator.record(&reference).await["plan"];
    assert!(plan["stages"][1]["after_ms"].as_u64().is_some_and(|after| after > 0), "{plan}");
}

#[tokio::test]
async fn rate_limited_says_when_to_ask_again() {
    let story = Story::of("rate-limited").await;
    let payment = story.pay("5").await;
    story.status(&payment).await;
    story.emulator.advance(SECOND);
    story.status(&payment).await;
    let path = format!("/v1_0/requesttopay/{payment}");
    let query = || outcome(story.merchant.call(Method::GET, &path));
    let message = "Rate limit is exceeded. Try again in 9 seconds.";
    assert_eq!(query().await, (429, format!(r#"{{ "statusCode": 429, "message": "{message}" }}"#)));
    story.emulator.advance(9 * SECOND);
    assert_eq!(query().await.0, 200);
}

#[tokio::test]
async fn maintenance_creates_nothing_and_ends_after_two_minutes() {
    let story = Story::of("maintenance").await;
    let reference = new_reference();
    let (status, body) = outcome(story.payment(&reference, "5")).await;
    assert_eq!(status, 503);
    assert!(body.contains("SERVICE_UNAVAILABLE"), "{body}");
    assert_eq!(story.emulator.control("transactions").await["transactions"], serde_json::json!([]));
    story.emulator.advance(2 * MINUTE);
    assert_eq!(outcome(story.payment(&reference, "5")).await.0, 202, "the same reference is free");
}

/// A fault of a chance is drawn from the reference: the same ones every time.
#[tokio::test]
async fn a_chance_comes_up_for_the_same_references_in_every_run() {
    const SCENARIO: &str = r#"
        [[rules]]
        when = { chance = 0.3 }
        submit = { answer = { status = 500 } }
    "#;
    let references: Vec<String> = (0..200).map(|_| new_reference()).collect();
    let mut runs = Vec::new();
    for _ in 0..2 {
        let scenarios = vec![SCENARIO];
        let emulator = Emulator::with(Options { scenarios, ..Options::default() }).await;
        let merchant = Merchant::of(&emulator, "collection").await;
        let body = merchant.body("5", PAYER);
        let mut statuses = Vec::new();
        for reference in &references {
            let request = merchant.submission(merchant.path(), reference, &body);
            statuses.push(outcome(request).await.0);
        }
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
    let failed = runs[0].iter().filter(|status| **status == 500).count();
    assert!((30..90).contains(&failed), "{failed} of 200");
}
