//! Account holders and their consent: the sandbox's own, and those that a scenario declares.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::emulator::Emulator;
use crate::support::merchant::{Merchant, body_of, outcome, refusal};

const SCENARIO: &str = r#"
[[account_holders]]
party = "25677*"
given_name = "Grace"
middle_name = "Achen"
family_name = "Nakato"
birthdate = "1990-02-03"
gender = "FEMALE"
locale = "en_UG"
active = false
consent = "granted"
consent_after = "10s"

[[account_holders]]
party = "46733123452"
"#;

#[tokio::test]
async fn everybody_is_the_sandboxs_account_holder_unless_declared() {
    let emulator = Emulator::with_scenario(SCENARIO).await;
    let collection = Merchant::of(&emulator, "collection").await;
    let remittance = collection.under("remittance").await;
    let usual = r#"{"sub":"0","name":"Sand Box","given_name":"Sand","family_name":"Box","birthdate":"1976-08-13","locale":"sv_SE","gender":"MALE","updated_at":1788264000}"#;
    for path in ["MSISDN/46733123999", "msisdn//46733123999", "email/a@b.example"] {
        let path = format!("/v1_0/accountholder/{path}/basicuserinfo");
        assert_eq!(outcome(collection.call(Method::GET, &path)).await, (200, usual.to_owned()));
    }
    let declared = json!({
        "sub": "0",
        "name": "Grace Achen Nakato",
        "given_name": "Grace",
        "family_name": "Nakato",
        "birthdate": "1990-02-03",
        "locale": "en_UG",
        "gender": "FEMALE",
        "updated_at": 1_788_264_000,
    });
    for id in ["256770000001", "+256770000001"] {
        let path = format!("/v1_0/accountholder/msisdn/{id}/basicuserinfo");
        assert_eq!(collection.get(&path).await, declared);
        assert_eq!(remittance.get(&path).await, declared);
        let active = collection.get(&format!("/v1_0/accountholder/msisdn/{id}/active")).await;
        assert_eq!(active, json!({"result": false}));
    }
    // A declared account holder goes before MTN's test value of the same number.
    let path = "/v1_0/accountholder/msisdn/46733123452/active";
    assert_eq!(collection.get(path).await, json!({"result": true}));
}

#[tokio::test]
async fn an_invoice_names_its_payer_and_never_its_payee() {
    let emulator = Emulator::with_scenario(SCENARIO).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut body = body_of("invoice", "5", "46733123999", "");
    body["payee"]["partyId"] = json!("256770000001");
    let reference = merchant.submit_to("/v2_0/invoice", &body).await;
    let told = merchant.get(&format!("/v2_0/invoice/{reference}")).await;
    assert_eq!(told["intendedPayer"], body["intendedPayer"]);
    assert!(!told.to_string().contains("payee"), "{told}");
}

#[tokio::test]
async fn consent_is_pending_then_granted_used_once_refreshed_and_shown() {
    let emulator = Emulator::with_scenario(SCENARIO).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let (status, asked) = merchant.ask_for_consent("256770000001", "offline").await;
    assert_eq!((status, &asked["interval"], &asked["expires_in"]), (200, &json!(5), &json!(3600)));
    let id = asked["auth_req_id"].as_str().expect("an id");
    let pending = (400, json!({"error": "authorization_pending"}));
    assert_eq!(merchant.redeem(id).await, pending);
    emulator.advance(Duration::from_secs(10));
    let (status, token) = merchant.redeem(id).await;
    assert_eq!(status, 200, "{token}");
    assert_eq!(token["token_type"], "Bearer");
    assert_eq!(token["scope"], "profile");
    assert_eq!(merchant.redeem(id).await, (400, json!({"error": "invalid_grant"})));

    let mut consenting = merchant.under("collection").await;
    consenting.token = token["access_token"].as_str().expect("a token").to_owned();
    let shown = consenting.get("/oauth2/v1_0/userinfo").await;
    assert_eq!(shown["name"], "Grace Achen Nakato");
    let fields = shown.as_object().map(|fields| fields.len());
    assert_eq!(fields, Some(8), "those of the scope `profile`");

    assert_eq!(token["expires_in"], 300);
    emulator.advance(Duration::from_secs(300));
    let expired = consenting.call(Method::GET, "/oauth2/v1_0/userinfo");
    assert_eq!(outcome(expired).await, (401, String::new()));
    let refresh_token = token["refresh_token"].as_str().expect("a refresh token");
    let (status, next) = merchant.refresh(refresh_token).await;
    assert_eq!(status, 200, "{next}");
    consenting.token = next["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(consenting.get("/oauth2/v1_0/userinfo").await["name"], "Grace Achen Nakato");
}

/// MTN's document of collection asks for a token, those of the other products for Basic.
#[tokio::test]
async fn consent_may_be_asked_for_with_a_token_or_with_the_api_key() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "disbursement").await;
    let fields = [("login_hint", "ID:46733123999/MSISDN"), ("scope", "profile")];
    let ask = |key: &str| {
        merchant
            .provisioning(Method::POST, "/disbursement/v1_0/bc-authorize")
            .basic_auth(&merchant.api_user, Some(key))
            .header("X-Target-Environment", "sandbox")
            .form(&fields)
    };
    assert_eq!(outcome(ask(&merchant.api_key)).await.0, 200);
    let refused = (500, r#"{"error":"login_failed"}"#.to_owned());
    assert_eq!(outcome(ask("wrong")).await, refused);
}

#[tokio::test]
async fn an_ordinary_token_shows_nobody_and_a_consent_is_of_one_product() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let other = merchant.under("disbursement").await;
    let refused = (401, String::new());
    assert_eq!(outcome(merchant.call(Method::GET, "/oauth2/v1_0/userinfo")).await, refused);
    let (_, asked) = merchant.ask_for_consent("46733123999", "offline").await;
    let id = asked["auth_req_id"].as_str().expect("an id");
    assert_eq!(other.redeem(id).await, (400, json!({"error": "invalid_grant"})));
    let (status, token) = merchant.redeem(id).await;
    assert_eq!(status, 200);
    let refresh_token = token["refresh_token"].as_str().expect("a refresh token");
    assert_eq!(other.refresh(refresh_token).await.0, 400);
    let stranger = Merchant::of(&emulator, "collection").await;
    assert_eq!(stranger.refresh(refresh_token).await.0, 400, "nor is it another API user's");
}

#[tokio::test]
async fn a_request_for_consent_is_told_what_is_wrong_with_it() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let good =
        [("login_hint", "ID:46733123999/MSISDN"), ("scope", "profile"), ("access_type", "online")];
    let with = |name: &str, value: &'static str| {
        good.map(|(field, old)| (field, if field == name { value } else { old }))
    };
    for (fields, expected) in [
        (with("login_hint", ""), "login_hint is required"),
        (with("login_hint", "46733123999"), "must be like ID:46733123454/MSISDN"),
        (with("login_hint", "ID:46733123999/IBAN"), "must be msisdn, email, alias"),
        (with("login_hint", "ID:abc/MSISDN"), "must be 1 to 15 digits"),
        (with("scope", ""), "scope is required"),
        (with("access_type", "sometimes"), "must be online or offline"),
    ] {
        let (status, body, why) = refusal(merchant.form("/v1_0/bc-authorize", &fields)).await;
        assert_eq!((status, &*body), (400, ""));
        assert!(why.contains(expected), "{why}");
    }
    let unknown = merchant.form("/v1_0/bc-authorize", &with("scope", "invalid"));
    let (status, body, why) = refusal(unknown).await;
    assert_eq!((status, &*body), (500, ""));
    assert!(why.contains("has `invalid`, which is not known"), "{why}");
}
