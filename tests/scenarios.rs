//! The shipped scenarios, played.

use std::time::Duration;

use crate::support::emulator::Emulator;
use crate::support::listener::CallbackListener;
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

/// The status just before and at a time after a payment of this amount was accepted.
async fn played(
    scenario: &'static str,
    amount: &str,
    at: Duration,
    (before, then): (&str, &str),
) -> (Emulator, Merchant, CallbackListener, String) {
    let emulator = Emulator::with_scenario(scenario).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let listener = CallbackListener::start().await;
    let reference = new_reference();
    let request = merchant
        .submission(merchant.path(), &reference, &merchant.body(amount, PAYER))
        .header("X-Callback-Url", &listener.url);
    assert_eq!(outcome(request).await.0, 202);
    emulator.advance(at - Duration::from_millis(1));
    assert_eq!(merchant.status(&reference).await["status"], before);
    emulator.advance(Duration::from_millis(1));
    assert_eq!(merchant.status(&reference).await["status"], then);
    (emulator, merchant, listener, reference)
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn happy_succeeds_after_half_a_second_and_calls_back() {
    let scenario = include_str!("../scenarios/happy.toml");
    let statuses = ("PENDING", "SUCCESSFUL");
    let (_emulator, _, mut listener, _) = played(scenario, "5", SECOND / 2, statuses).await;
    listener.next().await;
}

#[tokio::test]
async fn missed_callback_succeeds_and_says_nothing() {
    let scenario = include_str!("../scenarios/missed-callback.toml");
    let statuses = ("PENDING", "SUCCESSFUL");
    let (emulator, _, mut listener, reference) = played(scenario, "5", SECOND / 5, statuses).await;
    emulator.record_once_callback(&reference, &["lost"]).await;
    emulator.advance(3600 * SECOND);
    emulator.control("health").await;
    assert!(listener.arrived().is_empty());
}

#[tokio::test]
async fn declined_fails_with_its_reason() {
    let scenario = include_str!("../scenarios/declined.toml");
    let statuses = ("PENDING", "FAILED");
    let (_emulator, merchant, mut listener, reference) =
        played(scenario, "5", 3 * SECOND, statuses).await;
    assert_eq!(merchant.status(&reference).await["reason"], "APPROVAL_REJECTED");
    assert!(listener.next().await.body.contains("APPROVAL_REJECTED"));
}

#[tokio::test]
async fn slow_approval_takes_longer_for_more_money() {
    let scenario = include_str!("../scenarios/slow-approval.toml");
    let statuses = ("PENDING", "SUCCESSFUL");
    played(scenario, "999.99", 60 * SECOND, statuses).await;
    played(scenario, "1000", 240 * SECOND, statuses).await;
}

#[tokio::test]
async fn never_resolves_stays_pending() {
    let scenario = include_str!("../scenarios/never-resolves.toml");
    let statuses = ("PENDING", "PENDING");
    played(scenario, "5", 3599 * SECOND, statuses).await;
}
