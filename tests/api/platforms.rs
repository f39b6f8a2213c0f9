//! MTN's two platforms of production, side by side (docs/contract.md#new-platform).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use momo_sandbox_core::model::mtn_platform::{Cutover, MtnPlatform, PlayedPlatforms};
use momo_sandbox_core::model::time::Timestamp;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::emulator::{Emulator, Options, START};
use crate::support::merchant::{PAYER, new_reference, outcome};
use crate::support::two_platforms::{
    CREDENTIAL_TOKEN, LEGACY_KEY, LEGACY_USER, USER_ID, both_platforms, credentials, merchant_on,
    uganda,
};

const HOST: &str = "shop.example";

/// A request for a token with a Basic header of this text before base64.
fn token_request(url: &str, credentials: &str) -> RequestBuilder {
    Client::new()
        .post(format!("{url}/collection/token/"))
        .header("Ocp-Apim-Subscription-Key", "key")
        .header("Authorization", format!("Basic {}", BASE64_STANDARD.encode(credentials)))
        .body("{}")
}

fn with_environment(request: RequestBuilder) -> RequestBuilder {
    request.header("X-Target-Environment", uganda().name)
}

fn of_new_platform() -> String {
    format!("{USER_ID}:{CREDENTIAL_TOKEN}")
}

/// The status, the explanation and the body of an answer.
async fn explained(request: RequestBuilder) -> (u16, String, String) {
    let answer: Response = request.send().await.expect("an answer");
    let why = answer.headers().get("x-momo-sandbox-why").cloned();
    let why = why.map(|why| why.to_str().expect("ASCII").to_owned()).unwrap_or_default();
    (answer.status().as_u16(), why, answer.text().await.expect("a body"))
}

#[tokio::test]
async fn the_new_platform_wants_the_target_environment_with_a_token() {
    let emulator = Emulator::with(both_platforms(HOST)).await;
    let ask = || token_request(&emulator.url, &of_new_platform());
    let refusal = r#"{"error": "Invalid or missing X-Target-Environment header"}"#;
    for (request, seen) in [
        (ask(), "has no X-Target-Environment"),
        (ask().header("X-Target-Environment", "sandbox"), "is `sandbox`"),
    ] {
        let (status, why, body) = explained(request).await;
        assert_eq!((status, &*body), (400, refusal));
        assert!(
            why.contains(seen) && why.contains("Send X-Target-Environment: mtnuganda"),
            "{why}"
        );
    }
    assert_eq!(explained(with_environment(ask())).await.0, 200);
    let legacy = token_request(&emulator.legacy_url, &format!("{LEGACY_USER}:{LEGACY_KEY}"));
    assert_eq!(explained(legacy).await.0, 200, "optional on the legacy platform");
}

#[tokio::test]
async fn url_encoded_credentials_break_the_new_platform() {
    let emulator = Emulator::with(both_platforms(HOST)).await;
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let (user_id, token) = (encode(USER_ID), encode(CREDENTIAL_TOKEN));
    for credentials in [
        format!("{user_id}:{token}"),
        format!("{USER_ID}:{token}"),
        format!("{user_id}:{CREDENTIAL_TOKEN}"),
    ] {
        let request = with_environment(token_request(&emulator.url, &credentials));
        let (status, why, body) = explained(request).await;
        assert_eq!(status, 500, "{credentials}");
        assert_eq!(body, r#"{ "statusCode": 500, "message": "Internal server error" }"#);
        assert!(why.contains("URL-encoded before base64"), "{why}");
        assert!(!why.contains(CREDENTIAL_TOKEN) && !why.contains(&token), "{why}");
    }
}

#[tokio::test]
async fn an_unknown_pair_is_an_invalid_client_on_the_new_platform() {
    let emulator = Emulator::with(both_platforms(HOST)).await;
    for (credentials, seen) in [
        (format!("{USER_ID}:wrong"), "not that of the User ID"),
        ("bm9ib2R5PQ==:token".to_owned(), "bm9ib2R5PQ== is not known here"),
        (format!("{LEGACY_USER}:{LEGACY_KEY}"), "of the legacy platform"),
        (USER_ID.to_owned(), "no colon"),
    ] {
        let request = with_environment(token_request(&emulator.url, &credentials));
        let (status, why, body) = explained(request).await;
        assert_eq!((status, &*body), (401, r#"{"error":"invalid_client"}"#), "{credentials}");
        assert!(why.contains(seen), "{why}");
    }
    let request = token_request(&emulator.legacy_url, &of_new_platform());
    let (status, why, body) = explained(request).await;
    assert_eq!((status, &*body), (500, r#"{"error":"login_failed"}"#));
    assert!(why.contains("of the new platform"), "{why}");
}

#[tokio::test]
async fn the_new_platform_blocks_the_user_agent_of_python_requests() {
    let emulator = Emulator::with(both_platforms(HOST)).await;
    let ask = |url: &str| {
        let path = format!("{url}/anything");
        Client::new().get(path).header("User-Agent", "python-requests/2.32.5")
    };
    let answer = ask(&emulator.url).send().await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (403, &"text/html".parse().expect("a value"))
    );
    assert_eq!(answer.headers()["server"], "Microsoft-Azure-Application-Gateway/v2");
    let page = answer.text().await.expect("a page");
    assert_eq!((page.len(), page.lines().count()), (179, 7));
    assert!(page.contains("<h1>403 Forbidden</h1>") && page.ends_with("</html>\r\n"), "{page}");
    let (status, ..) = explained(ask(&emulator.legacy_url)).await;
    assert_eq!(status, 404, "the legacy platform serves it");
}

#[tokio::test]
async fn a_token_and_a_transaction_are_good_on_their_own_platform_only() {
    let emulator = Emulator::with(both_platforms(HOST)).await;
    let legacy = merchant_on(&emulator, MtnPlatform::Legacy).await;
    let new = merchant_on(&emulator, MtnPlatform::New).await;
    let mut body = legacy.body("500", PAYER);
    body["currency"] = "UGX".into();
    let path = legacy.path();
    let reference = legacy.submit_to(path, &body).await;
    emulator.settle();
    let status = legacy.call(Method::GET, &format!("{path}/{reference}"));
    assert_eq!(explained(status).await.0, 200);

    let status = new.call(Method::GET, &format!("{path}/{reference}"));
    let (status, why, text) = explained(status).await;
    assert_eq!((status, text.contains("RESOURCE_NOT_FOUND")), (404, true), "{text}");
    assert!(why.contains("the legacy platform has one"), "{why}");
    let unknown = new.call(Method::GET, &format!("{path}/{}", new_reference()));
    assert!(!explained(unknown).await.1.contains("platform"));

    let foreign = Client::new()
        .get(format!("{}/collection{path}/{reference}", emulator.legacy_url))
        .header("Ocp-Apim-Subscription-Key", "key")
        .header("X-Target-Environment", uganda().name)
        .bearer_auth(&new.token);
    let (status, why, _) = explained(foreign).await;
    assert_eq!(status, 401);
    assert!(why.contains("of the new platform"), "{why}");

    // The same reference names another transaction there.
    assert_eq!(outcome(new.submission(path, &reference, &body)).await.0, 202);
}

#[tokio::test]
async fn the_host_name_tells_the_platform_whatever_the_port() {
    let emulator = Emulator::with(both_platforms(HOST)).await;
    let legacy = format!("{LEGACY_USER}:{LEGACY_KEY}");
    for url in [&emulator.url, &emulator.legacy_url] {
        let ask = |credentials: &str, host: &str| {
            with_environment(token_request(url, credentials)).header("Host", host)
        };
        assert_eq!(explained(ask(&legacy, "proxy.momoapi.mtn.com")).await.0, 200);
        assert_eq!(explained(ask(&of_new_platform(), "MOMOAPI.momo.africa:443")).await.0, 200);
        assert_eq!(explained(ask(&legacy, "momoapi.momo.africa")).await.0, 401);
    }
}

#[tokio::test]
async fn the_host_of_a_platform_that_is_not_played_is_gone() {
    let api_users = vec![credentials(MtnPlatform::New, HOST)];
    let platforms = Some(PlayedPlatforms::Only(MtnPlatform::New));
    let options = Options { environment: uganda(), platforms, api_users, ..Options::default() };
    let emulator = Emulator::with(options).await;
    let ask = |host: &str| {
        with_environment(token_request(&emulator.url, &of_new_platform())).header("Host", host)
    };
    assert_eq!(explained(ask("127.0.0.1")).await.0, 200);
    let (status, why, page) = explained(ask("proxy.momoapi.mtn.com")).await;
    assert_eq!((status, page.contains("502 Bad Gateway")), (502, true));
    assert!(why.contains("--platform both"), "{why}");
}

#[tokio::test]
async fn after_the_cutover_the_legacy_platform_only_answers_for_what_it_has() {
    let at = |seconds: i64| Timestamp(START.0 + seconds * 1000);
    let cutover = Some(Cutover { at: at(10), gone_at: at(20) });
    let emulator = Emulator::with(Options { cutover, ..both_platforms(HOST) }).await;
    let legacy = merchant_on(&emulator, MtnPlatform::Legacy).await;
    let new = merchant_on(&emulator, MtnPlatform::New).await;
    let mut body = legacy.body("500", PAYER);
    body["currency"] = "UGX".into();
    let path = legacy.path();
    let before = legacy.submit_to(path, &body).await;
    emulator.advance(std::time::Duration::from_secs(10));

    let reference = new_reference();
    let (status, why, text) = explained(legacy.submission(path, &reference, &body)).await;
    assert_eq!((status, text.contains("SERVICE_UNAVAILABLE")), (503, true), "{text}");
    assert!(why.contains("takes no new payments"), "{why}");
    let status = legacy.call(Method::GET, &format!("{path}/{before}"));
    assert!(explained(status).await.2.contains("SUCCESSFUL"));
    assert_eq!(outcome(new.submission(path, &reference, &body)).await.0, 202);

    emulator.advance(std::time::Duration::from_secs(10));
    let status = legacy.call(Method::GET, &format!("{path}/{before}"));
    let (status, why, page) = explained(status).await;
    assert_eq!((status, page.contains("502 Bad Gateway")), (502, true));
    assert!(why.contains("is gone"), "{why}");
    assert_eq!(explained(new.call(Method::GET, &format!("{path}/{reference}"))).await.0, 200);
}

#[tokio::test]
async fn the_openapi_document_says_what_the_new_platform_wants() {
    let token = async |platforms| {
        let options = Options { environment: uganda(), platforms, ..Options::default() };
        let emulator = Emulator::with(options).await;
        let document = emulator.control("openapi/collection.json").await;
        document["paths"]["/token/"]["post"].clone()
    };
    let header_of = |token: &Value| {
        let all = token["parameters"].as_array().cloned().unwrap_or_default();
        let named = all.into_iter().find(|one| one["name"] == "X-Target-Environment");
        named.map(|one| (one["required"] == true, one["schema"]["const"].clone()))
    };
    let statuses_of = |token: &Value| -> Vec<String> {
        token["responses"].as_object().expect("answers").keys().cloned().collect()
    };
    let legacy = token(Some(PlayedPlatforms::Only(MtnPlatform::Legacy))).await;
    assert_eq!(header_of(&legacy), None);
    assert!(!statuses_of(&legacy).iter().any(|status| status == "403" || status == "502"));
    let new = token(Some(PlayedPlatforms::Only(MtnPlatform::New))).await;
    assert_eq!(header_of(&new), Some((true, json!("mtnuganda"))));
    assert!(new["responses"]["403"]["content"]["text/html"].is_object(), "{new}");
    assert!(new["responses"]["401"].to_string().contains("401.invalid_client"), "{new}");
    let both = token(Some(PlayedPlatforms::Both)).await;
    assert_eq!(header_of(&both), Some((false, json!("mtnuganda"))));
    assert!(statuses_of(&both).iter().any(|status| status == "502"));
}

/// What is refused before its credentials are checked stands in its caller's journal all the same.
#[tokio::test]
async fn a_refusal_before_the_credentials_are_checked_names_its_caller() {
    let emulator = Emulator::with(both_platforms(HOST)).await;
    let blocked = token_request(&emulator.url, &of_new_platform())
        .header("User-Agent", "python-requests/2.32.5");
    assert_eq!(explained(blocked).await.0, 403);
    assert_eq!(explained(token_request(&emulator.url, &of_new_platform())).await.0, 400);
    let journal = emulator.control("journal").await;
    let refusals: Vec<_> = journal["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| (entry["api_user"].is_string(), entry["request"]["refusal"].as_str()))
        .collect();
    let expected = [(true, Some("user_agent_blocked")), (true, Some("token_environment"))];
    assert_eq!(refusals, expected);
}
