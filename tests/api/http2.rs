//! Peers of HTTP/2 that take no answers, or ask for nothing, and yet keep their connection busy.

use std::time::Duration;

use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use momo_sandbox::internals::limits::{
    HTTP2_CONNECTIONS_MAX, HTTP2_STREAMS_MAX, HTTP2_UNREAD_BYTES_MAX,
};
use momo_sandbox_core::model::limits::{Limits, TABLE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::api::limits::{Running, fronted, scrape_at};
use crate::support::emulator::PATIENCE;
use crate::support::http2::{
    INITIAL_WINDOW, connect, connect_offering, get, kind, next_frame, ping, preface,
};

/// A time limit that a test can wait for.
const SHORT: Duration = Duration::from_millis(80);

/// A long document of the control plane.
const DOCUMENT: &str = "/_sandbox/openapi/collection.json";

/// Sends this, then a PING whenever the last one was answered, until the connection ends; returns
/// the types of all frames that came.
async fn busy(limits: Limits, begun: &[Vec<u8>]) -> (Vec<u8>, Running) {
    let (running, front, root) = fronted(limits).await;
    let mut stream = connect(front, &root).await;
    let sent = [&begun.concat()[..], &ping()].concat();
    stream.write_all(&sent).await.expect("sent");
    let mut came = Vec::new();
    let pinging = async {
        while let Some((kind, _)) = next_frame(&mut stream).await {
            came.push(kind);
            if kind == kind::PING && stream.write_all(&ping()).await.is_err() {
                break;
            }
        }
    };
    timeout(PATIENCE, pinging).await.expect("it is cut off in time");
    (came, running)
}

/// The counter of this limit has moved once, that of no other has.
async fn assert_only(limit: &str, url: &str) {
    let metrics = scrape_at(url).await;
    for row in TABLE {
        let count = metrics.count("limit_reached_total", &[("limit", row.name)]);
        assert_eq!(count, f64::from(u8::from(row.name == limit)), "{}", row.flag);
    }
}

#[tokio::test]
async fn a_peer_that_opens_no_window_is_cut_off_by_the_answer_time_whatever_else_it_sends() {
    let limits = Limits { answer_time: SHORT, ..Limits::DEFAULT };
    let begun = [preface(&[(INITIAL_WINDOW, 0)]), get(1, "/_sandbox/health")];
    let (came, running) = busy(limits, &begun).await;
    assert!(came.contains(&kind::HEADERS) && !came.contains(&kind::DATA), "{came:?}");
    assert_only("answer_time", &running.url).await;
}

/// The last bytes of an answer count too: they are with the protocol, not with the handler.
#[tokio::test]
async fn a_peer_that_takes_a_byte_of_each_answer_is_cut_off_by_the_answer_time() {
    let limits = Limits { answer_time: SHORT, ..Limits::DEFAULT };
    let begun = [preface(&[(INITIAL_WINDOW, 1)]), get(1, "/_sandbox/health"), get(3, "/nowhere")];
    let (came, running) = busy(limits, &begun).await;
    assert!(came.contains(&kind::DATA), "{came:?}");
    assert_only("answer_time", &running.url).await;
}

#[tokio::test]
async fn a_journal_stream_that_is_not_read_is_cut_off_by_the_answer_time() {
    let limits = Limits { answer_time: SHORT, ..Limits::DEFAULT };
    let begun = [
        preface(&[(INITIAL_WINDOW, 0)]),
        get(1, "/_sandbox/journal/stream"),
        // What comes in the journal.
        get(3, "/nowhere"),
    ];
    let (_, running) = busy(limits, &begun).await;
    assert_only("answer_time", &running.url).await;
}

/// Where nothing happens a comment comes twice in the idle time.
#[tokio::test]
async fn a_journal_stream_that_is_read_is_not_idle() {
    let limits = Limits { idle_time: SHORT, ..Limits::DEFAULT };
    let (running, front, root) = fronted(limits).await;
    let mut stream = connect(front, &root).await;
    let begun = [preface(&[]), get(1, "/_sandbox/journal/stream")].concat();
    stream.write_all(&begun).await.expect("sent");
    let mut comments = 0;
    let reading = async {
        while comments < 10 {
            let (kind, _) = next_frame(&mut stream).await.expect("the stream goes on");
            assert_ne!(kind, kind::GOAWAY, "after {comments} comments");
            comments += usize::from(kind == kind::DATA);
        }
    };
    timeout(PATIENCE, reading).await.expect("in time");
    assert_only("none", &running.url).await;
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_is_idle_whatever_else_it_sends() {
    let limits = Limits { idle_time: SHORT, ..Limits::DEFAULT };
    let (came, running) = busy(limits, &[preface(&[])]).await;
    assert!(came.contains(&kind::PING) && came.contains(&kind::GOAWAY), "{came:?}");
    assert_only("idle_time", &running.url).await;
}

#[tokio::test]
async fn what_a_peer_does_not_take_is_bounded_and_it_is_told_how_much_it_may_ask_for() {
    let limits = Limits { answer_time: Duration::from_secs(1), ..Limits::DEFAULT };
    let mut begun = vec![preface(&[(INITIAL_WINDOW, 0)])];
    begun.extend((0..HTTP2_STREAMS_MAX).map(|number| get(2 * number + 1, DOCUMENT)));
    let (running, front, root) = fronted(limits).await;
    let mut stream = connect(front, &root).await;
    stream.write_all(&begun.concat()).await.expect("sent");
    let (first, settings) = next_frame(&mut stream).await.expect("its settings");
    let most = [&[0, 3][..], &HTTP2_STREAMS_MAX.to_be_bytes()].concat();
    assert!(first == kind::SETTINGS && settings.chunks(6).any(|one| one == most), "{settings:?}");
    let mut answers = 0;
    while let Some((kind, _)) = timeout(PATIENCE, next_frame(&mut stream)).await.expect("an end") {
        answers += usize::from(kind == kind::HEADERS);
    }
    let document = reqwest::get(format!("{}{DOCUMENT}", running.url)).await.expect("an answer");
    let length = document.bytes().await.expect("a body").len();
    // This runtime has one thread, which makes one answer at a time.
    let most = HTTP2_UNREAD_BYTES_MAX / length + 1;
    assert!((2..=most).contains(&answers), "{answers} answers of {length} bytes are held");
}

#[tokio::test]
async fn a_peer_that_reads_gets_all_that_it_asks_for_at_once() {
    let limits = Limits { answer_time: Duration::from_secs(5), ..Limits::DEFAULT };
    let (_running, front, root) = fronted(limits).await;
    let stream = TokioIo::new(connect(front, &root).await);
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.expect("h2");
    tokio::spawn(connection);
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..HTTP2_STREAMS_MAX {
        let mut sender = sender.clone();
        asked.spawn(async move {
            let request = Request::get(format!("https://localhost{DOCUMENT}"));
            let request = request.body(Empty::<Bytes>::new()).expect("a request");
            let answer = sender.send_request(request).await.expect("an answer");
            let body = answer.into_body().collect().await.expect("all of it").to_bytes();
            serde_json::from_slice::<serde_json::Value>(&body).expect("whole")["openapi"].clone()
        });
    }
    let documents = timeout(PATIENCE, asked.join_all()).await.expect("in time");
    assert_eq!(documents, vec![serde_json::json!("3.1.0"); documents.len()]);
}

#[tokio::test]
async fn so_many_connections_speak_http2_and_further_ones_http1() {
    let (_running, front, root) = fronted(Limits::DEFAULT).await;
    let open = || async {
        let stream = connect_offering(&["h2", "http/1.1"], front, &root).await;
        let agreed = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        (stream, agreed.expect("a protocol"))
    };
    // Those that do not want it leave its places to others.
    let mut others = Vec::new();
    for _ in 0..HTTP2_CONNECTIONS_MAX {
        let stream = connect_offering(&["http/1.1"], front, &root).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        others.push(stream);
    }
    let mut held = Vec::new();
    for number in 0..HTTP2_CONNECTIONS_MAX {
        let (stream, agreed) = open().await;
        assert_eq!(agreed, b"h2", "{number}");
        held.push(stream);
    }
    let (mut further, agreed) = open().await;
    assert_eq!(agreed, b"http/1.1");
    let request = b"GET /_sandbox/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    further.write_all(request).await.expect("sent");
    let mut answer = String::new();
    timeout(PATIENCE, further.read_to_string(&mut answer)).await.expect("in time").expect("whole");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    held.clear();
    let again = async { while open().await.1 != b"h2" {} };
    timeout(PATIENCE, again).await.expect("a place is free again");
}
