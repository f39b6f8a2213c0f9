//! Listeners that close connections just when the next callback is due. Each one arrives, once.

use std::time::Duration;

use momo_sandbox::internals::engine::monotonic;
use momo_sandbox::internals::limits::callback::{
    ANSWER_MAX as CALLBACK_ANSWER_MAX, IDLE_MAX as CALLBACK_IDLE_MAX,
};
use tokio::net::TcpListener;

use super::*;
use crate::api::limits::scrape_at;
use crate::support::listener_kinds::{KindOfListener, Manner, REACHABLE, UNREACHABLE};

/// One by one, in pairs, and many at once.
const GROUPS: &[(usize, usize)] = &[(40, 1), (20, 2), (2, 200)];

/// The same, fewer.
const FEW: &[(usize, usize)] = &[(6, 1), (3, 2), (1, 40)];

/// A clock that stands: what is due at one moment is called back at one moment.
const STANDING: &[&str] = &["--clock", "manual", "--settle-after", "10ms"];

/// Pays in groups: so often, so many at once. The next group is called back when the one before has
/// been, without a pause. There is one attempt for each payment, and it ends in one of these ways.
async fn pay_in_groups(
    listener: &KindOfListener,
    groups: &[(usize, usize)],
    result: &[&str],
) -> BTreeMap<String, usize> {
    let serving = serve(STANDING);
    let merchant = merchant_of(&serving).await;
    let mut expected = BTreeMap::new();
    let sizes = groups.iter().flat_map(|(times, size)| std::iter::repeat_n(*size, *times));
    for size in sizes {
        for _ in 0..size {
            let reference = new_reference();
            let url = format!("http://{}/{reference}", listener.address);
            assert_eq!(submit(&merchant, &reference, &url).await, 202);
            expected.insert(reference, 1);
        }
        // Answered once no attempt is under way.
        let advance = json!({"by": "10ms"});
        assert_eq!(control(&serving, "POST", "clock/advance", advance).await.0, 200);
    }
    let metrics = scrape_at(&serving.url).await;
    let of = |result: &&str| metrics.count("callbacks_total", &[("result", *result)]);
    assert_eq!(result.iter().map(of).sum::<f64>(), expected.len() as f64, "{result:?}");
    expected
}

/// Each callback comes once, and is answered.
async fn check_none_is_lost(manner: Manner, groups: &[(usize, usize)]) {
    let listener = KindOfListener::start(manner).await;
    let expected = pay_in_groups(&listener, groups, &["answered"]).await;
    assert!(listener.arrived.reaches(expected.len(), PATIENCE).await, "{manner:?}");
    assert!(listener.arrived.times() == expected, "{manner:?}: each comes once");
}

#[tokio::test]
async fn no_callback_is_lost_at_a_listener_that_closes_after_answering_without_saying_so() {
    check_none_is_lost(Manner::ClosesAfter(Duration::ZERO), GROUPS).await;
}

#[tokio::test]
async fn no_callback_is_lost_at_a_listener_that_resets_after_the_answer() {
    check_none_is_lost(Manner::Resets, GROUPS).await;
}

#[tokio::test]
async fn no_callback_is_lost_at_a_listener_that_closes_a_moment_after_the_answer() {
    for micros in [200, 1000, 5000] {
        check_none_is_lost(Manner::ClosesAfter(Duration::from_micros(micros)), GROUPS).await;
    }
}

#[tokio::test]
async fn no_callback_is_lost_at_a_listener_with_a_short_idle_time() {
    check_none_is_lost(Manner::IdlesFor(Duration::from_millis(20)), GROUPS).await;
}

#[tokio::test]
async fn no_callback_is_lost_at_a_listener_that_says_408_before_it_closes() {
    check_none_is_lost(Manner::SaysTimedOut(Duration::from_millis(2)), GROUPS).await;
}

#[tokio::test]
async fn no_callback_is_lost_at_a_listener_that_closes_after_every_second_or_tenth_answer() {
    for count in [2, 10] {
        check_none_is_lost(Manner::ClosesEvery(count), GROUPS).await;
    }
}

#[tokio::test]
async fn no_callback_is_lost_at_a_listener_that_closes_when_the_next_one_has_come() {
    check_none_is_lost(Manner::ClosesAtTheNext, GROUPS).await;
}

#[tokio::test]
async fn no_callback_is_lost_during_a_rolling_restart_of_the_listener() {
    check_none_is_lost(Manner::Rolls, GROUPS).await;
}

#[tokio::test]
async fn no_callback_is_lost_at_a_listener_that_speaks_before_it_is_asked() {
    check_none_is_lost(Manner::SpeaksFirst, GROUPS).await;
    check_none_is_lost(Manner::SpeaksBehind, GROUPS).await;
}

#[tokio::test]
async fn no_callback_is_lost_at_a_listener_with_a_short_queue() {
    check_none_is_lost(Manner::OneByOne, GROUPS).await;
}

#[tokio::test]
async fn no_callback_is_lost_whatever_a_listener_does_with_its_connections() {
    for (_, manner) in REACHABLE {
        check_none_is_lost(manner, FEW).await;
    }
}

#[tokio::test]
async fn a_listener_that_breaks_every_connection_is_tried_once() {
    for (_, manner) in UNREACHABLE {
        let listener = KindOfListener::start(manner).await;
        let results = &["connection", "connection_broken", "timed_out"];
        let expected = pay_in_groups(&listener, &[(1, 40)], results).await;
        let times = listener.arrived.times();
        assert!(times.is_empty() || times == expected, "{manner:?}: {times:?}");
    }
}

/// Pays, with the callback to a listener that accepts one connection and leaves it to the test.
async fn called_back(serving: &Serving) -> (String, TcpStream) {
    let merchant = merchant_of(serving).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let reference = new_reference();
    assert_eq!(submit(&merchant, &reference, &url).await, 202);
    let (stream, _) = in_time("a connection", listener.accept()).await.expect("a connection");
    (reference, stream)
}

/// It stays open for a moment, so that the emulator learns whether the listener keeps it.
#[tokio::test]
async fn a_connection_to_a_listener_is_closed_soon_after_the_answer() {
    let serving = serve(&[]);
    let (_, mut stream) = called_back(&serving).await;
    let (mut callback, mut part) = (Vec::new(), [0; 4096]);
    while !callback.ends_with(b"}") {
        let count = in_time("a callback", stream.read(&mut part)).await.expect("a callback");
        callback.extend_from_slice(&part[..count]);
    }
    send(&mut stream, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let answered = monotonic();
    assert_eq!(read_to_end(&mut stream).await, "");
    let took = answered.elapsed();
    assert!(took >= CALLBACK_IDLE_MAX / 2, "closed {took:?} after the answer");
    assert!(took < CALLBACK_IDLE_MAX * 50, "closed {took:?} after the answer");
}

/// What never answers holds no connection.
#[tokio::test]
async fn a_connection_to_a_listener_that_never_answers_is_closed_after_two_seconds() {
    let serving = serve(&[]);
    let (reference, mut stream) = called_back(&serving).await;
    let called = monotonic();
    let callback = read_to_end(&mut stream).await;
    assert!(callback.starts_with("POST / HTTP/1.1\r\n"), "{callback}");
    let took = called.elapsed();
    assert!(took >= CALLBACK_ANSWER_MAX / 2, "closed after {took:?}");
    let record = record_once(&serving, &reference, "failed").await;
    assert_eq!(one_attempt(&record)["error"], "timed_out");
}
