//! An API user in one call, and waiting for what a test is about: also for the merchant's own
//! question, and never for what can no longer come.

use serde_json::{Value, json};

use crate::support::emulator::{Emulator, Options};
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};
use crate::support::program::bash;

#[tokio::test]
async fn one_call_gives_an_api_user_that_can_pay_at_once() {
    let emulator = Emulator::start().await;
    let asked = json!({
        "label": "refunds",
        "provider_callback_host": "shop.example",
        "scenario": "declined",
        "products": ["collection"],
    });
    let (status, made) = emulator.command("POST", "spaces", asked).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(made["scenario"]["name"], "declined");
    let listed = emulator.control("spaces").await;
    let space = &listed["spaces"][0];
    assert_eq!(space["api_user"], made["api_user"]);
    assert_eq!((&space["label"], &made["label"]), (&json!("refunds"), &json!("refunds")));
    assert_eq!(space["provider_callback_host"], "shop.example");
    let environment = &made["environment"];
    assert_eq!(environment["MOMO_SANDBOX_URL"], emulator.url);
    assert_eq!(environment["MOMO_SANDBOX_API_USER_ID"], made["api_user"]);
    let reference = new_reference();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let pay = reqwest::Client::new()
        .post(format!("{}/collection/v1_0/requesttopay", emulator.url))
        .bearer_auth(text(&made["tokens"]["collection"]))
        .header("Ocp-Apim-Subscription-Key", text(&environment["MOMO_SANDBOX_PRIMARY_KEY"]))
        .header("X-Target-Environment", text(&environment["MOMO_SANDBOX_ENVIRONMENT"]))
        .header("X-Reference-Id", &reference)
        .json(&json!({
            "amount": "5",
            "currency": environment["MOMO_SANDBOX_CURRENCY"],
            "externalId": "1",
            "payer": {"partyIdType": "MSISDN", "partyId": PAYER},
        }));
    assert_eq!(outcome(pay).await.0, 202);
    let record = emulator.record(&reference).await;
    assert_eq!(record["plan"]["decided_by"]["rule"]["scenario"], "declined");
    assert!(made["tokens"].get("disbursement").is_none(), "{}", made["tokens"]);
    // Its key is good where a token is asked for.
    let token = reqwest::Client::new()
        .post(format!("{}/collection/token/", emulator.url))
        .basic_auth(text(&made["api_user"]), Some(text(&made["api_key"])))
        .header("Ocp-Apim-Subscription-Key", "any-key")
        .header("Content-Length", "0");
    assert_eq!(outcome(token).await.0, 200);
}

#[tokio::test]
async fn what_is_to_be_exported_is_read_by_a_shell() {
    let keys = vec![(momo_sandbox_core::model::product::Product::Disbursement, "it's $HOME")];
    let emulator = Emulator::with(Options { keys, ..Options::default() }).await;
    let (_, made) = emulator.command("POST", "spaces", json!({})).await;
    let export = made["export"].as_str().expect("a text");
    let script = format!("{export}echo \"$MOMO_SANDBOX_DISBURSEMENT_KEY|$MOMO_SANDBOX_API_KEY\"");
    let expected = format!("it's $HOME|{}", made["api_key"].as_str().expect("a key"));
    assert_eq!(bash(&script), expected);
    let (_, other) = emulator.command("POST", "spaces", json!({})).await;
    assert_ne!(made["api_user"], other["api_user"], "each call is another API user");
}

#[tokio::test]
async fn an_api_user_that_cannot_be_provisioned_is_told_why_and_does_not_come_about() {
    let emulator = Emulator::start().await;
    for (body, part) in [
        (json!({"lable": "x"}), "did you mean `label`?"),
        (json!({"label": ""}), "`label` must be a text"),
        (json!({"products": ["colection"]}), "did you mean `collection`?"),
        (json!({"products": []}), "must be a list of names"),
        (json!({"scenario": "decline"}), "did you mean `declined`?"),
        (json!({"scenario": {"name": "mine"}}), "says nothing"),
        (json!({"provider_callback_host": "shop..example"}), "write a host name"),
    ] {
        let (status, answer) = emulator.command("POST", "spaces", body).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer["error"].as_str().expect("a message").contains(part), "{answer}");
    }
    assert_eq!(emulator.control("health").await["api_users"], 0);
}

#[tokio::test]
async fn a_wait_ends_when_the_merchant_has_asked_and_was_told() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, None).await;
    let wait = |told: &str| {
        let body = json!({"reference_id": payment, "told": told, "timeout": "1h"});
        emulator.command("POST", "wait", body)
    };
    let (waited, _) = tokio::join!(wait("PENDING"), merchant.status(&payment));
    assert_eq!(waited.1["met"], true, "{}", waited.1);
    emulator.settle();
    let (waited, status) = tokio::join!(wait("SUCCESSFUL"), merchant.status(&payment));
    assert_eq!((&waited.1["met"], &status["status"]), (&json!(true), &json!("SUCCESSFUL")));
    assert_eq!(wait("pending").await.1["met"], true, "what was told stays told");
    assert_eq!(wait("FAILED").await.1["met"], false);
}

/// The clock stands still, so that a wait that does not answer at once never ends.
#[tokio::test]
async fn a_wait_for_what_can_no_longer_come_answers_at_once() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, None).await;
    let wait = async |mut body: Value| {
        body["reference_id"] = json!(payment);
        body["timeout"] = json!("1h");
        emulator.command("POST", "wait", body).await.1
    };
    // Of nothing but time, how it stood then is told.
    let at_once = json!({"status": "FAILED", "reference_id": payment, "timeout": "0s"});
    let over = emulator.command("POST", "wait", at_once).await.1;
    let why = "the time is over: the status is PENDING, the callback `not_requested`";
    assert_eq!((&over["met"], &over["error"]), (&json!(false), &json!(why)));
    assert_eq!(over["transaction"]["reference_id"], payment);
    let nobody = new_reference();
    let at_once = json!({"status": "FAILED", "reference_id": nobody, "timeout": "0s"});
    let over = emulator.command("POST", "wait", at_once).await.1;
    let why = format!("the time is over: no transaction has the reference id {nobody}");
    assert_eq!((&over["met"], &over["error"]), (&json!(false), &json!(why)));
    let created = wait(json!({"status": "CREATED"})).await;
    assert_eq!(created["met"], false, "no stage of its plan is CREATED");
    emulator.settle();
    for (body, part) in [
        (json!({"status": "FAILED"}), "the status is SUCCESSFUL, and can no longer"),
        (json!({"status": "PENDING"}), "can no longer come to be PENDING"),
        (json!({"told": "PENDING"}), "can no longer come to be PENDING"),
        (json!({"callback": "answered"}), "the callback is `not_requested`"),
    ] {
        let answer = wait(body).await;
        assert_eq!(answer["met"], false, "{answer}");
        assert!(answer["error"].as_str().expect("why").contains(part), "{answer}");
        assert_eq!(answer["transaction"]["status"], "SUCCESSFUL");
    }
}
