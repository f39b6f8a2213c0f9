//! Scenarios that are in force for a time, and come to an end by the emulator's clock.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::merchant::{Merchant, PAYER};

const TEN_MINUTES: &str = "2026-09-01T12:10:00.000Z";

async fn put(emulator: &Emulator, path: &str, name: &str) -> Value {
    let (status, answer) = emulator.command("PUT", path, json!({"shipped": [name]})).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn names(emulator: &Emulator, path: &str) -> Vec<String> {
    let in_force = emulator.control(path).await;
    let lines = in_force["scenarios"].as_array().expect("scenarios");
    lines.iter().map(|line| line["name"].as_str().expect("a name").to_owned()).collect()
}

/// The scenario that decides what is accepted now.
async fn decided_by(emulator: &Emulator, merchant: &Merchant) -> Value {
    let reference = merchant.submit(PAYER, None).await;
    emulator.record(&reference).await["plan"]["decided_by"]["rule"]["scenario"].clone()
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

#[tokio::test]
async fn what_was_in_force_before_comes_back_at_its_time() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    put(&emulator, "scenario", "expired").await;
    let answer = put(&emulator, "scenario?for=10m", "declined").await;
    assert_eq!(answer["until"], TEN_MINUTES);
    let in_force = emulator.control("scenario").await;
    assert_eq!((&in_force["temporary"], &in_force["until"]), (&json!(true), &json!(TEN_MINUTES)));
    emulator.advance(minutes(10) - Duration::from_millis(1));
    assert_eq!(decided_by(&emulator, &merchant).await, "declined");
    emulator.advance(Duration::from_millis(1));
    assert_eq!(decided_by(&emulator, &merchant).await, "expired");
    let in_force = emulator.control("scenario").await;
    assert_eq!((&in_force["temporary"], &in_force["until"]), (&json!(false), &Value::Null));
    let later = Merchant::of(&emulator, "collection").await;
    assert_eq!(decided_by(&emulator, &later).await, "expired");
}

#[tokio::test]
async fn the_end_is_an_event_that_an_advance_passes() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    put(&emulator, "scenario?for=10m", "declined").await;
    let next = &emulator.control("clock").await["next"];
    let expected = json!({
        "at": TEN_MINUTES, "event": "rules_put", "api_user": null, "reference_id": null,
    });
    assert_eq!(next, &expected);
    let to_next = json!({"to_next_event": true});
    let (status, answer) = emulator.command("POST", "clock/advance", to_next).await;
    assert_eq!((status, &answer["now"]), (200, &json!(TEN_MINUTES)), "{answer}");
    let ended = json!({
        "at": TEN_MINUTES, "event": "rules_put",
        "api_user": merchant.api_user, "reference_id": null,
    });
    assert_eq!(answer["happened"], json!([ended]));
    assert!(names(&emulator, "scenario").await.is_empty());
    assert_eq!(emulator.control("clock").await["next"], Value::Null);
}

#[tokio::test]
async fn an_api_user_has_a_time_of_its_own_beside_that_of_all() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let other = Merchant::of(&emulator, "collection").await;
    let own = format!("spaces/{}/scenario", merchant.api_user);
    put(&emulator, &format!("{own}?for=5m"), "declined").await;
    put(&emulator, "scenario?for=10m", "expired").await;
    let in_force = emulator.control("scenario").await;
    let spaces = json!([{
        "api_user": merchant.api_user, "name": "declined", "temporary": true,
        "until": "2026-09-01T12:05:00.000Z",
    }]);
    assert_eq!(in_force["spaces"], spaces);
    assert_eq!(decided_by(&emulator, &merchant).await, "declined");
    assert_eq!(decided_by(&emulator, &other).await, "expired");
    emulator.advance(minutes(5));
    assert_eq!(decided_by(&emulator, &merchant).await, "expired");
    assert_eq!(emulator.control("scenario").await["spaces"], json!([]));
    assert_eq!(emulator.control(&own).await["until"], TEN_MINUTES);
    emulator.advance(minutes(5));
    assert_eq!(decided_by(&emulator, &merchant).await, Value::Null);
}

#[tokio::test]
async fn an_api_user_that_is_ahead_comes_to_the_end_before_the_others() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let other = Merchant::of(&emulator, "collection").await;
    put(&emulator, "scenario?for=10m", "declined").await;
    let advance = format!("spaces/{}/clock/advance", merchant.api_user);
    emulator.command("POST", &advance, json!({"by": "11m"})).await;
    let ahead = json!([{"api_user": merchant.api_user, "by_ms": 660_000}]);
    assert_eq!(emulator.control("clock").await["ahead"], ahead);
    assert_eq!(decided_by(&emulator, &merchant).await, Value::Null);
    assert_eq!(decided_by(&emulator, &other).await, "declined");
    emulator.advance(minutes(10));
    assert_eq!(decided_by(&emulator, &other).await, Value::Null);
}

#[tokio::test]
async fn a_scenario_for_good_ends_the_one_for_a_time() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    put(&emulator, "scenario?for=10m", "declined").await;
    put(&emulator, "scenario", "expired").await;
    assert_eq!(emulator.control("scenario").await["temporary"], false);
    emulator.advance(minutes(11));
    assert_eq!(decided_by(&emulator, &merchant).await, "expired");
    // Another for a time replaces it, and what comes back is the one for good.
    put(&emulator, "scenario?for=10m", "declined").await;
    put(&emulator, "scenario?for=1m", "insufficient-funds").await;
    emulator.advance(minutes(1));
    assert_eq!(names(&emulator, "scenario").await, ["expired"]);
}

#[tokio::test]
async fn a_restore_ends_it_and_a_reset_does_not() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    put(&emulator, "scenario?for=10m", "declined").await;
    emulator.command("POST", "reset", json!({})).await;
    assert_eq!(decided_by(&emulator, &merchant).await, "declined");
    emulator.advance(minutes(10));
    assert_eq!(decided_by(&emulator, &merchant).await, Value::Null);
    put(&emulator, "scenario?for=10m", "declined").await;
    let (status, answer) = emulator.command("DELETE", "scenario", json!({})).await;
    assert_eq!((status, &answer["scenarios"]), (200, &json!([])), "{answer}");
    assert_eq!(decided_by(&emulator, &merchant).await, Value::Null);
    assert_eq!(emulator.control("scenario").await["until"], Value::Null);
}

#[tokio::test]
async fn what_is_in_force_until_somebody_ends_it_ends_by_hand() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    put(&emulator, "scenario", "expired").await;
    let own = format!("spaces/{}/scenario", merchant.api_user);
    for path in ["scenario", own.as_str()] {
        put(&emulator, &format!("{path}?for=until_ended"), "declined").await;
        let in_force = emulator.control(path).await;
        assert_eq!((&in_force["temporary"], &in_force["until"]), (&json!(true), &Value::Null));
        emulator.advance(minutes(20));
        assert_eq!(decided_by(&emulator, &merchant).await, "declined");
        let end = format!("{path}?temporary=true");
        let (status, answer) = emulator.command("DELETE", &end, json!({})).await;
        assert_eq!((status, &answer["scenarios"][0]["name"]), (200, &json!("expired")), "{answer}");
        assert_eq!(decided_by(&emulator, &merchant).await, "expired");
        // Whoever comes second finds that it has ended, and ends nothing else.
        let (_, answer) = emulator.command("DELETE", &end, json!({})).await;
        assert_eq!(answer["scenarios"][0]["name"], "expired");
    }
}

#[tokio::test]
async fn a_time_that_is_none_is_refused_and_changes_nothing() {
    let emulator = Emulator::start().await;
    for (query, part) in [
        ("for=soon", "`until_ended`"),
        ("for=0m", "0 would end at once"),
        ("for", "write"),
        ("until=10m", "known here: `for`"),
        ("for=1m&for=2m", "twice"),
    ] {
        let body = json!({"shipped": ["declined"]});
        let path = format!("scenario?{query}");
        let (status, answer) = emulator.command("PUT", &path, body).await;
        assert_eq!(status, 400, "{query}: {answer}");
        assert!(answer["error"].as_str().expect("a message").contains(part), "{answer}");
    }
    let (status, answer) = emulator.command("DELETE", "scenario?temporary=no", json!({})).await;
    assert_eq!(status, 400, "{answer}");
    assert!(names(&emulator, "scenario").await.is_empty());
}

#[tokio::test]
async fn the_scenarios_that_ship_say_what_they_do_and_what_goes_wrong() {
    let emulator = Emulator::start().await;
    let shipped = emulator.control("scenarios").await;
    let find = |name: &str| {
        let all = shipped["scenarios"].as_array().expect("scenarios");
        all.iter().find(|one| one["name"] == name).expect("it ships").clone()
    };
    let missed = find("missed-callback");
    assert_eq!(missed["kind"], "callback");
    let description = missed["description"].as_str().expect("a description");
    assert!(description.starts_with("Every callback is lost"), "{description}");
    assert_eq!(find("happy")["kind"], Value::Null);
}
