//! Queries that tell another status than the transaction's, and steps that last a time: over
//! sockets, in the journal, and in the audit, which holds no merchant to what a scenario made up.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::listener::CallbackListener;
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};
use reqwest::Method;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

async fn with_merchant(text: &'static str) -> (Emulator, Merchant) {
    let emulator = Emulator::with_scenario(text).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    (emulator, merchant)
}

/// The statuses that the answers to queries told, as the journal has them.
fn told(record: &Value) -> Vec<&str> {
    let journal = record["journal"].as_array().expect("a journal");
    journal.iter().filter_map(|entry| entry["request"]["told"].as_str()).collect()
}

async fn statuses(merchant: &Merchant, reference: &str, count: usize) -> Vec<String> {
    let mut told = Vec::new();
    for _ in 0..count {
        let status = merchant.status(reference).await;
        told.push(status["status"].as_str().expect("a status").to_owned());
    }
    told
}

#[tokio::test]
async fn a_query_tells_another_status_with_its_whole_body_and_then_the_truth() {
    let (emulator, merchant) = with_merchant(
        r#"
        [[rules]]
        then = { status = "SUCCESSFUL", after = "1s" }
        query = [{ status = "FAILED", reason = "EXPIRED" }, { times = 2, status = "SUCCESSFUL" }]
        "#,
    )
    .await;
    let reference = merchant.submit(PAYER, None).await;
    let first = merchant.status(&reference).await;
    assert_eq!((&first["status"], &first["reason"]), (&json!("FAILED"), &json!("EXPIRED")));
    assert_eq!(first["amount"], "5", "the whole body: {first}");
    let second = merchant.status(&reference).await;
    assert_eq!(second["status"], "SUCCESSFUL");
    let id = second["financialTransactionId"].as_str().expect("an id").to_owned();
    emulator.advance(SECOND);
    assert_eq!(merchant.status(&reference).await, second);
    let truth = merchant.status(&reference).await;
    assert_eq!(truth["financialTransactionId"], id, "the same as the real one");
    let record = emulator.record(&reference).await;
    assert_eq!(told(&record), ["FAILED", "SUCCESSFUL", "SUCCESSFUL", "SUCCESSFUL"]);
    assert_eq!(record["status_reads"], 4);
    assert_eq!(record["history"].as_array().map(Vec::len), Some(2), "its own status did not move");
}

#[tokio::test]
async fn what_was_told_is_what_a_test_waits_for() {
    let (emulator, merchant) = with_merchant(
        r#"
        [[rules]]
        query = [{ status = "FAILED", reason = "EXPIRED" }]
        "#,
    )
    .await;
    let reference = merchant.submit(PAYER, None).await;
    emulator.settle();
    let path = format!("spaces/{}/wait", merchant.api_user);
    let wait = async |told: &str| {
        let wait = json!({"reference_id": reference, "told": told, "timeout": "0s"});
        let (status, answer) = emulator.command("POST", &path, wait).await;
        assert_eq!(status, 200, "{answer}");
        (answer["met"] == true, answer["error"].to_string())
    };
    let (is_met, error) = wait("FAILED").await;
    assert!(!is_met && !error.contains("no longer"), "it may come: {error}");
    assert!(wait("PENDING").await.1.contains("no longer"), "it cannot come");
    assert_eq!(merchant.status(&reference).await["status"], "FAILED");
    assert!(wait("FAILED").await.0);
    assert!(!wait("SUCCESSFUL").await.0, "nobody was told so yet");
    assert_eq!(emulator.record(&reference).await["status"], "SUCCESSFUL");
}

#[tokio::test]
async fn a_step_that_lasts_is_for_all_queries_until_then_and_the_next_begins_where_it_ends() {
    let (emulator, merchant) = with_merchant(
        r#"
        [[rules]]
        then = { status = "SUCCESSFUL", after = "200ms" }
        query = [
            { lasts = "30s", status = "PENDING" },
            { lasts = "1m", status = "FAILED", reason = "EXPIRED" },
            { times = 2, answer = { status = 503, code = "SERVICE_UNAVAILABLE" } },
        ]
        "#,
    )
    .await;
    let reference = merchant.submit(PAYER, None).await;
    assert_eq!(statuses(&merchant, &reference, 3).await, ["PENDING"; 3]);
    emulator.advance(30 * SECOND - Duration::from_millis(1));
    assert_eq!(statuses(&merchant, &reference, 2).await, ["PENDING"; 2]);
    emulator.advance(Duration::from_millis(1));
    assert_eq!(statuses(&merchant, &reference, 2).await, ["FAILED"; 2]);
    emulator.advance(MINUTE - Duration::from_millis(1));
    assert_eq!(statuses(&merchant, &reference, 1).await, ["FAILED"]);
    emulator.advance(Duration::from_millis(1));
    let path = format!("/v1_0/requesttopay/{reference}");
    for _ in 0..2 {
        assert_eq!(outcome(merchant.call(Method::GET, &path)).await.0, 503);
    }
    assert_eq!(statuses(&merchant, &reference, 2).await, ["SUCCESSFUL"; 2]);
}

#[tokio::test]
async fn a_status_that_is_told_goes_with_headers_of_the_answer() {
    let (emulator, merchant) = with_merchant(
        r#"
        [[rules]]
        query = [{ status = "FAILED", reason = "EXPIRED", answer = { headers = { X-One = "1" } } }]
        "#,
    )
    .await;
    let reference = merchant.submit(PAYER, None).await;
    let path = format!("/v1_0/requesttopay/{reference}");
    let answer = merchant.call(Method::GET, &path).send().await.expect("an answer");
    assert_eq!(answer.headers()["x-one"], "1");
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!((&body["status"], &body["reason"]), (&json!("FAILED"), &json!("EXPIRED")));
    assert_eq!(told(&emulator.record(&reference).await), ["FAILED"]);
}

#[tokio::test]
async fn nobody_who_asks_too_late_meets_a_step_that_is_over() {
    let (emulator, merchant) = with_merchant(
        r#"
        [[rules]]
        query = [{ lasts = "30s", connection = "reset" }, { status = "PENDING" }]
        "#,
    )
    .await;
    let reference = merchant.submit(PAYER, None).await;
    emulator.advance(MINUTE);
    assert_eq!(statuses(&merchant, &reference, 2).await, ["PENDING", "SUCCESSFUL"]);
}

#[tokio::test]
async fn what_makes_no_sense_in_a_step_is_refused_with_its_remedy() {
    let emulator = Emulator::start().await;
    let answer = json!({"status": 500});
    for (step, message, remedy) in [
        (json!({"status": "FAILED"}), "needs a reason", "add for instance"),
        (json!({"status": "PENDING", "reason": "EXPIRED"}), "only a FAILED", "leave `reason` out"),
        (json!({"status": "PENDING", "answer": answer}), "tells no `status`", "step of its own"),
        (
            json!({"status": "PENDING", "connection": "hang"}),
            "tells no `status`",
            "step of its own",
        ),
        (
            json!({"status": "PENDING", "times": 2, "lasts": "5s"}),
            "for so many GETs (`times`) or for a time (`lasts`)",
            "leave one of the two out",
        ),
        (json!({"lasts": "5s"}), "does nothing", "a `status`"),
        (json!({"status": "PENDING", "lasts": "soon"}), "is not a duration", "write a duration"),
    ] {
        let scenario = json!({"rules": [{"query": [step]}]});
        let (status, refusal) = emulator.command("PUT", "scenario", scenario).await;
        assert_eq!(status, 400, "{step}: {refusal}");
        let told = refusal.to_string();
        for part in [message, remedy] {
            assert!(told.contains(part), "no {part} for {step}: {told}");
        }
    }
}

fn verdict<'a>(report: &'a Value, name: &str) -> &'a Value {
    let rules = report["rules"].as_array().expect("rules");
    let rule = rules.iter().find(|rule| rule["name"] == name).expect(name);
    assert!(rule["failures"].as_array().is_none_or(Vec::is_empty), "{rule:#}");
    &rule["verdict"]
}

/// A merchant who believes each of these answers does nothing wrong.
#[tokio::test]
async fn the_audit_accuses_nobody_because_of_a_status_that_a_scenario_made_up() {
    let (emulator, merchant) = with_merchant(
        r#"
        [[rules]]
        when = { external_id = "given-up" }
        callback = { fate = "lost" }
        query = [{ lasts = "1h", status = "FAILED", reason = "EXPIRED" }]

        [[rules]]
        when = { external_id = "asked-on" }
        query = [{ times = 3, status = "FAILED", reason = "EXPIRED" }]

        [[rules]]
        when = { external_id = "late" }
        callback = { fate = "lost" }
        query = [{ lasts = "20m", status = "PENDING" }]

        [[rules]]
        when = { external_id = "again" }
        submit = { connection = "cut-off" }
        query = [{ lasts = "1h", status = "FAILED", reason = "EXPIRED" }]
        "#,
    )
    .await;
    let listener = CallbackListener::start().await;
    let pay = async |external_id: &str| {
        let reference = new_reference();
        let mut body = merchant.body("5", PAYER);
        body["externalId"] = json!(external_id);
        let payment = merchant.submission(merchant.path(), &reference, &body);
        let payment = payment.header("X-Callback-Url", &listener.url);
        // One of them is cut off.
        let _ = payment.send().await;
        reference
    };
    let given_up = pay("given-up").await;
    let asked_on = pay("asked-on").await;
    let late = pay("late").await;
    let again = pay("again").await;
    emulator.settle();
    emulator.record_once_callback(&asked_on, &["answered"]).await;
    merchant.status(&given_up).await;
    statuses(&merchant, &asked_on, 5).await;
    statuses(&merchant, &late, 2).await;
    assert_eq!(merchant.status(&again).await["status"], "FAILED");
    let second = pay("again").await;
    merchant.status(&second).await;
    emulator.advance(21 * MINUTE);
    merchant.status(&late).await;
    let report = emulator.control("report?within=10m").await;
    let words = report["headline"].as_str().expect("words");
    assert!(!words.contains("never found out") && !words.contains("twice"), "{words}");
    for rule in [
        "money-accounted-for",
        "polled-after-lost-callback",
        "polled-in-time",
        "stopped-at-final",
        "reused-reference",
        "confirmed-callbacks",
    ] {
        verdict(&report, rule);
    }
    let relied = report.to_string();
    assert!(relied.contains("a status that a scenario made up"), "{report:#}");
}

/// The same merchant is accused where the truth was told.
#[tokio::test]
async fn the_audit_accuses_whoever_is_told_the_truth() {
    let (emulator, merchant) = with_merchant(
        r#"
        [[rules]]
        callback = { fate = "lost" }
        query = [{ times = 3, status = "PENDING" }]
        "#,
    )
    .await;
    let listener = CallbackListener::start().await;
    let reference = merchant.submit(PAYER, Some(&listener.url)).await;
    // The made-up status is the real one still.
    statuses(&merchant, &reference, 3).await;
    emulator.settle();
    let report = emulator.control("report").await;
    let rules = report["rules"].as_array().expect("rules");
    let polled = rules.iter().find(|rule| rule["name"] == "polled-after-lost-callback");
    assert_eq!(polled.expect("the rule")["verdict"], "fail", "{report:#}");
}
