//! Requests that fail in HTTP or TLS leave a trace: a number in the metrics, an entry in the journal
//! of all, a line of the log, each with what to change; and the client is told what it can show.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use strum::VariantArray;

use momo_sandbox::internals::certificates::Authority;
use momo_sandbox::internals::certificates::{certificates, client_config};
use momo_sandbox::internals::engine::Clock;
use momo_sandbox_core::model::http_fault::HttpFault;
use momo_sandbox_core::model::limits::Limits;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::api::limits::{Running, fronted, scrape_at};
use crate::support::emulator::{Emulator, PATIENCE};
use crate::support::http2;
use crate::support::program::{Serving, bash};

/// Reads the journal of all until it has an entry; that is the only one.
async fn only_entry(url: &str) -> Value {
    let reading = async {
        loop {
            let journal = reqwest::get(format!("{url}/_sandbox/journal")).await.expect("an answer");
            let journal: Value = journal.json().await.expect("JSON");
            if let Some(entry) = journal["entries"].get(0) {
                assert_eq!(journal["entries"].as_array().map(Vec::len), Some(1), "{journal:#}");
                return entry["request"].clone();
            }
        }
    };
    timeout(PATIENCE, reading).await.expect("an entry in time")
}

/// There is one entry, of this fault with these words, and the metrics count it and nothing else.
async fn assert_traced(url: &str, fault: &str, words: &[&str]) -> Value {
    let request = only_entry(url).await;
    assert_eq!(request["refusal"], fault, "{request:#}");
    let why = request["why"].as_str().expect("a sentence");
    for part in words {
        assert!(why.contains(part), "no `{part}` in {why}");
    }
    let metrics = scrape_at(url).await;
    for name in HttpFault::VARIANTS.iter().map(|one| one.name()) {
        let count = metrics.count("http_faults_total", &[("fault", name)]);
        assert_eq!(count, f64::from(u8::from(name == fault)), "{name}");
    }
    request
}

/// Sends these bytes, and returns all that comes.
async fn converse(address: SocketAddr, bytes: &[u8], hangs_up: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(bytes).await.expect("sent");
    if hangs_up {
        stream.shutdown().await.expect("half closed");
    }
    read_all(&mut stream).await
}

async fn read_all(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an end in time");
    read.expect("a clean end, not a reset");
    answer
}

/// A connection to the front that agrees on no protocol.
async fn secure(front: SocketAddr, root: &str) -> TlsStream<TcpStream> {
    let trusted = certificates(root.as_bytes()).expect("a root");
    let config = Arc::new(client_config(&trusted, false).expect("a client"));
    let stream = TcpStream::connect(front).await.expect("a connection");
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(config).connect(name, stream).await.expect("a handshake")
}

/// A refusal in HTTP with one sentence, which is the one in the journal.
#[track_caller]
fn assert_told(answer: &[u8], status: u16, request: &Value) {
    let answer = String::from_utf8_lossy(answer);
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1 4").count(), 1, "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!((&body["message"], &request["status"]), (&request["why"], &json!(status)));
}

/// How a handshake with that port ends for a client that trusts this root.
async fn shake_hands(port: SocketAddr, root: &str, name: &'static str) -> Result<(), String> {
    let trusted = certificates(root.as_bytes()).expect("a root");
    let config = Arc::new(client_config(&trusted, false).expect("a client"));
    let stream = TcpStream::connect(port).await.expect("a connection");
    let name = ServerName::try_from(name).expect("a name");
    let shaken = TlsConnector::from(config).connect(name, stream).await;
    shaken.map(|_| ()).map_err(|error| format!("{error:?}"))
}

fn a_root() -> String {
    Authority::new_root(Clock::real().now()).expect("a root").certificate_pem
}

async fn with_front() -> (Running, SocketAddr, String) {
    fronted(Limits::DEFAULT).await
}

#[tokio::test]
async fn tls_on_the_http_port_gets_an_alert_and_a_trace_that_names_the_https_port() {
    let (running, front, root) = with_front().await;
    let failed = shake_hands(running.plain, &root, "localhost").await.expect_err("no TLS there");
    assert!(failed.contains("HandshakeFailure"), "an alert, not an answer in HTTP: {failed}");
    let (here, there) = (running.plain.to_string(), front.to_string());
    let words = [&*here, "is the http port", "http://", &there];
    let request = assert_traced(&running.url, "tls_on_http_port", &words).await;
    let line = (&request["method"], &request["path"], &request["status"]);
    assert_eq!(line, (&json!("TLS"), &json!("localhost"), &json!(0)));
}

#[tokio::test]
async fn tls_without_a_front_is_told_how_to_start_one() {
    let emulator = Emulator::start().await;
    let address = emulator.url.strip_prefix("http://").expect("a URL").parse().expect("one");
    shake_hands(address, &a_root(), "momo.example").await.expect_err("no TLS there");
    assert_traced(&emulator.url, "tls_on_http_port", &["--tls-listen"]).await;
}

#[tokio::test]
async fn http_on_the_https_port_gets_an_answer_in_http_and_a_trace() {
    let (running, front, _) = with_front().await;
    let sent = b"POST /v1_0/apiuser?key=secret HTTP/1.1\r\nHost: x\r\n\r\n";
    let answer = converse(front, sent, false).await;
    let (here, there) = (front.to_string(), running.plain.to_string());
    let words = [&*here, "is the https port", "https://", &there];
    let request = assert_traced(&running.url, "http_on_https_port", &words).await;
    assert_told(&answer, 400, &request);
    assert_eq!((&request["method"], &request["path"]), (&"POST".into(), &"/v1_0/apiuser".into()));
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_front_is_told_where_its_root_is() {
    let (running, front, _) = with_front().await;
    shake_hands(front, &a_root(), "localhost").await.expect_err("another root");
    let words = ["`localhost`", "refused the certificate", "/_sandbox/ca.pem"];
    assert_traced(&running.url, "tls_handshake", &words).await;
}

#[tokio::test]
async fn a_client_that_asks_for_another_name_is_told_how_to_have_it() {
    let (running, front, root) = with_front().await;
    shake_hands(front, &root, "other.example").await.expect_err("another name");
    assert_traced(&running.url, "tls_handshake", &["--tls-name other.example"]).await;
}

#[tokio::test]
async fn a_handshake_that_is_broken_off_or_too_slow_leaves_a_trace() {
    let (running, front, _) = with_front().await;
    converse(front, b"\x16\x03\x01\x02\x00\x01", true).await;
    assert_traced(&running.url, "tls_handshake", &["hung up in the middle"]).await;
    let limits = Limits { head_time: Duration::from_millis(80), ..Limits::DEFAULT };
    let (running, front, _) = fronted(limits).await;
    converse(front, b"\x16\x03\x01\x02\x00\x01", false).await;
    assert_traced(&running.url, "tls_handshake", &["--head-time-max"]).await;
}

#[tokio::test]
async fn http2_on_the_http_port_gets_a_farewell_and_a_trace() {
    let (running, front, _) = with_front().await;
    let answer = converse(running.plain, &http2::preface(&[]), false).await;
    let there = front.to_string();
    let words = ["spoke HTTP/2 without TLS", &*there];
    let request = assert_traced(&running.url, "http2_on_http_port", &words).await;
    let mut frames = &answer[..];
    let (first, _) = http2::next_frame(&mut frames).await.expect("settings");
    let (second, farewell) = http2::next_frame(&mut frames).await.expect("a farewell");
    assert_eq!((first, second), (http2::kind::SETTINGS, http2::kind::GOAWAY));
    const HTTP_1_1_REQUIRED: [u8; 4] = [0, 0, 0, 13];
    assert_eq!(farewell[4..8], HTTP_1_1_REQUIRED);
    assert_eq!(String::from_utf8_lossy(&farewell[8..]), request["why"].as_str().expect("why"));
}

/// Whoever is on the front already is not sent there, nor told that it speaks no TLS.
#[tokio::test]
async fn what_is_no_http_within_tls_leaves_a_trace_that_does_not_speak_of_the_http_port() {
    let handshake: &[u8] = b"\x16\x03\x01\0\x05\x01\0\0\x01\0";
    let cases = [
        (http2::preface(&[]), "http2", "offer `h2` by ALPN"),
        (handshake.to_vec(), "request_line", "TLS within TLS"),
    ];
    for (sent, fault, words) in cases {
        let (running, front, root) = with_front().await;
        let mut stream = secure(front, &root).await;
        stream.write_all(&sent).await.expect("sent");
        assert!(read_all(&mut stream).await.len() > 6, "the client is told");
        let request = assert_traced(&running.url, fault, &[words]).await;
        let why = request["why"].as_str().expect("a sentence");
        assert!(!why.contains(&running.plain.to_string()), "{why}");
    }
}

#[tokio::test]
async fn a_client_that_agrees_on_http2_and_does_not_speak_it_leaves_a_trace() {
    let (running, front, root) = with_front().await;
    let mut stream = http2::connect(front, &root).await;
    stream.write_all(b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    while http2::next_frame(&mut stream).await.is_some() {}
    assert_traced(&running.url, "http2", &["agreed", "ALPN"]).await;
}

#[tokio::test]
async fn a_client_that_ends_http2_by_itself_leaves_no_trace() {
    let (running, front, root) = with_front().await;
    for farewell in [vec![], http2::frame(http2::kind::GOAWAY, 0, 0, &[0; 8])] {
        let mut stream = http2::connect(front, &root).await;
        let sent = [http2::preface(&[]), http2::get(1, "/_sandbox/health"), farewell].concat();
        stream.write_all(&sent).await.expect("sent");
        while http2::next_frame(&mut stream).await.is_some_and(|(kind, _)| kind != 0) {}
        drop(stream);
    }
    let mut stream = http2::connect(front, &root).await;
    stream.write_all(&[http2::preface(&[]), http2::get(1, "/a")].concat()).await.expect("sent");
    assert_eq!(only_entry(&running.url).await["refusal"], "no_such_path");
}

#[tokio::test]
async fn a_malformed_head_is_refused_in_words_and_leaves_a_trace() {
    let host = "Host: localhost\r\n";
    let cases = [
        (
            format!("POST /v1_0/apiuser?k=secret HTTP/1.1\r\n{host}Content-Length : 2\r\n\r\n{{}}"),
            ("header", "`Content-Length` has a space before its colon"),
            ("POST", "/v1_0/apiuser"),
        ),
        (
            format!("GET /a b?k=secret HTTP/1.1\r\n{host}Authorization: secret\r\n\r\n"),
            ("request_line", "%20"),
            ("GET", "/a b"),
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}Authorization secret\r\n\r\n"),
            ("header", "`Authorization` has no colon"),
            ("GET", "/"),
        ),
        ("\x1b[2J\r\n\r\n".to_owned(), ("request_line", "\\u{1b}[2J"), ("\\u{1b}[2J", "")),
        (
            format!("GET /a HTTP/1.1\r\n{host}{host}\r\n"),
            ("ambiguous_head", "one Host header"),
            ("GET", "/a"),
        ),
    ];
    for (sent, (fault, words), (method, path)) in cases {
        let (running, ..) = with_front().await;
        let answer = converse(running.plain, sent.as_bytes(), false).await;
        let request = assert_traced(&running.url, fault, &[words]).await;
        assert_told(&answer, 400, &request);
        assert_eq!((&request["method"], &request["path"]), (&json!(method), &json!(path)));
        assert!(!request.to_string().contains("secret"), "{request:#}");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_too_slow_or_cut_off_leaves_a_trace() {
    let limits = Limits { head_bytes: 8192, ..Limits::DEFAULT };
    let (running, ..) = fronted(limits).await;
    let sent = format!("GET /a HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(9000));
    let answer = converse(running.plain, sent.as_bytes(), false).await;
    let request = assert_traced(&running.url, "head_too_large", &["--head-bytes-max"]).await;
    assert_told(&answer, 431, &request);
    let limits = Limits { head_time: Duration::from_millis(80), ..Limits::DEFAULT };
    let (running, ..) = fronted(limits).await;
    let answer = converse(running.plain, b"GET /a HTTP/1.1\r\nHost:", false).await;
    assert!(answer.starts_with(b"HTTP/1.1 408 "));
    let request = assert_traced(&running.url, "head_too_slow", &["--head-time-max"]).await;
    assert_eq!((&request["path"], &request["status"]), (&json!("/a"), &json!(408)));
    let (running, ..) = with_front().await;
    assert!(converse(running.plain, b"GET /a HTTP/1.1\r\nHost:", true).await.is_empty());
    assert_traced(&running.url, "head_cut_off", &["hung up"]).await;
}

#[tokio::test]
async fn a_head_of_too_many_headers_is_not_called_too_long() {
    let (running, ..) = with_front().await;
    let headers: String = (0..=100).map(|number| format!("X{number}: a\r\n")).collect();
    let sent = format!("GET /a HTTP/1.1\r\n{headers}\r\n");
    let answer = converse(running.plain, sent.as_bytes(), false).await;
    let request = assert_traced(&running.url, "head_too_large", &["101 headers", "fewer"]).await;
    assert_told(&answer, 431, &request);
    let metrics = scrape_at(&running.url).await;
    assert_eq!(metrics.count("limit_reached_total", &[("limit", "head_bytes")]), 0.0);
}

#[tokio::test]
async fn a_head_that_a_reset_cuts_off_leaves_a_trace() {
    let (running, ..) = with_front().await;
    let mut stream = TcpStream::connect(running.plain).await.expect("a connection");
    stream.write_all(b"GET /a HTTP/1.1\r\nHost:").await.expect("sent");
    // The emulator has read it once it reads on another connection that came later.
    converse(running.plain, b"GET /_sandbox/health HTTP/1.0\r\n\r\n", false).await;
    stream.set_zero_linger().expect("a reset");
    drop(stream);
    assert_traced(&running.url, "head_cut_off", &["hung up"]).await;
}

/// The end of a body that is longer than its length is read as a request, after a good answer.
#[tokio::test]
async fn what_follows_a_request_in_the_same_packet_leaves_a_trace_too() {
    let (running, ..) = with_front().await;
    let sent = "GET /_sandbox/health HTTP/1.1\r\nHost: localhost\r\n\r\n{\"a\": 1}\r\n\r\n";
    let answer = converse(running.plain, sent.as_bytes(), false).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let statuses: Vec<_> = answer.matches("HTTP/1.1 200").chain(answer.matches(" 400 ")).collect();
    assert_eq!(statuses.len(), 2, "{answer}");
    assert_traced(&running.url, "request_line", &["Content-Length is too small"]).await;
}

#[tokio::test]
async fn who_leaves_without_a_word_leaves_no_trace_and_no_fault_counts_as_a_request_of_the_run() {
    let (running, front, _) = with_front().await;
    for address in [running.plain, front] {
        assert!(converse(address, b"", true).await.is_empty());
    }
    converse(running.plain, b"GET\r\n\r\n", false).await;
    assert_traced(&running.url, "request_line", &["no target"]).await;
    let report = reqwest::get(format!("{}/_sandbox/report", running.url)).await.expect("a report");
    let report: Value = report.json().await.expect("JSON");
    assert_eq!(report["relied_on"]["requests"], 0);
}

#[test]
fn the_log_has_a_line_that_says_what_to_change() {
    let program = Serving::with(&[]);
    let address = program.url.strip_prefix("http://").expect("a URL");
    bash(&format!("curl -s --noproxy '*' https://{address}/ || true"));
    let ended = program.terminate();
    let lines: Vec<_> = ended.stderr.iter().filter(|line| line.contains("tls_on_http")).collect();
    let [line] = lines[..] else { panic!("{:#?}", ended.stderr) };
    assert!(line.contains("WARN") && line.contains("--tls-listen"), "{line}");
}
