//! The rules of the audit about MTN's migration: each kept, broken and not put to the test.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Request;
use momo_sandbox::internals::certificates::Authority;
use momo_sandbox::internals::emulator::{Configuration, Emulator as Bound};
use momo_sandbox::internals::engine::Clock;
use momo_sandbox::internals::gateway::frontend_hosts;
use momo_sandbox::internals::server::HttpsFrontend;
use momo_sandbox_core::model::mtn_platform::{Cutover, MtnPlatform, PlayedPlatforms};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::report::audit::Verdict;
use momo_sandbox_core::report::audit_report::AuditReport;
use momo_sandbox_core::report::exclusions::Exclusions;
use momo_sandbox_core::report::rules::RuleId;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::emulator::{Emulator, Options, PATIENCE, START};
use crate::support::http2::{connect, connect_offering};
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};
use crate::support::two_platforms::{
    CREDENTIAL_TOKEN, USER_ID, both_platforms, merchant_on, uganda,
};

const HOST: &str = "shop.example";

/// A User-Agent that the new platform blocks.
const BLOCKED: &str = "python-requests/2.32.3";

/// Each request for a token is answered after 15 seconds.
const SLOW_TOKENS: &str = r#"version = 1
name = "slow"
[[rules]]
when = { operation = "token" }
respond = { delay = "15s" }
"#;

/// A request for a token of the new platform, with the target environment.
fn token_request(url: &str, credentials: &str) -> RequestBuilder {
    Client::new()
        .post(format!("{url}/collection/token/"))
        .header("Ocp-Apim-Subscription-Key", "key")
        .header("Authorization", basic(credentials))
        .header("X-Target-Environment", uganda().name)
        .body("{}")
}

fn basic(credentials: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(credentials))
}

fn of_new_platform() -> String {
    format!("{USER_ID}:{CREDENTIAL_TOKEN}")
}

async fn report(emulator: &Emulator) -> Value {
    emulator.control("report").await
}

fn rule<'a>(report: &'a Value, name: &str) -> &'a Value {
    let rules = report["rules"].as_array().expect("rules");
    rules.iter().find(|rule| rule["name"] == name).expect(name)
}

/// Checks a rule's verdict, and how often it was exercised and failed.
#[track_caller]
fn check(report: &Value, name: &str, verdict: &str, counts: (u64, u64)) {
    let rule = rule(report, name);
    let seen = (rule["exercised"].as_u64(), rule["failed"].as_u64());
    assert_eq!(rule["verdict"], verdict, "{rule:#}");
    assert_eq!(seen, (Some(counts.0), Some(counts.1)), "{rule:#}");
}

/// What was seen the first time that a rule was broken.
fn seen<'a>(report: &'a Value, name: &str) -> &'a str {
    rule(report, name)["failures"][0]["seen"].as_str().expect("a failure")
}

#[tokio::test]
async fn the_rules_of_the_migration_are_there_only_where_the_new_platform_is_played() {
    let with = |platforms| Options { platforms, ..both_platforms(HOST) };
    for (options, is_there) in [
        (Options::default(), false),
        (Options { platforms: None, ..both_platforms(HOST) }, false),
        (with(Some(PlayedPlatforms::Only(MtnPlatform::New))), true),
        (with(Some(PlayedPlatforms::Both)), true),
    ] {
        let emulator = Emulator::with(options).await;
        let report = report(&emulator).await;
        let count = report["rules"].as_array().expect("rules").len();
        assert_eq!(count, if is_there { 23 } else { 15 });
        assert_eq!(report["migration"].is_object(), is_there, "{report:#}");
        for (format, heading) in [
            ("text", "\nMigration to MTN's new platform\n"),
            ("text", "\nNothing shows whether the program is ready for the new platform"),
            ("html", "<h2>Migration to MTN&#39;s new platform</h2>"),
            ("junit", "<testcase classname=\"migration\" name=\"own-user-agent\">"),
        ] {
            let answer = reqwest::get(format!("{}/_sandbox/report?format={format}", emulator.url));
            let text = answer.await.expect("an answer").text().await.expect("a text");
            assert_eq!(text.contains(heading), is_there, "{text}");
        }
    }
}

#[tokio::test]
async fn a_token_without_its_target_environment_fails() {
    let emulator = Emulator::with(both_platforms(HOST)).await;
    const NAME: &str = "sent-target-environment-with-tokens";
    outcome(token_request(&emulator.url, &of_new_platform())).await;
    check(&report(&emulator).await, NAME, "pass", (1, 0));
    let request = Client::new()
        .post(format!("{}/collection/token/", emulator.url))
        .header("Ocp-Apim-Subscription-Key", "key")
        .header("Authorization", basic(&of_new_platform()))
        .body("{}");
    assert_eq!(outcome(request).await.0, 400);
    let report = report(&emulator).await;
    check(&report, NAME, "fail", (2, 1));
    assert!(seen(&report, NAME).contains("has no X-Target-Environment"));
    assert_eq!(report["migration"]["verdict"], "fail");
    let counts: u64 = ["passed", "failed", "incomplete", "not_exercised"]
        .into_iter()
        .map(|name| report["migration"]["counts"][name].as_u64().expect("a number"))
        .sum();
    assert_eq!((&report["migration"]["counts"]["failed"], counts), (&json!(1), 8));
}

#[tokio::test]
async fn url_encoded_credentials_fail_also_where_nobody_is_recognised() {
    let emulator = Emulator::with(both_platforms(HOST)).await;
    const NAME: &str = "sent-raw-credentials";
    outcome(token_request(&emulator.url, &of_new_platform())).await;
    outcome(token_request(&emulator.url, "bm9ib2R5:token")).await;
    check(&report(&emulator).await, NAME, "pass", (1, 0));
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    for credentials in [
        format!("{}:{}", encode(USER_ID), encode(CREDENTIAL_TOKEN)),
        "bm9ib2R5PQ%3D%3D:token".to_owned(),
    ] {
        assert_eq!(outcome(token_request(&emulator.url, &credentials)).await.0, 500);
    }
    let report = report(&emulator).await;
    check(&report, NAME, "fail", (3, 2));
    assert!(seen(&report, NAME).contains("URL-encoded before base64"));
    let failures = rule(&report, NAME)["failures"].as_array().expect("failures");
    let known: Vec<bool> = failures.iter().map(|one| one["api_user"].is_string()).collect();
    assert_eq!(known, [true, false], "{failures:#?}");
}

#[tokio::test]
async fn a_blocked_user_agent_fails() {
    let emulator = Emulator::with(both_platforms(HOST)).await;
    const NAME: &str = "own-user-agent";
    let ask = |agent: &str| {
        token_request(&emulator.url, "nobody:token").header("User-Agent", agent.to_owned())
    };
    outcome(ask("my-shop/1.0")).await;
    check(&report(&emulator).await, NAME, "pass", (1, 0));
    assert_eq!(outcome(ask(BLOCKED)).await.0, 403);
    let report = report(&emulator).await;
    check(&report, NAME, "fail", (2, 1));
    assert!(seen(&report, NAME).contains("`python-requests/2.32.3`"));
    check(&report, "sent-target-environment-with-tokens", "pass", (1, 0));
}

/// What nobody's requests did before a reset is in the audit of the whole run.
#[tokio::test]
async fn a_reset_takes_nothing_from_the_audit_of_the_run() {
    let Options { environment, platforms, api_users, .. } = both_platforms(HOST);
    let audit_of_the_run = Some(Exclusions::default());
    let running = Bound::start(Configuration {
        environment,
        platforms,
        api_users,
        audit_of_the_run,
        ..Configuration::default()
    });
    let running = running.await.expect("a free port");
    let blocked = token_request(&running.url(), "nobody:token").header("User-Agent", BLOCKED);
    assert_eq!(outcome(blocked).await.0, 403);
    let reset = Client::new().post(format!("{}/_sandbox/reset", running.url()));
    let reset = reset.json(&json!({}));
    assert_eq!(outcome(reset).await.0, 200);
    outcome(token_request(&running.url(), &of_new_platform())).await;
    let of_the_run = AuditReport::from(&running.control().audit_of_the_run());
    let since: AuditReport = reqwest::get(format!("{}/_sandbox/report", running.url()))
        .await
        .expect("an answer")
        .json()
        .await
        .expect("a report");
    for (report, verdict) in [(of_the_run, Verdict::Fail), (since, Verdict::Pass)] {
        assert_eq!(report.verdict_on(RuleId::OwnUserAgent), verdict);
        assert_eq!(report.verdict_on(RuleId::SentTargetEnvironmentWithTokens), Verdict::Pass);
    }
}

/// A request for a token in bytes.
fn request_for_token(host: &str) -> String {
    let (name, basic) = (uganda().name, basic(&of_new_platform()));
    format!(
        "POST /collection/token/ HTTP/1.1\r\nHost: {host}\r\nAuthorization: {basic}\r\n\
         Ocp-Apim-Subscription-Key: key\r\nX-Target-Environment: {name}\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n"
    )
}

/// A request for a token on a connection of its own.
async fn ask_for_token(url: &str) -> TcpStream {
    let address = url.strip_prefix("http://").expect("an http URL");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request_for_token(address).as_bytes()).await.expect("sent");
    stream
}

/// Waits until the journal has this many entries of an event, and returns them.
async fn entries(emulator: &Emulator, event: &str, count: usize) -> Vec<Value> {
    let mut changes = emulator.spaces().changes();
    let wait = async {
        loop {
            let journal = emulator.control(&format!("journal?event={event}")).await;
            let entries = journal["entries"].as_array().expect("entries").clone();
            if entries.len() >= count {
                return entries;
            }
            changes.changed().await.expect("the emulator runs");
        }
    };
    timeout(PATIENCE, wait).await.expect("it is written in time")
}

async fn slow() -> Emulator {
    Emulator::with(Options { scenarios: vec![SLOW_TOKENS], ..both_platforms(HOST) }).await
}

#[tokio::test]
async fn who_waits_for_a_slow_token_passes_and_who_hangs_up_fails() {
    let emulator = slow().await;
    const NAME: &str = "waited-for-token";
    let mut patient = ask_for_token(&emulator.url).await;
    entries(&emulator, "request", 1).await;
    check(&report(&emulator).await, NAME, "not_exercised", (0, 0));
    emulator.advance(Duration::from_secs(15));
    let mut answer = String::new();
    timeout(PATIENCE, patient.read_to_string(&mut answer)).await.expect("in time").expect("all");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let awaited = entries(&emulator, "answer_awaited", 1).await;
    let told = "POST /collection/token/ of the new platform: the client waited 15 s; the answer \
                was due after 15 s";
    assert_eq!((awaited.len(), awaited[0]["detail"].as_str()), (1, Some(told)));
    check(&report(&emulator).await, NAME, "pass", (1, 0));
    let impatient = ask_for_token(&emulator.url).await;
    entries(&emulator, "request", 2).await;
    emulator.advance(Duration::from_secs(3));
    drop(impatient);
    let entries = entries(&emulator, "answer_not_awaited", 1).await;
    assert!(entries[0]["api_user"].is_string(), "{entries:#?}");
    let report = report(&emulator).await;
    check(&report, NAME, "fail", (2, 1));
    assert_eq!(
        seen(&report, NAME),
        "gave up a request for a token after 3 s; the answer was due after 15 s"
    );
    // Its time comes, and it is not noted again.
    emulator.advance(Duration::from_secs(60));
    let journal = emulator.control("journal").await.to_string();
    assert_eq!(journal.matches("answer_not_awaited").count(), 1, "{journal}");
    assert_eq!(journal.matches("answer_awaited").count(), 1, "{journal}");
}

/// A client that closes only its own direction still gets its answer, and counts as one that gave
/// up: nobody can tell it from one that is gone.
#[tokio::test]
async fn a_client_that_closes_its_direction_is_noted_and_answered() {
    let emulator = slow().await;
    let mut half_closed = ask_for_token(&emulator.url).await;
    half_closed.shutdown().await.expect("half closed");
    entries(&emulator, "answer_not_awaited", 1).await;
    emulator.advance(Duration::from_secs(15));
    let mut answer = String::new();
    let read = half_closed.read_to_string(&mut answer);
    timeout(PATIENCE, read).await.expect("in time").expect("all");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

/// Bytes that wait to be read hide the end of a connection.
#[tokio::test]
async fn a_client_that_hangs_up_after_another_request_is_noted() {
    let emulator = slow().await;
    let mut impatient = ask_for_token(&emulator.url).await;
    impatient.write_all(b"GET / HTTP/1.1\r\n").await.expect("sent");
    entries(&emulator, "request", 1).await;
    drop(impatient);
    entries(&emulator, "answer_not_awaited", 1).await;
}

/// Over TLS the end of the connection comes with bytes of its own.
#[tokio::test]
async fn a_client_that_hangs_up_over_tls_is_noted() {
    let options = Options { scenarios: vec![SLOW_TOKENS], ..both_platforms(HOST) };
    let (emulator, front, root) = fronted(options).await;
    for (count, says_goodbye) in [(1, false), (2, true)] {
        let mut impatient = connect_offering(&["http/1.1"], front, &root).await;
        impatient.write_all(request_for_token("localhost").as_bytes()).await.expect("sent");
        entries(&emulator, "request", count).await;
        if says_goodbye {
            impatient.shutdown().await.expect("closed");
        }
        drop(impatient);
        entries(&emulator, "answer_not_awaited", count).await;
    }
}

/// The end of the emulator is no fault of a client's.
#[tokio::test]
async fn a_client_whose_emulator_stops_gave_up_nothing() {
    let emulator = slow().await;
    let waiting = ask_for_token(&emulator.url).await;
    entries(&emulator, "request", 1).await;
    emulator.spaces().stop();
    drop(waiting);
    // This request comes after the end of that connection.
    emulator.control("health").await;
    emulator.each_space(|platform| {
        let mut kinds = platform.journal().entries().map(|entry| entry.kind().name());
        assert!(kinds.all(|kind| kind != "answer_not_awaited"));
    });
}

/// An emulator with both platforms and an HTTPS front: its address, and the root to trust.
async fn fronted(options: Options) -> (Emulator, SocketAddr, String) {
    let now = Clock::real().now();
    let authority = Authority::new_root(now).expect("a root");
    let root = authority.certificate_pem.clone();
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let listen = probe.local_addr().expect("an address");
    drop(probe);
    let front = HttpsFrontend::issued_by(&authority, listen, frontend_hosts(&[]), now);
    let front = Some(front.expect("a certificate"));
    (Emulator::with(Options { front, ..options }).await, listen, root)
}

#[tokio::test]
async fn over_http2_a_stream_that_is_reset_was_not_waited_for() {
    let options = Options { scenarios: vec![SLOW_TOKENS], ..both_platforms(HOST) };
    let (emulator, front, root) = fronted(options).await;
    for is_whole_connection in [false, true] {
        let stream = connect(front, &root).await;
        let (mut sender, connection) = h2::client::handshake(stream).await.expect("h2");
        let connection = tokio::spawn(connection);
        let request = Request::post("https://localhost/collection/token/")
            .header("Authorization", basic(&of_new_platform()))
            .header("Ocp-Apim-Subscription-Key", "key")
            .header("X-Target-Environment", uganda().name)
            .header("Content-Length", "0")
            .body(())
            .expect("a request");
        let (_answer, mut sending) = sender.send_request(request, true).expect("sent");
        let count = 1 + usize::from(is_whole_connection);
        entries(&emulator, "request", count).await;
        if is_whole_connection {
            connection.abort();
        } else {
            sending.send_reset(h2::Reason::CANCEL);
        }
        entries(&emulator, "answer_not_awaited", count).await;
    }
    check(&report(&emulator).await, "waited-for-token", "fail", (2, 2));
}

#[tokio::test]
async fn a_status_that_is_asked_for_at_the_other_platform_fails() {
    let emulator = Emulator::with(both_platforms(HOST)).await;
    const NAME: &str = "asked-the-right-platform";
    let legacy = merchant_on(&emulator, MtnPlatform::Legacy).await;
    let new = merchant_on(&emulator, MtnPlatform::New).await;
    let reference = legacy.submit(PAYER, None).await;
    check(&report(&emulator).await, NAME, "not_exercised", (0, 0));
    legacy.status(&reference).await;
    check(&report(&emulator).await, NAME, "pass", (1, 0));
    let ask = |merchant: &Merchant, reference: &str| {
        merchant.call(Method::GET, &format!("/v1_0/requesttopay/{reference}"))
    };
    assert_eq!(outcome(ask(&new, &new_reference())).await.0, 404);
    check(&report(&emulator).await, NAME, "pass", (1, 0));
    assert_eq!(outcome(ask(&new, &reference)).await.0, 404);
    let report = report(&emulator).await;
    check(&report, NAME, "fail", (2, 1));
    assert_eq!(rule(&report, NAME)["failures"][0]["reference_id"], *reference);
}

#[tokio::test]
async fn a_front_that_is_called_by_its_address_fails() {
    let (emulator, front, root) = fronted(both_platforms(HOST)).await;
    const NAME: &str = "called-by-host-name";
    let ask = async |host: &str| {
        let mut stream = connect_offering(&["http/1.1"], front, &root).await;
        let request = format!(
            "POST /collection/token/ HTTP/1.1\r\nHost: {host}:{}\r\nContent-Length: 0\r\n\
             Ocp-Apim-Subscription-Key: key\r\nConnection: close\r\n\r\n",
            front.port()
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    };
    outcome(token_request(&emulator.url, &of_new_platform())).await;
    check(&report(&emulator).await, NAME, "not_exercised", (0, 0));
    ask("localhost").await;
    check(&report(&emulator).await, NAME, "pass", (1, 0));
    ask("127.0.0.1").await;
    ask("[::1]").await;
    let report = report(&emulator).await;
    check(&report, NAME, "fail", (3, 2));
    assert!(seen(&report, NAME).contains("by an IP address"));
}

#[tokio::test]
async fn more_than_five_refusals_of_the_same_credentials_within_a_minute_fail() {
    let emulator = Emulator::with(Options { clock: Clock::real(), ..both_platforms(HOST) }).await;
    const NAME: &str = "survived-invalid-client";
    let ask = async |credentials: &str, times: usize| {
        for _ in 0..times {
            let request = token_request(&emulator.url, credentials);
            assert_eq!(outcome(request).await.0, 401);
        }
    };
    let known = format!("{USER_ID}:wrong");
    ask(&known, 5).await;
    ask("bm9ib2R5:token", 5).await;
    ask("YW5vdGhlcg:token", 5).await;
    check(&report(&emulator).await, NAME, "pass", (15, 0));
    ask("YW5vdGhlcg:token", 1).await;
    check(&report(&emulator).await, NAME, "fail", (16, 1));
    ask(&known, 1).await;
    let report = report(&emulator).await;
    check(&report, NAME, "fail", (17, 2));
    let words = "6 requests for a token within 60 s were refused with invalid_client";
    assert_eq!(seen(&report, NAME), words);
}

#[tokio::test]
async fn a_clock_that_stands_tells_nothing_of_a_storm() {
    let emulator = Emulator::with(both_platforms(HOST)).await;
    for _ in 0..9 {
        outcome(token_request(&emulator.url, "bm9ib2R5:token")).await;
    }
    check(&report(&emulator).await, "survived-invalid-client", "not_exercised", (0, 0));
}

#[tokio::test]
async fn a_payment_that_the_cutover_interrupts_must_be_followed() {
    const MINUTE: Duration = Duration::from_secs(60);
    const NAME: &str = "finished-legacy-payments";
    let cutover = Cutover { at: START.after(MINUTE), gone_at: Timestamp(i64::MAX) };
    let options = Options {
        cutover: Some(cutover),
        settle_after: Duration::from_secs(50),
        ..both_platforms(HOST)
    };
    let emulator = Emulator::with(options).await;
    let legacy = merchant_on(&emulator, MtnPlatform::Legacy).await;
    let new = merchant_on(&emulator, MtnPlatform::New).await;
    // One is final before the cutover, two are not.
    legacy.submit(PAYER, None).await;
    emulator.advance(MINUTE / 2);
    let (learnt, lost) = (legacy.submit(PAYER, None).await, legacy.submit(PAYER, None).await);
    new.submit(PAYER, None).await;
    emulator.advance(MINUTE / 2);
    check(&report(&emulator).await, NAME, "not_exercised", (0, 0));
    emulator.advance(MINUTE);
    assert_eq!(legacy.status(&learnt).await["status"], "SUCCESSFUL");
    let early = report(&emulator).await;
    check(&early, NAME, "fail", (2, 1));
    assert_eq!(rule(&early, NAME)["failures"][0]["reference_id"], *lost);
    legacy.status(&lost).await;
    check(&report(&emulator).await, NAME, "pass", (2, 0));
}
