//! Bad days told in scenario files of a user's own: five that were asked for, and five that merchants
//! met and reported. Each is played over sockets with a manual clock; every sentence is checked.

use std::time::Duration;

use reqwest::Method;

use super::scenarios::Story;
use crate::support::listener::{Behaviour, CallbackListener};
use crate::support::merchant::{PAYER, body_of, new_reference, outcome};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The story of a file beside this one.
macro_rules! story {
    ($name:literal) => {
        Story::with(include_str!(concat!($name, ".toml"))).await
    };
}

#[tokio::test]
async fn numbers_25677_decline_when_the_amount_is_over_500_000() {
    let story = story!("large-amounts-decline");
    let pay = async |party: &str, amount: &str| {
        let body = story.merchant.body(amount, party);
        story.merchant.submit_to("/v1_0/requesttopay", &body).await
    };
    let large = pay("256770000001", "500000.01").await;
    let just = pay("256770000001", "500000").await;
    let other = pay("256780000001", "900000").await;
    story.changes_at(&large, 2 * SECOND, "PENDING", "FAILED").await;
    assert_eq!(story.merchant.status(&large).await["reason"], "APPROVAL_REJECTED");
    assert_eq!(story.status(&just).await, "SUCCESSFUL");
    assert_eq!(story.status(&other).await, "SUCCESSFUL");
}

#[tokio::test]
async fn the_third_payment_of_each_day_meets_a_500_and_the_money_is_taken() {
    let mut story = story!("third-payment-of-each-day");
    // The clock starts at noon: the first day has half of its hours left.
    for day in 0..3 {
        let before: u32 = story.merchant.balance().await.parse().expect("a number");
        for payment in 1..=4 {
            let reference = new_reference();
            let (status, body) = outcome(story.payment(&reference, "5")).await;
            let expected = if payment == 3 { 500 } else { 202 };
            assert_eq!(status, expected, "day {day}, payment {payment}: {body}");
            story.emulator.settle();
            assert_eq!(story.status(&reference).await, "SUCCESSFUL", "day {day}, {payment}");
            let record = story.emulator.record(&reference).await;
            let occurrence = record["plan"]["decided_by"]["occurrence"].as_u64();
            assert_eq!(occurrence, (payment == 3).then_some(3), "{record}");
        }
        let after: u32 = story.merchant.balance().await.parse().expect("a number");
        assert_eq!(after, before + 20, "the operator took all four");
        story.emulator.advance(if day == 0 { 12 * HOUR } else { 24 * HOUR });
        story.merchant.renew_token().await;
    }
}

#[tokio::test]
async fn pending_for_90_seconds_then_expired_although_the_callback_said_successful() {
    let mut story = story!("expired-against-its-callback");
    let payment = story.pay("5").await;
    story.changes_at(&payment, 60 * SECOND, "PENDING", "PENDING").await;
    assert_eq!(story.next_callback().await.1["status"], "SUCCESSFUL");
    story.changes_at(&payment, 30 * SECOND, "PENDING", "FAILED").await;
    assert_eq!(story.merchant.status(&payment).await["reason"], "EXPIRED");
    story.emulator.record_once_callback(&payment, &["answered"]).await;
    assert!(story.listener.arrived().is_empty(), "nobody takes it back");
    assert_eq!(story.merchant.balance().await, "1000", "and nothing was paid");
}

#[tokio::test]
async fn every_fourth_token_request_fails_and_the_balance_is_down_for_a_minute() {
    let story = story!("tokens-and-balance");
    let balance = || outcome(story.merchant.call(Method::GET, "/v1_0/account/balance"));
    assert_eq!(balance().await.0, 503);
    // The merchant has asked for a token once.
    for number in 2..=12 {
        let (status, body) = outcome(story.merchant.token_request()).await;
        assert_eq!(status, if number % 4 == 0 { 401 } else { 200 }, "{number}: {body}");
    }
    story.emulator.advance(MINUTE - Duration::from_millis(1));
    assert_eq!(balance().await.0, 503);
    story.pay("5").await;
    story.emulator.advance(Duration::from_millis(1));
    assert_eq!(balance().await.0, 200);
}

#[tokio::test]
async fn a_payer_with_an_unfinished_request_cannot_be_asked_a_second_time() {
    let story = story!("one-request-at-a-time");
    let first = story.merchant.submit(PAYER, None).await;
    let second = story.merchant.submit(PAYER, None).await;
    let other = story.merchant.submit("46733124001", None).await;
    story.changes_at(&second, SECOND, "PENDING", "FAILED").await;
    assert_eq!(story.merchant.status(&second).await["reason"], "INTERNAL_PROCESSING_ERROR");
    story.changes_at(&first, 59 * SECOND, "PENDING", "SUCCESSFUL").await;
    assert_eq!(story.status(&other).await, "SUCCESSFUL", "others can be asked");
    let third = story.merchant.submit(PAYER, None).await;
    story.changes_at(&third, MINUTE, "PENDING", "SUCCESSFUL").await;
}

#[tokio::test]
async fn payout_callbacks_come_twice_ten_minutes_apart_and_the_second_says_failed() {
    let mut story = story!("payout-callbacks-twice");
    let disbursement = story.merchant.under("disbursement").await;
    let url = format!("{}/paid", story.listener.url);
    let payout = disbursement.submit(PAYER, Some(&url)).await;
    story.emulator.settle();
    assert_eq!(story.next_callback().await.1["status"], "SUCCESSFUL");
    story.emulator.advance(10 * MINUTE - Duration::from_millis(1));
    story.emulator.record(&payout).await;
    assert!(story.listener.arrived().is_empty(), "the second comes after ten minutes");
    story.emulator.advance(Duration::from_millis(1));
    let (_, second) = story.next_callback().await;
    assert_eq!(
        (&second["status"], &second["reason"]),
        (&"FAILED".into(), &"INTERNAL_PROCESSING_ERROR".into(),)
    );
    assert_eq!(disbursement.status(&payout).await["status"], "SUCCESSFUL", "the truth");
    // A payment has one callback.
    let payment = story.pay("5").await;
    story.emulator.settle();
    story.next_callback().await;
    story.emulator.record_once_callback(&payment, &["answered"]).await;
    story.emulator.advance(20 * MINUTE);
    story.emulator.control("health").await;
    assert!(story.listener.arrived().is_empty());
}

#[tokio::test]
async fn tokens_fail_all_at_once_and_what_was_begun_goes_on() {
    let story = story!("no-tokens-all-at-once");
    let payment = story.pay("5").await;
    story.emulator.advance(10 * MINUTE - SECOND);
    assert_eq!(outcome(story.merchant.token_request()).await.0, 200);
    story.emulator.advance(SECOND);
    for product in ["collection", "disbursement", "remittance"] {
        let path = format!("/{product}/token/");
        let request = story.merchant.provisioning(Method::POST, &path).body("{}");
        let pair = (&story.merchant.api_user, &story.merchant.api_key);
        let (status, body) = outcome(request.basic_auth(pair.0, Some(pair.1))).await;
        assert_eq!((status, body.len()), (500, 111), "{body}");
        assert!(body.contains(r#""message": "Internal server error", "activityId": ""#), "{body}");
    }
    assert_eq!(story.status(&payment).await, "SUCCESSFUL", "the token that is there is good");
    story.emulator.advance(2 * HOUR);
    assert_eq!(outcome(story.merchant.token_request()).await.0, 200);
}

#[tokio::test]
async fn an_accepted_payment_is_not_found_for_a_while() {
    let story = story!("accepted-and-not-found");
    let payment = story.pay("5").await;
    let path = format!("/v1_0/requesttopay/{payment}");
    let ask = || outcome(story.merchant.call(Method::GET, &path));
    let missing = r#"{"message":"Requested resource was not found.","code":"RESOURCE_NOT_FOUND"}"#;
    for _ in 0..3 {
        assert_eq!(ask().await, (404, missing.to_owned()));
    }
    story.emulator.advance(20 * SECOND - Duration::from_millis(1));
    assert_eq!(ask().await, (404, missing.to_owned()));
    story.emulator.advance(Duration::from_millis(1));
    assert_eq!(story.status(&payment).await, "SUCCESSFUL");
}

#[tokio::test]
async fn numbers_can_be_verified_and_money_cannot_be_asked_for() {
    let story = story!("works-until-it-asks-for-money");
    let path = format!("/v1_0/accountholder/msisdn/{PAYER}/active");
    assert_eq!(story.merchant.get(&path).await["result"], true);
    let reference = new_reference();
    assert_eq!(outcome(story.payment(&reference, "5")).await, (400, String::new()));
    let transactions = story.emulator.control("transactions").await;
    assert_eq!(transactions["transactions"], serde_json::json!([]));
}

#[tokio::test]
async fn a_callback_with_fewer_fields_is_refused_and_does_not_come_again() {
    let mut story = story!("callback-without-what-was-promised");
    let mut strict = CallbackListener::that(Behaviour::Answer(400)).await;
    let disbursement = story.merchant.under("disbursement").await;
    let url = format!("{}/paid", strict.url);
    let body = body_of("transfer", "5", PAYER, "");
    let reference = new_reference();
    let request = disbursement.submission("/v1_0/transfer", &reference, &body);
    assert_eq!(outcome(request.header("X-Callback-Url", url)).await.0, 202);
    story.emulator.settle();
    let callback = strict.next().await;
    assert_eq!(callback.body, r#"{"externalId":"order-1","status":"SUCCESSFUL"}"#);
    story.emulator.record_once_callback(&reference, &["answered", "refused"]).await;
    story.emulator.advance(24 * HOUR);
    story.emulator.control("health").await;
    assert!(strict.arrived().is_empty(), "it is sent once");
    story.merchant.renew_token().await;
    let disbursement = story.merchant.under("disbursement").await;
    assert_eq!(disbursement.status(&reference).await["status"], "SUCCESSFUL");
}
