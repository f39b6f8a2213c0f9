//! Callbacks: one when a transaction becomes final, never repeated, whatever the listener does
//! (docs/contract.md#callbacks).

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::support::emulator::{Emulator, SETTLE_AFTER};
use crate::support::listener::{Behaviour, CallbackListener};
use crate::support::merchant::{Merchant, PAYER};

#[tokio::test]
async fn a_callback_carries_the_status_without_the_payer_message_and_the_gateways_headers() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::start().await;
    let url = format!("{}/shops/7/paid?order=1", listener.url);
    let reference = merchant.submit(PAYER, Some(&url)).await;
    emulator.settle();

    let callback = listener.next().await;
    assert_eq!(
        (callback.method.as_str(), callback.path.as_str()),
        ("POST", "/shops/7/paid?order=1")
    );
    let header = |name: &str| callback.headers[name].to_str().expect("text");
    assert_eq!(header("user-agent"), "LWAC Http Client 1.0");
    assert_eq!(header("content-type"), "application/json; charset=utf-8");
    assert_eq!(header("content-length"), callback.body.len().to_string());
    assert_eq!(header("accept-encoding"), "gzip");
    assert_eq!(header("connection"), "keep-alive");
    let names: Vec<&str> = callback.headers.keys().map(|name| name.as_str()).collect();
    assert_eq!(names.len(), 6, "those five and the host: {names:?}");

    let body: Value = serde_json::from_str(&callback.body).expect("JSON");
    let mut told = merchant.status(&reference).await;
    told.as_object_mut().expect("an object").shift_remove("payerMessage").expect("a message");
    assert_eq!(body.to_string(), told.to_string());
    assert!(!callback.body.contains(&reference), "no reference id is in it");

    let record = emulator.record_once_callback(&reference, &["answered"]).await;
    let attempts = record["callback_attempts"].as_array().expect("attempts");
    assert_eq!(attempts.len(), 1);
    assert_eq!(attempts[0]["answer_status"], 200);
    assert_eq!(attempts[0]["body"], callback.body);
    assert_eq!(attempts[0]["sent_at"], "2026-09-01T12:00:00.200Z");
    assert_eq!(attempts[0]["headers"]["User-Agent"], "LWAC Http Client 1.0");
}

/// The whole head, as it stands in the recording of 2026-09-16 (docs/contract.md#callbacks): these
/// lines with these capitals, the host, and nothing else.
#[tokio::test]
async fn a_callbacks_head_is_the_gateways_to_the_letter() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    merchant.submit(PAYER, Some(&format!("http://{address}/callback"))).await;
    emulator.settle();
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let (mut sent, mut part) = (String::new(), [0; 4096]);
    let (head, body) = loop {
        let count = stream.read(&mut part).await.expect("a request");
        sent.push_str(std::str::from_utf8(&part[..count]).expect("UTF-8"));
        match sent.split_once("\r\n\r\n") {
            Some((head, body)) if body.ends_with('}') => break (head, body),
            _ => {}
        }
    };
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some("POST /callback HTTP/1.1"));
    let mut lines: Vec<&str> = lines.collect();
    lines.sort_unstable();
    let (host, length) = (format!("Host: {address}"), format!("Content-Length: {}", body.len()));
    let expected = [
        "Accept-Encoding: gzip",
        "Connection: keep-alive",
        &length,
        "Content-Type: application/json; charset=utf-8",
        &host,
        "User-Agent: LWAC Http Client 1.0",
    ];
    assert_eq!(lines, expected);
}

/// It is told where whoever misses the callback looks: transaction, journal, audit.
#[tokio::test]
async fn a_redirect_is_not_followed_and_it_is_told_where_it_pointed() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::that(Behaviour::Redirect).await;
    let reference = merchant.submit(PAYER, Some(&format!("{}/paid", listener.url))).await;
    emulator.settle();
    let record = emulator.record_once_callback(&reference, &["answered"]).await;
    let (attempt, target) =
        (&record["callback_attempts"][0], format!("{}/elsewhere", listener.url));
    let detail = format!("a redirect to {target}; redirects are not followed");
    assert_eq!(attempt["redirect_to"], target);
    assert_eq!(attempt["answer_detail"], detail);
    let journal = emulator.control("journal?event=callback_finished").await;
    assert_eq!(journal["entries"][0]["detail"], format!("answered 302, {detail}"));
    let report = emulator.control("report").await.to_string();
    assert!(report.contains(&format!("redirected: 302, {detail}")), "{report}");
    let paths: Vec<String> = listener.arrived().into_iter().map(|each| each.path).collect();
    assert_eq!(paths, ["/paid"], "and nothing at the target");
}

#[tokio::test]
async fn a_failure_is_called_back_too_and_no_url_means_no_callback() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "remittance").await;
    let mut listener = CallbackListener::start().await;
    let without = merchant.submit(PAYER, None).await;
    let failed = merchant.submit("46733123455", Some(&listener.url)).await;
    emulator.settle();
    let body: Value = serde_json::from_str(&listener.next().await.body).expect("JSON");
    assert_eq!(body["reason"], "NOT_ENOUGH_FUNDS");
    emulator.record_once_callback(&failed, &["answered"]).await;
    let record = emulator.record_once_callback(&without, &["not_requested"]).await;
    assert_eq!(record["status"], "SUCCESSFUL");
    assert!(listener.arrived().is_empty());
}

#[tokio::test]
async fn nothing_is_sent_before_the_final_status_or_while_it_is_pending() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::start().await;
    let pending = merchant.submit("46733123453", Some(&listener.url)).await;
    let delayed = merchant.submit("46733123454", Some(&listener.url)).await;
    emulator.advance(Duration::from_millis(24_999));
    assert_eq!(emulator.record(&delayed).await["callback"], "waiting");
    assert!(listener.arrived().is_empty());
    emulator.advance(Duration::from_millis(1));
    emulator.record_once_callback(&delayed, &["answered"]).await;
    assert_eq!(listener.arrived().len(), 1);
    assert_eq!(emulator.record(&pending).await["callback"], "waiting");
}

/// What a listener does wrong, and what its one attempt is recorded as.
#[tokio::test]
async fn whatever_the_listener_does_there_is_one_attempt_and_the_status_stays() {
    let emulator = Emulator::start().await;
    let cases = [
        (Behaviour::Answer(500), "answered", json!(500), json!(null)),
        (Behaviour::Redirect, "answered", json!(302), json!(null)),
        (Behaviour::Reset, "failed", json!(null), json!("connection_broken")),
        (Behaviour::Silence, "failed", json!(null), json!("timed_out")),
    ];
    for (behaviour, state, status, error) in cases {
        let merchant = Merchant::of(&emulator, "collection").await;
        let mut listener = CallbackListener::that(behaviour).await;
        let reference = merchant.submit(PAYER, Some(&listener.url)).await;
        emulator.settle();
        let record = emulator.record_once_callback(&reference, &["answered", "failed"]).await;
        assert_eq!(record["callback"], state, "{behaviour:?}");
        let attempts = record["callback_attempts"].as_array().expect("attempts");
        assert_eq!(attempts.len(), 1, "{behaviour:?}");
        assert_eq!(attempts[0]["answer_status"], status, "{behaviour:?}");
        assert_eq!(attempts[0]["error"], error, "{behaviour:?}");
        assert_eq!(merchant.status(&reference).await["status"], "SUCCESSFUL");
        // A day later nothing more has come.
        emulator.advance(Duration::from_secs(24 * 60 * 60));
        emulator.control("health").await;
        assert_eq!(listener.arrived().len(), 1, "{behaviour:?}");
    }
}

#[tokio::test]
async fn a_dead_listener_gets_one_attempt_that_is_recorded() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let dead = CallbackListener::start().await.url.clone();
    let reference = merchant.submit(PAYER, Some(&dead)).await;
    emulator.settle();
    let record = emulator.record_once_callback(&reference, &["failed", "answered"]).await;
    let attempts = record["callback_attempts"].as_array().expect("attempts");
    assert_eq!(attempts.len(), 1);
    assert_eq!(attempts[0]["error"], "connection");
    assert!(attempts[0]["error_detail"].as_str().expect("text").contains("refused"));
    assert_eq!(record["status"], "SUCCESSFUL");
}

#[tokio::test]
async fn an_https_callback_url_is_accepted_but_not_delivered_in_the_sandbox() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = merchant.submit(PAYER, Some("https://127.0.0.1:9/paid")).await;
    emulator.settle();
    let record = emulator.record_once_callback(&reference, &["failed", "answered"]).await;
    assert_eq!(record["callback_attempts"][0]["error"], "not_allowed");
    let detail = record["callback_attempts"][0]["error_detail"].as_str().expect("text");
    assert!(detail.contains("http URLs only"), "{detail}");
}

#[tokio::test]
async fn a_scenario_can_lose_or_delay_a_callback() {
    let emulator = Emulator::with_scenario(
        r#"
        [[rules]]
        when = { party = "111" }
        callback = { fate = "lost" }
        [[rules]]
        when = { party = "222" }
        callback = { delay = "10s" }
        "#,
    )
    .await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::start().await;
    let lost = merchant.submit("111", Some(&listener.url)).await;
    let late = merchant.submit("222", Some(&listener.url)).await;
    emulator.settle();
    let record = emulator.record_once_callback(&lost, &["lost"]).await;
    assert_eq!(record["status"], "SUCCESSFUL");
    assert_eq!(record["callback_attempts"], json!([]));
    emulator.advance(Duration::from_secs(10) - SETTLE_AFTER);
    assert_eq!(emulator.record(&late).await["callback"], "waiting");
    emulator.advance(SETTLE_AFTER);
    let record = emulator.record_once_callback(&late, &["answered"]).await;
    assert_eq!(record["callback_attempts"][0]["sent_at"], "2026-09-01T12:00:10.200Z");
    assert_eq!(listener.arrived().len(), 1, "only the late one ever came");
}

#[tokio::test]
async fn what_came_of_a_callback_from_before_a_reset_is_nobodys_business() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::that(Behaviour::Silence).await;
    let reference = merchant.submit(PAYER, Some(&listener.url)).await;
    emulator.settle();
    listener.next().await;
    assert_eq!(emulator.command("POST", "reset", json!({})).await.0, 200);
    let body = merchant.body("5", PAYER);
    let again = merchant.submission(merchant.path(), &reference, &body);
    assert_eq!(again.send().await.expect("an answer").status(), 202);
    assert_eq!(emulator.record(&reference).await["callback"], "not_requested");
}
