//! MTN's two platforms of production by the public interface of the library.

use std::time::Duration;

use momo_sandbox::{
    Credentials, ManualClock, MtnPlatform, Product, ProvisionError, Sandbox, StartError,
};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::support::merchant::new_reference;

const HOUR: Duration = Duration::from_secs(3600);

fn system() -> Credentials {
    Credentials::system("bW9tbw==", "to!ken").callback_host("shop.example")
}

fn api_user() -> Credentials {
    Credentials::api_user("shop", "key").callback_host("shop.example")
}

/// Asks for a token with these Basic credentials.
async fn token(url: &str, user: &str, secret: &str) -> (StatusCode, Value) {
    let request = Client::new()
        .post(format!("{url}/collection/token/"))
        .basic_auth(user, Some(secret))
        .header("Ocp-Apim-Subscription-Key", "any-key")
        .header("X-Target-Environment", "mtnuganda")
        .header("Content-Length", "0");
    let answer = request.send().await.expect("an answer");
    (answer.status(), answer.json().await.unwrap_or_default())
}

/// Asks a payer for money with a token.
async fn pay(url: &str, token: &str) -> StatusCode {
    let payer = json!({"partyIdType": "MSISDN", "partyId": "256770000000"});
    let request = Client::new()
        .post(format!("{url}/collection/v1_0/requesttopay"))
        .bearer_auth(token)
        .header("Ocp-Apim-Subscription-Key", "any-key")
        .header("X-Target-Environment", "mtnuganda")
        .header("X-Reference-Id", new_reference())
        .json(&json!({"amount": "500", "currency": "UGX", "payer": payer}));
    request.send().await.expect("an answer").status()
}

#[tokio::test]
async fn a_market_plays_the_new_platform_and_both_only_where_asked() {
    let market = || Sandbox::builder().target_environment("mtnuganda");
    let new = market().credentials(system()).start().await.expect("an emulator");
    assert_eq!(new.legacy_url(), None);
    assert_eq!(token(&new.url(), "bW9tbw==", "to!ken").await.0, 200);
    let legacy = market().platform(MtnPlatform::Legacy).credentials(api_user());
    let legacy = legacy.start().await.expect("an emulator");
    assert_eq!(token(&legacy.url(), "shop", "key").await.0, 200);
    let both = market().both_platforms().credentials(system()).credentials(api_user());
    let both = both.start().await.expect("an emulator");
    let legacy_url = both.legacy_url().expect("a second address");
    assert_eq!(token(&both.url(), "bW9tbw==", "to!ken").await.0, 200);
    assert_eq!(token(&legacy_url, "shop", "key").await.0, 200);
    assert_eq!(token(&both.url(), "shop", "key").await.0, 401);
}

#[tokio::test]
async fn the_legacy_platform_closes_so_long_after_the_start() {
    let momo = Sandbox::builder()
        .target_environment("mtnuganda")
        .both_platforms()
        .credentials(system())
        .credentials(api_user())
        .clock(ManualClock)
        .cutover(HOUR)
        .legacy_ends_after(24 * HOUR)
        .start()
        .await
        .expect("an emulator");
    let legacy = momo.legacy_url().expect("both are played");
    let pays = async || {
        let (_, answer) = token(&legacy, "shop", "key").await;
        pay(&legacy, answer["access_token"].as_str().unwrap_or_default()).await
    };
    assert_eq!(pays().await, 202);
    momo.advance(HOUR).await;
    assert_eq!(pays().await, 503);
    momo.advance(24 * HOUR).await;
    assert_eq!(token(&legacy, "shop", "key").await.0, 502);
}

#[tokio::test]
async fn an_api_user_is_of_the_new_platform_unless_another_is_asked_for() {
    let both = Sandbox::builder().target_environment("mtnuganda").both_platforms();
    let both = both.start().await.expect("an emulator");
    let legacy_url = both.legacy_url().expect("both are played");
    let new = both.provision("localhost").await.expect("System Credentials");
    assert!(new.user_id().ends_with('=') && new.user_id() != new.id().to_string());
    assert_eq!(token(&both.url(), new.user_id(), new.api_key()).await.0, 200);
    assert_eq!(pay(&both.url(), new.token(Product::Collection)).await, 202);
    let legacy = both.provision_on(MtnPlatform::Legacy, "localhost").await.expect("an API user");
    assert_eq!(legacy.user_id(), legacy.id().to_string());
    assert_eq!(token(&legacy_url, legacy.user_id(), legacy.api_key()).await.0, 200);
    assert_eq!(legacy.environment()["MOMO_SANDBOX_URL"], legacy_url);
    let only_new = Sandbox::builder().target_environment("mtnuganda").start().await;
    let only_new = only_new.expect("an emulator");
    let refused = only_new.provision_on(MtnPlatform::Legacy, "localhost").await;
    let refused = refused.expect_err("it is not played");
    assert!(matches!(refused, ProvisionError::Platform(_)), "{refused}");
}

#[tokio::test]
async fn what_does_not_fit_what_is_played_is_an_error_to_match() {
    let platform = Sandbox::builder().platform(MtnPlatform::New).start().await;
    let platform = platform.expect_err("the sandbox has none");
    assert!(matches!(platform, StartError::Platforms(_)), "{platform}");
    let market = || Sandbox::builder().target_environment("mtnuganda");
    let cutover = market().cutover(HOUR).start().await.expect_err("one platform");
    assert!(cutover.to_string().contains("add Builder::both_platforms"), "{cutover}");
    for (credentials, part) in [
        (api_user(), "the API user shop is of the legacy platform, and only the new one"),
        (system().callback_host("127.0.0.1"), "never an IP address"),
        (system().wallet("a wallet"), "the wallet's name is not one"),
    ] {
        let error = market().credentials(credentials).start().await.expect_err(part);
        assert!(matches!(error, StartError::Credentials(_)), "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
    let in_the_sandbox = Sandbox::builder().credentials(system()).start().await;
    let error = in_the_sandbox.expect_err("no System Credentials there").to_string();
    assert!(error.contains("name a market by Builder::target_environment"), "{error}");
    let twice = market().credentials(system()).credentials(system()).start().await;
    assert!(twice.expect_err("one id").to_string().ends_with("is given twice"));
    let shown = format!("{:?}", system());
    assert!(shown.contains("bW9tbw==") && !shown.contains("to!ken"), "{shown}");
}
