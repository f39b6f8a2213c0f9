//! A wallet on both platforms of MTN: one balance, and transactions that only one of them knows.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::emulator::SETTLE_AFTER;
use crate::support::merchant::{new_reference, outcome};
use crate::support::provisioned_caller::{Caller, both_platforms, command};

const COLLECT: &str = "collection/v1_0/requesttopay";
const TRANSFER: &str = "disbursement/v1_0/transfer";

#[tokio::test]
async fn both_platforms_show_one_balance_and_each_its_own_transactions() {
    let running = both_platforms().await;
    let legacy = Caller::of(&running, "legacy", "shop").await;
    let new = Caller::of(&running, "new", "shop").await;
    let other = Caller::of(&running, "new", "another shop").await;
    let reference = new_reference();
    assert_eq!(legacy.submit(COLLECT, &reference, "50").await, 202);
    assert_eq!(new.balance("collection").await, "1000");
    running.spaces().clock().advance(SETTLE_AFTER);
    for caller in [&new, &legacy] {
        assert_eq!(caller.balance("collection").await, "1050");
    }
    assert_eq!(other.balance("collection").await, "1000");
    // The reference names another transaction here.
    let of_reference = format!("{COLLECT}/{reference}");
    assert_eq!(new.query(&of_reference).await.0, 404);
    assert_eq!(new.submit(COLLECT, &reference, "7").await, 202);
    assert_eq!(new.query(&of_reference).await.1["status"], "PENDING");
    let (status, first) = legacy.query(&of_reference).await;
    assert_eq!((status, &first["amount"]), (200, &json!("50")), "{first}");
    assert_eq!(first["status"], "SUCCESSFUL");
    assert_eq!(new.submit(COLLECT, &reference, "7").await, 409);
}

#[tokio::test]
async fn what_a_payout_reserves_on_one_platform_is_gone_on_the_other() {
    let running = both_platforms().await;
    let legacy = Caller::of(&running, "legacy", "shop").await;
    let new = Caller::of(&running, "new", "shop").await;
    let [first, second, third] = [(); 3].map(|()| new_reference());
    assert_eq!(legacy.submit(TRANSFER, &first, "700").await, 202);
    assert_eq!(new.balance("disbursement").await, "300");
    assert_eq!(new.submit(TRANSFER, &second, "301").await, 202);
    assert_eq!(new.submit(TRANSFER, &third, "300").await, 202);
    running.spaces().clock().advance(SETTLE_AFTER);
    let (_, failed) = new.query(&format!("{TRANSFER}/{second}")).await;
    assert_eq!(
        (&failed["status"], &failed["reason"]),
        (&json!("FAILED"), &json!("NOT_ENOUGH_FUNDS"))
    );
    let (_, paid) = new.query(&format!("{TRANSFER}/{third}")).await;
    assert_eq!(paid["status"], "SUCCESSFUL");
    assert_eq!(legacy.balance("disbursement").await, "0");
    let record = format!("{}/_sandbox/transactions/{second}", running.url());
    let (_, record) = outcome(reqwest::Client::new().get(record)).await;
    let record: Value = serde_json::from_str(&record).expect("JSON");
    let why = record["plan"]["decided_by"]["why"].as_str().expect("a sentence");
    assert!(why.contains(&first), "the payout of the other platform is named: {why}");
}

#[tokio::test]
async fn a_reset_of_one_api_user_resets_its_wallet_and_says_whom() {
    let running = both_platforms().await;
    let legacy = Caller::of(&running, "legacy", "shop").await;
    let new = Caller::of(&running, "new", "shop").await;
    let other = Caller::of(&running, "legacy", "another shop").await;
    for (caller, amount) in [(&legacy, "100"), (&new, "200"), (&other, "400")] {
        assert_eq!(caller.submit(TRANSFER, &new_reference(), amount).await, 202);
    }
    assert_eq!(legacy.balance("disbursement").await, "700");
    let reset = async |caller: &Caller| {
        let path = format!("spaces/{}/reset", caller.text("api_user"));
        command(&running.url(), "POST", &path, json!({})).await
    };
    let forgotten = json!({"forgotten_transactions": 2, "also_reset": [new.text("api_user")]});
    assert_eq!(reset(&legacy).await, (200, forgotten));
    for (caller, balance) in [(&legacy, "1000"), (&new, "1000"), (&other, "600")] {
        assert_eq!(caller.balance("disbursement").await, balance);
    }
    assert_eq!(reset(&other).await, (200, json!({"forgotten_transactions": 1})));
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts_of_both_platforms_at_one_time_pay_what_the_wallet_has() {
    let running = both_platforms().await;
    let legacy = Arc::new(Caller::of(&running, "legacy", "shop").await);
    let new = Arc::new(Caller::of(&running, "new", "shop").await);
    let mut submitting = JoinSet::new();
    for _ in 0..30 {
        for caller in [&legacy, &new] {
            let caller = Arc::clone(caller);
            submitting.spawn(async move { caller.submit(TRANSFER, &new_reference(), "50").await });
        }
    }
    assert_eq!(submitting.join_all().await, [202; 60]);
    running.spaces().clock().advance(SETTLE_AFTER);
    let paid = format!("{}/_sandbox/transactions?status=SUCCESSFUL", running.url());
    let (_, paid) = outcome(reqwest::Client::new().get(paid)).await;
    let paid: Value = serde_json::from_str(&paid).expect("JSON");
    assert_eq!(paid["total"], 20, "1000 pay for 20 payouts of 50");
    for caller in [&legacy, &new] {
        assert_eq!(caller.balance("disbursement").await, "0");
    }
}
