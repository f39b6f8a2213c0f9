//! A cutover that is planned by the control plane, with payments in flight at both platforms.

use std::time::Duration;

use momo_sandbox_core::model::mtn_platform::{MtnPlatform, PlayedPlatforms};
use reqwest::Method;
use serde_json::{Value, json};

use super::callback_sources::{HOST, both_calling_back};
use crate::support::emulator::{Emulator, Options};
use crate::support::listener::Behaviour;
use crate::support::merchant::{Merchant, new_reference, outcome, refusal};
use crate::support::two_platforms::{both_platforms, merchant_on, uganda};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Payers who answer after half an hour, two and three hours.
const SLOW_PAYERS: &str = r#"
    [[rules]]
    when = { party = "256770000001" }
    then = { status = "SUCCESSFUL", after = "30m" }
    [[rules]]
    when = { party = "256770000002" }
    then = { status = "SUCCESSFUL", after = "2h" }
    [[rules]]
    when = { party = "256770000003" }
    then = { status = "FAILED", reason = "EXPIRED", after = "3h" }
"#;

/// A payment of shillings with a callback URL.
fn payment(merchant: &Merchant, reference: &str, party: &str) -> reqwest::RequestBuilder {
    let mut body = merchant.body("5000", party);
    body["currency"] = json!("UGX");
    let url = format!("https://{HOST}/{reference}");
    merchant.submission(merchant.path(), reference, &body).header("X-Callback-Url", url)
}

async fn status(merchant: &Merchant, reference: &str) -> Value {
    merchant.status(reference).await["status"].clone()
}

async fn cutover(emulator: &Emulator, request: Value) -> Value {
    let (status, answer) = emulator.command("PUT", "cutover", request).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[tokio::test]
async fn payments_in_flight_end_at_the_legacy_platform_and_new_ones_go_to_the_new_one() {
    let options = Options { scenarios: vec![SLOW_PAYERS], ..both_platforms(HOST) };
    let (emulator, mut listener) = both_calling_back(Behaviour::Answer(200), options).await;
    let mut legacy = merchant_on(&emulator, MtnPlatform::Legacy).await;
    let planned = cutover(&emulator, json!({"at": "1h"})).await;
    let expected = json!({
        "now": "2026-09-01T12:00:00.000Z",
        "at": "2026-09-01T13:00:00.000Z",
        "gone_at": "2026-10-01T13:00:00.000Z",
        "phase": "open",
    });
    assert_eq!(planned, expected);
    let [before, after, failed] = [1, 2, 3].map(|_| new_reference());
    for (reference, party) in
        [(&before, "256770000001"), (&after, "256770000002"), (&failed, "256770000003")]
    {
        assert_eq!(outcome(payment(&legacy, reference, party)).await.0, 202);
    }
    emulator.advance(HOUR / 2);
    emulator.record_once_callback(&before, &["answered"]).await;
    assert_eq!(listener.next().await.path, format!("/{before}"));

    emulator.advance(HOUR / 2);
    assert_eq!(emulator.control("cutover").await["phase"], "statuses-only");
    legacy.renew_token().await;
    let refused = new_reference();
    let (code, body, why) = refusal(payment(&legacy, &refused, "256770000001")).await;
    assert_eq!((code, body.contains("SERVICE_UNAVAILABLE")), (503, true), "{body}");
    assert!(why.contains("takes no new payments"), "{why}");
    assert_eq!(status(&legacy, &before).await, "SUCCESSFUL");
    assert_eq!(status(&legacy, &after).await, "PENDING");

    let new = merchant_on(&emulator, MtnPlatform::New).await;
    assert_eq!(outcome(payment(&new, &refused, "256770000001")).await.0, 202, "it is free");
    emulator.advance(2 * HOUR);
    for (merchant, reference, ended) in [
        (&legacy, &after, "SUCCESSFUL"),
        (&legacy, &failed, "FAILED"),
        (&new, &refused, "SUCCESSFUL"),
    ] {
        // The tokens of before have ended.
        let merchant = merchant.under("collection").await;
        assert_eq!(status(&merchant, reference).await, ended);
        emulator.record_once_callback(reference, &["answered"]).await;
    }
    let mut called: Vec<String> = listener.arrived().into_iter().map(|one| one.path).collect();
    called.sort();
    let mut expected = [after, failed, refused.clone()].map(|one| format!("/{one}"));
    expected.sort();
    assert_eq!(called, expected);
    check_gone(&emulator, (&legacy, &before), (&new, &refused)).await;
}

/// A month after the cutover nothing is left of the legacy platform, and the new one goes on.
async fn check_gone(
    emulator: &Emulator,
    (legacy, paid_at_legacy): (&Merchant, &str),
    (new, paid_at_new): (&Merchant, &str),
) {
    emulator.advance(30 * DAY);
    assert_eq!(emulator.control("cutover").await["phase"], "gone");
    let path = format!("{}/{paid_at_legacy}", legacy.path());
    for request in [
        legacy.call(Method::GET, &path),
        legacy.call(Method::GET, "/v1_0/account/balance"),
        payment(legacy, &new_reference(), "256770000001"),
        legacy.token_request(),
    ] {
        let (code, page, why) = refusal(request).await;
        assert_eq!((code, page.contains("502 Bad Gateway")), (502, true), "{page}");
        assert!(why.contains("The legacy platform is gone"), "{why}");
    }
    let new = new.under("collection").await;
    assert_eq!(status(&new, paid_at_new).await, "SUCCESSFUL");
}

#[tokio::test]
async fn a_cutover_is_now_moved_or_taken_back() {
    let emulator = Emulator::with(both_platforms(HOST)).await;
    let legacy = merchant_on(&emulator, MtnPlatform::Legacy).await;
    let pay = async || {
        // A token lasts an hour, and a new one is always given.
        let legacy = legacy.under("collection").await;
        outcome(payment(&legacy, &new_reference(), "256770000001")).await.0
    };
    let none = emulator.control("cutover").await;
    assert_eq!((&none["at"], &none["phase"]), (&Value::Null, &json!("open")));
    let now = cutover(&emulator, json!({"at": "now", "legacy_ends_after": "1h"})).await;
    assert_eq!(
        (&now["phase"], &now["gone_at"]),
        (&json!("statuses-only"), &json!("2026-09-01T13:00:00.000Z"))
    );
    assert_eq!(pay().await, 503);
    cutover(&emulator, json!({"at": "2026-09-01T12:30:00Z"})).await;
    assert_eq!(pay().await, 202, "the cutover is later now");
    emulator.advance(HOUR);
    assert_eq!(pay().await, 503);
    assert_eq!(emulator.command("DELETE", "cutover", json!({})).await.1["phase"], "open");
    assert_eq!(pay().await, 202, "and there is none any more");
}

#[tokio::test]
async fn a_cutover_that_cannot_be_is_refused_in_words() {
    let emulator = Emulator::with(both_platforms(HOST)).await;
    for (request, part) in [
        (json!({"at": "tomorrow"}), "`tomorrow` is not a time; write \"now\""),
        (json!({"at": "1h", "legacy_ends_after": "a month"}), "is not a duration: `a month`"),
        (json!({}), "at"),
        (json!({"when": "1h"}), "when"),
    ] {
        let (status, answer) = emulator.command("PUT", "cutover", request.clone()).await;
        let error = answer["error"].as_str().expect("an error");
        assert_eq!((status, error.contains(part)), (400, true), "{request}: {error}");
    }
    let only = |platform| Some(PlayedPlatforms::Only(platform));
    for (platforms, part) in [
        (None, "--target-environment MARKET --platform both"),
        (only(MtnPlatform::New), "plays the new platform alone: start it with --platform both"),
        (only(MtnPlatform::Legacy), "plays the legacy platform alone"),
    ] {
        let options = Options { environment: uganda(), platforms, ..Options::default() };
        let emulator = Emulator::with(options).await;
        for method in ["GET", "PUT", "DELETE"] {
            let body = if method == "PUT" { json!({"at": "now"}) } else { json!({}) };
            let (status, answer) = emulator.command(method, "cutover", body).await;
            let error = answer["error"].as_str().expect("an error");
            assert_eq!((status, error.contains(part)), (409, true), "{method}: {error}");
        }
    }
}
