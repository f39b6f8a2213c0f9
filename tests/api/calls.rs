//! Rules about requests that are no submissions: what `respond` makes of them.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome, refusal};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn every_fourth_token_request_fails_and_the_balance_is_down_for_the_first_minute() {
    let emulator = Emulator::with_scenario(
        r#"
        [[rules]]
        when = { operation = "token", every = 4 }
        respond = { answer = { status = 401, code = "login_failed" } }
        [[rules]]
        when = { operation = "balance", until = "1m" }
        respond = { answer = { status = 503, code = "SERVICE_UNAVAILABLE" } }
        "#,
    )
    .await;
    // One token is fetched at the start.
    let merchant = Merchant::of(&emulator, "collection").await;
    for expected in [200, 200, 401, 200, 200, 200, 401] {
        assert_eq!(outcome(merchant.token_request()).await.0, expected);
    }
    let balance = || merchant.call(Method::GET, "/v1_0/account/balance");
    let (status, body, why) = refusal(balance()).await;
    assert_eq!(status, 503);
    assert!(body.contains("SERVICE_UNAVAILABLE"), "{body}");
    let expected = "Rule 2 of the scenario `test` asks for this answer, for occurrence 1 of what \
                    the rule is about. The request itself is good.";
    assert_eq!(why, expected);
    assert_eq!(outcome(merchant.call(Method::GET, "/v1_0/account/balance/EUR")).await.0, 503);
    emulator.advance(59 * SECOND);
    assert_eq!(outcome(balance()).await.0, 503);
    emulator.advance(SECOND);
    assert_eq!(outcome(balance()).await.0, 200);
}

#[tokio::test]
async fn a_call_is_left_undone_unless_the_rule_says_done() {
    let emulator = Emulator::with_scenario(
        r#"
        [[rules]]
        when = { operation = "create-api-key", nth = 2 }
        respond = { answer = { status = 500 } }
        [[rules]]
        when = { operation = "create-api-user", nth = 2 }
        respond = { answer = { status = 504 }, done = true }
        "#,
    )
    .await;
    // The first of each is that of the merchant.
    let merchant = Merchant::of(&emulator, "collection").await;
    let id = new_reference();
    let host = json!({"providerCallbackHost": "shop.example"});
    let create = || {
        let request = merchant.provisioning(Method::POST, "/v1_0/apiuser");
        request.header("X-Reference-Id", &id).json(&host)
    };
    assert_eq!(outcome(create()).await.0, 504);
    assert_eq!(outcome(create()).await.0, 409, "it was created all the same");
    let path = format!("/v1_0/apiuser/{}/apikey", merchant.api_user);
    let key = || merchant.provisioning(Method::POST, &path).header("Content-Length", "0");
    assert_eq!(outcome(key()).await.0, 500);
    assert_eq!(outcome(merchant.token_request()).await.0, 200, "its key is as it was");
    assert_eq!(outcome(key()).await.0, 201);
    assert_eq!(outcome(merchant.token_request()).await.0, 500, "and now it is another");
}

#[tokio::test]
async fn a_status_is_unknown_for_a_while_to_one_party_alone() {
    let emulator = Emulator::with_scenario(
        r#"
        [[rules]]
        when = { operation = "statuses", party = "25677*", first = 2 }
        respond = { answer = { status = 404, code = "RESOURCE_NOT_FOUND" } }
        "#,
    )
    .await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let unknown = merchant.submit("256771234567", None).await;
    let known = merchant.submit(PAYER, None).await;
    let ask = |reference: &str| {
        let path = format!("{}/{reference}", merchant.path());
        outcome(merchant.call(Method::GET, &path))
    };
    assert_eq!(ask(&known).await.0, 200);
    assert_eq!(ask(&unknown).await.0, 404);
    assert_eq!(ask(&unknown).await.0, 404);
    assert_eq!(ask(&unknown).await.0, 200);
}

#[tokio::test]
async fn an_answer_waits_on_the_emulators_clock() {
    let emulator = Emulator::with_scenario(
        r#"
        [[rules]]
        when = { operation = "account-holder-active" }
        respond = { delay = "1h" }
        "#,
    )
    .await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let path = format!("/v1_0/accountholder/msisdn/{PAYER}/active");
    let request = merchant.call(Method::GET, &path);
    let asking = tokio::spawn(outcome(request));
    let is_asked = |journal: &Value| journal.to_string().contains("accountholder");
    while !is_asked(&emulator.control("journal").await) {
        tokio::task::yield_now().await;
    }
    assert!(!asking.is_finished());
    emulator.advance(Duration::from_secs(3600));
    assert_eq!(asking.await.expect("an answer"), (200, r#"{"result":true}"#.to_owned()));
}

#[tokio::test]
async fn a_connection_breaks_on_any_operation() {
    let emulator = Emulator::with_scenario(
        r#"
        [[rules]]
        when = { operation = ["userinfo", "list-preapprovals", "basic-user-info"] }
        respond = { connection = "reset" }
        "#,
    )
    .await;
    let merchant = Merchant::of(&emulator, "collection").await;
    for path in ["basicuserinfo", "active"] {
        let path = format!("/v1_0/accountholder/msisdn/{PAYER}/{path}");
        let answered = merchant.call(Method::GET, &path).send().await;
        assert_eq!(answered.is_ok(), path.ends_with("active"), "{path}");
    }
    let list = format!("/v1_0/preapprovals/msisdn/{PAYER}");
    merchant.call(Method::GET, &list).send().await.expect_err("the connection is reset");
}
