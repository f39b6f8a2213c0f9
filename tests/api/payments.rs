//! Requests to pay, transfers, balances, account holders: what a merchant comes for.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::emulator::{Emulator, Options};
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

#[tokio::test]
async fn a_payment_is_pending_then_successful_and_echoes_its_request() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = new_reference();
    let body = merchant.body("12.50", PAYER);
    let submitted = merchant.submission(merchant.path(), &reference, &body);
    assert_eq!(outcome(submitted).await, (202, String::new()));

    let pending = merchant.status(&reference.to_uppercase()).await;
    let mut expected = body.clone();
    expected["amount"] = json!("12.5");
    expected["status"] = json!("PENDING");
    assert_eq!(pending, expected);

    emulator.settle();
    let mut settled = merchant.status(&reference).await;
    let object = settled.as_object_mut().expect("an object");
    let id = object.remove("financialTransactionId").expect("an id once successful");
    let id = id.as_str().expect("text");
    assert!((8..=10).contains(&id.len()) && id.parse::<u64>().is_ok(), "{id}");
    expected["status"] = json!("SUCCESSFUL");
    assert_eq!(settled, expected);
}

/// MTN's published values, and what each does (docs/contract.md#test-values).
#[tokio::test]
async fn what_clients_are_known_to_send_is_accepted() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut bodies = vec![merchant.body("5", PAYER); 4];
    bodies[0]["amount"] = json!(5.50);
    for name in ["externalId", "payerMessage", "payeeNote"] {
        bodies[1].as_object_mut().expect("an object").remove(name);
    }
    bodies[2]["payer"]["partyIdType"] = json!("msisdn");
    bodies[2]["payer"]["partyId"] = json!("+46733123999");
    bodies[3]["callbackUrl"] = json!("http://nowhere.example/");
    bodies[3]["payee"] = json!({"partyIdType": "?", "partyId": 5});
    for body in bodies {
        let reference = new_reference();
        let request = merchant
            .call(Method::POST, merchant.path())
            .header("X-Reference-Id", &reference)
            .header("Language", "")
            .body(body.to_string());
        assert_eq!(outcome(request).await, (202, String::new()), "{body}");
        let status = merchant.status(&reference).await;
        assert_eq!(status["externalId"], body["externalId"]);
        assert_eq!(status["payer"], body["payer"]);
    }
}

#[tokio::test]
async fn a_transaction_is_found_only_under_its_own_product_operation_and_api_user() {
    let emulator = Emulator::start().await;
    let disbursement = Merchant::of(&emulator, "disbursement").await;
    let mut other = Merchant::of(&emulator, "disbursement").await;
    let reference = disbursement.submit(PAYER, None).await;
    let not_found = (
        404,
        r#"{"message":"Requested resource was not found.","code":"RESOURCE_NOT_FOUND"}"#.to_owned(),
    );
    let path = format!("/v1_0/transfer/{reference}");
    assert_eq!(outcome(other.call(Method::GET, &path)).await, not_found);
    other.product = "remittance";
    other.renew_token().await;
    assert_eq!(outcome(other.call(Method::GET, &path)).await, not_found);
}

#[tokio::test]
async fn the_balance_follows_the_money() {
    let emulator = Emulator::start().await;
    let collection = Merchant::of(&emulator, "collection").await;
    let disbursement = Merchant::of(&emulator, "disbursement").await;
    let balance = async |merchant: &Merchant, path: &str| {
        let body = merchant.get(path).await;
        assert_eq!(body["currency"], "EUR");
        body["availableBalance"].as_str().expect("text").to_owned()
    };
    let plain = "/v1_0/account/balance";
    assert_eq!(balance(&collection, plain).await, "1000");
    let body = collection.body("12.50", PAYER);
    let payment = collection.submission(collection.path(), &new_reference(), &body);
    assert_eq!(outcome(payment).await.0, 202);
    assert_eq!(balance(&collection, plain).await, "1000", "not before it is settled");
    emulator.settle();
    assert_eq!(balance(&collection, "/v1_0/account/balance/eur").await, "1012.5");

    let transfer = |amount: &str| {
        let body = disbursement.body(amount, PAYER);
        disbursement.submission(disbursement.path(), &new_reference(), &body)
    };
    assert_eq!(outcome(transfer("999.99")).await.0, 202);
    emulator.settle();
    assert_eq!(balance(&disbursement, plain).await, "0.01");
    let reference = new_reference();
    let body = disbursement.body("0.02", PAYER);
    let too_much = disbursement.submission(disbursement.path(), &reference, &body);
    assert_eq!(outcome(too_much).await.0, 202);
    emulator.settle();
    assert_eq!(disbursement.status(&reference).await["reason"], "NOT_ENOUGH_FUNDS");
    assert_eq!(balance(&disbursement, plain).await, "0.01");

    let other_currency = collection.call(Method::GET, "/v1_0/account/balance/UGX");
    let refused = r#"{"message":"Currency not supported.","code":"INVALID_CURRENCY"}"#;
    assert_eq!(outcome(other_currency).await, (500, refused.to_owned()));
}

#[tokio::test]
async fn account_holders_are_active_unless_mtn_says_otherwise() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "remittance").await;
    let active = async |holder: &str| {
        let path = format!("/v1_0/accountholder/{holder}/active");
        outcome(merchant.call(Method::GET, &path)).await
    };
    let yes = (200, r#"{"result":true}"#.to_owned());
    assert_eq!(active("msisdn/46733123999").await, yes);
    assert_eq!(active("MSISDN//46733123999").await, yes);
    assert_eq!(active("email/someone%40shop.example").await, yes);
    assert_eq!(active("msisdn/46733123451").await, (200, r#"{"result":false}"#.to_owned()));
    assert_eq!(active("party_code/5cecb5a7-8bd0-4f49-87b1-8eb9ecc7b7bc").await.0, 404);
    assert_eq!(active("email/serviceunavailable@email.com").await.0, 503);
    let not_allowed =
        r#"{"message":"Authorization failed. Insufficient permissions.","code":"NOT_ALLOWED"}"#;
    assert_eq!(active("msisdn/46733123452").await, (500, not_allowed.to_owned()));
    assert_eq!(active("fingerprint/1").await.0, 400);
    assert_eq!(active("msisdn/none").await.0, 400);
}

#[tokio::test]
async fn a_delivery_notification_is_for_a_successful_payment() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = merchant.submit(PAYER, None).await;
    let notify = |reference: &str, text: &str| {
        merchant
            .call(Method::POST, &format!("/v1_0/requesttopay/{reference}/deliverynotification"))
            .header("notificationMessage", text)
            .json(&json!({"notificationMessage": text}))
    };
    let early = r#"{"message":"The transaction is not successfully completed.","code":"NOT_SUCCESSFULLY_COMPLETED"}"#;
    assert_eq!(outcome(notify(&reference, "sent")).await, (409, early.to_owned()));
    emulator.settle();
    assert_eq!(outcome(notify(&reference, "sent")).await, (200, String::new()));
    assert_eq!(emulator.record(&reference).await["delivery_notifications"], json!(["sent"]));
    assert_eq!(outcome(notify(&reference, "again")).await, (429, String::new()));
    assert_eq!(outcome(notify(&reference, &"x".repeat(161))).await.0, 400);
    assert_eq!(outcome(notify(&new_reference(), "sent")).await.0, 404);
}

#[tokio::test]
async fn a_status_read_is_right_at_once_whatever_the_scheduler_does() {
    let emulator =
        Emulator::with(Options { settle_after: Duration::ZERO, ..Options::default() }).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = merchant.submit(PAYER, None).await;
    assert_eq!(merchant.status(&reference).await["status"], "SUCCESSFUL");
}

#[tokio::test]
async fn rules_of_a_scenario_go_before_mtns_test_values() {
    let emulator = Emulator::with_scenario(
        r#"
        [[rules]]
        when = { operation = "requesttopay", party = "2567*", amount = { at_least = "100" } }
        then = { status = "FAILED", reason = "PAYER_LIMIT_REACHED", after = "5s" }
        [[rules]]
        when = { party = "46733123450" }
        then = { status = "SUCCESSFUL" }
        "#,
    )
    .await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let pay = async |amount: &str, party: &str| {
        let reference = new_reference();
        let body = merchant.body(amount, party);
        let request = merchant.submission(merchant.path(), &reference, &body);
        assert_eq!(outcome(request).await.0, 202);
        reference
    };
    let limited = pay("100", "+256771").await;
    let small = pay("99.99", "256771").await;
    let no_longer_failing = pay("5", "46733123450").await;
    let still_rejected = pay("5", "46733123451").await;
    emulator.settle();
    assert_eq!(merchant.status(&limited).await["status"], "PENDING");
    assert_eq!(merchant.status(&small).await["status"], "SUCCESSFUL");
    assert_eq!(merchant.status(&no_longer_failing).await["status"], "SUCCESSFUL");
    assert_eq!(merchant.status(&still_rejected).await["reason"], "APPROVAL_REJECTED");
    emulator.advance(Duration::from_secs(5));
    assert_eq!(merchant.status(&limited).await["reason"], "PAYER_LIMIT_REACHED");
    let decided_by = &emulator.record(&limited).await["plan"]["decided_by"];
    assert_eq!(decided_by["rule"], json!({"scenario": "test", "rule": 1}));
}

#[tokio::test]
async fn a_reset_forgets_transactions_and_money_but_not_the_api_user() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = merchant.submit(PAYER, None).await;
    emulator.settle();
    assert_eq!(merchant.get("/v1_0/account/balance").await["availableBalance"], "1005");
    let reset = emulator.command("POST", "reset", json!({})).await;
    assert_eq!(reset, (200, json!({"forgotten_transactions": 1})));
    assert_eq!(emulator.control("transactions").await, json!({"transactions": [], "total": 0}));
    assert_eq!(merchant.get("/v1_0/account/balance").await["availableBalance"], "1000");
    let body = merchant.body("5", PAYER);
    let again = merchant.submission(merchant.path(), &reference, &body);
    assert_eq!(outcome(again).await.0, 202, "the reference is free again");
}
