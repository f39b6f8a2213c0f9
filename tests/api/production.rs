//! The production profile: what differs in a market (docs/contract.md#markets, #status-bodies and
//! #callbacks).

use std::time::Duration;

use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::environment::{Environment, MARKETS, SANDBOX};
use momo_sandbox_core::model::ids::{ApiUserId, parse_uuid};
use momo_sandbox_core::model::product::Product;
use serde_json::{Value, json};

use crate::support::emulator::{Emulator, Options};
use crate::support::loopback_only::with_loopback_only;
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

/// An emulator of a market with one API user, as its account portal would have made it.
pub async fn market_with_a_merchant(
    environment: &'static Environment,
    host: &str,
    options: Options,
) -> (Emulator, Merchant) {
    let (id, key) = (new_reference(), "secret".to_owned());
    let api_user = ApiUser::new(
        ApiUserId(parse_uuid(&id).expect("a UUID")),
        ProviderCallbackHost::parse(host).expect("a host"),
        Product::ALL,
    );
    let api_users = vec![(api_user, key.clone())];
    let emulator = Emulator::with(Options { environment, api_users, ..options }).await;
    let merchant = Merchant::given(&emulator, environment, &id, &key).await;
    (emulator, merchant)
}

fn market(name: &str) -> &'static Environment {
    Environment::named(name).expect("a market")
}

fn code(body: &str) -> Value {
    serde_json::from_str::<Value>(body).expect("JSON")["code"].clone()
}

#[tokio::test]
async fn each_market_has_its_own_name_currency_and_decimals() {
    for environment in &MARKETS {
        let options = Options::default();
        let (emulator, merchant) =
            market_with_a_merchant(environment, "shop.example", options).await;
        let submit = async |amount: &str, currency: &str| {
            let mut body = merchant.body(amount, PAYER);
            body["currency"] = json!(currency);
            outcome(merchant.submission(merchant.path(), &new_reference(), &body)).await
        };
        assert_eq!(submit("5000", environment.currency).await.0, 202, "{}", environment.name);
        assert_eq!(submit("5000.00", environment.currency).await.0, 202, "{}", environment.name);
        let (status, text) = submit("5", "EUR").await;
        assert_eq!((status, code(&text)), (500, json!("INVALID_CURRENCY")));
        let finer = submit("5.125", environment.currency).await;
        let cents = submit("5.25", environment.currency).await;
        match environment.decimals {
            Some(0) => {
                assert_eq!(cents, (400, String::new()), "{}", environment.name);
                let why = why_malformed(&emulator, &merchant).await;
                assert!(why.contains("has no decimals"), "{why}");
            }
            _ => assert_eq!(cents.0, 202, "{}", environment.name),
        }
        assert_eq!(finer.0, 400, "{}", environment.name);
        let (id, key) = (&merchant.api_user, &merchant.api_key);
        let lost = Merchant::given(&emulator, &SANDBOX, id, key).await;
        let balance = lost.call(reqwest::Method::GET, "/v1_0/account/balance");
        let (status, text) = outcome(balance).await;
        assert_eq!((status, code(&text)), (500, json!("NOT_ALLOWED_TARGET_ENVIRONMENT")));
    }
}

#[tokio::test]
async fn liberia_takes_dollars_beside_its_own_currency() {
    let liberia = market("mtnliberia");
    let options = Options::default();
    let (emulator, merchant) = market_with_a_merchant(liberia, "shop.example", options).await;
    let submit = async |amount: &str, currency: &str| {
        let mut body = merchant.body(amount, PAYER);
        body["currency"] = json!(currency);
        outcome(merchant.submission(merchant.path(), &new_reference(), &body)).await
    };
    for (amount, currency, status) in [
        ("5.25", "USD", 202),
        ("5.25", "LRD", 202),
        ("5.125", "USD", 400),
        ("5.25", "EUR", 500),
        ("5.25", "usd", 500),
    ] {
        assert_eq!(submit(amount, currency).await.0, status, "{amount} {currency}");
    }
    let journal = emulator.control("journal?refusal=currency").await.to_string();
    assert!(journal.contains("takes only LRD or USD"), "{journal}");
    // One account, in the main currency.
    for (currency, status) in [("LRD", 200), ("USD", 500)] {
        let path = format!("/v1_0/account/balance/{currency}");
        let answer = outcome(merchant.call(reqwest::Method::GET, &path)).await;
        assert_eq!(answer.0, status, "{currency}: {}", answer.1);
    }
    let served = emulator.control("openapi/collection.json").await.to_string();
    assert!(served.contains(r#""enum":["LRD","USD"]"#), "the document says so too");
}

#[tokio::test]
async fn a_failure_gives_its_reason_as_a_text_and_as_an_object_only_where_that_is_asked_for() {
    let uganda = market("mtnuganda");
    for (environment, is_object) in [(uganda, false), (uganda.with_reason_objects(), true)] {
        let options = Options::default();
        let (emulator, merchant) =
            market_with_a_merchant(environment, "shop.example", options).await;
        let reference = merchant.submit("46733123451", None).await;
        emulator.settle();
        let reason = merchant.status(&reference).await["reason"].clone();
        if !is_object {
            assert_eq!(reason, "APPROVAL_REJECTED");
        } else {
            assert_eq!(reason["code"], "APPROVAL_REJECTED");
            assert!(reason["message"].is_string(), "{reason}");
        }
    }
}

#[tokio::test]
async fn congo_shows_less_of_an_account_holder_than_others() {
    for (name, expected) in [
        ("mtncongo", r#"{"sub":"0","given_name":"Sand","family_name":"Box"}"#),
        ("mtncameroon", r#"{"sub":"0","name":"Sand Box","given_name":"Sand","#),
    ] {
        let options = Options::default();
        let (_emulator, merchant) =
            market_with_a_merchant(market(name), "shop.example", options).await;
        let path = "/v1_0/accountholder/msisdn/242000000000/basicuserinfo";
        let (status, body) = outcome(merchant.call(reqwest::Method::GET, path)).await;
        assert_eq!(status, 200);
        assert!(body.starts_with(expected), "{name}: {body}");
    }
}

#[tokio::test]
async fn an_empty_note_breaks_the_platform_in_production_alone() {
    let (emulator, merchant) =
        market_with_a_merchant(market("mtnrwanda"), "shop.example", Options::default()).await;
    let sandbox_emulator = Emulator::start().await;
    let sandbox = Merchant::of(&sandbox_emulator, "collection").await;
    for (name, expected) in [("payerMessage", 500), ("payeeNote", 500)] {
        for (merchant, expected) in [(&merchant, expected), (&sandbox, 202)] {
            let mut body = merchant.body("5", PAYER);
            body[name] = json!("");
            let request = merchant.submission(merchant.path(), &new_reference(), &body);
            assert_eq!(outcome(request).await, (expected, String::new()), "{name}");
        }
    }
    drop((emulator, sandbox_emulator));
}

/// The explanation of the last malformed request of a merchant.
async fn why_malformed(emulator: &Emulator, merchant: &Merchant) -> String {
    let path = format!("spaces/{}/journal?refusal=malformed", merchant.api_user);
    let journal = emulator.control(&path).await;
    let last = journal["entries"].as_array().and_then(|all| all.last()).expect("an entry");
    last["request"]["why"].as_str().expect("a reason").to_owned()
}

#[tokio::test]
async fn the_provisioning_api_is_not_there() {
    let (emulator, merchant) =
        market_with_a_merchant(market("mtnghana"), "shop.example", Options::default()).await;
    for (method, path) in [
        (reqwest::Method::POST, "/v1_0/apiuser".to_owned()),
        (reqwest::Method::GET, format!("/v1_0/apiuser/{}", merchant.api_user)),
        (reqwest::Method::POST, format!("/v1_0/apiuser/{}/apikey", merchant.api_user)),
    ] {
        let request = merchant.provisioning(method, &path).json(&json!({}));
        let (status, body) = outcome(request).await;
        let expected = json!({"statusCode": 404, "message": "Resource not found"});
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((status, body), (404, expected), "{path}");
    }
    let served = emulator.control("openapi/collection.json").await;
    let header = served.to_string();
    assert!(header.contains("mtnghana") && header.contains("GHS") && !header.contains("EUR"));
}

#[tokio::test]
async fn statuses_may_be_asked_for_ten_times_a_second() {
    let (emulator, merchant) =
        market_with_a_merchant(market("mtnrwanda"), "shop.example", Options::default()).await;
    let reference = merchant.submit(PAYER, None).await;
    let path = format!("/v1_0/requesttopay/{reference}");
    let ask = async || outcome(merchant.call(reqwest::Method::GET, &path)).await;
    for _ in 0..10 {
        assert_eq!(ask().await.0, 200);
    }
    let (status, body) = ask().await;
    let expected =
        json!({"statusCode": 429, "message": "Rate limit is exceeded. Try again in 1 seconds."});
    assert_eq!((status, serde_json::from_str::<Value>(&body).expect("JSON")), (429, expected));
    emulator.advance(Duration::from_secs(1));
    assert_eq!(ask().await.0, 200);
}

#[test]
fn a_callback_url_is_https_and_names_a_host() {
    let test = "api::production::a_callback_url_is_https_and_names_a_host";
    with_loopback_only(test, refuses_what_is_not_https_or_no_name());
}

async fn refuses_what_is_not_https_or_no_name() {
    let (emulator, merchant) =
        market_with_a_merchant(market("mtnzambia"), "shop.example", Options::default()).await;
    for (url, why) in [
        ("http://shop.example/paid", "https URLs only"),
        ("https://192.0.2.1/paid", "providerCallbackHost is"),
        ("https://[2001:db8::1]/paid", "providerCallbackHost is"),
    ] {
        let body = merchant.body("5", PAYER);
        let request = merchant
            .submission(merchant.path(), &new_reference(), &body)
            .header("X-Callback-Url", url);
        let (status, text) = outcome(request).await;
        assert_eq!((status, code(&text)), (500, json!("INVALID_CALLBACK_URL_HOST")), "{url}");
        let path = format!("spaces/{}/journal?refusal=callback_host", merchant.api_user);
        let journal = emulator.control(&path).await;
        let last = journal["entries"].as_array().and_then(|all| all.last()).expect("an entry");
        let told = last["request"]["why"].as_str().expect("a reason");
        assert!(told.contains(why), "{url}: {told}");
    }
}

#[tokio::test]
async fn the_sandbox_has_no_rate_limit() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = merchant.submit(PAYER, None).await;
    for _ in 0..30 {
        assert_eq!(merchant.status(&reference).await["status"], "PENDING");
    }
}
