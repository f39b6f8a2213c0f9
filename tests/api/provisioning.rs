//! API users, keys and tokens.

use reqwest::Method;
use serde_json::{Value, json};

use momo_sandbox_core::model::product::Product;

use crate::support::emulator::{Emulator, Options};
use crate::support::merchant::{Merchant, new_reference, outcome};

const NOT_FOUND: &str =
    r#"{"message":"Requested resource was not found.","code":"RESOURCE_NOT_FOUND"}"#;
const DUPLICATE: &str = r#"{"message":"Duplicated reference id. Creation of resource failed.","code":"RESOURCE_ALREADY_EXIST"}"#;

#[tokio::test]
async fn an_api_user_is_shown_as_it_was_created() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let path = format!("/v1_0/apiuser/{}", merchant.api_user.to_uppercase());
    let shown = outcome(merchant.provisioning(Method::GET, &path)).await;
    let expected = r#"{"providerCallbackHost":"127.0.0.1","targetEnvironment":"sandbox"}"#;
    assert_eq!(shown, (200, expected.to_owned()));
}

#[tokio::test]
async fn creating_answers_201_with_an_empty_body_and_only_once() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let id = new_reference();
    let create = || {
        merchant
            .provisioning(Method::POST, "//v1_0/apiuser")
            .header("X-Reference-Id", &id)
            .json(&json!({"providerCallbackHost": "https://clinic.com/momo"}))
    };
    assert_eq!(outcome(create()).await, (201, String::new()));
    assert_eq!(outcome(create()).await, (409, DUPLICATE.to_owned()));
}

#[tokio::test]
async fn an_unknown_api_user_is_not_found() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let unknown = format!("/v1_0/apiuser/{}", new_reference());
    let shown = outcome(merchant.provisioning(Method::GET, &unknown)).await;
    assert_eq!(shown, (404, NOT_FOUND.to_owned()));
    let key = merchant.provisioning(Method::POST, &format!("{unknown}/apikey")).body("{}");
    assert_eq!(outcome(key).await, (404, NOT_FOUND.to_owned()));
}

#[tokio::test]
async fn a_new_api_key_ends_the_old_one() {
    let emulator = Emulator::start().await;
    let mut merchant = Merchant::of(&emulator, "collection").await;
    let old = merchant.api_key.clone();
    assert!(old.len() == 32 && old.bytes().all(|byte| byte.is_ascii_hexdigit()), "{old}");
    let with_old_key = merchant.token_request();
    merchant.renew_api_key().await;
    assert_ne!(merchant.api_key, old);
    let refused = (500, r#"{"error":"login_failed"}"#.to_owned());
    assert_eq!(outcome(with_old_key).await, refused);
    merchant.renew_token().await;
}

#[tokio::test]
async fn a_token_is_issued_for_every_product_whatever_the_body() {
    let emulator = Emulator::start().await;
    for product in ["collection", "disbursement", "remittance"] {
        let merchant = Merchant::of(&emulator, product).await;
        for body in ["{}", "[]", "null", "grant_type=client_credentials", "\u{1}"] {
            let answer = merchant.token_request().body(body).send().await.expect("an answer");
            assert_eq!(answer.status(), 200, "{product} {body:?}");
            let token: Value = answer.json().await.expect("JSON");
            assert_eq!(token["token_type"], "access_token");
            assert_eq!(token["expires_in"], 3600);
            let parts = token["access_token"].as_str().expect("a token").split('.').count();
            assert_eq!(parts, 3, "a JWT has three parts");
        }
    }
}

#[tokio::test]
async fn a_token_ends_after_an_hour_and_is_good_for_every_product() {
    let emulator = Emulator::start().await;
    let mut merchant = Merchant::of(&emulator, "collection").await;
    let invalid = (401, String::new());
    let balance = "/v1_0/account/balance";
    let elsewhere = merchant
        .provisioning(Method::GET, "/disbursement/v1_0/account/balance")
        .bearer_auth(&merchant.token)
        .header("X-Target-Environment", "sandbox");
    assert_eq!(outcome(elsewhere).await.0, 200);

    emulator.advance(std::time::Duration::from_secs(3599));
    assert_eq!(outcome(merchant.call(Method::GET, balance)).await.0, 200);
    emulator.advance(std::time::Duration::from_secs(1));
    assert_eq!(outcome(merchant.call(Method::GET, balance)).await, invalid);
    merchant.renew_token().await;
    assert_eq!(outcome(merchant.call(Method::GET, balance)).await.0, 200);
}

#[tokio::test]
async fn with_keys_given_each_product_has_only_its_own() {
    let keys = vec![(Product::Collection, "key"), (Product::Disbursement, "other")];
    let emulator = Emulator::with(Options { keys, ..Options::default() }).await;
    let mut merchant = Merchant::of(&emulator, "collection").await;
    let in_query = merchant
        .provisioning(Method::GET, "/collection/v1_0/account/balance?subscription-key=other");
    assert_eq!(outcome(in_query).await.0, 401, "the header goes before the query");

    merchant.product = "disbursement";
    let message = "Access denied due to invalid subscription key. Make sure to provide a valid \
                   key for an active subscription.";
    let invalid = format!(r#"{{ "statusCode": 401, "message": "{message}" }}"#);
    assert_eq!(outcome(merchant.token_request()).await, (401, invalid));

    // The API user was provisioned under collection's key: with disbursement's own key it gets a
    // token, and then meets the 500 of docs/contract.md#order-of-checks.
    let token = merchant.token_request().header("Ocp-Apim-Subscription-Key", "other");
    let mut token = token.build().expect("a request");
    token.headers_mut().insert("Ocp-Apim-Subscription-Key", "other".parse().expect("a header"));
    let answer = reqwest::Client::new().execute(token).await.expect("an answer");
    let token: Value = answer.json().await.expect("JSON");
    let call = reqwest::Client::new()
        .get(format!("{}/disbursement/v1_0/account/balance", emulator.url))
        .header("Ocp-Apim-Subscription-Key", "other")
        .header("X-Target-Environment", "sandbox")
        .bearer_auth(token["access_token"].as_str().expect("a token"));
    let forbidden = r#"{"message":"Access to target environment is forbidden.","code":"NOT_ALLOWED_TARGET_ENVIRONMENT"}"#;
    assert_eq!(outcome(call).await, (500, forbidden.to_owned()));
}
