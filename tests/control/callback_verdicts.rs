//! The verdict on callbacks, as the control plane, the log and the audit show it.

use momo_sandbox::internals::control::openapi;
use momo_sandbox_core::platform::callback_verdict::CallbackVerdict;
use serde_json::{Value, json};

use crate::support::emulator::{Emulator, Options};
use crate::support::listener::{Behaviour, CallbackListener};
use crate::support::merchant::{Merchant, PAYER};

/// Parties, each with a callback of its own kind.
const KINDS: &str = r#"
[[rules]]
when = { party = "46700000001" }
callback = { status = "FAILED", reason = "EXPIRED" }

[[rules]]
when = { party = "46700000002" }
callback = { body = { text = '{"status":"SUCCESSFUL"}' } }

[[rules]]
when = { party = "46700000003" }
callback = { fate = "lost" }

[[rules]]
when = { party = "46700000004" }
callback = { times = 2, every = "1m" }

[[rules]]
when = { party = "46700000005" }
callback = { delay = "5m" }
"#;

#[tokio::test]
async fn every_place_says_the_same_of_a_callback_that_was_taken() {
    let emulator = Emulator::with_scenario(KINDS).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let listener = CallbackListener::start().await;
    let mut references = Vec::new();
    for party in 1..=5 {
        references.push(merchant.submit(&format!("4670000000{party}"), Some(&listener.url)).await);
    }
    references.push(merchant.submit(PAYER, Some(&listener.url)).await);
    references.push(merchant.submit(PAYER, None).await);
    let before = emulator.record(&references[0]).await;
    assert_eq!(before["callback_verdict"], Value::Null, "none has ended");
    // The advance of the control plane waits for the callbacks.
    let (status, _) = emulator.command("POST", "clock/advance", json!({"by": "10m"})).await;
    assert_eq!(status, 200);
    let expected = [
        json!("contradicts_status"),
        json!("forged"),
        json!("lost"),
        json!("duplicate"),
        json!("late"),
        json!("delivered"),
        Value::Null,
    ];
    for (reference, expected) in references.iter().zip(&expected) {
        let record = emulator.record(reference).await;
        assert_eq!(&record["callback_verdict"], expected, "{record:#}");
        let Some(word) = expected.as_str() else { continue };
        let listed = emulator.control(&format!("transactions?callback_verdict={word}")).await;
        assert_eq!(listed["total"], 1, "{word}");
        assert_eq!(listed["transactions"][0]["reference_id"], json!(reference), "{word}");
        let journal = record["journal"].as_array().expect("a journal");
        let last = journal.iter().rfind(|entry| entry.get("callback_verdict").is_some());
        let last = last.expect("an entry of the callback");
        assert_eq!(&last["callback_verdict"], expected, "{last:#}");
        assert_eq!(last["callback_verdicts"][0], *expected, "{last:#}");
        let path = format!("journal?callback_verdict={word}&reference_id={reference}");
        let found = emulator.control(&path).await;
        assert_eq!(found["entries"].as_array().map(Vec::len), Some(1), "{found:#}");
    }
    let listed = emulator.control("transactions?callback_verdict=*").await;
    assert_eq!(listed["total"], 6);

    let record = emulator.record(&references[3]).await;
    let attempts = record["callback_attempts"].as_array().expect("attempts");
    assert_eq!(attempts[0]["verdicts"], json!(["delivered"]));
    assert_eq!(attempts[0]["copy"], json!({"n": 1, "m": 2}));
    assert_eq!(attempts[1]["verdicts"], json!(["duplicate", "delivered"]));
    assert_eq!(attempts[1]["copy"], json!({"n": 2, "m": 2}));
}

#[tokio::test]
async fn the_status_body_stands_beside_the_body_of_the_callback() {
    let early = "[[rules]]\nthen = { status = \"SUCCESSFUL\", after = \"9s\" }\n\
                 callback = { delay = \"-5s\" }";
    let emulator = Emulator::with_scenario(early).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let listener = CallbackListener::start().await;
    let reference = merchant.submit(PAYER, Some(&listener.url)).await;
    emulator.command("POST", "clock/advance", json!({"by": "1m"})).await;
    let record = emulator.record(&reference).await;
    let attempt = &record["callback_attempts"][0];
    assert_eq!(attempt["verdicts"], json!(["early", "delivered"]), "{attempt:#}");
    assert_eq!(attempt["status_body"]["status"], "PENDING");
    assert_eq!(record["status_body"]["status"], "SUCCESSFUL");
    let body: Value = serde_json::from_str(attempt["body"].as_str().expect("text")).expect("JSON");
    assert_eq!(body["status"], "SUCCESSFUL");
}

#[tokio::test]
async fn failures_are_verdicts_in_the_list_the_metrics_and_the_audit() {
    let cases = [
        (Behaviour::Answer(500), "answered_5xx", "answered 5xx: 500"),
        (Behaviour::Answer(404), "answered_4xx", "answered 4xx: 404"),
        (Behaviour::Redirect, "redirected", "redirected: 302, a redirect to"),
        (Behaviour::Reset, "broken_off", "broken off: "),
    ];
    for (behaviour, word, told) in cases {
        let emulator = Emulator::with(Options::default()).await;
        let merchant = Merchant::of(&emulator, "collection").await;
        let listener = CallbackListener::that(behaviour).await;
        merchant.submit(PAYER, Some(&listener.url)).await;
        emulator.command("POST", "clock/advance", json!({"by": "1s"})).await;
        let listed = emulator.control("transactions").await;
        assert_eq!(listed["transactions"][0]["callback_verdict"], word);
        let metrics = reqwest::get(format!("{}/_sandbox/metrics", emulator.url)).await;
        let metrics = metrics.expect("an answer").text().await.expect("text");
        let line = format!("callback_verdicts_total{{verdict=\"{word}\"}} 1");
        assert!(metrics.contains(&line), "{word}: {metrics}");
        let report = emulator.control("report").await.to_string();
        assert!(report.contains(told), "{told}: {report}");
    }
}

#[test]
fn the_document_says_what_each_verdict_means() {
    let schema = &openapi::document()["components"]["schemas"]["CallbackVerdict"];
    let described = schema["description"].as_str().expect("a description");
    let page = include_str!("../../docs/control.md");
    for verdict in CallbackVerdict::ALL {
        let (name, sentence) = (verdict.name(), verdict.sentence());
        assert!(described.contains(&format!("- `{name}`: {sentence}")), "{name}: {described}");
        assert!(page.contains(&format!("| `{name}` | {sentence} |")), "{name} in docs/control.md");
    }
}
