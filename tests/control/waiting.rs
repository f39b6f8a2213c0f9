//! Waiting and advancing beside others: who waits is woken by what it waits for, and goes through
//! no space that it does not concern.

use std::sync::Arc;
use std::time::Duration;

use momo_sandbox_core::model::reference::{ApiUserId, parse_uuid};
use momo_sandbox_core::scenario::duration::read_duration;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::emulator::{Emulator, Options, PATIENCE};
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

/// The party whose payment settles after a second; all others settle at once.
const SLOW: &str = "46733123111";

fn user(merchant: &Merchant) -> ApiUserId {
    parse_uuid(&merchant.api_user).map(ApiUserId).expect("a UUID")
}

/// Begins a wait over all API users, and returns once the emulator has it.
async fn wait_for(emulator: &Arc<Emulator>, reference: &str, status: &str) -> JoinHandle<Value> {
    let before = emulator.spaces().waiters().count();
    let body = json!({"reference_id": reference, "status": status, "timeout": "1h"});
    let waiting = Arc::clone(emulator);
    let wait = tokio::spawn(async move { waiting.command("POST", "wait", body).await.1 });
    let begun = async {
        while emulator.spaces().waiters().count() == before {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, begun).await.expect("it waits");
    wait
}

async fn met(wait: JoinHandle<Value>) -> Value {
    let answer = timeout(PATIENCE, wait).await.expect("in time").expect("an answer");
    assert_eq!(answer["met"], true, "{answer}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_over_all_ends_whoever_else_is_busy() {
    let emulator = Arc::new(Emulator::start().await);
    let mut merchants =
        [Merchant::of(&emulator, "collection").await, Merchant::of(&emulator, "collection").await];
    // Whoever went through all would come to the busy one first.
    merchants.sort_by_key(user);
    let [other, merchant] = merchants;
    let payment = merchant.submit(PAYER, None).await;
    other.submit(PAYER, None).await;
    let wait = wait_for(&emulator, &payment, "SUCCESSFUL").await;
    let _busy = emulator.keep_busy(user(&other));
    let path = format!("spaces/{}/transactions/{payment}/approve", merchant.api_user);
    assert_eq!(emulator.command("POST", &path, json!({})).await.0, 200);
    assert_eq!(met(wait).await["transaction"]["api_user"], merchant.api_user.as_str());
}

#[tokio::test]
async fn a_wait_is_met_by_an_api_user_who_comes_later() {
    let emulator = Arc::new(Emulator::start().await);
    let reference = new_reference();
    let wait = wait_for(&emulator, &reference, "PENDING").await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let body = merchant.body("5", PAYER);
    assert_eq!(outcome(merchant.submission(merchant.path(), &reference, &body)).await.0, 202);
    met(wait).await;
    assert_eq!(emulator.spaces().waiters().count(), 0, "who waits no more is forgotten");
}

#[tokio::test]
async fn a_wait_is_met_by_any_of_the_api_users_that_have_its_reference() {
    let emulator = Arc::new(Emulator::start().await);
    let reference = new_reference();
    let mut merchants = Vec::new();
    for _ in 0..3 {
        let merchant = Merchant::of(&emulator, "collection").await;
        let body = merchant.body("5", PAYER);
        assert_eq!(outcome(merchant.submission(merchant.path(), &reference, &body)).await.0, 202);
        merchants.push(merchant);
    }
    let wait = wait_for(&emulator, &reference, "FAILED").await;
    for (merchant, act) in merchants.iter().zip(["approve", "decline"]) {
        let path = format!("spaces/{}/transactions/{reference}/{act}", merchant.api_user);
        assert_eq!(emulator.command("POST", &path, json!({})).await.0, 200);
    }
    assert_eq!(met(wait).await["transaction"]["api_user"], merchants[1].api_user.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn health_metrics_and_the_list_of_spaces_wait_for_no_space() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, None).await;
    emulator.settle();
    assert_eq!(merchant.status(&payment).await["status"], "SUCCESSFUL");
    merchant.submit(PAYER, None).await;
    let _busy = emulator.keep_busy(user(&merchant));
    let health = timeout(PATIENCE, emulator.control("health")).await.expect("in time");
    let counts = json!([health["api_users"], health["transactions"], health["pending"]]);
    assert_eq!(counts, json!([1, 2, 1]));
    let spaces = timeout(PATIENCE, emulator.control("spaces")).await.expect("in time");
    let space = &spaces["spaces"][0];
    assert_eq!((&space["transactions"], &space["pending"]), (&json!(2), &json!(1)));
    let metrics = reqwest::get(format!("{}/_sandbox/metrics", emulator.url));
    let metrics = timeout(PATIENCE, metrics).await.expect("in time").expect("an answer");
    let metrics = metrics.text().await.expect("text");
    assert!(metrics.contains("\nmomo_sandbox_transactions_pending 1\n"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_goes_through_no_space_and_ends_what_waits() {
    let emulator = Arc::new(Emulator::start().await);
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, None).await;
    let wait = wait_for(&emulator, &payment, "SUCCESSFUL").await;
    let busy = emulator.keep_busy(user(&merchant));
    let waited = emulator.begin_to_stop();
    let answer = timeout(PATIENCE, wait).await.expect("in time").expect("an answer");
    assert_eq!(answer, json!({"met": false, "error": "the emulator stops"}));
    let stopped = timeout(PATIENCE, waited).await.expect("in time").expect("it ends by itself");
    assert_eq!((stopped.pending, stopped.cut_off), (1, 0));
    drop(busy);
}

/// A listener whose merchant pays again before it answers a callback.
async fn pay_with_each_callback(merchant: Arc<Merchant>) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let own = url.clone();
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (merchant, own) = (Arc::clone(&merchant), own.clone());
            tokio::spawn(async move {
                let mut part = [0; 4096];
                // The head and body come in one part or two; the body ends with a brace.
                let mut said = Vec::new();
                while !said.ends_with(b"}") {
                    match stream.read(&mut part).await {
                        Ok(1..) => said.extend_from_slice(&part[..]),
                        _ => return,
                    }
                    said.truncate(said.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1));
                    part = [0; 4096];
                }
                merchant.submit(PAYER, Some(&own)).await;
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (url, serving)
}

/// Payments are accepted all the time, and each has its callback on its way before the one before
/// it is answered. The advance answers all the same, with what was accepted before it.
async fn advance_under_load(of: impl Fn(&Merchant) -> String) {
    let scenario = r#"
        [[rules]]
        when = { party = "46733123111" }
        then = { after = "1s" }
    "#;
    let emulator = Emulator::with(Options {
        scenarios: vec![scenario],
        settle_after: Duration::ZERO,
        ..Options::default()
    })
    .await;
    let merchant = Arc::new(Merchant::of(&emulator, "collection").await);
    let (url, serving) = pay_with_each_callback(Arc::clone(&merchant)).await;
    let payments = [merchant.submit(SLOW, Some(&url)).await, merchant.submit(SLOW, None).await];
    let path = of(&merchant);
    let advance = emulator.command("POST", &path, json!({"by": "1h"}));
    let (status, answer) = timeout(PATIENCE, advance).await.expect("it ends under load");
    assert_eq!(status, 200, "{answer}");
    for payment in payments {
        let record = emulator.record(&payment).await;
        assert_eq!(record["status"], "SUCCESSFUL");
        assert_ne!(record["callback"], "sent", "what was accepted before is waited for");
        assert_ne!(record["callback"], "waiting");
    }
    serving.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_advance_of_all_ends_while_payments_go_on() {
    advance_under_load(|_| "clock/advance".to_owned()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_advance_of_a_space_ends_while_payments_go_on() {
    advance_under_load(|merchant| format!("spaces/{}/clock/advance", merchant.api_user)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_advances_of_all_at_one_time_go_no_further_than_the_later_one() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    merchant.submit(PAYER, None).await;
    let start = emulator.spaces().clock().now();
    let target = start.after(read_duration("1h").expect("a duration"));
    tokio::join!(emulator.spaces().advance_all(target), emulator.spaces().advance_all(target));
    assert_eq!(emulator.spaces().clock().now(), target);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_stand_at_the_same_place_show_the_same_and_nothing_from_before_a_reset() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    // Enough for several parts.
    for _ in 0..50 {
        merchant.submit(PAYER, None).await;
    }
    let url = format!("{}/_sandbox/journal/stream", emulator.url);
    let read = async |until: &str| {
        let mut stream = reqwest::get(&url).await.expect("a stream");
        let (mut said, mut events) = (String::new(), 0);
        let whole = async {
            while !said.contains(until) {
                let part = stream.chunk().await.expect("a stream").expect("more");
                said += std::str::from_utf8(&part).expect("UTF-8");
                events += 1;
            }
        };
        timeout(PATIENCE, whole).await.expect("in time");
        (said, events)
    };
    let last = emulator.control("journal?tail=1").await["last"].as_u64().expect("a number");
    let last = format!("id: {last}\n");
    let (first, parts) = read(&last).await;
    assert!(parts > 1, "it comes in parts");
    let ids: Vec<_> = first.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    let numbers: Vec<_> = (0..ids.len()).map(|number| number.to_string()).collect();
    assert_eq!(ids, numbers, "none is missing, none comes twice");
    assert_eq!(read(&last).await.0, first);
    assert_eq!(emulator.command("POST", "reset", json!({})).await.0, 200);
    merchant.submit(PAYER, None).await;
    let (after, _) = read("requesttopay").await;
    assert!(!after.contains("id: 0\n"), "{after}");
}
