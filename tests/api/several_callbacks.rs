//! Several callbacks of one transaction, each as a rule asks for it, and callbacks that a rule
//! writes out: over sockets.

use std::collections::BTreeSet;
use std::time::Duration;

use momo_sandbox::{Product, Sandbox, Scenario};
use momo_sandbox_core::scenario::delivery::{ATTEMPTS_MAX, DeliveryPolicy};
use serde_json::{Value, json};

use crate::support::emulator::{Emulator, Options};
use crate::support::listener::{Behaviour, CallbackListener};
use crate::support::merchant::{Merchant, PAYER, body_of, new_reference, outcome};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// An emulator with a scenario, a merchant, and a payment that calls back to a listener.
async fn paid(text: &'static str) -> (Emulator, Merchant, CallbackListener, String) {
    let emulator = Emulator::with_scenario(text).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let listener = CallbackListener::start().await;
    let reference = merchant.submit(PAYER, Some(&listener.url)).await;
    (emulator, merchant, listener, reference)
}

/// Moves on to a moment, and makes sure that no callback came before it.
async fn silence_for(emulator: &Emulator, listener: &mut CallbackListener, time: Duration) {
    emulator.advance(time - Duration::from_millis(1));
    // Whoever enters the spaces finds done what is due, and what was handed out is answered.
    emulator.control("clock").await;
    assert!(emulator.spaces().in_flight().borrow().total() == 0);
    assert!(listener.arrived().is_empty());
    emulator.advance(Duration::from_millis(1));
}

/// How often the journal of a transaction has each of these events.
fn counts<const N: usize>(record: &Value, events: [&str; N]) -> [usize; N] {
    let journal = record["journal"].as_array().expect("a journal");
    events.map(|event| journal.iter().filter(|entry| entry["event"] == event).count())
}

#[tokio::test]
async fn each_of_several_comes_at_its_own_time_and_in_its_own_shape() {
    let (emulator, merchant, mut listener, reference) = paid(
        r#"
        [[rules]]
        then = { status = "SUCCESSFUL", after = "1s" }

        [[rules.callback]]
        delay = "2s"
        method = "PUT"

        [[rules.callback]]
        delay = "10m"
        status = "FAILED"
        reason = "EXPIRED"
        content_type = "text/plain"
        headers = { X-Try = "two", user-agent = "another one" }

        [[rules.callback]]
        delay = "20m"
        body = { text = "not a word of JSON" }
        "#,
    )
    .await;
    silence_for(&emulator, &mut listener, 3 * SECOND).await;
    let first = listener.next().await;
    let body: Value = serde_json::from_str(&first.body).expect("JSON");
    assert_eq!((&*first.method, &body["status"]), ("PUT", &json!("SUCCESSFUL")));
    assert_eq!(first.headers["content-type"], "application/json; charset=utf-8");
    let record = emulator.record_once_callback(&reference, &["answered"]).await;
    assert_eq!(record["callback_attempts"][0]["callback"], 1);

    silence_for(&emulator, &mut listener, 10 * MINUTE - 2 * SECOND).await;
    let second = listener.next().await;
    let body: Value = serde_json::from_str(&second.body).expect("JSON");
    assert_eq!((&body["status"], &body["reason"]), (&json!("FAILED"), &json!("EXPIRED")));
    let header = |name: &str| second.headers[name].to_str().expect("text").to_owned();
    assert_eq!((&*second.method, &*header("content-type")), ("POST", "text/plain"));
    assert_eq!((&*header("x-try"), &*header("user-agent")), ("two", "another one"));
    assert_eq!(header("content-length"), second.body.len().to_string());
    assert_eq!(second.headers.len(), 7, "{:?}", second.headers);
    emulator.record_once_callback(&reference, &["answered"]).await;

    silence_for(&emulator, &mut listener, 10 * MINUTE).await;
    let third = listener.next().await;
    assert_eq!(third.body, "not a word of JSON");
    assert_eq!(third.headers["content-length"], "18");
    let record = emulator.record_once_callback(&reference, &["answered"]).await;
    let attempts = record["callback_attempts"].as_array().expect("attempts");
    let numbers: Vec<&Value> = attempts.iter().map(|attempt| &attempt["callback"]).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(attempts[1]["headers"]["X-Try"], "two");
    assert_eq!(attempts[2]["body"], "not a word of JSON");
    assert_eq!(counts(&record, ["callback_sent", "callback_finished", "callback_lost"]), [3, 3, 0]);
    assert_eq!(merchant.status(&reference).await["status"], "SUCCESSFUL");
    silence_for(&emulator, &mut listener, 100 * MINUTE).await;
    assert!(listener.arrived().is_empty());
}

#[tokio::test]
async fn a_lost_one_of_several_is_in_the_journal_and_the_others_say_what_became_of_them() {
    let (emulator, _, mut listener, reference) = paid(
        r#"
        [[rules]]
        callback = [{ fate = "lost" }, { delay = "1m" }]
        "#,
    )
    .await;
    emulator.settle();
    let record = emulator.record(&reference).await;
    assert_eq!(record["callback"], "waiting", "{record:#}");
    assert_eq!(counts(&record, ["callback_sent", "callback_lost"]), [0, 1]);
    assert_eq!(emulator.spaces().held().pending, 0);
    emulator.each_space(|platform| assert_eq!(platform.open(), 1, "one is still to come"));
    emulator.advance(MINUTE);
    listener.next().await;
    let record = emulator.record_once_callback(&reference, &["answered"]).await;
    assert_eq!(counts(&record, ["callback_sent", "callback_lost"]), [1, 1]);
    emulator.each_space(|platform| assert_eq!(platform.open(), 0, "none is to come"));
}

#[tokio::test]
async fn a_list_of_lost_ones_is_lost_once() {
    let (emulator, _, mut listener, reference) = paid(
        r#"
        [[rules]]
        callback = [{ fate = "lost" }, { fate = "lost" }]
        "#,
    )
    .await;
    emulator.settle();
    let record = emulator.record(&reference).await;
    assert_eq!(
        (&record["callback"], &record["plan"]["callback"]["fate"]),
        (&json!("lost"), &json!("lost"))
    );
    assert_eq!(record["plan"]["callbacks"], Value::Null);
    assert_eq!(counts(&record, ["callback_sent", "callback_lost"]), [0, 1]);
    assert!(listener.arrived().is_empty());
}

#[tokio::test]
async fn one_of_several_may_come_before_the_final_status() {
    let (emulator, merchant, mut listener, reference) = paid(
        r#"
        [[rules]]
        then = { status = "FAILED", reason = "APPROVAL_REJECTED", after = "10s" }
        callback = [{ delay = "1s" }, { delay = "-4s", status = "SUCCESSFUL" }]
        "#,
    )
    .await;
    silence_for(&emulator, &mut listener, 6 * SECOND).await;
    let early = listener.next().await;
    assert!(early.body.contains(r#""status":"SUCCESSFUL""#), "{}", early.body);
    assert_eq!(merchant.status(&reference).await["status"], "PENDING");
    let record = emulator.record_once_callback(&reference, &["answered"]).await;
    assert_eq!(record["callback_attempts"][0]["callback"], 2);
    silence_for(&emulator, &mut listener, 5 * SECOND).await;
    let late = listener.next().await;
    assert!(late.body.contains(r#""reason":"APPROVAL_REJECTED""#), "{}", late.body);
}

#[tokio::test]
async fn a_written_body_goes_out_although_the_payment_stays_pending() {
    let (emulator, merchant, mut listener, reference) = paid(
        r#"
        [[rules]]
        then = { status = "PENDING" }
        callback = { delay = "3s", body = { text = '{"status":"SUCCESSFUL"}' } }
        "#,
    )
    .await;
    silence_for(&emulator, &mut listener, 3 * SECOND).await;
    assert_eq!(listener.next().await.body, r#"{"status":"SUCCESSFUL"}"#);
    assert_eq!(merchant.status(&reference).await["status"], "PENDING");
    let record = emulator.record_once_callback(&reference, &["answered"]).await;
    assert_eq!(counts(&record, ["callback_sent"]), [1]);
}

const DRAWN: &str = r#"
[[rules]]
callback = [
    { delay = { min = "10s", max = "50s" } },
    { delay = { min = "10s", max = "50s" } },
    { delay = { median = "2m", p99 = "10m" } },
]
"#;

#[tokio::test]
async fn delays_are_drawn_from_the_seed_and_the_reference_each_for_itself() {
    let emulator = Emulator::with_scenario(DRAWN).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::start().await;
    let reference = new_reference();
    let path = format!("spaces/{}/plan", merchant.api_user);
    let request = json!({
        "operation": "requesttopay",
        "reference_id": reference,
        "body": merchant.body("5", PAYER),
        "callback_url": listener.url,
    });
    let (status, plan) = emulator.command("POST", &path, request.clone()).await;
    assert_eq!(status, 200, "{plan}");
    let callbacks = plan["callbacks"].as_array().expect("callbacks");
    let delays: Vec<u64> =
        callbacks.iter().map(|one| one["delay_ms"].as_u64().expect("a delay")).collect();
    assert!(delays[..2].iter().all(|delay| (10_000..=50_000).contains(delay)), "{delays:?}");
    assert_ne!(delays[0], delays[1]);
    assert_eq!(plan["callback"]["delay_ms"], delays[0]);
    assert_eq!(emulator.command("POST", &path, request).await.1, plan);
    let url = &listener.url;
    let payment = merchant
        .submission(merchant.path(), &reference, &merchant.body("5", PAYER))
        .header("X-Callback-Url", url);
    assert_eq!(outcome(payment).await.0, 202);
    assert_eq!(emulator.record(&reference).await["plan"], plan);
    emulator.settle();
    let mut at = 0;
    for due in BTreeSet::from_iter(delays) {
        silence_for(&emulator, &mut listener, Duration::from_millis(due - at)).await;
        listener.next().await;
        emulator.record_once_callback(&reference, &["answered"]).await;
        at = due;
    }
}

#[tokio::test]
async fn a_policy_is_for_those_of_which_the_rule_does_not_say_how_often() {
    let text = r#"
    [[rules]]
    callback = [
        { body = "malformed" },
        { times = 2, every = "1h", method = "PUT" },
        { fate = "lost" },
    ]
    "#;
    let most = ATTEMPTS_MAX as usize;
    for (delivery, answer, posts) in [
        (DeliveryPolicy::Once, 503, 1),
        (DeliveryPolicy::Twice, 200, 2),
        (DeliveryPolicy::Retrying, 200, 1),
        (DeliveryPolicy::Retrying, 503, most),
    ] {
        let options = Options { delivery, scenarios: vec![text], ..Options::default() };
        let emulator = Emulator::with(options).await;
        let merchant = Merchant::of(&emulator, "collection").await;
        let mut listener = CallbackListener::that(Behaviour::Answer(answer)).await;
        let reference = merchant.submit(PAYER, Some(&listener.url)).await;
        let path = format!("spaces/{}/clock/advance", merchant.api_user);
        assert_eq!(emulator.command("POST", &path, json!({"by": "100h"})).await.0, 200);
        let arrived = listener.arrived();
        let of = |method: &str| arrived.iter().filter(|one| one.method == method).count();
        assert_eq!((of("POST"), of("PUT")), (posts, 2), "{delivery:?}, {answer}");
        emulator.each_space(|platform| {
            assert_eq!((platform.open(), platform.has_callbacks_waiting()), (0, false));
        });
        let record = emulator.record(&reference).await;
        assert_eq!(record["callback_attempts"].as_array().map(Vec::len), Some(posts + 2));
    }
}

#[tokio::test]
async fn the_plan_of_several_stands_beside_that_of_the_first_which_is_sent() {
    let (emulator, merchant, listener, reference) = paid(
        r#"
        [[rules]]
        when = { party = "46733123999" }
        callback = [
            { fate = "lost" },
            { delay = "5s", times = 2, every = "1m", body = "malformed", status = "SUCCESSFUL" },
            { body = { text = "x" }, headers = { X-One = "1" }, content_type = "text/plain" },
        ]
        "#,
    )
    .await;
    let plan = &emulator.record(&reference).await["plan"];
    let second = json!({
        "fate": "sent", "delay_ms": 5000, "method": "POST", "times": 2, "every_ms": 60_000,
        "status": "SUCCESSFUL",
    });
    assert_eq!(plan["callback"], second);
    let listed = |plan: &Value, more: Value| {
        let mut listed = plan.clone();
        listed.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
        listed
    };
    let lost = listed(&json!({"fate": "lost"}), json!({"body": null, "headers": {}}));
    let third = json!({
        "fate": "sent", "delay_ms": 0, "method": "POST", "times": 1, "every_ms": 1000,
        "status": null, "body": "text", "headers": {"Content-Type": "text/plain", "X-One": "1"},
    });
    let second = listed(&second, json!({"body": "malformed", "headers": {}}));
    assert_eq!(plan["callbacks"], json!([lost, second, third]));
    // Of one callback that MTN would send so, the plan is what it always was.
    let ordinary = merchant.submit("46733000000", Some(&listener.url)).await;
    emulator.settle();
    let record = emulator.record_once_callback(&ordinary, &["answered"]).await;
    let fields: Vec<&String> = record["plan"].as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["stages", "callback", "decided_by"]);
    assert!(record["callback_attempts"][0].get("callback").is_none(), "{record:#}");
}

#[tokio::test]
async fn a_body_may_be_a_file_beside_the_scenario() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("bodies")).expect("a folder");
    std::fs::write(folder.path().join("bodies/paid.xml"), "<paid/>\r\n").expect("written");
    let text = r#"
    [[rules]]
    [[rules.callback]]
    body = { file = "bodies/paid.xml" }
    content_type = "application/xml"
    "#;
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, text).expect("written");
    let momo = Sandbox::builder().scenario(Scenario::from_file(file)).start().await;
    let momo = momo.expect("an emulator");
    let mut listener = CallbackListener::start().await;
    let shop = momo.provision("127.0.0.1").await.expect("an API user");
    let payment = reqwest::Client::new()
        .post(format!("{}/collection/v1_0/requesttopay", momo.url()))
        .bearer_auth(shop.token(Product::Collection))
        .header("Ocp-Apim-Subscription-Key", shop.subscription_key(Product::Collection))
        .header("X-Target-Environment", "sandbox")
        .header("X-Reference-Id", new_reference())
        .header("X-Callback-Url", &listener.url)
        .json(&body_of("requesttopay", "5", PAYER, ""));
    assert_eq!(outcome(payment).await.0, 202);
    let callback = listener.next().await;
    assert_eq!(callback.body, "<paid/>\r\n");
    assert_eq!(callback.headers["content-type"], "application/xml");
}

#[tokio::test]
async fn what_makes_no_sense_in_a_callback_is_refused_with_its_place_and_remedy() {
    let emulator = Emulator::start().await;
    for (callback, place, message, remedy) in [
        (json!([]), "callback", "`callback` has no callback", "{ fate = \"lost\" }"),
        (json!("x"), "callback", "`callback` cannot be text", "or a list of them"),
        (
            json!([{"times": 600}, {"times": 401}]),
            "callback",
            "about 1001 callbacks",
            "at most 1000",
        ),
        (
            json!({"headers": {"Connection": "close"}}),
            "headers.Connection",
            "`Connection`",
            "leave it out",
        ),
        (
            json!({"headers": {"content-LENGTH": "1"}}),
            "headers.content-LENGTH",
            "`content-LENGTH`",
            "length of the body",
        ),
        (
            json!({"headers": {"Content-Type": "a/b"}}),
            "headers.Content-Type",
            "`Content-Type`",
            "`content_type`",
        ),
        (json!({"headers": {"X One": "1"}}), "headers", "`X One`", "letters, digits and hyphens"),
        (
            json!({"headers": {"X-A": "1", "x-a": "2"}}),
            "headers.x-a",
            "`x-a` is there twice",
            "leave one out",
        ),
        (
            json!({"headers": {"X-A": "1\r\nX-B: 2"}}),
            "headers.X-A",
            "is not printable ASCII",
            "no line breaks",
        ),
        (json!({"content_type": "é"}), "content_type", "is not printable ASCII", "no line breaks"),
        (
            json!({"body": {"text": "x"}, "status": "PENDING"}),
            "status",
            "has no `status`",
            "into the text",
        ),
        (json!({"body": {}}), "body", "has one field", "{ text ="),
        (json!({"body": {"text": "x", "file": "x"}}), "body", "has one field", "{ file ="),
        (json!({"body": {"file": "x"}}), "body", "has no folder", "--scenario FILE"),
        (json!({"body": {"file": "../x"}}), "body", "leads out of the folder", "or below"),
        (json!({"body": {"txt": "x"}}), "body.txt", "unknown field `txt`", "did you mean `text`"),
        (
            json!([{}, {"fate": "lost", "delay": "1s"}]),
            "callback[1].delay",
            "lost callback has no `delay`",
            "leave `delay` out",
        ),
        (json!({"delay": {"min": "5s", "max": "1s"}}), "delay", "above its `max`", "swap the two"),
    ] {
        let scenario = json!({"rules": [{"callback": callback}]});
        let (status, refusal) = emulator.command("PUT", "scenario", scenario).await;
        assert_eq!(status, 400, "{refusal}");
        let told = refusal.to_string();
        for part in [place, message, remedy] {
            let part = part.replace('"', "\\\"");
            assert!(told.contains(&part), "no {part} for {callback}: {told}");
        }
    }
}
