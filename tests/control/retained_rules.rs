//! What the control plane is sent counts among what is kept, as what a merchant sends does: rules,
//! labels, and what a rule has a transaction keep.

use std::time::Duration;

use momo_sandbox_core::model::limits::Limits;
use serde_json::{Value, json};

use crate::api::limits::scrape_at;
use crate::support::emulator::{Emulator, Options};
use crate::support::listener::CallbackListener;
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

/// Room for a few scenarios of [`long`].
const MOST: usize = 8 * 1024 * 1024;

async fn emulator() -> Emulator {
    let limits = Limits { kept_bytes: MOST, ..Limits::DEFAULT };
    Emulator::with(Options { limits, ..Options::default() }).await
}

/// A scenario that keeps more than a MiB.
fn long() -> Value {
    let then = json!({"status": "FAILED", "reason": "EXPIRED"});
    let rule =
        |number: usize| json!({"when": {"external_id": format!("order {number}")}, "then": then});
    json!({"name": "long", "rules": (0..1000).map(rule).collect::<Vec<_>>()})
}

async fn kept(emulator: &Emulator) -> f64 {
    scrape_at(&emulator.url).await.count("kept_bytes", &[])
}

async fn new_space(emulator: &Emulator) -> String {
    let (status, space) = emulator.command("POST", "spaces", json!({})).await;
    assert_eq!(status, 200, "{space}");
    space["api_user"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn rules_of_single_spaces_stay_within_the_limit_and_make_room_when_they_are_taken_back() {
    let emulator = emulator().await;
    let mut spaces = Vec::new();
    let refusal = loop {
        let space = new_space(&emulator).await;
        let path = format!("spaces/{space}/scenario");
        let (status, answer) = emulator.command("PUT", &path, long()).await;
        if status != 200 {
            assert_eq!(status, 503, "{answer}");
            break answer.to_string();
        }
        spaces.push(space);
        assert!(spaces.len() < 100, "nothing is refused");
    };
    assert!(refusal.contains("--kept-bytes-max"), "{refusal}");
    assert!((3..=20).contains(&spaces.len()), "{} scenarios in {MOST}", spaces.len());
    let full = kept(&emulator).await;
    assert!(full <= MOST as f64, "{full}");
    // Neither in one call.
    let (users, body) = (emulator.spaces().all().len(), json!({"scenario": long()}));
    assert_eq!(emulator.command("POST", "spaces", body).await.0, 503);
    assert_eq!(emulator.spaces().all().len(), users, "nobody was provisioned");
    // Nor for all.
    assert_eq!(emulator.command("PUT", "scenario", long()).await.0, 503);
    for space in &spaces[..2] {
        let path = format!("spaces/{space}/scenario");
        assert_eq!(emulator.command("DELETE", &path, json!({})).await.0, 200);
    }
    assert!(kept(&emulator).await < full - 1_000_000.0);
    let path = format!("spaces/{}/scenario", spaces[0]);
    assert_eq!(emulator.command("PUT", &path, long()).await.0, 200);
}

#[tokio::test]
async fn rules_for_all_count_once_and_no_more_when_others_take_their_place() {
    let emulator = emulator().await;
    for _ in 0..5 {
        new_space(&emulator).await;
    }
    let before = kept(&emulator).await;
    for _ in 0..20 {
        assert_eq!(emulator.command("PUT", "scenario", long()).await.0, 200);
    }
    let more = kept(&emulator).await - before;
    assert!((300_000.0..3_000_000.0).contains(&more), "{more}");
    assert_eq!(emulator.command("DELETE", "scenario", json!({})).await.0, 200);
    let left = kept(&emulator).await - before;
    assert!(left < 20_000.0, "{left}");
}

#[tokio::test]
async fn a_label_counts() {
    let emulator = emulator().await;
    let path = format!("spaces/{}/label", new_space(&emulator).await);
    let before = kept(&emulator).await;
    let label = "é".repeat(100);
    assert_eq!(emulator.command("PUT", &path, json!({"label": label})).await.0, 200);
    assert!(kept(&emulator).await >= before + 400.0);
}

/// A scenario decides up to a thousand answers of a payment, each with a text as long as it likes.
#[tokio::test]
async fn the_answers_that_a_payment_is_to_meet_share_their_text_and_count_it() {
    const TEXT: usize = 200_000;
    let emulator = emulator().await;
    let answer = json!({"status": 500, "message": "x".repeat(TEXT)});
    let query = json!([{"times": 1000, "answer": answer}]);
    let scenario = json!({"name": "long", "rules": [{"query": query}]});
    assert_eq!(emulator.command("PUT", "scenario", scenario).await.0, 200);
    let merchant = Merchant::of(&emulator, "collection").await;
    let before = kept(&emulator).await;
    merchant.submit(PAYER, None).await;
    let more = kept(&emulator).await - before;
    assert!((TEXT as f64..2.0 * TEXT as f64).contains(&more), "{more}");
}

#[tokio::test]
async fn a_payment_whose_callback_is_repeated_takes_no_more_room_later() {
    const TIMES: u32 = 40;
    let emulator = emulator().await;
    let listener = CallbackListener::start().await;
    let callback = json!({"times": TIMES, "every": "1s"});
    let scenario = json!({"name": "again", "rules": [{"callback": callback}]});
    assert_eq!(emulator.command("PUT", "scenario", scenario).await.0, 200);
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut body = merchant.body("5", PAYER);
    body["externalId"] = json!("x".repeat(20_000));
    let request = merchant.submission(merchant.path(), &new_reference(), &body);
    let request = request.header("X-Callback-Url", format!("{}/paid", listener.url));
    assert_eq!(outcome(request).await.0, 202);
    let accepted = kept(&emulator).await;
    let by = format!("{}s", TIMES + 5);
    let (status, answer) = emulator.command("POST", "clock/advance", json!({"by": by})).await;
    assert_eq!(status, 200, "{answer}");
    let journal = 100_000.0;
    let done = kept(&emulator).await;
    assert!(done > 800_000.0, "all were sent: {done}");
    assert!(done <= accepted + journal, "{accepted} at first, then {done}");
    emulator.advance(Duration::from_secs(1));
}

/// An account holder that a scenario declares is kept with each consent that it is asked for.
#[tokio::test]
async fn a_consent_counts_the_names_of_its_account_holder() {
    const TEXT: usize = 100_000;
    let emulator = emulator().await;
    let holder = json!({"party": PAYER, "given_name": "x".repeat(TEXT)});
    let scenario = json!({"name": "long", "account_holders": [holder]});
    let put = emulator.command("PUT", "scenario", scenario).await;
    assert_eq!(put.0, 200, "{}", put.1);
    let merchant = Merchant::of(&emulator, "collection").await;
    let before = kept(&emulator).await;
    assert_eq!(merchant.ask_for_consent(PAYER, "offline").await.0, 200);
    assert!(kept(&emulator).await >= before + TEXT as f64);
}
