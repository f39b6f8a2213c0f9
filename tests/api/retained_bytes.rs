//! All that is kept is bounded in bytes, for all API users together: the oldest goes first, and what
//! has gone is told.

use momo_sandbox_core::model::limits::Limits;
use serde_json::{Value, json};

use crate::api::limits::scrape_at;
use crate::support::emulator::{Emulator, Options};
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

/// A small limit: some twenty payments of [`TEXT`].
const MOST: usize = 1024 * 1024;

/// The bytes of a text that a merchant sends with each payment.
const TEXT: usize = 50_000;

async fn emulator() -> Emulator {
    let limits = Limits { kept_bytes: MOST, ..Limits::DEFAULT };
    Emulator::with(Options { limits, ..Options::default() }).await
}

/// Submits a payment with a long text; its reference and the status of the answer.
async fn submit(merchant: &Merchant) -> (String, u16) {
    let mut body = merchant.body("5", PAYER);
    body["externalId"] = json!("x".repeat(TEXT));
    let reference = new_reference();
    let answer = outcome(merchant.submission(merchant.path(), &reference, &body)).await;
    (reference, answer.0)
}

async fn kept(emulator: &Emulator) -> f64 {
    scrape_at(&emulator.url).await.count("kept_bytes", &[])
}

async fn is_known(merchant: &Merchant, reference: &str) -> bool {
    let path = format!("{}/{reference}", merchant.path());
    outcome(merchant.call(reqwest::Method::GET, &path)).await.0 == 200
}

#[tokio::test]
async fn the_oldest_settled_payments_of_the_one_who_asks_go_first_and_then_those_of_others() {
    let emulator = emulator().await;
    let one = Merchant::of(&emulator, "collection").await;
    let other = Merchant::of(&emulator, "collection").await;
    let (of_other, _) = submit(&other).await;
    let mut of_one = Vec::new();
    for _ in 0..40 {
        let (reference, status) = submit(&one).await;
        assert_eq!(status, 202);
        emulator.settle();
        of_one.push(reference);
        assert!(kept(&emulator).await <= MOST as f64 * 1.1);
    }
    assert!(!is_known(&one, &of_one[0]).await, "its own oldest went");
    assert!(is_known(&one, &of_one[39]).await, "its newest is there");
    assert!(is_known(&other, &of_other).await, "nothing of another went");
    // What is pending must not go, so the other's has to make room.
    let path = format!("spaces/{}/reset", one.api_user);
    assert_eq!(emulator.command("POST", &path, json!({})).await.0, 200);
    let mut last = 202;
    while last == 202 {
        last = submit(&one).await.1;
    }
    assert_eq!(last, 503);
    assert!(!is_known(&other, &of_other).await, "then the other's went");
}

#[tokio::test]
async fn what_has_gone_for_want_of_room_makes_the_audit_and_verifying_incomplete() {
    let emulator = emulator().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let verify = async || {
        let expect = json!({"expect": [{"event": "callback_lost", "never": true}]});
        emulator.command("POST", "verify", expect).await
    };
    for round in 0..2 {
        let report = emulator.control("report").await;
        let (status, verified) = verify().await;
        assert_eq!(status, 200, "{verified}");
        let is_incomplete = |answer: &Value| answer.to_string().contains("incomplete");
        assert_eq!(is_incomplete(&report["rules"]), round == 1, "{report}");
        assert_eq!(is_incomplete(&verified), round == 1, "{verified}");
        for _ in 0..40 {
            assert_eq!(submit(&merchant).await.1, 202);
            emulator.settle();
        }
    }
}

#[tokio::test]
async fn a_post_meets_a_503_where_all_that_is_kept_is_pending_and_is_accepted_afterwards() {
    let emulator = emulator().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut accepted = 0;
    let refused = loop {
        match submit(&merchant).await.1 {
            202 => accepted += 1,
            other => break other,
        }
    };
    assert_eq!(refused, 503);
    assert!((10..=21).contains(&accepted), "{accepted} payments of {TEXT} bytes in {MOST}");
    assert!(kept(&emulator).await <= MOST as f64 * 1.1);
    let journal = emulator.control("journal?refusal=limit_reached").await.to_string();
    assert!(journal.contains("--kept-bytes-max"), "{journal}");
    emulator.settle();
    assert_eq!(submit(&merchant).await.1, 202);
}

#[tokio::test]
async fn requests_of_strangers_and_refusals_stay_within_the_limit() {
    const FEW: usize = 128 * 1024;
    let limits = Limits { kept_bytes: FEW, ..Limits::DEFAULT };
    let emulator = Emulator::with(Options { limits, ..Options::default() }).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let client = reqwest::Client::new();
    let path = "/collection/v1_0/".to_owned() + &"%C3%A9".repeat(200);
    for _ in 0..200 {
        let stranger = client.get(format!("{}{path}", emulator.url));
        assert!(outcome(stranger).await.0 >= 400);
        assert!(outcome(merchant.call(reqwest::Method::GET, &path[11..])).await.0 >= 400);
    }
    assert!(kept(&emulator).await <= FEW as f64 * 1.1);
    assert!(kept(&emulator).await >= FEW as f64 * 0.5, "so much came that it was full");
}

#[tokio::test]
async fn api_users_with_long_callback_hosts_stay_within_the_limit() {
    let emulator = emulator().await;
    let client = reqwest::Client::new();
    let mut statuses = Vec::new();
    for _ in 0..30 {
        let host = format!("http://shop.example/{}", "x".repeat(TEXT));
        let request = client
            .post(format!("{}/v1_0/apiuser", emulator.url))
            .header("Ocp-Apim-Subscription-Key", "any")
            .header("X-Reference-Id", new_reference())
            .json(&json!({"providerCallbackHost": host}));
        statuses.push(outcome(request).await.0);
    }
    assert_eq!((statuses[0], statuses[29]), (201, 503), "{statuses:?}");
    assert!(kept(&emulator).await <= MOST as f64 * 1.2);
}

/// What is kept of callers who are nobody known, of payments and of journals counts no more.
#[tokio::test]
async fn a_reset_of_all_counts_as_little_as_a_new_start() {
    let emulator = emulator().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reset = async || {
        assert_eq!(emulator.command("POST", "reset", json!({})).await.0, 200);
        kept(&emulator).await
    };
    let empty = reset().await;
    let stranger = format!("{}/collection/v1_0/{}", emulator.url, "x".repeat(200));
    for _ in 0..50 {
        assert_eq!(reqwest::get(&stranger).await.expect("an answer").status(), 404);
    }
    let of_strangers = kept(&emulator).await - empty;
    assert!(of_strangers > 50.0 * 200.0, "{of_strangers}");
    for _ in 0..5 {
        assert_eq!(submit(&merchant).await.1, 202);
    }
    assert!(kept(&emulator).await > empty + of_strangers + 5.0 * TEXT as f64);
    assert_eq!(reset().await, empty);
}
