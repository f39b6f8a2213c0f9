//! API users, their keys, and the tokens that the client fetches and keeps.

use mtnmomo::common::token_manager::{ProductType, TokenManager};
use mtnmomo::products::auth::Authorization;
use mtnmomo::{Environment, Momo, MomoProvisioning, RequestToPay, TokenResponse};

use crate::checks::{Outcome, answered, equal, refused};
use crate::journal::Journal;
use crate::product::{Product, use_token};
use crate::{KEY, ORDINARY, request};

/// A fresh UUID; the client makes one for the external id of each request.
fn fresh() -> String {
    let RequestToPay { external_id, .. } = request(ORDINARY, "1");
    external_id
}

async fn fetch_token(url: &str, user: &str, key: &str) -> Outcome<TokenResponse> {
    let (url, user, key) = (format!("{url}/collection"), user.to_owned(), key.to_owned());
    Authorization {}.create_access_token(url, user, key, KEY.to_owned()).await
}

pub async fn api_users(url: &str, journal: &Journal) {
    let provisioning = MomoProvisioning::new(url.to_owned(), KEY.to_owned());
    let user = fresh();
    let unknown = provisioning.get_api_information(&user).await;
    refused("unknown API user", unknown, "RESOURCE_NOT_FOUND");
    let unknown = provisioning.create_api_information(&user).await;
    refused("key of an unknown API user", unknown, "RESOURCE_NOT_FOUND");

    answered("API user", provisioning.create_sandox(&user, "merchant.example").await);
    let again = provisioning.create_sandox(&user, "merchant.example").await;
    refused("used API user id", again, "RESOURCE_ALREADY_EXIST");
    let malformed = provisioning.create_sandox("not-a-uuid", "merchant.example").await;
    journal.silent("malformed API user id", malformed, "malformed", "X-Reference-Id").await;
    let by_url = provisioning.create_sandox(&fresh(), "https://merchant.example/momo").await;
    answered("host as a URL", by_url);
    answered("API user shown", provisioning.get_api_information(&user).await);

    let first = answered("API key", provisioning.create_api_information(&user).await).api_key;
    let is_hex = first.len() == 32 && first.bytes().all(|byte| byte.is_ascii_hexdigit());
    equal("API key is 32 hex digits", is_hex, true);
    answered("token by the first key", fetch_token(url, &user, &first).await);
    let second = answered("API key", provisioning.create_api_information(&user).await).api_key;
    equal("the second key is another", first != second, true);
    refused("token by the ended key", fetch_token(url, &user, &first).await, "login_failed");
    let token = answered("token by the second key", fetch_token(url, &user, &second).await);
    equal("token type", token.token_type, "access_token");
    equal("token lifetime", token.expires_in, 3600);
    equal("token is a JWT", token.access_token.split('.').count(), 3);
}

/// Whom the gateway lets in, and which token the client keeps.
pub async fn access(momo: &Momo, journal: &Journal) {
    let Momo { url, api_user, api_key, .. } = momo;
    let with = async |environment, api_key: Option<&str>| {
        Momo::new(url.clone(), api_user.clone(), environment, api_key.map(str::to_owned)).await
    };
    let collection_of = |momo: Momo| momo.collection(KEY.to_owned(), KEY.to_owned());
    refused("no API key", with(Environment::Sandbox, None).await, "API key is required");
    let wrong_key = answered("wrong key", with(Environment::Sandbox, Some("wrong")).await);
    refused("wrong key", collection_of(wrong_key).balance().await, "login_failed");

    let held = async || TokenManager::get_valid_token(ProductType::Collection).await;
    equal("no token is kept of a refusal", held().await.is_none(), true);
    let elsewhere = answered("elsewhere", with(Environment::MTNGHANA, Some(api_key)).await);
    let forbidden = collection_of(elsewhere).balance().await;
    refused("another environment", forbidden, "NOT_ALLOWED_TARGET_ENVIRONMENT");

    let again = answered("again", with(Environment::Sandbox, Some(api_key)).await);
    let (collection, disbursement) =
        (again.collection(KEY.into(), KEY.into()), again.disbursement(KEY.into(), KEY.into()));
    answered("balance", collection.balance().await);
    let token = held().await.expect("a token that the client keeps").access_token;

    use_token(ProductType::Disbursement, &token).await;
    answered("another product's token", disbursement.balance().await);
    use_token(ProductType::Disbursement, "nonsense").await;
    let outcome = disbursement.balance().await;
    journal.silent("a token of nobody's", outcome, "invalid_token", "token").await;
    TokenManager::clear_token(ProductType::Disbursement).await;
    answered("a token of its own", disbursement.balance().await);
}
