//! What a test does to the emulator from outside: time, scenarios, the payer's part, waiting,
//! verifying.

use momo_sandbox::internals::engine::Clock;
use momo_sandbox_core::model::limits::Limits;
use serde_json::{Value, json};

use crate::support::emulator::{Emulator, Options};
use crate::support::listener::{Behaviour, CallbackListener};
use crate::support::merchant::{Merchant, PAYER, body_of, new_reference, outcome};

/// A path about the merchant's own space.
fn of(merchant: &Merchant, path: &str) -> String {
    format!("spaces/{}/{path}", merchant.api_user)
}

async fn advance(emulator: &Emulator, merchant: &Merchant, by: &str) -> Value {
    let path = of(merchant, "clock/advance");
    let (status, answer) = emulator.command("POST", &path, json!({"by": by})).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

fn events(answer: &Value) -> Vec<&str> {
    let happened = answer["happened"].as_array().expect("a list");
    happened.iter().map(|entry| entry["event"].as_str().expect("a name")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn advancing_a_space_answers_once_its_callbacks_are_answered() {
    let emulator = Emulator::with(Options { clock: Clock::real(), ..Options::default() }).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let other = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::start().await;
    let slow = "[[rules]]\nthen = { after = \"5m\" }\ncallback = { delay = \"1m\" }";
    let put = emulator.command(
        "PUT",
        "scenario",
        json!({"rules": [
            {"then": {"after": "5m"}, "callback": {"delay": "1m"}},
        ]}),
    );
    let body = json!({"name": "put", "rules": 1, "warnings": []});
    assert_eq!(put.await, (200, body), "{slow}");
    let payment = merchant.submit(PAYER, Some(&listener.url)).await;
    let others = other.submit(PAYER, None).await;
    let before = emulator.control(&of(&merchant, "clock")).await;

    let answer = advance(&emulator, &merchant, "6m").await;
    assert_eq!(events(&answer), ["status_reached", "callback_sent", "callback_finished"]);
    assert_eq!(listener.arrived().len(), 1, "it has arrived before the answer has");
    assert_eq!(merchant.status(&payment).await["status"], "SUCCESSFUL");
    assert_eq!(other.status(&others).await["status"], "PENDING", "whose time is its own");
    assert_eq!(before["mode"], "real");
    let (then, now) = (before["now"].as_str(), answer["now"].as_str());
    assert!(now > then, "{then:?} {now:?}");

    let next = of(&other, "clock/advance");
    let (_, answer) = emulator.command("POST", &next, json!({"to_next_event": true})).await;
    assert_eq!(events(&answer), ["status_reached"]);
    assert_eq!(other.status(&others).await["status"], "SUCCESSFUL");
}

#[tokio::test(flavor = "multi_thread")]
async fn advancing_waits_for_a_listener_that_never_answers_and_goes_on() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let listener = CallbackListener::that(Behaviour::Silence).await;
    let payment = merchant.submit(PAYER, Some(&listener.url)).await;
    let (status, answer) = emulator.command("POST", "clock/advance", json!({"by": "1h"})).await;
    assert_eq!(status, 200);
    assert_eq!(events(&answer), ["status_reached", "callback_sent", "callback_finished"]);
    assert_eq!(emulator.record(&payment).await["callback"], "failed");
    assert_eq!(answer["now"], "2026-09-01T13:00:00.000Z");
}

#[tokio::test]
async fn a_token_ends_by_the_time_of_its_own_space() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let other = Merchant::of(&emulator, "collection").await;
    advance(&emulator, &merchant, "1h").await;
    let balance =
        |merchant: &Merchant| outcome(merchant.call(reqwest::Method::GET, "/v1_0/account/balance"));
    assert_eq!(balance(&merchant).await.0, 401);
    assert_eq!(balance(&other).await.0, 200);
}

#[tokio::test]
async fn a_scenario_is_put_in_force_for_a_space_and_taken_back() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let other = Merchant::of(&emulator, "collection").await;
    let path = of(&merchant, "scenario");
    let declined = json!({"name": "no", "opening_balance": "7", "rules": [
        {"then": {"status": "FAILED", "reason": "APPROVAL_REJECTED"}},
    ]});
    assert_eq!(emulator.command("PUT", &path, declined).await.0, 200);
    assert_eq!(merchant.balance().await, "7", "nothing had happened to the account");
    let in_flight = merchant.submit(PAYER, None).await;
    let others = other.submit(PAYER, None).await;
    let shown = emulator.control(&path).await;
    assert_eq!(shown["scenarios"][0]["name"], "no");
    let (status, answer) = emulator.command("DELETE", &path, json!({})).await;
    assert_eq!((status, &answer["scenarios"]), (200, &json!([])), "{answer}");
    let after = merchant.submit(PAYER, None).await;
    emulator.settle();
    assert_eq!(merchant.status(&in_flight).await["status"], "FAILED", "it keeps its plan");
    assert_eq!(merchant.status(&after).await["status"], "SUCCESSFUL");
    assert_eq!(other.status(&others).await["status"], "SUCCESSFUL");
}

#[tokio::test]
async fn a_broken_scenario_changes_nothing_and_is_told_where() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let path = format!("{}/_sandbox/{}", emulator.url, of(&merchant, "scenario"));
    let put = |media_type: &str, body: &str| {
        reqwest::Client::new()
            .put(&path)
            .header("Content-Type", media_type.to_owned())
            .body(body.to_owned())
    };
    let good = "[[rules]]\nwhen = { party = \"1\" }\ncallback = { fate = \"lost\" }\n";
    assert_eq!(outcome(put("application/toml", good)).await.0, 200);
    let broken = "[[rules]]\nthen = { statuss = \"FAILED\" }\n";
    let (status, body) = outcome(put("application/toml", broken)).await;
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(status, 400);
    let problem = &body["problems"][0];
    assert_eq!((&problem["line"], &problem["column"]), (&json!(2), &json!(10)));
    assert!(problem["help"].as_str().is_some_and(|help| help.contains("did you mean `status`?")));
    let (status, body) = outcome(put("application/json", r#"{"rules": [{"then": null}]}"#)).await;
    assert_eq!(status, 400, "{body}");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(body["problems"][0]["path"], "rules[0].then");
    assert_eq!(outcome(put("text/plain", good)).await.0, 415);
    let shown = emulator.control(&of(&merchant, "scenario")).await;
    assert_eq!(shown["scenarios"][0]["source"], good);
}

#[tokio::test]
async fn why_a_transaction_went_as_it_did_is_told_rule_by_rule() {
    let emulator = Emulator::with_scenario(
        r#"
        [[rules]]
        name = "large ones"
        when = { amount = { at_least = "100" } }
        then = { status = "PENDING" }
        [[rules]]
        name = "of Uganda"
        when = { party = "25677*" }
        then = { status = "FAILED", reason = "EXPIRED" }
        [[rules]]
        callback = { fate = "lost" }
        "#,
    )
    .await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit("256770000001", None).await;
    let record = emulator.record(&payment).await;
    assert_eq!(record["plan"]["decided_by"]["rule_name"], "of Uganda");
    let missed = json!([
        {"scenario": "test", "rule": 1, "name": "large ones", "missed": "amount"},
    ]);
    assert_eq!(record["near_misses"], missed);
}

#[tokio::test]
async fn the_payer_approves_declines_or_lets_it_expire() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let act = async |reference: &str, act: &str| {
        let path = of(&merchant, &format!("transactions/{reference}/{act}"));
        emulator.command("POST", &path, json!({})).await
    };
    for (word, status, reason) in [
        ("approve", "SUCCESSFUL", None),
        ("decline", "FAILED", Some("APPROVAL_REJECTED")),
        ("expire", "FAILED", Some("EXPIRED")),
    ] {
        let pending = merchant.submit("46733123453", None).await;
        let (code, shown) = act(&pending, word).await;
        assert_eq!((code, &shown["status"]), (200, &json!(status)));
        let told = merchant.status(&pending).await;
        assert_eq!(told["status"], status);
        assert_eq!(told.get("reason"), reason.map(Value::from).as_ref());
        assert_eq!(act(&pending, word).await.0, 409, "it is final");
    }
    assert_eq!(merchant.balance().await, "1005");
    assert_eq!(act(&new_reference(), "approve").await.0, 404);
    assert_eq!(act(&new_reference(), "bribe").await.0, 404);
    let disbursement = merchant.under("disbursement").await;
    let transfer = body_of("transfer", "5", "46733123453", "");
    let transfer = disbursement.submit_to("/v1_0/transfer", &transfer).await;
    assert_eq!(act(&transfer, "approve").await.0, 409, "nobody is asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_answers_as_soon_as_it_has_happened() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, None).await;
    let path = of(&merchant, "wait");
    let wait = json!({"reference_id": payment, "status": "SUCCESSFUL", "timeout": "1h"});
    let waiting = emulator.command("POST", &path, wait);
    let (waited, _) = tokio::join!(waiting, advance(&emulator, &merchant, "200ms"));
    assert_eq!((waited.0, &waited.1["met"]), (200, &json!(true)));
    assert_eq!(waited.1["transaction"]["status"], "SUCCESSFUL");

    let never = json!({"reference_id": payment, "status": "FAILED", "timeout": "10s"});
    let mut waiting = Box::pin(emulator.command("POST", &path, never));
    let waited = loop {
        // The wait may begin before or after an advance.
        tokio::select! {
            waited = &mut waiting => break waited,
            _ = advance(&emulator, &merchant, "10s") => {}
        }
    };
    assert_eq!(waited.1["met"], false, "the time is over on the space's own clock");
    let nothing = json!({"reference_id": payment});
    assert_eq!(emulator.command("POST", &path, nothing).await.0, 400);
}

#[tokio::test]
async fn verifying_counts_what_happened() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, None).await;
    emulator.settle();
    merchant.status(&payment).await;
    let path = of(&merchant, "verify");
    let verify = async |expect: Value| {
        let (status, answer) = emulator.command("POST", &path, json!({"expect": expect})).await;
        assert_eq!(status, 200, "{answer}");
        answer["verdict"].as_str().expect("a verdict").to_owned()
    };
    assert_eq!(
        verify(json!([
            {"event": "accepted", "reference_id": payment, "exactly": 1},
            {"event": "status_read", "at_least": 1},
            {"event": "callback_sent", "never": true},
        ]))
        .await,
        "pass"
    );
    assert_eq!(verify(json!([{"event": "accepted", "exactly": 2}])).await, "fail");
    let unclear = emulator.command("POST", &path, json!({"expect": [{"event": "accepted"}]})).await;
    assert_eq!(unclear.0, 400);
}

/// Memory is bounded: what went may have been what is asked for.
#[tokio::test]
async fn once_something_was_evicted_verification_never_passes() {
    let limits = Limits { settled: 2, pending: 2, ..Limits::default() };
    let emulator = Emulator::with(Options { limits, ..Options::default() }).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let verdict = async || {
        let expect = json!({"expect": [{"event": "accepted", "at_least": 1}]});
        let (_, answer) = emulator.command("POST", &of(&merchant, "verify"), expect).await;
        answer["verdict"].as_str().expect("a verdict").to_owned()
    };
    let first = merchant.submit(PAYER, None).await;
    merchant.submit(PAYER, None).await;
    let third = merchant.submission(merchant.path(), &new_reference(), &merchant.body("5", PAYER));
    let (status, body) = outcome(third).await;
    assert_eq!(status, 503, "two are pending, which are never evicted");
    assert!(body.contains("SERVICE_UNAVAILABLE"), "{body}");
    emulator.settle();
    assert_eq!(verdict().await, "pass");
    merchant.submit(PAYER, None).await;
    emulator.settle();
    assert_eq!(verdict().await, "incomplete");
    let gone = merchant.call(reqwest::Method::GET, &format!("/v1_0/requesttopay/{first}"));
    assert_eq!(outcome(gone).await.0, 404);
    assert_eq!(merchant.balance().await, "1015", "the money stays");
}

#[tokio::test]
async fn a_reset_of_one_space_leaves_the_others_alone() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let other = Merchant::of(&emulator, "collection").await;
    merchant.submit(PAYER, None).await;
    let kept = other.submit(PAYER, None).await;
    let answer = emulator.command("POST", &of(&merchant, "reset"), json!({})).await;
    assert_eq!(answer, (200, json!({"forgotten_transactions": 1})));
    let list = emulator.control(&of(&merchant, "transactions")).await;
    assert_eq!(list, json!({"transactions": [], "total": 0}));
    assert_eq!(other.status(&kept).await["status"], "PENDING");
}

#[tokio::test]
async fn order_is_verified_where_it_is_asked_for() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    merchant.submit(PAYER, None).await;
    emulator.settle();
    let verify = async |events: [&str; 2]| {
        let expect: Vec<Value> =
            events.iter().map(|event| json!({"event": event, "exactly": 1})).collect();
        let body = json!({"expect": expect, "in_order": true});
        let (_, answer) = emulator.command("POST", &of(&merchant, "verify"), body).await;
        answer["verdict"].as_str().expect("a verdict").to_owned()
    };
    assert_eq!(verify(["accepted", "status_reached"]).await, "pass");
    assert_eq!(verify(["status_reached", "accepted"]).await, "fail");
}

#[tokio::test]
async fn the_plan_of_what_has_not_been_sent_yet_is_the_plan_that_it_gets() {
    let scenario = "[[rules]]\nthen = { after = { min = \"1s\", max = \"90s\" } }";
    let emulator = Emulator::with_scenario(scenario).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = new_reference();
    let body = merchant.body("5", PAYER);
    let asked = json!({"operation": "requesttopay", "reference_id": reference, "body": body});
    let (status, plan) = emulator.command("POST", &of(&merchant, "plan"), asked).await;
    assert_eq!(status, 200, "{plan}");
    assert_eq!(emulator.control("transactions").await, json!({"transactions": [], "total": 0}));
    let sent = merchant.submission(merchant.path(), &reference, &body);
    assert_eq!(outcome(sent).await.0, 202);
    assert_eq!(emulator.record(&reference).await["plan"], plan);
    let unknown = json!({"operation": "requestopay", "reference_id": reference, "body": body});
    assert_eq!(emulator.command("POST", &of(&merchant, "plan"), unknown).await.0, 400);
}

#[tokio::test]
async fn the_plans_of_several_payments_show_which_rule_each_meets_and_why() {
    let scenario = "[[rules]]\nwhen = { amount = { more_than = \"500\" } }\ncallback = {}\n\
                    [[rules]]\nname = \"second\"\nwhen = { every = 2 }\n\
                    submit = { answer = { status = 500, body = \"\" }, created = true }\n\
                    then = { status = \"FAILED\", reason = \"EXPIRED\" }\n\
                    query = [{ delay = \"2s\" }]";
    let emulator = Emulator::with_scenario(scenario).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let asked = |occurrences: u32| {
        let body = merchant.body("5", PAYER);
        let reference = new_reference();
        json!({"operation": "requesttopay", "reference_id": reference, "body": body,
               "occurrences": occurrences})
    };
    let plans = async |occurrences| {
        emulator.command("POST", &of(&merchant, "plan"), asked(occurrences)).await
    };
    let (status, answer) = plans(3).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["stages"], answer["occurrences"][0]["plan"]["stages"]);
    let amount = json!({"scenario": "scenario", "rule": 1, "name": null, "missed": "amount",
                        "found": "5"});
    let scenario = answer["occurrences"][1]["plan"]["decided_by"]["rule"]["scenario"].clone();
    let amount = {
        let mut amount = amount;
        amount["scenario"] = scenario;
        amount
    };
    let of_one = |number: usize| answer["occurrences"][number - 1].clone();
    for number in [1, 3] {
        let one = of_one(number);
        assert_eq!(
            (one["number"].as_u64(), &one["near_misses"][0]),
            (Some(number as u64), &amount)
        );
        assert_eq!(one["near_misses"][1]["missed"], "every");
        assert_eq!(one["near_misses"][1]["found"], format!("occurrence {number}"));
        assert_eq!(one["submit"], "the ordinary 202");
        assert_eq!(one["queries"], json!(["the status"]));
        assert_eq!(one["plan"]["stages"][1]["status"], "SUCCESSFUL");
    }
    let second = of_one(2);
    assert_eq!(second["near_misses"], json!([amount]));
    assert_eq!(second["submit"], "a 500 without a body; the transaction exists all the same");
    assert_eq!(second["queries"], json!(["1: the status after 2s", "then: the status"]));
    assert_eq!(second["plan"]["decided_by"]["occurrence"], 2);
    assert_eq!(second["plan"]["stages"][1]["reason"], "EXPIRED");
    let (_, one) = plans(1).await;
    assert_eq!(one["occurrences"], Value::Null, "the answer of one is the plan");
    let (_, again) = plans(2).await;
    assert_eq!(again["occurrences"][1]["submit"], second["submit"], "nothing was counted");
    for odd in [0, 101] {
        let (status, answer) = plans(odd).await;
        let expected = format!("`occurrences` cannot be {odd}: write 1 to 100");
        assert_eq!(status, 400);
        assert!(answer.to_string().contains(&expected), "{answer}");
    }
}

#[tokio::test]
async fn a_foreign_web_page_changes_nothing() {
    let emulator = Emulator::start().await;
    let reset = |origin: &str| {
        reqwest::Client::new()
            .post(format!("{}/_sandbox/reset", emulator.url))
            .header("Origin", origin.to_owned())
            .json(&json!({}))
    };
    assert_eq!(outcome(reset("http://evil.example")).await.0, 403);
    assert_eq!(outcome(reset("null")).await.0, 403);
    assert_eq!(outcome(reset(&emulator.url)).await.0, 200);
    // What a page may send without being asked first: a form, plain text, nothing.
    for media_type in ["application/x-www-form-urlencoded", "text/plain", ""] {
        let url = format!("{}/_sandbox/reset", emulator.url);
        let simple = reqwest::Client::new().post(url).header("Content-Type", media_type);
        let (status, text) = outcome(simple.body("{}")).await;
        assert_eq!(status, 415, "{media_type}");
        assert!(text.contains("application/json"), "{text}");
    }
}
