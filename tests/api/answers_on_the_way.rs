//! Answers that break after a number of bytes, or come slowly: over HTTP/1.1 and HTTP/2.

use std::time::Duration;

use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use momo_sandbox_core::model::limits::Limits;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::api::answers::{Came, Story, request, send};
use crate::api::limits::fronted;
use crate::support::emulator::{Emulator, Options, PATIENCE};
use crate::support::http2::connect;
use crate::support::merchant::{Merchant, PAYER};

/// A body that nobody has to wait for at the rate of a test, and in a few pieces.
const PAGE: &str = "<p>twenty bytes or so of a page</p>";

/// Reads the head of an answer, and this many bytes of its body.
async fn head_and(stream: &mut TcpStream, bytes: usize) -> Came {
    let mut came = Vec::new();
    let reading = async {
        while !came.ends_with(b"\r\n\r\n") {
            came.push(stream.read_u8().await.expect("a head"));
        }
        let mut body = vec![0; bytes];
        stream.read_exact(&mut body).await.expect("a part of the body");
        came.extend(body);
    };
    timeout(PATIENCE, reading).await.expect("in time");
    Came::of(&came, false)
}

/// Nothing more has come on this connection by the time at which another request is answered.
async fn nothing_comes(story: &Story, stream: &TcpStream) {
    story.emulator.control("health").await;
    let read = stream.try_read(&mut [0; 1]).expect_err("nothing has come");
    assert_eq!(read.kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_connection_breaks_after_so_many_bytes_of_the_body() {
    let steps = json!([
        {"connection": "cut-off", "after_bytes": 10},
        {"connection": "reset", "after_bytes": 10},
        {"connection": "cut-off", "after_bytes": 0},
        {"connection": "cut-off", "after_bytes": 100_000},
        {"connection": "reset", "after_bytes": 4, "answer": {"status": 502, "body": PAGE}},
    ]);
    let story = Story::of(json!({"query": steps})).await;
    let reference = story.merchant.submit(PAYER, None).await;
    let mut came = Vec::new();
    for _ in 0..5 {
        came.push(story.get(&reference).await);
    }
    let truth = story.get(&reference).await;
    let whole = truth.body.len();
    for broken in &came[..4] {
        assert_eq!(broken.status_line, "HTTP/1.1 200 OK");
        assert!(truth.body.starts_with(&broken.body), "{}", broken.body);
    }
    let seen = |came: &Came| (came.body.len(), came.promised(), came.is_reset);
    assert_eq!(seen(&came[0]), (10, whole, false));
    assert_eq!(seen(&came[1]), (10, whole, true));
    assert_eq!(seen(&came[2]), (0, whole, false));
    assert_eq!(seen(&came[3]), (whole, whole + 1, false));
    assert_eq!(seen(&came[4]), (4, 64, true));
    assert_eq!((&*came[4].status_line, &*came[4].body), ("HTTP/1.1 502 Bad Gateway", "<p>t"));
    assert!(came[4].header("x-momo-sandbox-why").is_some());
}

/// The answer to a submission has no body. Its head comes, and the transaction exists.
#[tokio::test]
async fn a_submission_breaks_after_the_head_of_its_answer() {
    let rule = json!({"submit": {"connection": "cut-off", "after_bytes": 0}});
    let story = Story::of(rule).await;
    let (came, reference) = story.post().await;
    assert_eq!(came.status_line, "HTTP/1.1 202 Accepted");
    assert_eq!((came.body.len(), came.promised(), came.is_reset), (0, 64, false));
    assert!(story.get(&reference).await.body.contains("PENDING"));
}

#[tokio::test]
async fn an_answer_hangs_after_so_many_bytes_until_the_emulator_stops() {
    let query = json!([{"connection": "hang", "after_bytes": 10}]);
    let story = Story::of(json!({"query": query})).await;
    let reference = story.merchant.submit(PAYER, None).await;
    let asking = request(&story.merchant, "GET", &reference);
    let mut stream = send(&story.emulator, &asking).await;
    let came = head_and(&mut stream, 10).await;
    nothing_comes(&story, &stream).await;
    let truth = story.get(&reference).await;
    assert_eq!((came.promised(), &truth.body[..10]), (truth.body.len(), &*came.body));
    timeout(PATIENCE, story.emulator.stop()).await.expect("it waits for no hanging answer");
    let end = timeout(PATIENCE, stream.read_u8()).await.expect("in time");
    assert_eq!(end.expect_err("no byte").kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_slow_body_comes_by_the_emulators_clock() {
    let slow = json!({"bytes_per_second": 20});
    let broken = json!({"bytes_per_second": 20, "connection": "cut-off", "after_bytes": 30});
    let stays = json!({"status": "PENDING"});
    let story = Story::of(json!({"then": stays, "query": [slow, broken]})).await;
    let reference = story.merchant.submit(PAYER, None).await;
    let asking = request(&story.merchant, "GET", &reference);
    let mut slow = send(&story.emulator, &asking).await;
    let head = head_and(&mut slow, 0).await;
    nothing_comes(&story, &slow).await;
    story.emulator.advance(Duration::from_secs(1));
    let mut body = [0; 20];
    timeout(PATIENCE, slow.read_exact(&mut body)).await.expect("in time").expect("a second's");
    nothing_comes(&story, &slow).await;
    story.emulator.advance(Duration::from_secs(600));
    let mut rest = String::new();
    timeout(PATIENCE, slow.read_to_string(&mut rest)).await.expect("in time").expect("the rest");
    let whole = format!("{}{rest}", String::from_utf8_lossy(&body));
    assert_eq!(head.promised(), whole.len());
    let mut broken = send(&story.emulator, &asking).await;
    head_and(&mut broken, 0).await;
    story.emulator.advance(Duration::from_secs(2));
    let mut part = String::new();
    timeout(PATIENCE, broken.read_to_string(&mut part)).await.expect("in time").expect("a part");
    assert_eq!((part.len(), &whole[..30]), (30, &*part));
    assert_eq!(story.get(&reference).await.body, whole);
}

#[tokio::test]
async fn a_slow_answer_of_the_balance_comes_by_the_emulators_clock_too() {
    let when = json!({"operation": "balance"});
    let answers = json!([{"bytes_per_second": 10}]);
    let story = Story::of(json!({"when": when, "answers": answers})).await;
    let balance = story.merchant.call(reqwest::Method::GET, "/v1_0/account/balance").send();
    let answer = balance.await.expect("a head");
    let reading = tokio::spawn(answer.text());
    story.emulator.control("health").await;
    assert!(!reading.is_finished(), "nothing has come");
    story.emulator.advance(Duration::from_secs(60));
    let body = timeout(PATIENCE, reading).await.expect("in time").expect("no panic");
    assert_eq!(body.expect("whole"), r#"{"availableBalance":"1000","currency":"EUR"}"#);
}

/// An idle connection is closed meanwhile, which shows that the time is long over.
#[tokio::test]
async fn a_slow_answer_is_not_idle() {
    let limits = Limits { idle_time: Duration::from_millis(80), ..Limits::DEFAULT };
    let emulator = Emulator::with(Options { limits, ..Options::default() }).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let story = Story { emulator, merchant };
    story.put(json!({"query": [{"bytes_per_second": 20}]})).await;
    let reference = story.merchant.submit(PAYER, None).await;
    // A connection that goes on afterwards is read from meanwhile.
    let asking = request(&story.merchant, "GET", &reference).replace("Connection: close\r\n", "");
    let mut slow = send(&story.emulator, &asking).await;
    let head = head_and(&mut slow, 0).await;
    for _ in 0..3 {
        let mut idle = send(&story.emulator, "").await;
        let end = timeout(PATIENCE, idle.read_u8()).await.expect("in time");
        end.expect_err("it is closed");
    }
    story.emulator.advance(Duration::from_secs(600));
    let mut body = vec![0; head.promised()];
    timeout(PATIENCE, slow.read_exact(&mut body)).await.expect("in time").expect("whole");
    slow.write_all(asking.as_bytes()).await.expect("sent");
    assert_eq!(head_and(&mut slow, 0).await.status_line, "HTTP/1.1 200 OK", "it goes on");
}

/// The next answer of a connection, of which no frame has come.
async fn ask(sender: &mut SendRequest<Empty<Bytes>>, path: &str, token: &str) -> Incoming {
    let request = Request::get(format!("https://localhost{path}"))
        .header("Authorization", format!("Bearer {token}"))
        .header("Ocp-Apim-Subscription-Key", "key")
        .header("X-Target-Environment", "sandbox")
        .body(Empty::new())
        .expect("a request");
    let answer = timeout(PATIENCE, sender.send_request(request)).await.expect("in time");
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    answer.into_body()
}

/// The bytes that come, and the reason of the reset of the stream, if it is reset.
async fn read(mut body: Incoming) -> (usize, Option<h2::Reason>) {
    let mut bytes = 0;
    loop {
        match timeout(PATIENCE, body.frame()).await.expect("in time") {
            None => return (bytes, None),
            Some(Ok(frame)) => bytes += frame.into_data().map_or(0, |data| data.len()),
            Some(Err(error)) => {
                let source = std::error::Error::source(&error).expect("a source");
                let reset = source.downcast_ref::<h2::Error>().expect("an error of HTTP/2");
                return (bytes, reset.reason());
            }
        }
    }
}

#[tokio::test]
async fn over_http2_a_stream_breaks_after_so_many_bytes_and_the_connection_goes_on() {
    let (running, front, root) = fronted(Limits::DEFAULT).await;
    let answers = json!([
        {"connection": "cut-off", "after_bytes": 10},
        {"connection": "reset", "after_bytes": 10},
        {"connection": "hang", "after_bytes": 10},
        {"bytes_per_second": 90},
    ]);
    let rule = json!({"when": {"operation": "balance"}, "answers": answers});
    let asked = json!({"provider_callback_host": "127.0.0.1", "scenario": {"rules": [rule]}});
    let client = reqwest::Client::new();
    let made = client.post(format!("{}/_sandbox/spaces", running.url)).json(&asked).send();
    let made: Value = made.await.expect("an answer").json().await.expect("JSON");
    let token = made["tokens"]["collection"].as_str().expect("a token");
    let stream = TokioIo::new(connect(front, &root).await);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.expect("h2");
    tokio::spawn(connection);
    let (mut resets, mut wholes, mut hanging) = (0, 0, Vec::new());
    // Each answer comes once, in an order that is drawn.
    for _ in 0..answers.as_array().expect("a list").len() {
        let mut body = ask(&mut sender, "/collection/v1_0/account/balance", token).await;
        let first = timeout(PATIENCE, body.frame()).await.expect("in time").expect("a frame");
        let first = first.expect("bytes").into_data().map_or(0, |data| data.len());
        if first < 10 {
            let (rest, reason) = read(body).await;
            assert_eq!((first + rest, reason), (44, None), "a slow one comes whole");
            wholes += 1;
            continue;
        }
        let mut next = Box::pin(body.frame());
        let health = ask(&mut sender, "/_sandbox/health", token).await;
        assert!(read(health).await.0 > 0, "another stream of the connection is answered");
        match output_of(&mut next) {
            None => hanging.push(first),
            Some(Some(Err(_))) => resets += 1,
            Some(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((resets, wholes, hanging), (2, 1, vec![10]));
}

/// The output of a future that is ready.
fn output_of<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(future).poll(&mut context) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}
