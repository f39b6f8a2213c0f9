//! Scenarios by the control plane: those that ship by name, and none that says nothing.

use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::merchant::{Merchant, PAYER, outcome};

async fn put(emulator: &Emulator, body: Value) -> (u16, Value) {
    emulator.command("PUT", "scenario", body).await
}

#[tokio::test]
async fn a_scenario_that_says_nothing_is_refused_and_changes_nothing() {
    let emulator = Emulator::start().await;
    put(&emulator, json!({"shipped": ["declined"]})).await;
    for body in [json!({}), json!({"name": "declined"}), json!({"rules": []})] {
        let (status, answer) = put(&emulator, body).await;
        assert_eq!(status, 400, "{answer}");
        let error = answer["error"].as_str().expect("a message");
        assert!(error.contains("says nothing"), "{error}");
    }
    let (_, answer) = put(&emulator, json!({"name": "expired"})).await;
    let error = answer["error"].as_str().expect("a message");
    assert!(error.contains(r#"{"shipped": ["expired"]}"#), "{error}");
    let toml = reqwest::Client::new()
        .put(format!("{}/_sandbox/scenario", emulator.url))
        .header("Content-Type", "application/toml");
    assert_eq!(outcome(toml.body("# nothing\n")).await.0, 400);
    let in_force = emulator.control("scenario").await;
    assert_eq!(in_force["scenarios"][0]["name"], "declined", "{in_force}");
}

#[tokio::test]
async fn shipped_scenarios_are_put_in_force_by_name_in_their_order() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let both = json!({"shipped": ["declined", "missed-callback"]});
    let (status, answer) = put(&emulator, both).await;
    let expected = json!({"name": "declined, missed-callback", "rules": 2, "warnings": []});
    assert_eq!((status, answer), (200, expected));
    let payment = merchant.submit(PAYER, None).await;
    let plan = &emulator.record(&payment).await["plan"];
    assert_eq!(plan["decided_by"]["rule"], json!({"scenario": "declined", "rule": 1}));
    let in_force = emulator.control("scenario").await;
    assert_eq!(in_force["scenarios"][1]["name"], "missed-callback");
}

#[tokio::test]
async fn a_shipped_scenario_that_another_hides_is_warned_about() {
    let emulator = Emulator::start().await;
    let (status, answer) =
        put(&emulator, json!({"shipped": ["missed-callback", "declined"]})).await;
    assert_eq!(status, 200, "{answer}");
    let warning = &answer["warnings"][0];
    let message = warning["message"].as_str().expect("a warning");
    let expected = "rule 1 of the scenario `declined` can never match: rule 1 of `missed-callback`";
    assert!(message.starts_with(expected), "{message}");
    assert!(warning["line"].as_u64() > Some(1), "it points at the rule: {warning}");
}

#[tokio::test]
async fn a_shipped_scenario_that_there_is_not_is_told_the_nearest() {
    let emulator = Emulator::start().await;
    for (body, part) in [
        (json!({"shipped": ["decline"]}), "did you mean `declined`?"),
        (json!({"shipped": []}), "must be a list of names"),
        (json!({"shipped": "declined"}), "must be a list of names"),
        (json!({"shipped": ["declined", "declined"]}), "there twice"),
        (json!({"shipped": ["declined"], "name": "mine"}), "unknown `name`"),
    ] {
        let (status, answer) = put(&emulator, body).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer["error"].as_str().expect("a message").contains(part), "{answer}");
    }
    assert_eq!(emulator.control("scenario").await["scenarios"], json!([]));
}
