//! A field or a word that the control plane does not know is refused, with the nearest known one:
//! otherwise it would match nothing, and a test would be green by a typing mistake.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

/// Sends a body, and expects a 400 that has this in its message.
#[track_caller]
fn refused(answer: &(u16, Value), part: &str) {
    let (status, body) = answer;
    assert_eq!(*status, 400, "{body}");
    let error = body["error"].as_str().expect("a message");
    assert!(error.contains(part), "`{part}` is not in: {error}");
}

#[tokio::test]
async fn an_expectation_that_nothing_could_meet_is_refused() {
    let emulator = Emulator::start().await;
    let verify = async |body: Value| emulator.command("POST", "verify", body).await;
    for (expectation, part) in [
        (json!({"event": "callback_sennt", "never": true}), "did you mean `callback_sent`?"),
        (json!({"operation": "requestopay", "never": true}), "did you mean `requesttopay`?"),
        (json!({"refusal": "duplicat", "never": true}), "did you mean `duplicate`?"),
        (json!({"status": 2020, "never": true}), "an HTTP status from 100 to 599"),
        (json!({"evnt": "accepted", "exactly": 1}), "did you mean `event`?"),
        (
            json!({"event": "accepted", "operation": "requesttopay", "never": true}),
            "only a request",
        ),
        (json!({"event": "accepted", "at_least": 0}), "nothing would be checked"),
        (json!({"event": "accepted", "at_least": 2, "at_most": 1}), "swap them"),
        (json!({"event": "accepted", "exactly": 1, "never": true}), "say all"),
    ] {
        refused(&verify(json!({"expect": [expectation]})).await, part);
    }
    refused(&verify(json!({"expect": []})).await, "nothing would be checked");
    let one = json!([{"event": "accepted", "at_most": 1}]);
    refused(&verify(json!({"expect": one, "in_ordr": true})).await, "did you mean `in_order`?");
}

#[tokio::test]
async fn an_operation_is_counted_in_both_spellings() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    for _ in 0..3 {
        merchant.submit(PAYER, None).await;
    }
    for operation in ["requesttopay", "RequesttoPay"] {
        let verdict = async |expectation: Value| {
            let body = json!({"expect": [expectation]});
            let (_, answer) = emulator.command("POST", "verify", body).await;
            answer["verdict"].as_str().map(str::to_owned)
        };
        let never = json!({"operation": operation, "never": true});
        assert_eq!(verdict(never).await.as_deref(), Some("fail"), "{operation}");
        let three = json!({"operation": operation, "exactly": 3});
        assert_eq!(verdict(three).await.as_deref(), Some("pass"), "{operation}");
        let list = emulator.control(&format!("transactions?operation={operation}")).await;
        assert_eq!(list["total"], 3, "{operation}");
        let journal = emulator.control(&format!("journal?operation={operation}")).await;
        assert_eq!(journal["entries"].as_array().map(Vec::len), Some(3), "{operation}");
    }
}

#[tokio::test]
async fn a_wait_for_what_does_not_exist_is_refused_and_does_not_wait() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, None).await;
    // The clock stands still: a wait that was taken would end with the test's patience only.
    let wait = async |body: Value| emulator.command("POST", "wait", body).await;
    for (body, part) in [
        (json!({"status": "SUCESSFUL"}), "did you mean `SUCCESSFUL`?"),
        (json!({"callback": "answerd"}), "did you mean `answered`?"),
        (json!({"statuss": "PENDING"}), "did you mean `status`?"),
        (json!({"status": "PENDING", "timeuot": "1s"}), "did you mean `timeout`?"),
        (json!({"until": "2026-09-01T12:10:00Z"}), "leave `reference_id` out"),
    ] {
        let mut body = body;
        body["reference_id"] = json!(payment);
        refused(&wait(body).await, part);
    }
    let lower = json!({"reference_id": payment, "status": "pending"});
    assert_eq!(wait(lower).await.1["met"], true, "the case of the letters makes no difference");
}

#[tokio::test]
async fn every_filter_refuses_unknown_names_and_words() {
    let emulator = Emulator::start().await;
    let get = async |path: &str| {
        let request = reqwest::Client::new().get(format!("{}/_sandbox/{path}", emulator.url));
        let (status, text) = outcome(request).await;
        (status, serde_json::from_str(&text).expect("JSON"))
    };
    for (path, part) in [
        ("journal?evnt=accepted", "did you mean `event`?"),
        ("journal?event=acepted", "did you mean `accepted`?"),
        ("journal?operation=requestopay", "did you mean `requesttopay`?"),
        ("journal?refusal=duplikate", "did you mean `duplicate`?"),
        ("journal?status=99", "an HTTP status from 100 to 599"),
        ("journal?event=accepted&status=202", "only a request"),
        ("journal?event=accepted&event=request", "there twice"),
        ("journal/stream?event=accepted", "unknown `event`"),
        ("journal/stream?gather=2s", "`1s` at most"),
        ("transactions?awaiting=payee", "`payer`"),
        ("transactions?statsu=PENDING", "did you mean `status`?"),
        ("transactions?status=PENDIN", "did you mean `PENDING`?"),
        ("transactions?callback=answerd", "did you mean `answered`?"),
        ("transactions?reason=EXPIERD", "did you mean `EXPIRED`?"),
        ("transactions?product=collections", "did you mean `collection`?"),
        ("transactions?order=newst", "did you mean `newest`?"),
        ("transactions?status=X*", "known here: `CREATED`"),
        ("transactions?reference_id=6f9619ff", "a UUID is expected"),
        // As of a variable of a script that is not set.
        ("transactions?external_id=", "`external_id` is empty"),
        ("transactions?party=", "`party` is empty"),
        ("journal?operation=requesttopay&status=200", "never succeeds with 200, but with 202"),
        (
            "journal?event=rules_put&reference_id=6f9619ff-8b86-4011-b42d-00c04fc964ff",
            "leave `reference_id` out",
        ),
        ("report?formt=text", "did you mean `format`?"),
        ("report?format=txt", "did you mean `text`?"),
        ("clock?space=1", "it takes none"),
    ] {
        refused(&get(path).await, part);
    }
    assert_eq!(get("health?probe=1").await.0, 200, "a monitor may add what it likes");
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, None).await.to_uppercase();
    for one in [&payment, &format!("{}*", &payment[..8])] {
        let found = get(&format!("transactions?reference_id={one}")).await.1;
        assert_eq!(found["total"], 1, "the case of the letters makes no difference: {found}");
    }
    let nobody = new_reference();
    let (status, answer) = get(&format!("transactions/{payment}?api_user={nobody}")).await;
    assert_eq!((status, answer["error"].as_str()), (404, Some(&*nobody_is(&nobody))));
}

fn nobody_is(id: &str) -> String {
    format!("no API user has the id {id}")
}

#[tokio::test]
async fn a_page_of_the_journal_says_whether_there_is_more() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    for _ in 0..3 {
        merchant.submit(PAYER, None).await;
    }
    for (limit, more) in [(0, true), (2, true), (3, false), (20_000, false)] {
        let page = emulator.control(&format!("journal?event=accepted&limit={limit}")).await;
        assert_eq!(page["more"], more, "{limit}");
        assert_eq!(page["entries"].as_array().map(Vec::len), Some(3.min(limit)), "{limit}");
    }
}

/// What never happens to a transaction that there is not proves nothing.
#[tokio::test]
async fn nothing_is_verified_of_a_transaction_that_there_is_not() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, None).await;
    let verify = async |expectation: Value| {
        let body = json!({"expect": [expectation]});
        emulator.command("POST", "verify", body).await.1
    };
    let mistyped = new_reference();
    for expectation in [
        json!({"event": "callback_sent", "reference_id": mistyped, "never": true}),
        json!({"event": "status_reached", "reference_id": mistyped, "at_most": 1}),
        json!({"event": "callback_lost", "reference_id": mistyped, "exactly": 0}),
    ] {
        let verdict = verify(expectation).await;
        assert_eq!(verdict["verdict"], "fail", "{verdict}");
        let why = verdict["results"][0]["why"].as_str().expect("why");
        assert!(why.starts_with(&format!("nothing here has the reference id {mistyped}")), "{why}");
    }
    for expectation in [
        json!({"event": "callback_sent", "reference_id": payment, "never": true}),
        json!({"event": "accepted", "reference_id": mistyped, "never": true}),
        json!({"reference_id": mistyped, "never": true}),
        json!({"operation": "requesttopay", "reference_id": mistyped, "never": true}),
    ] {
        let verdict = verify(expectation).await;
        assert_eq!(verdict["verdict"], "pass", "{verdict}");
    }
    let twice = json!({"event": "accepted", "reference_id": payment, "exactly": 2});
    let verdict = verify(twice).await;
    assert_eq!(verdict["results"][0]["why"], "found 1, expected exactly 2");
}

#[tokio::test]
async fn a_value_of_another_type_is_told_as_it_came() {
    let emulator = Emulator::start().await;
    let id = new_reference();
    let expect = |one: Value| ("verify", json!({"expect": [one]}));
    for ((path, body), part) in [
        (expect(json!({"event": null, "never": true})), "`event` must be text, not null"),
        (expect(json!({"exactly": "1"})), "`exactly` must be a whole number, not \"1\""),
        (expect(json!({"exactly": -1})), "`exactly` must be a whole number, not -1"),
        (expect(json!({"never": false})), "`never` can only be true"),
        (expect(json!(7)), "`expect` must be a list of objects, not 7"),
        (("verify", json!({"expect": {}})), "must be a list of expectations, such as [{"),
        (("verify", json!({})), "`expect` is required: a list of expectations"),
        (("wait", json!({"reference_id": id, "told": "PENDING", "timeout": 5})), "text, not 5"),
        (("clock/advance", json!({"by": 300})), "`by` must be text such as \"5m\", not 300"),
        (("clock/advance", json!({"by": "5m", "to_next_event": true})), "two things say how far"),
        (("clock/advance", json!({"to_next_event": false})), "must be true, not false"),
        (("clock/advance", json!({})), "nothing says how far"),
    ] {
        refused(&emulator.command("POST", path, body).await, part);
    }
    let stream = reqwest::Client::new()
        .get(format!("{}/_sandbox/journal/stream", emulator.url))
        .header("Last-Event-ID", reqwest::header::HeaderValue::from_bytes(b"\xff7").expect("one"));
    let (status, text) = outcome(stream).await;
    assert!(status == 400 && text.contains("`Last-Event-ID` must be a whole number"), "{text}");
}

#[tokio::test]
async fn what_a_call_would_not_look_at_is_refused_and_nothing_is_done() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, None).await;
    let post = async |path: &str, body: Value| emulator.command("POST", path, body).await;
    refused(&post("reset", json!({"space": merchant.api_user})).await, "it takes none");
    refused(&post("reset?space=1", json!({})).await, "it takes none");
    refused(&post("clock/pause", json!({"for": "5s"})).await, "it takes none");
    let approve = format!("transactions/{payment}/approve");
    refused(&post(&approve, json!({"reason": "EXPIRED"})).await, "it takes none");
    refused(&post("clock/advance", json!({"by": "5m", "too": true})).await, "unknown `too`");
    let plan = format!("spaces/{}/plan", merchant.api_user);
    let asked = json!({
        "operation": "RequesttoPay",
        "reference_id": new_reference(),
        "body": merchant.body("5", PAYER),
    });
    assert_eq!(post(&plan, asked.clone()).await.0, 200, "both spellings are good");
    let mut asked = asked;
    asked["callbackurl"] = json!("http://localhost/");
    refused(&post(&plan, asked).await, "did you mean `callback_url`?");
    let of_the_query = emulator.command("GET", "journal", json!({"event": "accepted"})).await;
    refused(&of_the_query, "it is a parameter of the query");
    let twice = r#"{"expect":[{"event":"accepted","exactly":9}],"expect":[{"exactly":1}]}"#;
    let twice = reqwest::Client::new()
        .post(format!("{}/_sandbox/verify", emulator.url))
        .header("Content-Type", "application/json")
        .body(twice);
    let (status, text) = outcome(twice).await;
    assert!(status == 400 && text.contains("`expect` is there twice"), "{text}");
    assert_eq!(merchant.status(&payment).await["status"], "PENDING", "nothing was done");
    let empty = reqwest::Client::new()
        .request(Method::POST, format!("{}/_sandbox/reset", emulator.url))
        .header("Content-Type", "application/json");
    assert_eq!(outcome(empty).await.0, 200, "an empty body is good");
}
