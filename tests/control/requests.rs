//! What requests looked like: listed, filtered, read, without secrets, as curl and as HAR.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::product::Product;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::support::emulator::{Emulator, Options, PATIENCE};
use crate::support::listener::CallbackListener;
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

/// A subscription key that stands nowhere else.
const KEY: &str = "key";

async fn limited(change: impl FnOnce(&mut Limits)) -> Emulator {
    let mut options = Options::default();
    change(&mut options.limits);
    Emulator::with(options).await
}

fn all(list: &Value) -> &Vec<Value> {
    list["requests"].as_array().expect("requests")
}

/// The text that the control plane answers.
async fn text(emulator: &Emulator, path: &str) -> String {
    let answer = reqwest::get(format!("{}/_sandbox/{path}", emulator.url)).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.expect("text")
}

/// Refuses one for its currency, one without a token, and one without a path.
async fn refused(emulator: &Emulator, merchant: &Merchant) -> String {
    let mut body = merchant.body("5", PAYER);
    body["currency"] = json!("XOF");
    body["unknown"] = json!("it's \"quoted\" $HOME [é]");
    let reference = new_reference();
    let submission = merchant.submission("/v1_0/requesttopay", &reference, &body);
    assert_eq!(outcome(submission).await.0, 500);
    let balance = merchant.provisioning(Method::GET, "/collection/v1_0/account/balance");
    assert_eq!(outcome(balance).await.0, 401);
    let nowhere = format!("{}/collection/v9/nowhere?a=b", emulator.url);
    assert_eq!(outcome(reqwest::Client::new().get(nowhere)).await.0, 404);
    reference
}

#[tokio::test]
async fn a_refused_request_is_there_with_its_why_its_remedy_and_its_body() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    merchant.submit(PAYER, None).await;
    let reference = refused(&emulator, &merchant).await;
    let list = emulator.control("requests?refused=true").await;
    let words: Vec<_> = all(&list).iter().map(|one| &one["refusal"]).collect();
    assert_eq!(words, ["no_such_path", "invalid_token", "currency"], "{list:#}");
    let one = &all(&list)[2];
    assert_eq!(one["operation"], "RequesttoPay");
    assert_eq!((&one["method"], &one["status"]), (&json!("POST"), &json!(500)));
    assert_eq!(one["api_user"], json!(merchant.api_user));
    assert_eq!(one["reference_id"], json!(reference));
    assert!(one["why"].as_str().expect("why").contains("takes only EUR"), "{one:#}");
    assert!(one["remedy"].as_str().expect("a remedy").contains("currency"), "{one:#}");
    assert!(one["took_ms"].as_f64().is_some_and(|took| took > 0.0), "{one:#}");

    let number = &one["number"];
    let whole = emulator.control(&format!("requests/{number}")).await;
    let body: Value = serde_json::from_str(whole["request"]["body"].as_str().expect("text"))
        .expect("the body as it was sent");
    assert_eq!(body["currency"], "XOF");
    let header = |message: &str, name: &str| {
        let headers = whole[message]["headers"].as_array().expect("headers");
        let found = headers.iter().find(|header| header["name"] == name);
        found.map(|header| header["value"].clone())
    };
    assert_eq!(header("request", "x-reference-id"), Some(json!(reference)));
    assert_eq!(header("request", "authorization"), Some(json!("Bearer [redacted]")));
    assert_eq!(header("answer", "x-momo-sandbox-why"), Some(one["why"].clone()));
    let line = whole["answer"]["line"].as_str().expect("a line");
    assert!(line.starts_with("HTTP/1.1 500"), "{line}");
    assert!(whole["answer"]["body"].as_str().expect("text").contains("INVALID_CURRENCY"));
    // The number is that of the global journal.
    let before = number.as_u64().expect("a number") - 1;
    let journal = emulator.control(&format!("journal?after={before}&limit=1")).await;
    assert_eq!(journal["entries"][0]["request"]["path"], one["path"], "{journal:#}");
    assert_eq!(journal["entries"][0]["number"], *number);
}

#[tokio::test]
async fn filters_search_and_pages_find_what_is_asked_for() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    merchant.submit(PAYER, None).await;
    refused(&emulator, &merchant).await;
    let count =
        async |query: &str| all(&emulator.control(&format!("requests?{query}")).await).len();
    // API user, key, token, payment, and three that were refused.
    assert_eq!(count("").await, 7);
    assert_eq!(count("refused=false").await, 4);
    assert_eq!(count("status=202").await, 1);
    assert_eq!(count("operation=requesttopay").await, 2);
    assert_eq!(count("refusal=currency").await, 1);
    assert_eq!(count("q=XOF").await, 1);
    assert_eq!(count("q=takes%20only").await, 1);
    assert_eq!(count("q=nobody").await, 0);
    assert_eq!(count(&format!("api_user={}", merchant.api_user)).await, 3);
    assert_eq!(count("api_user=none").await, 4);
    assert_eq!(count("kind=callback").await, 0);
    let own = emulator.control(&format!("spaces/{}/requests", merchant.api_user)).await;
    assert_eq!(all(&own).len(), 3);
    let first = emulator.control("requests?limit=4").await;
    assert_eq!((all(&first).len(), &first["more"]), (4, &json!(true)));
    let before = &all(&first)[3]["number"];
    let second = emulator.control(&format!("requests?limit=4&before={before}")).await;
    assert_eq!((all(&second).len(), &second["more"]), (3, &json!(false)));
    let wrong = reqwest::get(format!("{}/_sandbox/requests?refused=maybe", emulator.url)).await;
    let wrong = wrong.expect("an answer").text().await.expect("text");
    assert!(wrong.contains("`refused` must be true or false"), "{wrong}");
}

#[tokio::test]
async fn no_secret_is_in_any_answer() {
    let key = "a-subscription-key-of-this-test";
    let emulator =
        Emulator::with(Options { keys: vec![(Product::Collection, key)], ..Options::default() })
            .await;
    let client = reqwest::Client::new();
    let at = |path: &str| format!("{}{path}", emulator.url);
    let user = new_reference();
    let host = json!({"providerCallbackHost": "127.0.0.1"});
    let created = client.post(at("/v1_0/apiuser")).json(&host);
    let created = created.header("X-Reference-Id", &user).header("Ocp-Apim-Subscription-Key", key);
    assert_eq!(outcome(created).await.0, 201);
    let made = client.post(at(&format!("/v1_0/apiuser/{user}/apikey?subscription-key={key}")));
    let (_, made) = outcome(made.header("Content-Length", "0")).await;
    let made: Value = serde_json::from_str(&made).expect("JSON");
    let api_key = made["apiKey"].as_str().expect("a key").to_owned();
    let token = client.post(at("/collection/token/")).header("Content-Length", "0");
    let token = token.basic_auth(&user, Some(&api_key)).header("Ocp-Apim-Subscription-Key", key);
    let (_, token) = outcome(token).await;
    let token: Value = serde_json::from_str(&token).expect("JSON");
    let token = token["access_token"].as_str().expect("a token").to_owned();
    // In places where no secret belongs: path, body, a header of its own, a wrong scheme.
    let lost = client.post(at(&format!("/collection/{token}?access_token={token}")));
    let lost = lost.bearer_auth(&token).header("X-Api-Key", &api_key).header("Cookie", &api_key);
    let lost = lost.json(&json!({"apiKey": api_key, "note": token, "access_token": token}));
    outcome(lost).await;
    let broken = format!("{{\"client_secret\": \"{api_key}\", \"x\": ");
    outcome(client.post(at("/collection/v1_0/requesttopay")).body(broken)).await;
    outcome(client.get(at("/collection/v1_0/account/balance")).header("Authorization", &token))
        .await;

    let list = text(&emulator, "requests").await;
    let mut shown = vec![list.clone(), text(&emulator, "requests.har").await];
    let list: Value = serde_json::from_str(&list).expect("JSON");
    assert_eq!(all(&list).len(), 6);
    for one in all(&list) {
        let number = &one["number"];
        shown.push(text(&emulator, &format!("requests/{number}")).await);
        shown.push(text(&emulator, &format!("requests/{number}/curl")).await);
    }
    let basic = BASE64_STANDARD.encode(format!("{user}:{api_key}"));
    for secret in [key, &api_key, &token, &basic] {
        for answer in &shown {
            assert!(!answer.contains(secret), "{secret} in {answer}");
        }
    }
    assert!(shown.iter().any(|answer| answer.contains("[redacted]")));
}

#[tokio::test]
async fn the_newest_are_kept_within_the_bytes_and_a_long_body_is_cut() {
    let most = 200_000;
    let emulator = limited(|limits| {
        limits.recorded_bytes = most;
        limits.body_bytes = 1 << 20;
    })
    .await;
    let merchant = Merchant::of(&emulator, "collection").await;
    for _ in 0..300 {
        merchant.submit(PAYER, None).await;
    }
    let recorded = emulator.spaces().recorded();
    let (bytes, held) = (recorded.bytes(), recorded.held());
    assert!(bytes <= most && bytes > most / 2, "{bytes} bytes of {held}");
    let list = emulator.control("requests?limit=10000").await;
    assert_eq!(all(&list).len(), held);
    assert_eq!(list["evicted"], 303 - held);
    let newest = emulator.control("journal?tail=1").await["entries"][0]["number"].clone();
    assert_eq!(all(&list)[0]["number"], newest);
    let gone = reqwest::get(format!("{}/_sandbox/requests/0", emulator.url)).await;
    let gone = gone.expect("an answer");
    assert_eq!(gone.status(), 404);
    assert!(gone.text().await.expect("text").contains("--recorded-bytes-max"));

    let mut body = merchant.body("5", PAYER);
    body["payerMessage"] = json!("é".repeat(100_000));
    outcome(merchant.submission("/v1_0/requesttopay", &new_reference(), &body)).await;
    let list = emulator.control("requests?limit=1").await;
    let whole = emulator.control(&format!("requests/{}", all(&list)[0]["number"])).await;
    let kept = whole["request"]["body"].as_str().expect("text").len();
    assert!((65_535..=65_536).contains(&kept), "{kept}");
    assert_eq!(whole["request"]["cut"], true);
    assert!(whole["request"]["body_bytes"].as_u64().is_some_and(|bytes| bytes > 200_000));
}

#[tokio::test]
async fn switched_off_nothing_is_kept_and_the_answers_say_so() {
    let emulator = limited(|limits| limits.recorded_bytes = 0).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::start().await;
    merchant.submit(PAYER, Some(&listener.url)).await;
    emulator.settle();
    listener.next().await;
    refused(&emulator, &merchant).await;
    let list = emulator.control("requests").await;
    assert_eq!((all(&list).len(), &list["recording"]), (0, &json!("none")));
    assert_eq!(emulator.spaces().recorded().bytes(), 0);
    let none = reqwest::get(format!("{}/_sandbox/requests/3", emulator.url)).await;
    let none = none.expect("an answer").text().await.expect("text");
    assert!(none.contains("nothing is recorded: --recorded-bytes-max is 0"), "{none}");
    let journal = emulator.control("journal?event=request&refusal=currency").await;
    assert_eq!(journal["entries"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_reset_forgets_them() {
    let emulator = Emulator::start().await;
    let (one, two) =
        (Merchant::of(&emulator, "collection").await, Merchant::of(&emulator, "collection").await);
    let count = async |merchant: &Merchant| {
        let path = format!("spaces/{}/requests", merchant.api_user);
        all(&emulator.control(&path).await).len()
    };
    assert_eq!((count(&one).await, count(&two).await), (1, 1));
    emulator.command("POST", &format!("spaces/{}/reset", one.api_user), json!({})).await;
    assert_eq!((count(&one).await, count(&two).await), (0, 1));
    emulator.command("POST", "reset", json!({})).await;
    assert_eq!(all(&emulator.control("requests").await).len(), 0);
    one.submit(PAYER, None).await;
    assert_eq!((count(&one).await, count(&two).await), (1, 0));
}

/// Runs a text in bash with these variables; returns what it writes.
async fn bash(script: &str, variables: &[(&str, &str)]) -> String {
    let mut shell = Command::new("bash");
    shell.args(["-euc", script]).envs(variables.iter().copied());
    let output = shell.output().await.expect("bash runs");
    assert!(output.status.success(), "{script}\n{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[tokio::test]
async fn curl_sends_the_same_again_when_it_is_pasted_into_a_shell() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    refused(&emulator, &merchant).await;
    let variables = [
        ("MOMO_SANDBOX_TOKEN", &*merchant.token),
        ("MOMO_SANDBOX_API_KEY", &*merchant.api_key),
        ("MOMO_SANDBOX_PRIMARY_KEY", KEY),
    ];
    let before = emulator.control("requests").await;
    // The token, the refused payment, no token, no path; the oldest first.
    let again: Vec<&Value> = all(&before).iter().take(4).rev().collect();
    for one in &again {
        let script = text(&emulator, &format!("requests/{}/curl", one["number"])).await;
        assert!(!script.contains(&merchant.token) && !script.contains(&merchant.api_key));
        let answer = bash(&script, &variables).await;
        let status = format!("HTTP/1.1 {}", one["status"]);
        assert!(answer.starts_with(&status), "{script}\n{answer}");
    }
    let after = emulator.control("requests?limit=4").await;
    for (one, sent) in again.iter().rev().zip(all(&after)) {
        for part in ["method", "path", "status", "refusal", "why", "api_user", "reference_id"] {
            assert_eq!(one[part], sent[part], "{part}");
        }
        let [first, second] = [one, &sent].map(|one| format!("requests/{}", one["number"]));
        let (first, second) = (emulator.control(&first).await, emulator.control(&second).await);
        assert_eq!(first["request"]["body"], second["request"]["body"]);
        let headers = |of: &Value| {
            let headers = of["request"]["headers"].as_array().expect("headers").clone();
            let mut named: Vec<String> = headers.iter().map(ToString::to_string).collect();
            named.retain(|header| !header.contains("\"accept\"") && !header.contains("user-agent"));
            named.sort();
            named
        };
        assert_eq!(headers(&first), headers(&second));
    }
}

/// The fields that HAR 1.2 requires of each object.
fn check_har(har: &Value) {
    let has = |of: &Value, fields: &[&str]| {
        for field in fields {
            assert!(of.get(field).is_some(), "no `{field}` in {of:#}");
        }
    };
    let log = &har["log"];
    has(log, &["version", "creator", "entries"]);
    assert_eq!(log["version"], "1.2");
    has(&log["creator"], &["name", "version"]);
    for entry in log["entries"].as_array().expect("entries") {
        has(entry, &["startedDateTime", "time", "request", "response", "cache", "timings"]);
        assert!(entry["time"].is_number());
        has(&entry["timings"], &["send", "wait", "receive"]);
        let message =
            ["httpVersion", "cookies", "headers", "headersSize", "bodySize"].map(|name| name);
        let (request, response) = (&entry["request"], &entry["response"]);
        has(request, &[&message[..], &["method", "url", "queryString"]].concat());
        has(
            response,
            &[&message[..], &["status", "statusText", "content", "redirectURL"]].concat(),
        );
        has(&response["content"], &["size", "mimeType"]);
        let url = request["url"].as_str().expect("a URL");
        assert!(url.parse::<reqwest::Url>().is_ok(), "{url}");
        if let Some(posted) = request.get("postData") {
            has(posted, &["mimeType", "params", "text"]);
        }
        let started = entry["startedDateTime"].as_str().expect("a time");
        assert!(started.parse::<jiff::Timestamp>().is_ok(), "{started}");
        for list in [&request["headers"], &request["queryString"], &response["headers"]] {
            for pair in list.as_array().expect("a list") {
                assert!(pair["name"].is_string() && pair["value"].is_string(), "{pair}");
            }
        }
    }
}

#[tokio::test]
async fn the_archive_has_what_har_requires() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::start().await;
    merchant.submit(PAYER, Some(&listener.url)).await;
    refused(&emulator, &merchant).await;
    emulator.settle();
    listener.next().await;
    let har = emulator.control("requests.har").await;
    check_har(&har);
    let entries = har["log"]["entries"].as_array().expect("entries");
    assert_eq!(entries.len(), 7);
    assert_eq!(entries[6]["request"]["queryString"], json!([{"name": "a", "value": "b"}]));
    let har = emulator.control("requests.har?refusal=currency").await;
    check_har(&har);
    let entry = &har["log"]["entries"][0];
    assert!(entry["request"]["postData"]["text"].as_str().expect("text").contains("XOF"));
    assert!(entry["response"]["content"]["text"].as_str().expect("text").contains("CURRENCY"));
    let clear = har.to_string();
    assert!(!clear.contains(&merchant.token));
}

/// A listener that gives one answer to every callback.
async fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/paid", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut some = [0; 8192];
            let _ = stream.read(&mut some).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

#[tokio::test]
async fn the_answer_of_a_listener_is_kept_beside_the_callback() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let url = answering(
        "HTTP/1.1 500 Oops\r\nContent-Length: 33\r\nSet-Cookie: s=123456\r\n\r\n\
         {\"error\":\"database is not there\"}",
    )
    .await;
    let reference = merchant.submit(PAYER, Some(&url)).await;
    emulator.settle();
    emulator.record_once_callback(&reference, &["answered"]).await;
    let waits = async {
        loop {
            let path = format!("requests?kind=callback&reference_id={reference}");
            let list = emulator.control(&path).await;
            if let [one] = &all(&list)[..] {
                return one.clone();
            }
            tokio::task::yield_now().await;
        }
    };
    let one = tokio::time::timeout(PATIENCE, waits).await.expect("it is recorded");
    assert_eq!((&one["method"], &one["status"]), (&json!("POST"), &json!(500)));
    let whole = emulator.control(&format!("requests/{}", one["number"])).await;
    assert!(whole["request"]["body"].as_str().expect("text").contains("SUCCESSFUL"));
    assert_eq!(whole["answer"]["body"], "{\"error\":\"database is not there\"}");
    let headers = whole["answer"]["headers"].to_string();
    assert!(!headers.contains("123456") && headers.contains("set-cookie"), "{headers}");
    let number = one["number"].as_u64().expect("a number");
    let journal = emulator.control(&format!("journal?after={}&limit=1", number - 1)).await;
    assert_eq!(journal["entries"][0]["event"], "callback_finished", "{journal:#}");
}

#[tokio::test]
async fn a_request_is_there_while_a_scenario_delays_its_answer() {
    let emulator = Emulator::with_scenario("[[rules]]\nsubmit = { delay = \"10s\" }").await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = new_reference();
    let body = merchant.body("5", PAYER);
    let sent = merchant.submission("/v1_0/requesttopay", &reference, &body).send();
    let waiting = tokio::spawn(sent);
    let mut changes = emulator.spaces().changes();
    let path = format!("requests?reference_id={reference}");
    let recorded = async {
        loop {
            let list = emulator.control(&path).await;
            if let [one] = &all(&list)[..] {
                assert_eq!(one["took_ms"], Value::Null);
                return one["number"].clone();
            }
            // The request is recorded right after its entry, which is the change.
            let _ = tokio::time::timeout(Duration::from_millis(50), changes.changed()).await;
        }
    };
    let number = tokio::time::timeout(PATIENCE, recorded).await.expect("it is recorded");
    let one = emulator.control(&format!("requests/{number}")).await;
    assert_eq!(one["answer"], Value::Null);
    emulator.advance(Duration::from_secs(10));
    assert_eq!(waiting.await.expect("no panic").expect("an answer").status(), 202);
    let one = emulator.control(&format!("requests/{number}")).await;
    assert_eq!(one["answer"]["line"], "HTTP/1.1 202 Accepted");
    assert!(one["took_ms"].is_number());
}
