//! Bad days told in scenario files of a user's own: five that were asked for, and five that merchants
//! met and reported. Each is played over sockets with a manual clock; every sentence is checked.

use std::time::Duration;

use reqwest::Method;

use super::scenarios::Story;
use crate::support::merchant::{PAYER, new_reference, outcome};

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
