//! The consent of an account holder: asked for, given, used.
//!
//! The products' own methods `bc_authorize` and `create_o_auth_2_token` are private; what they call
//! is not. The scope is always `profile`, the access type always `offline`.

use mtnmomo::common::token_manager::TokenManager;
use mtnmomo::products::auth::Authorization;
use mtnmomo::responses::account_info_consent::UserInfoWithConsent;
use mtnmomo::{BCAuthorizeResponse, MomoCollection, OAuth2TokenResponse};
use serde_json::{Value, json};

use crate::checks::{Outcome, answered, equal, refused};
use crate::journal::Journal;
use crate::listener::Listener;
use crate::product::{Access, Product, use_token};
use crate::watch::Watch;
use crate::{ORDINARY, request};

async fn ask<P: Product>(
    product: &P,
    msisdn: &str,
    callback_url: Option<&str>,
) -> Outcome<BCAuthorizeResponse> {
    let Access { url, environment, primary_key, .. } = product.access();
    let token = product.generic().get_or_create_token().await?;
    let msisdn = msisdn.to_owned();
    Authorization {}.bc_authorize(url, environment, primary_key, msisdn, callback_url, token).await
}

async fn redeem<P: Product>(product: &P, auth_req_id: &str) -> Outcome<OAuth2TokenResponse> {
    let Access { url, environment, api_user, api_key, primary_key } = product.access();
    let id = auth_req_id.to_owned();
    Authorization {}
        .create_o_auth_2_token(url, api_user, api_key, environment, primary_key, id)
        .await
}

/// The token for the consent of an account holder who gives it.
async fn given<P: Product>(product: &P, msisdn: &str) -> String {
    let asked = answered(msisdn, ask(product, msisdn, None).await);
    answered(msisdn, redeem(product, &asked.auth_req_id).await).access_token
}

pub async fn of_product<P: Product>(product: &P, listener: &Listener, journal: &Journal) {
    let what = |of: &str| format!("{} consent: {of}", P::NAME);
    // No callback is known of this operation; none is to come.
    let url = listener.url("consent");
    let asked = answered(&what("asked"), ask(product, ORDINARY, Some(&url)).await);
    equal(&what("auth_req_id is a UUID"), asked.auth_req_id.len(), 36);
    equal(&what("interval"), asked.interval, 5);
    equal(&what("lifetime of the request"), asked.expires_in, 3600);
    let token = answered(&what("token"), redeem(product, &asked.auth_req_id).await);
    equal(&what("token type"), token.token_type, "Bearer");
    equal(&what("lifetime of the token"), token.expires_in, 300);
    equal(&what("scope"), token.scope, "profile");
    equal(&what("a refresh token"), token.refresh_token.is_empty(), false);
    let again = redeem(product, &asked.auth_req_id).await;
    refused(&what("used auth_req_id"), again, "invalid_grant");

    let info = answered(&what("user info"), product.user_info(token.access_token.clone()).await);
    equal(&what("given name"), info.given_name, "Sand");
    equal(&what("birthdate"), info.birthdate.as_deref(), Some("1976-08-13"));
    all_user_info(product, &token.access_token).await;
    let ordinary = answered(&what("token"), product.generic().get_or_create_token().await);
    let without = product.user_info(ordinary.access_token).await;
    journal.silent(&what("user info without consent"), without, "invalid_token", "consent").await;
    test_values(product, journal).await;
}

/// The client has a type for all of the user info and no method that returns it. Its generic door
/// reads user info with the consent's token in place of the product's; but the client asks for the
/// scope `profile` only, with which MTN shows less than that type wants.
async fn all_user_info<P: Product>(product: &P, token: &str) {
    use_token(P::KIND, token).await;
    let path = "../oauth2/v1_0/userinfo";
    let unread = product.generic().get::<UserInfoWithConsent>(path).await;
    let info = product.generic().get::<Value>(path).await;
    TokenManager::clear_token(P::KIND).await;
    refused("all user info", unread, "missing field `middle_name`");
    let mut info = answered("user info", info);
    equal("user info: updated at", info["updated_at"].take().as_i64() > Some(0), true);
    let expected = json!({
        "sub": "0", "name": "Sand Box", "given_name": "Sand", "family_name": "Box",
        "birthdate": "1976-08-13", "locale": "sv_SE", "gender": "MALE", "updated_at": null,
    });
    equal("user info", info, expected);
}

/// MTN's test numbers for consent.
async fn test_values<P: Product>(product: &P, journal: &Journal) {
    let nobody = ask(product, "46733123450", None).await;
    refused("consent of nobody", nobody, "unknown_user_id");
    for (msisdn, error) in [
        ("46733123451", "access_denied"),
        ("46733123452", "authorization_pending"),
        ("46733123453", "expired_token"),
        ("46733123457", "invalid_grant"),
    ] {
        let asked = answered(msisdn, ask(product, msisdn, None).await);
        refused(msisdn, redeem(product, &asked.auth_req_id).await, error);
    }
    let token = given(product, "46733123455").await;
    let ended = product.user_info(token).await;
    journal.silent("46733123455", ended, "invalid_token", "revoked").await;
    let token = given(product, "46733123456").await;
    refused("46733123456", product.user_info(token).await, "insufficient_scope");
    // Only its refresh token has ended, which the client cannot use.
    let token = given(product, "46733123454").await;
    answered("46733123454", product.user_info(token).await);
    refused("unknown auth_req_id", redeem(product, "unknown").await, "invalid_grant");
}

/// What is paid with the token of a consent; MTN has test numbers for how that fails.
pub async fn payments(collection: &MomoCollection, listener: &Listener) {
    for (msisdn, reason) in [
        ("46733123458", Some("NOT_ENOUGH_FUNDS")),
        ("46733123459", Some("PAYEE_NOT_FOUND")),
        ("46733123461", Some("PAYER_LIMIT_REACHED")),
        ("46733123462", Some("PAYEE_NOT_ALLOWED_TO_RECEIVE")),
        (ORDINARY, None),
    ] {
        let token = given(collection, msisdn).await;
        use_token(MomoCollection::KIND, &token).await;
        let reference = collection.request_to_pay(request(ORDINARY, "1"), None).await;
        TokenManager::clear_token(MomoCollection::KIND).await;
        let reference = answered(msisdn, reference);
        let path = format!("requesttopay/{reference}");
        let body = Watch::new(collection, listener).settled(&path).await;
        equal(msisdn, body["reason"].as_str(), reason);
        let status = if reason.is_some() { "FAILED" } else { "SUCCESSFUL" };
        equal(msisdn, body["status"].as_str(), Some(status));
    }
}
