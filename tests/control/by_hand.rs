//! What somebody does to a transaction by hand: outcomes of the payer, another callback, the same
//! request again. The audit leaves manual callbacks and transactions out.

use momo_sandbox_core::model::reason::Reason;
use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::listener::{Behaviour, CallbackListener};
use crate::support::merchant::{Merchant, PAYER, body_of, new_reference};

const ENDLESS: &str = "[[rules]]\nthen = { status = \"PENDING\" }";

async fn post(emulator: &Emulator, reference: &str, act: &str, body: Value) -> (u16, Value) {
    emulator.command("POST", &format!("transactions/{reference}/{act}"), body).await
}

/// What happened to a transaction: each event, and whether it is marked as manual.
fn events(record: &Value) -> Vec<(&str, bool)> {
    let journal = record["journal"].as_array().expect("a journal").iter();
    let named = journal.map(|one| (one["event"].as_str().expect("a name"), one["manual"] == true));
    named.filter(|(event, _)| *event != "request").collect()
}

fn attempts(record: &Value) -> Vec<(bool, &Value)> {
    let attempts = record["callback_attempts"].as_array().expect("a list").iter();
    attempts.map(|one| (one["manual"] == true, &one["verdicts"])).collect()
}

#[tokio::test]
async fn a_payer_declines_for_any_reason_that_a_payer_can_give() {
    let emulator = Emulator::with_scenario(ENDLESS).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    for reason in Reason::AT_PAYER {
        let reference = merchant.submit(PAYER, None).await;
        let (status, record) =
            post(&emulator, &reference, "decline", json!({"reason": reason.code()})).await;
        assert_eq!((status, &record["status"]), (200, &json!("FAILED")), "{record:#}");
        assert_eq!(record["reason"], reason.code());
        assert_eq!(merchant.status(&reference).await["reason"], reason.code());
    }
    let reference = merchant.submit(PAYER, None).await;
    let refused = |body| post(&emulator, &reference, "decline", body);
    let (status, answer) = refused(json!({"reason": "APPROVAL_REJECTD"})).await;
    let error = answer["error"].as_str().expect("words");
    assert!(status == 400 && error.contains("`APPROVAL_REJECTED`"), "{error}");
    let (status, answer) = refused(json!({"reason": "PAYEE_NOT_FOUND"})).await;
    assert_eq!(status, 400, "no payer fails for the payee: {answer}");
    let (status, answer) =
        post(&emulator, &reference, "approve", json!({"reason": "EXPIRED"})).await;
    let error = answer["error"].as_str().expect("words");
    assert!(status == 400 && error.contains("`decline` takes one"), "{error}");
    let (status, record) = refused(json!({})).await;
    assert_eq!((status, &record["reason"]), (200, &json!("APPROVAL_REJECTED")));
    let (status, _) = refused(json!({"reason": "EXPIRED"})).await;
    assert_eq!(status, 409, "it is final");
}

#[tokio::test]
async fn a_callback_by_hand_goes_out_again_and_changes_no_verdict() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::start().await;
    let reference = merchant.submit(PAYER, Some(&listener.url)).await;
    let (status, answer) = post(&emulator, &reference, "callback", json!({})).await;
    let error = answer["error"].as_str().expect("words");
    assert!(status == 409 && error.contains("is PENDING"), "{error}");
    emulator.settle();
    let first = listener.next().await;
    let before = emulator.record_once_callback(&reference, &["answered"]).await;

    for times in 1..=2_usize {
        let (status, _) = post(&emulator, &reference, "callback", json!({})).await;
        assert_eq!(status, 200);
        let again = listener.next().await;
        assert_eq!((&again.method, &again.body), (&first.method, &first.body));
        let has_ended = |record: &Value| attempts(record).len() == times + 1;
        emulator.record_once(&reference, "ended", has_ended).await;
    }
    let after = emulator.record(&reference).await;
    let delivered = json!(["delivered"]);
    assert_eq!(
        attempts(&after),
        [(false, &delivered), (true, &delivered), (true, &delivered)],
        "none is a duplicate"
    );
    for member in ["status", "callback", "callback_verdict", "callback_answer", "manual"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    assert_eq!(after["callback_attempts"][0]["copy"], Value::Null);
    let expected = [
        ("accepted", false),
        ("status_reached", false),
        ("callback_sent", false),
        ("callback_finished", false),
        ("callback_sent", true),
        ("callback_finished", true),
        ("callback_sent", true),
        ("callback_finished", true),
    ];
    assert_eq!(events(&after), expected);
    assert_eq!(emulator.control("clock").await["held"], before["held"]);
}

#[tokio::test]
async fn one_callback_by_hand_is_on_its_way_at_a_time_and_needs_a_url() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::that(Behaviour::Silence).await;
    let reference = merchant.submit(PAYER, Some(&listener.url)).await;
    emulator.settle();
    listener.next().await;
    emulator.record_once_callback(&reference, &["failed"]).await;
    assert_eq!(post(&emulator, &reference, "callback", json!({})).await.0, 200);
    let (status, answer) = post(&emulator, &reference, "callback", json!({})).await;
    let error = answer["error"].as_str().expect("words");
    assert!(status == 409 && error.contains("still on its way"), "{error}");

    let without = merchant.submit(PAYER, None).await;
    emulator.settle();
    let (status, answer) = post(&emulator, &without, "callback", json!({})).await;
    let error = answer["error"].as_str().expect("words");
    assert!(status == 409 && error.contains("no callback URL"), "{error}");
    assert_eq!(post(&emulator, &new_reference(), "callback", json!({})).await.0, 404);
}

/// A merchant that was told nothing by MTN's callback is not saved by a click.
#[tokio::test]
async fn the_audit_leaves_a_callback_by_hand_out() {
    let emulator = Emulator::with_scenario("[[rules]]\ncallback = { fate = \"lost\" }").await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::start().await;
    let reference = merchant.submit(PAYER, Some(&listener.url)).await;
    emulator.settle();
    let report = async || {
        let mut report = emulator.control("report").await;
        // The machine's time, which goes on.
        report["run"]["made_at"].take();
        report
    };
    let before = report().await;
    assert_eq!(before["counts"]["missed_callbacks"], 1, "{before:#}");
    assert_eq!(before["verdict"], "fail");

    assert_eq!(post(&emulator, &reference, "callback", json!({})).await.0, 200);
    let body: Value = serde_json::from_str(&listener.next().await.body).expect("JSON");
    assert_eq!(body["status"], "SUCCESSFUL", "what is lost tells the status, by hand");
    let has_ended = |record: &Value| attempts(record).len() == 1;
    let record = emulator.record_once(&reference, "ended", has_ended).await;
    assert_eq!(
        (&record["callback"], &record["callback_verdict"]),
        (&json!("lost"), &json!("lost"))
    );
    assert_eq!(report().await, before);
}

#[tokio::test]
async fn a_replay_is_the_same_request_under_another_reference() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::start().await;
    let reference = merchant.submit(PAYER, Some(&listener.url)).await;
    emulator.settle();
    let first: Value = serde_json::from_str(&listener.next().await.body).expect("JSON");
    let original = emulator.record_once_callback(&reference, &["answered"]).await;
    let before = emulator.control("report").await;

    let (status, answer) = post(&emulator, &reference, "replay", json!({})).await;
    assert_eq!(status, 200, "{answer}");
    let again = answer["reference_id"].as_str().expect("an id").to_owned();
    assert_ne!(again, reference);
    assert_eq!((&answer["manual"], &original["manual"]), (&json!(true), &json!(false)));
    for member in ["api_user", "product", "operation", "amount", "party", "callback_url"] {
        assert_eq!(answer[member], original[member], "{member}");
    }
    assert_eq!(events(&answer), [("accepted", true)]);
    emulator.settle();
    let second: Value = serde_json::from_str(&listener.next().await.body).expect("JSON");
    assert_eq!(
        (&second["externalId"], &second["amount"]),
        (&first["externalId"], &first["amount"])
    );
    emulator.record_once_callback(&again, &["answered"]).await;
    assert_eq!(merchant.status(&again).await["status"], "SUCCESSFUL");

    let after = emulator.control("report").await;
    assert_eq!(after["counts"]["transactions"], 1);
    for member in ["verdict", "counts", "money", "rules"] {
        assert_eq!(after[member], before[member], "{member}");
    }

    let chosen = new_reference();
    let body = json!({"reference_id": chosen});
    let (status, answer) = post(&emulator, &reference, "replay", body.clone()).await;
    assert_eq!((status, &answer["reference_id"]), (200, &json!(chosen)));
    let pending = emulator.control("report").await;
    assert_eq!(pending["counts"]["pending"], 0, "{pending:#}");
    let (status, answer) = post(&emulator, &reference, "replay", body).await;
    assert_eq!(status, 409, "{answer}");
    assert_eq!(post(&emulator, &new_reference(), "replay", json!({})).await.0, 404);
}

#[tokio::test]
async fn a_replay_of_a_refund_gives_back_again_and_a_scenario_may_refuse_one() {
    let refuse = "[[rules]]\nwhen = { amount = { equals = \"7\" }, nth = 2 }\n\
                  submit = { answer = { status = 500 } }";
    let emulator = Emulator::with_scenario(refuse).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, None).await;
    emulator.settle();
    let payer = merchant.under("disbursement").await;
    let refund = payer.submit_to("/v1_0/refund", &body_of("refund", "1", PAYER, &payment)).await;
    let (status, answer) = post(&emulator, &refund, "replay", json!({})).await;
    assert_eq!((status, &answer["operation"]), (200, &json!("refund")), "{answer}");
    assert_eq!(answer["party"], emulator.record(&refund).await["party"]);

    let body = merchant.body("7", PAYER);
    let refused = merchant.submit_to("/v1_0/requesttopay", &body).await;
    let (status, answer) = post(&emulator, &refused, "replay", json!({})).await;
    let error = answer["error"].as_str().expect("words");
    assert!(status == 409 && error.contains("a scenario in force refuses"), "{error}");
}
