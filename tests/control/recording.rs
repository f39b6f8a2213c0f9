//! Which requests and callbacks are recorded: what was refused or broken, all, or none.

use std::time::Duration;

use momo_sandbox::internals::engine::RecordMode;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::emulator::{Emulator, Options, PATIENCE};
use crate::support::listener::{Behaviour, CallbackListener};
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

/// A payment of 1 is answered with an error, of 2 not at all; of 3 has a callback that contradicts
/// the status, and of 4 one that comes twice.
const SCENARIO: &str = r#"
[[rules]]
when = { amount = { equals = "1" } }
submit = { answer = { status = 503, code = "SERVICE_UNAVAILABLE" } }

[[rules]]
when = { amount = { equals = "2" } }
submit = { connection = "reset" }

[[rules]]
when = { amount = { equals = "3" } }
callback = { status = "FAILED", reason = "EXPIRED" }

[[rules]]
when = { amount = { equals = "4" } }
callback = { times = 2, every = "1s" }
"#;

async fn recording(record: RecordMode) -> (Emulator, Merchant) {
    let options = Options { record, scenarios: vec![SCENARIO], ..Options::default() };
    let emulator = Emulator::with(options).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    (emulator, merchant)
}

/// A part of each request that is recorded, the oldest first.
async fn recorded(emulator: &Emulator, query: &str, part: &str) -> Vec<Value> {
    let list = emulator.control(&format!("requests?{query}")).await;
    let list = list["requests"].as_array().expect("requests");
    list.iter().rev().map(|one| one[part].clone()).collect()
}

async fn refuse(merchant: &Merchant) -> u16 {
    outcome(merchant.provisioning(Method::GET, "/collection/v1_0/account/balance")).await.0
}

#[tokio::test]
async fn without_a_word_what_was_refused_or_broken_is_recorded_and_nothing_else() {
    let (emulator, merchant) = recording(RecordMode::default()).await;
    merchant.submit(PAYER, None).await;
    assert_eq!(emulator.spaces().recorded().bytes(), 0);
    for amount in ["1", "2"] {
        let body = merchant.body(amount, PAYER);
        // The second one gets no answer.
        let _ = merchant.submission("/v1_0/requesttopay", &new_reference(), &body).send().await;
    }
    assert_eq!(refuse(&merchant).await, 401);
    assert_eq!(recorded(&emulator, "", "status").await, [503, 202, 401]);
    let broken = recorded(&emulator, "", "broken").await;
    assert_eq!(broken, [Value::Null, json!("reset"), Value::Null]);
    let one = &recorded(&emulator, "q=SERVICE_UNAVAILABLE", "number").await[0];
    let one = emulator.control(&format!("requests/{one}")).await;
    assert!(one["request"]["body"].as_str().expect("text").contains("\"amount\":\"1\""), "{one}");
}

/// Waits until so many callbacks are recorded: each is, right after its entry in the journal.
async fn callbacks_recorded(emulator: &Emulator, count: usize) {
    let all = async {
        while recorded(emulator, "kind=callback", "number").await.len() < count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("they are recorded");
}

#[tokio::test]
async fn callbacks_are_recorded_that_were_not_delivered_as_they_should_be() {
    let (emulator, merchant) = recording(RecordMode::default()).await;
    let mut listener = CallbackListener::start().await;
    let mut references = Vec::new();
    for amount in ["5", "3", "4"] {
        let (reference, body) = (new_reference(), merchant.body(amount, PAYER));
        let submission = merchant.submission("/v1_0/requesttopay", &reference, &body);
        let submission = submission.header("X-Callback-Url", &listener.url);
        assert_eq!(outcome(submission).await.0, 202);
        references.push(reference);
    }
    emulator.settle();
    for _ in 0..3 {
        listener.next().await;
    }
    emulator.advance(Duration::from_secs(1));
    listener.next().await;
    let query = "kind=callback";
    callbacks_recorded(&emulator, 2).await;
    for reference in &references {
        emulator.record_once_callback(reference, &["answered"]).await;
    }
    let of = recorded(&emulator, query, "reference_id").await;
    assert!(of.contains(&json!(references[1])) && of.contains(&json!(references[2])), "{of:?}");
    assert_eq!(of.len(), 2, "the delivered ones are not recorded, nor the first of the twins");
    let number = &recorded(&emulator, "kind=callback&q=EXPIRED", "number").await[0];
    let one = emulator.control(&format!("requests/{number}")).await;
    assert!(one["request"]["body"].as_str().expect("text").contains("FAILED"), "{one:#}");
    assert!(one["answer"]["line"].as_str().expect("a line").contains("200"), "{one:#}");
}

#[tokio::test]
async fn it_is_switched_while_the_emulator_runs() {
    let (emulator, merchant) = recording(RecordMode::default()).await;
    let switch = async |word: &str| {
        let (status, answer) =
            emulator.command("PUT", "recording", json!({ "record": word })).await;
        assert_eq!((status, &answer["record"]), (200, &json!(word)), "{answer}");
        answer
    };
    let put = async |body: Value| emulator.command("PUT", "recording", body).await;
    let state = emulator.control("recording").await;
    assert_eq!((&state["record"], &state["bytes"]), (&json!("refused"), &json!(0)));
    assert_eq!(refuse(&merchant).await, 401);
    switch("all").await;
    let reference = merchant.submit(PAYER, None).await;
    assert_eq!(recorded(&emulator, "", "status").await, [401, 202]);
    let list = emulator.control("requests").await;
    assert_eq!(list["recording"], "all");
    assert_eq!(list["requests"][0]["reference_id"], reference);

    let kept = switch("none").await;
    assert_eq!((&kept["held"], &kept["bytes_max"]), (&json!(2), &json!(1 << 24)), "{kept}");
    assert_eq!(refuse(&merchant).await, 401);
    assert_eq!(recorded(&emulator, "", "status").await, [401, 202], "what is kept stays");
    switch("refused").await;
    merchant.submit(PAYER, None).await;
    assert_eq!(refuse(&merchant).await, 401);
    assert_eq!(recorded(&emulator, "", "status").await, [401, 202, 401]);

    let (status, refused) = put(json!({"record": "everything"})).await;
    let why = refused["error"].as_str().expect("text");
    assert_eq!(status, 400, "{why}");
    for word in ["`everything`", "none", "refused", "all"] {
        assert!(why.contains(word), "{word} in {why}");
    }
    assert_eq!(put(json!({})).await.0, 400);
    assert_eq!(emulator.control("recording").await["record"], "refused");
}

#[tokio::test]
async fn a_request_that_is_not_recorded_is_told_with_how_to_have_it_recorded() {
    let (emulator, merchant) = recording(RecordMode::default()).await;
    merchant.submit(PAYER, None).await;
    let told = async || {
        let answer = reqwest::get(format!("{}/_sandbox/requests/2", emulator.url)).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), 404);
        answer.text().await.expect("text")
    };
    let why = told().await;
    assert!(why.contains("only refused requests are") && why.contains("recording"), "{why}");
    emulator.command("PUT", "recording", json!({"record": "none"})).await;
    let why = told().await;
    assert!(why.contains("nothing is recorded now: PUT /_sandbox/recording"), "{why}");
    emulator.command("PUT", "recording", json!({"record": "all"})).await;
    assert!(told().await.contains("--recorded-bytes-max bounds how many are kept"));
}

#[tokio::test]
async fn without_room_it_cannot_be_switched_on() {
    let mut options = Options::default();
    options.limits.recorded_bytes = 0;
    let emulator = Emulator::with(options).await;
    let put = async |word| emulator.command("PUT", "recording", json!({ "record": word })).await;
    let (status, answer) = put("all").await;
    assert_eq!(status, 409, "{answer}");
    assert!(answer.to_string().contains("--recorded-bytes-max is 0"), "{answer}");
    assert_eq!(emulator.control("recording").await["record"], "none");
    assert_eq!(put("none").await.0, 200);
}

/// The automatic callback was lost, so that the one by hand has the only attempt.
#[tokio::test]
async fn a_callback_that_is_sent_by_hand_and_answered_500_is_recorded() {
    let (emulator, merchant) = recording(RecordMode::default()).await;
    let lost = json!({"shipped": ["missed-callback"]});
    assert_eq!(emulator.command("PUT", "scenario", lost).await.0, 200);
    let mut listener = CallbackListener::that(Behaviour::Answer(500)).await;
    let reference = merchant.submit(PAYER, Some(&listener.url)).await;
    emulator.settle();
    let path = format!("transactions/{reference}/callback");
    assert_eq!(emulator.command("POST", &path, json!({})).await.0, 200);
    listener.next().await;
    callbacks_recorded(&emulator, 1).await;
    assert_eq!(recorded(&emulator, "kind=callback", "status").await, [500]);
}
