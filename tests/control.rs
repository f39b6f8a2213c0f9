//! The control plane under `/_sandbox`.

use reqwest::Client;
use serde_json::json;

use crate::support::emulator::Emulator;
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

#[tokio::test]
async fn health_counts_what_is_there() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    merchant.submit(PAYER, None).await;
    merchant.submit("46733123453", None).await;
    emulator.settle();
    let health = emulator.control("health").await;
    assert_eq!(health["status"], "ok");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(health["time"], "2026-09-01T12:00:00.200Z");
    assert_eq!(
        (&health["api_users"], &health["transactions"], &health["pending"]),
        (&json!(1), &json!(2), &json!(1))
    );
}

#[tokio::test]
async fn a_transaction_is_shown_with_its_request_plan_history_and_why() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = merchant.submit("46733123451", None).await;
    emulator.settle();
    let told = merchant.status(&reference).await;
    let record = emulator.record(&reference).await;
    assert_eq!(record["reference_id"], reference);
    assert_eq!(record["api_user"], merchant.api_user);
    assert_eq!(record["status_body"], told);
    assert_eq!(record["status_reads"], 1);
    assert_eq!(record["plan"]["decided_by"]["mtn_test_value"], "Rejected");
    assert_eq!(
        record["plan"]["stages"],
        json!([
            {"after_ms": 0, "status": "PENDING", "reason": null},
            {"after_ms": 200, "status": "FAILED", "reason": "APPROVAL_REJECTED"},
        ])
    );
    assert_eq!(
        record["history"],
        json!([
            {"at": "2026-09-01T12:00:00.000Z", "status": "PENDING", "reason": null},
            {"at": "2026-09-01T12:00:00.200Z", "status": "FAILED", "reason": "APPROVAL_REJECTED"},
        ])
    );
    let events: Vec<_> = record["journal"].as_array().expect("a journal").iter().collect();
    let names: Vec<_> = events.iter().map(|entry| entry["event"].as_str()).collect();
    let expected = ["accepted", "request", "status_reached", "status_read", "request"];
    assert_eq!(names, expected.map(Some));
}

#[tokio::test]
async fn the_list_is_in_the_order_of_acceptance() {
    let emulator = Emulator::start().await;
    let one = Merchant::of(&emulator, "collection").await;
    let other = Merchant::of(&emulator, "disbursement").await;
    let mut expected = Vec::new();
    for merchant in [&one, &other, &one] {
        expected.push(merchant.submit(PAYER, None).await);
        emulator.settle();
    }
    let list = emulator.control("transactions").await;
    let list = list["transactions"].as_array().expect("a list");
    let references: Vec<_> = list.iter().map(|one| one["reference_id"].as_str()).collect();
    assert_eq!(references, expected.iter().map(|id| Some(id.as_str())).collect::<Vec<_>>());
    assert_eq!(list[1]["operation"], "transfer");

    let newest = emulator.control("transactions?order=newest&limit=2").await;
    let second = newest["transactions"][1]["reference_id"].as_str().expect("a reference");
    assert_eq!((second, &newest["total"]), (expected[1].as_str(), &json!(3)));
    let rest = emulator.control(&format!("transactions?order=newest&after={second}")).await;
    assert_eq!(rest["transactions"][0]["reference_id"], expected[0]);
    assert_eq!(rest["transactions"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_same_reference_of_two_api_users_asks_which_is_meant() {
    let emulator = Emulator::start().await;
    let one = Merchant::of(&emulator, "collection").await;
    let other = Merchant::of(&emulator, "collection").await;
    let reference = new_reference();
    for merchant in [&one, &other] {
        let body = merchant.body("5", PAYER);
        let request = merchant.submission(merchant.path(), &reference, &body);
        assert_eq!(outcome(request).await.0, 202, "spaces do not know of each other");
    }
    let path = format!("{}/_sandbox/transactions/{reference}", emulator.url);
    let (status, text) = outcome(Client::new().get(&path)).await;
    assert_eq!(status, 409);
    assert!(text.contains(&one.api_user) && text.contains(&other.api_user), "{text}");
    let record =
        emulator.control(&format!("transactions/{reference}?api_user={}", other.api_user)).await;
    assert_eq!(record["api_user"], other.api_user);
}

#[tokio::test]
async fn wrong_calls_are_told_what_would_be_right() {
    let emulator = Emulator::start().await;
    let get = |path: &str| Client::new().get(format!("{}/_sandbox{path}", emulator.url));
    for (path, status, part) in [
        ("/nothing", 404, "there are GET /_sandbox/health"),
        ("", 404, "there are GET /_sandbox/health"),
        ("/reset", 405, "POST"),
        ("/transactions/12", 400, "a UUID is expected"),
        ("/transactions/6f9619ff-8b86-4011-b42d-00c04fc964ff", 404, "no transaction has"),
        ("/transactions/6f9619ff-8b86-4011-b42d-00c04fc964ff?api_user=x", 400, "must be a UUID"),
    ] {
        let (found, text) = outcome(get(path)).await;
        assert_eq!(found, status, "{path}");
        assert!(text.contains(part), "{path}: {text}");
    }
}
