//! The journal: what happened, and each request with its answer.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::emulator::{Emulator, PATIENCE};
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

fn of(merchant: &Merchant, path: &str) -> String {
    format!("spaces/{}/{path}", merchant.api_user)
}

fn column(answer: &Value, name: &str) -> Vec<Value> {
    let entries = answer["entries"].as_array().expect("a list");
    entries.iter().map(|entry| entry[name].clone()).collect()
}

#[tokio::test]
async fn the_journal_tells_what_happened_page_by_page() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, None).await;
    emulator.settle();
    merchant.status(&payment).await;
    let all = emulator.control(&of(&merchant, "journal")).await;
    assert_eq!(
        column(&all, "event"),
        [
            "api_key_created",
            "request",
            "accepted",
            "request",
            "status_reached",
            "status_read",
            "request"
        ]
    );
    let told: Vec<_> = all["entries"][6]["request"]["told"].as_str().into_iter().collect();
    assert_eq!(told, ["SUCCESSFUL"]);
    let rest = emulator.control(&of(&merchant, "journal?after=1&event=status_read")).await;
    assert_eq!(column(&rest, "number"), [5]);
    assert_eq!(rest["last"], 5);
    let page = emulator.control(&of(&merchant, "journal?after=1&limit=2")).await;
    assert_eq!((column(&page, "number"), &page["last"]), (vec![json!(2), json!(3)], &json!(3)));
}

#[tokio::test]
async fn a_refused_request_is_in_its_callers_journal_with_the_reason() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, None).await;
    let again = merchant.submission(merchant.path(), &payment, &merchant.body("5", PAYER));
    assert_eq!(outcome(again).await.0, 409);
    let elsewhere = merchant
        .submission(merchant.path(), &new_reference(), &merchant.body("5", PAYER))
        .header("X-Callback-Url", "http://elsewhere.example/callback");
    assert_eq!(outcome(elsewhere).await.0, 500);
    let refused = emulator.control(&of(&merchant, "journal?refusal=duplicate")).await;
    let [entry] = &refused["entries"].as_array().expect("a list")[..] else {
        panic!("one: {refused}")
    };
    assert_eq!(entry["reference_id"], payment);
    assert_eq!(
        entry["request"],
        json!({
            "method": "POST",
            "path": "/collection/v1_0/requesttopay",
            "operation": "RequesttoPay",
            "status": 409,
            "told": null,
            "refusal": "duplicate",
            "why": format!(
                "The reference id {payment} was used before. Ask for the status of what it names, \
                 or send a new one for something new."
            ),
            "broken": null,
            "notes": [],
        })
    );
    let expect = json!({"expect": [
        {"event": "request", "operation": "RequesttoPay", "exactly": 3},
        {"status": 202, "exactly": 1},
        {"refusal": "callback_host", "exactly": 1},
    ]});
    let (_, verdict) = emulator.command("POST", &of(&merchant, "verify"), expect).await;
    assert_eq!(verdict["verdict"], "pass", "{verdict}");
}

#[tokio::test]
async fn a_request_with_an_ended_token_is_its_api_users() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    emulator.advance(Duration::from_secs(3601));
    let request = merchant.call(reqwest::Method::GET, "/v1_0/account/balance");
    assert_eq!(outcome(request).await.0, 401);
    let journal = emulator.control(&of(&merchant, "journal?refusal=invalid_token")).await;
    assert_eq!(column(&journal, "api_user"), [merchant.api_user.as_str()]);
}

#[tokio::test]
async fn the_journal_of_all_has_one_order_and_the_requests_of_nobody_known() {
    let emulator = Emulator::start().await;
    let one = Merchant::of(&emulator, "collection").await;
    let other = Merchant::of(&emulator, "collection").await;
    for merchant in [&one, &other, &one] {
        merchant.submit(PAYER, None).await;
    }
    let unknown = reqwest::Client::new().get(format!("{}/collection/v1_0/nothing", emulator.url));
    assert_eq!(outcome(unknown).await.0, 404);
    let accepted = emulator.control("journal?event=accepted").await;
    let users = [&one, &other, &one].map(|merchant| merchant.api_user.as_str());
    assert_eq!(column(&accepted, "api_user"), users);
    let numbers = column(&emulator.control("journal").await, "number");
    assert_eq!(numbers, (0..numbers.len()).map(|number| json!(number)).collect::<Vec<_>>());
    let stranger = emulator.control("journal?refusal=no_such_path").await;
    assert_eq!(column(&stranger, "api_user"), [Value::Null]);
    let nobodys = emulator.control("journal?event=request&api_user=none").await;
    assert!(column(&nobodys, "api_user").iter().all(Value::is_null), "{nobodys:#}");
    assert!(column(&nobodys, "number").contains(&stranger["entries"][0]["number"]));
    let path = format!("journal?event=accepted&api_user={}&tail=1", one.api_user);
    let last = emulator.control(&path).await;
    assert_eq!(column(&last, "number"), [accepted["entries"][2]["number"].clone()]);
    let path = "journal?event=request&callback_verdict=late";
    let wrong = reqwest::get(format!("{}/_sandbox/{path}", emulator.url)).await;
    let wrong = wrong.expect("an answer").text().await.expect("text");
    assert!(wrong.contains("no `request` has a `callback_verdict`"), "{wrong}");
    emulator.command("POST", &of(&one, "reset"), json!({})).await;
    let left = emulator.control("journal?event=accepted").await;
    assert_eq!(column(&left, "api_user"), [other.api_user.as_str()]);
}

#[tokio::test]
async fn the_journal_is_streamed_and_goes_on_where_it_broke_off() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let open = async |last: Option<&str>| {
        let url = format!("{}/_sandbox/{}", emulator.url, of(&merchant, "journal/stream"));
        let mut request = reqwest::Client::new().get(url);
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let answer = request.send().await.expect("a stream");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        (answer, String::new())
    };
    // The next event of a stream; several may come in one part.
    let read = async |(stream, rest): &mut (reqwest::Response, String)| loop {
        if let Some((event, later)) = rest.split_once("\n\n") {
            let event = event.to_owned();
            *rest = later.to_owned();
            return event;
        }
        let part = stream.chunk().await.expect("a stream").expect("more");
        rest.push_str(std::str::from_utf8(&part).expect("UTF-8"));
    };
    let mut stream = open(None).await;
    assert!(read(&mut stream).await.contains("api_key_created"));
    merchant.submit(PAYER, None).await;
    assert!(read(&mut stream).await.starts_with("id: 1\ndata: {\"number\":1,"));
    assert!(read(&mut stream).await.contains("accepted"));
    drop(stream);
    emulator.settle();
    emulator.control("health").await;
    let mut stream = open(Some("3")).await;
    assert!(read(&mut stream).await.contains("status_reached"));
}

#[tokio::test]
async fn a_stream_gathers_entries_for_as_long_as_its_reader_wants() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let url = format!("{}/_sandbox/journal/stream?gather=500ms", emulator.url);
    let mut stream = reqwest::Client::new().get(url).send().await.expect("a stream");
    let part = stream.chunk().await.expect("a stream").expect("what is there");
    assert!(String::from_utf8_lossy(&part).contains("api_key_created"));
    for _ in 0..3 {
        merchant.submit(PAYER, None).await;
    }
    let part = stream.chunk().await.expect("a stream").expect("more");
    assert_eq!(String::from_utf8_lossy(&part).matches(r#""event":"accepted""#).count(), 3);
}

#[tokio::test]
async fn a_stop_ends_the_streams_at_once() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let url = format!("{}/_sandbox/journal/stream", emulator.url);
    let mut stream = reqwest::get(url).await.expect("a stream");
    merchant.submit(PAYER, None).await;
    let stopped = emulator.stop().await;
    assert_eq!(stopped.cut_off, 0, "nothing was still under way after the grace");
    let rest = async { while let Ok(Some(_)) = stream.chunk().await {} };
    tokio::time::timeout(PATIENCE, rest).await.expect("the stream ends");
}

#[tokio::test]
async fn waiting_for_a_time_ends_when_the_clock_gets_there() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let path = of(&merchant, "wait");
    let waiting = emulator.command("POST", &path, json!({"until": "2026-09-01T12:10:00Z"}));
    let advance = of(&merchant, "clock/advance");
    let advancing = emulator.command("POST", &advance, json!({"by": "10m"}));
    let ((status, answer), _) = tokio::join!(waiting, advancing);
    assert_eq!((status, &answer["met"]), (200, &json!(true)), "{answer}");
    let nonsense = emulator.command("POST", &path, json!({"until": "tomorrow"})).await;
    assert_eq!(nonsense.0, 400);
}
