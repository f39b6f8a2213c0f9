//! The order of complaints: a request with everything wrong, mended one thing at a time, earns the
//! next complaint each time and 202 last (docs/contract.md#order-of-checks).

use reqwest::{Client, Method, RequestBuilder};
use serde_json::json;

use momo_sandbox_core::model::product::Product;

use crate::support::emulator::{Emulator, Options};
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome, refusal};
use crate::support::raw_requests::bodyless_post;

/// What is still wrong with the request; mending takes from the front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    Length,
    Path,
    NoKey,
    BadKey,
    Token,
    ForeignApiUser,
    Environment,
    Reference,
    Body,
    CallbackHost,
    Currency,
    Duplicate,
    Nothing,
}

#[tokio::test]
async fn each_mend_earns_the_next_complaint() {
    use Wrong::*;
    let keys = vec![
        (Product::Collection, "key"),
        (Product::Disbursement, "key"),
        (Product::Disbursement, "elsewhere"),
    ];
    let emulator = Emulator::with(Options { keys, ..Options::default() }).await;
    let merchant = Merchant::of(&emulator, "disbursement").await;
    let taken = merchant.submit(PAYER, None).await;
    let foreign_token = token_of_a_user_provisioned_for_collection_only(&emulator).await;

    let management = |status: u16, message: &str| {
        (status, format!(r#"{{ "statusCode": {status}, "message": "{message}" }}"#))
    };
    let platform = |status: u16, message: &str, code: &str| {
        (status, format!(r#"{{"message":"{message}","code":"{code}"}}"#))
    };
    let forbidden = platform(
        500,
        "Access to target environment is forbidden.",
        "NOT_ALLOWED_TARGET_ENVIRONMENT",
    );
    let missing_key = "Access denied due to missing subscription key. Make sure to include \
                       subscription key when making requests to an API.";
    let invalid_key = "Access denied due to invalid subscription key. Make sure to provide a \
                       valid key for an active subscription.";
    let ladder = [
        (Path, management(404, "Resource not found")),
        (NoKey, management(401, missing_key)),
        (BadKey, management(401, invalid_key)),
        (Token, (401, String::new())),
        (ForeignApiUser, forbidden.clone()),
        (Environment, forbidden),
        (Reference, (400, String::new())),
        (Body, (400, String::new())),
        (
            CallbackHost,
            platform(
                500,
                "Callback URL does not match the configured value.",
                "INVALID_CALLBACK_URL_HOST",
            ),
        ),
        (Currency, platform(500, "Currency not supported.", "INVALID_CURRENCY")),
        (
            Duplicate,
            platform(
                409,
                "Duplicated reference id. Creation of resource failed.",
                "RESOURCE_ALREADY_EXIST",
            ),
        ),
        (Nothing, (202, String::new())),
    ];
    let tokens = (merchant.token.as_str(), foreign_token.as_str());
    for (first_wrong, expected) in ladder {
        let request = request(&emulator, &merchant, tokens, &taken, first_wrong);
        assert_eq!(outcome(request).await, expected, "{first_wrong:?}");
    }

    // The length comes before all others; a client library cannot leave it out.
    let (status, page) = bodyless_post(&emulator, "/nowhere").await;
    assert_eq!(status, "HTTP/1.1 411 Length Required", "{Length:?}");
    assert!(page.contains("<TITLE>Length Required</TITLE>"), "{page}");
}

fn request(
    emulator: &Emulator,
    merchant: &Merchant,
    (own_token, foreign_token): (&str, &str),
    taken: &str,
    first_wrong: Wrong,
) -> RequestBuilder {
    use Wrong::*;
    let wrong = |what: Wrong| first_wrong <= what;
    let path =
        if wrong(Path) { "/disbursement/v2_0/transfer" } else { "/disbursement/v1_0/transfer" };
    let mut body = merchant.body("5", PAYER);
    if wrong(Body) {
        body["payeeNote"] = json!("it's");
    }
    if wrong(Currency) {
        body["currency"] = json!("UGX");
    }
    let mut request = Client::new().post(format!("{}{path}", emulator.url)).json(&body);
    if !wrong(NoKey) {
        let key = if wrong(BadKey) { "stolen" } else { "key" };
        request = request.header("Ocp-Apim-Subscription-Key", key);
    }
    let token = if wrong(Token) {
        "a.b.c"
    } else if wrong(ForeignApiUser) {
        foreign_token
    } else {
        own_token
    };
    request = request.bearer_auth(token);
    if !wrong(Environment) {
        request = request.header("X-Target-Environment", "sandbox");
    }
    let fresh = new_reference();
    let reference = if wrong(Reference) {
        "1"
    } else if wrong(Duplicate) {
        taken
    } else {
        &fresh
    };
    request = request.header("X-Reference-Id", reference);
    let host = if wrong(CallbackHost) { "elsewhere.example" } else { "127.0.0.1" };
    request.header("X-Callback-Url", format!("http://{host}:9/paid"))
}

async fn token_of_a_user_provisioned_for_collection_only(emulator: &Emulator) -> String {
    // `key` is good for collection and disbursement, so a user of disbursement alone is needed,
    // asked for with a key of its own, and its token taken for the other product.
    let id = new_reference();
    let client = Client::new();
    let with_key = |request: RequestBuilder, key: &str| {
        request.header("Ocp-Apim-Subscription-Key", key.to_owned())
    };
    let create = client
        .post(format!("{}/v1_0/apiuser", emulator.url))
        .header("X-Reference-Id", &id)
        .json(&json!({"providerCallbackHost": "127.0.0.1"}));
    assert_eq!(outcome(with_key(create, "elsewhere")).await.0, 201);
    let key = client.post(format!("{}/v1_0/apiuser/{id}/apikey", emulator.url)).body("{}");
    let key: serde_json::Value =
        with_key(key, "elsewhere").send().await.expect("an answer").json().await.expect("JSON");
    let token = client
        .post(format!("{}/disbursement/token/", emulator.url))
        .basic_auth(&id, key["apiKey"].as_str())
        .body("{}");
    let token: serde_json::Value =
        with_key(token, "key").send().await.expect("an answer").json().await.expect("JSON");
    token["access_token"].as_str().expect("a token").to_owned()
}

/// Rules of form that the ladder has no rung for.
#[tokio::test]
async fn each_rule_of_form_is_refused_and_creates_nothing() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let good = merchant.body("5", PAYER);
    let with = |name: &str, value: serde_json::Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let without = |name: &str| {
        let mut body = good.clone();
        body.as_object_mut().expect("an object").remove(name);
        body
    };
    let bodies = [
        without("amount"),
        without("currency"),
        without("payer"),
        with("amount", json!("five")),
        with("amount", json!("0")),
        with("amount", json!(-1)),
        with("payer", json!("46733123999")),
        with("payer", json!({"partyIdType": "IBAN", "partyId": "1"})),
        with("payer", json!({"partyIdType": "MSISDN"})),
        with("externalId", json!("a b")),
        with("payerMessage", json!("x".repeat(161))),
        with("payeeNote", json!("it's")),
        json!([]),
    ];
    let reference = new_reference();
    for body in bodies {
        let request = merchant.submission(merchant.path(), &reference, &body);
        let (status, text, why) = refusal(request).await;
        assert_eq!((status, &*text), (400, ""), "{body}");
        assert!(why.ends_with('.'), "{body}: {why}");
    }
    let no_reference = merchant.call(Method::POST, merchant.path()).json(&good);
    assert_eq!(outcome(no_reference).await.0, 400);
    let own_id = merchant.submission(merchant.path(), &merchant.api_user, &good);
    assert_eq!(outcome(own_id).await.0, 400);
    let cut = merchant.submission(merchant.path(), &reference, &good).body("{\"amount\":");
    assert_eq!(outcome(cut).await.0, 400);
    let no_url = merchant.submission(merchant.path(), &reference, &good);
    let (status, text, why) = refusal(no_url.header("X-Callback-Url", "")).await;
    assert_eq!((status, &*text), (400, ""), "an empty one");
    assert!(why.contains("leave it out"), "{why}");
    for url in ["/paid", "ftp://127.0.0.1/", "http://a:b@127.0.0.1/", "http://localhost/"] {
        let request = merchant.submission(merchant.path(), &reference, &good);
        let (status, text) = outcome(request.header("X-Callback-Url", url)).await;
        assert_eq!(status, 500, "{url}");
        assert!(text.contains("INVALID_CALLBACK_URL_HOST"), "{text}");
    }
    assert_eq!(emulator.control("transactions").await, json!({"transactions": [], "total": 0}));
    let accepted = merchant.submission(merchant.path(), &reference, &good);
    assert_eq!(outcome(accepted).await.0, 202, "a refused reference may be used again");
    let not_a_uuid = merchant.call(Method::GET, "/v1_0/requesttopay/12");
    assert_eq!(outcome(not_a_uuid).await.0, 400);
}

#[tokio::test]
async fn bad_credentials_are_told_login_failed() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let token = || merchant.provisioning(Method::POST, "/collection/token").body("{}");
    let refused = (500, r#"{"error":"login_failed"}"#.to_owned());
    assert_eq!(outcome(token()).await, refused);
    assert_eq!(outcome(token().basic_auth(&merchant.api_user, Some("wrong"))).await, refused);
    assert_eq!(outcome(token().basic_auth("nobody", Some("x"))).await, refused);
    assert_eq!(outcome(token().basic_auth(new_reference(), Some("x"))).await, refused);
    assert_eq!(outcome(token().header("Authorization", "Basic %%%")).await, refused);
    assert_eq!(outcome(token().bearer_auth(&merchant.token)).await, refused);
    let bare = merchant
        .provisioning(Method::GET, "/collection/v1_0/account/balance")
        .header("X-Target-Environment", "sandbox");
    let without_bearer = bare.header("Authorization", &merchant.token);
    assert_eq!(outcome(without_bearer).await, (401, String::new()));
}
