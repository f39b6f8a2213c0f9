//! The control plane under `/_sandbox`.

use momo_sandbox::internals::engine::Clock;
use momo_sandbox::internals::scenarios::BUILTIN;
use reqwest::Client;
use serde_json::json;

use crate::support::emulator::{Emulator, Options};
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
        // Without a path it is the console, as below `/`.
        ("", 200, "<!doctype html>"),
        ("/reset", 405, "POST"),
        ("/transactions/12", 400, "a UUID is expected"),
        ("/transactions/6f9619ff-8b86-4011-b42d-00c04fc964ff", 404, "no transaction has"),
        (
            "/transactions/6f9619ff-8b86-4011-b42d-00c04fc964ff?api_user=x",
            400,
            "a UUID is expected",
        ),
    ] {
        let (found, text) = outcome(get(path)).await;
        assert_eq!(found, status, "{path}");
        assert!(text.contains(part), "{path}: {text}");
    }
}

#[tokio::test]
async fn the_clock_is_paused_for_all_and_runs_again() {
    let options = Options { clock: Clock::real(), ..Options::default() };
    let emulator = Emulator::with(options).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let (_, paused) = emulator.command("POST", "clock/pause", json!({})).await;
    assert_eq!((&paused["running"], &paused["mode"]), (&json!(false), &json!("real")));
    let reference = merchant.submit(PAYER, None).await;
    let clock = emulator.control("clock").await;
    assert_eq!(clock["now"], paused["now"], "time stands");
    let next = &clock["next"];
    let (event, about) = (&next["event"], &next["reference_id"]);
    assert_eq!((event, about), (&json!("status_reached"), &json!(reference)), "{next}");
    assert_eq!(next["api_user"], merchant.api_user);
    assert_eq!(merchant.status(&reference).await["status"], "PENDING");
    let (_, running) = emulator.command("POST", "clock/run", json!({})).await;
    assert_eq!(running["running"], true);
    let wanted = json!({"reference_id": reference, "status": "SUCCESSFUL", "timeout": "30s"});
    let (_, waited) = emulator.command("POST", "wait", wanted).await;
    assert_eq!(waited["met"], true);
}

#[tokio::test]
async fn the_tail_of_the_journal_is_its_last_entries_in_their_order() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    for _ in 0..5 {
        merchant.submit(PAYER, None).await;
    }
    let all = emulator.control("journal?event=accepted").await;
    let tail = emulator.control("journal?event=accepted&tail=2").await;
    assert_eq!(tail["entries"], json!(all["entries"].as_array().expect("entries")[3..]));
    assert_eq!(tail["last"], all["last"]);
    assert_eq!(emulator.control("journal?tail=0").await["entries"], json!([]));
}

#[tokio::test]
async fn a_star_in_a_filter_stands_for_anything() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = merchant.submit("46733777001", None).await;
    merchant.submit(PAYER, None).await;
    for filter in ["party=46733777*", "party=*7001", &format!("reference_id={reference}")] {
        let found = emulator.control(&format!("transactions?{filter}")).await;
        assert_eq!(found["total"], 1, "{filter}");
        assert_eq!(found["transactions"][0]["reference_id"], reference);
    }
}

#[tokio::test]
async fn the_scenarios_that_ship_can_be_put_in_force_as_they_are() {
    let emulator = Emulator::start().await;
    let shipped = emulator.control("scenarios").await;
    let shipped = shipped["scenarios"].as_array().expect("scenarios");
    assert_eq!(shipped.len(), BUILTIN.len());
    for scenario in shipped {
        let source = scenario["source"].as_str().expect("a text").to_owned();
        let request = Client::new()
            .put(format!("{}/_sandbox/scenario", emulator.url))
            .header("Content-Type", "application/toml")
            .body(source);
        assert_eq!(outcome(request).await.0, 200, "{}", scenario["name"]);
    }
}

#[tokio::test]
async fn a_space_is_labelled_and_keeps_its_label_across_a_reset() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let path = format!("spaces/{}/label", merchant.api_user);
    let put = async |body| emulator.command("PUT", &path, body).await;
    let space = async || emulator.control("spaces").await["spaces"][0].clone();
    assert_eq!(space().await["label"], json!(null));
    let (status, answer) = put(json!({"label": "checkout", "excluded": true})).await;
    assert_eq!((status, answer), (200, json!({"label": "checkout", "excluded": true})));
    emulator.command("POST", "reset", json!({})).await;
    let shown = space().await;
    assert_eq!((&shown["label"], &shown["excluded"]), (&json!("checkout"), &json!(true)));
    for (body, part) in [
        (json!({"label": ""}), "1 to 100 characters"),
        (json!({"label": "x".repeat(101)}), "1 to 100 characters"),
        (json!({"label": 7}), "1 to 100 characters"),
        (json!({"excluded": "yes"}), "true or false"),
        (json!({"name": "checkout"}), "unknown `name` in the body of `label`"),
    ] {
        let (status, answer) = put(body).await;
        assert_eq!(status, 400);
        assert!(answer["error"].as_str().is_some_and(|why| why.contains(part)), "{answer}");
    }
    assert_eq!(put(json!({})).await.0, 200);
    assert_eq!(space().await["label"], json!(null));
}
