//! API users of MTN's two platforms, in one call: credentials as the portal of each gives them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use momo_sandbox_core::model::mtn_platform::{MtnPlatform, PlayedPlatforms};
use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::merchant::outcome;
use crate::support::program::bash;
use crate::support::provisioned_caller::{Caller, both_platforms, command, market_with};

/// The status with which these credentials are answered where a platform gives tokens.
async fn token(base: &str, credentials: &Caller) -> u16 {
    let (user, key) = ["MOMO_SANDBOX_API_USER_ID", "MOMO_SANDBOX_API_KEY"]
        .map(|name| credentials.variable(name))
        .into();
    let request = reqwest::Client::new()
        .post(format!("{base}/collection/token/"))
        .basic_auth(user, Some(key))
        .header("Ocp-Apim-Subscription-Key", "any-key")
        .header("X-Target-Environment", credentials.variable("MOMO_SANDBOX_ENVIRONMENT"))
        .header("Content-Length", "0");
    outcome(request).await.0
}

async fn spaces(base: &str) -> Vec<Value> {
    let (_, list) = outcome(reqwest::Client::new().get(format!("{base}/_sandbox/spaces"))).await;
    let list: Value = serde_json::from_str(&list).expect("JSON");
    list["spaces"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn each_platform_has_credentials_and_a_url_of_its_own() {
    let running = both_platforms().await;
    let legacy_url = format!("http://{}", running.legacy_address().expect("a legacy port"));
    // The control plane answers at both ports, and each tells the same.
    for called in [running.url(), legacy_url.clone()] {
        let new = Caller::asked(&called, json!({"platform": "new", "wallet": "shop"})).await;
        let legacy = Caller::asked(&called, json!({"platform": "legacy", "wallet": "shop"})).await;
        for (caller, platform, own, other) in [
            (&new, "new", running.url(), &legacy_url),
            (&legacy, "legacy", legacy_url.clone(), &running.url()),
        ] {
            assert_eq!(caller.text("platform"), platform);
            assert_eq!(caller.text("wallet"), "shop");
            assert_eq!(caller.variable("MOMO_SANDBOX_URL"), own);
            assert_eq!(token(&own, caller).await, 200);
            assert_ne!(token(other, caller).await, 200, "the other platform");
            assert_eq!(caller.variable("MOMO_SANDBOX_API_KEY"), caller.text("api_key"));
        }
        let user_id = new.text("user_id");
        assert_eq!(new.variable("MOMO_SANDBOX_API_USER_ID"), user_id);
        assert!(user_id.ends_with('=') && BASE64_STANDARD.decode(user_id).is_ok(), "{user_id}");
        assert!(new.text("api_key").contains(|c: char| c.is_ascii_punctuation()));
        assert_eq!(legacy.variable("MOMO_SANDBOX_API_USER_ID"), legacy.text("api_user"));
        assert_eq!(legacy.made.get("user_id"), None);
        let export = format!("{}echo \"$MOMO_SANDBOX_API_KEY\"", new.text("export"));
        assert_eq!(bash(&export), new.text("api_key"), "a shell leaves the token as it is");
    }
}

#[tokio::test]
async fn the_list_of_spaces_has_platform_user_id_and_wallet_where_there_are_any() {
    let running = both_platforms().await;
    let new = Caller::of(&running, "new", "shop").await;
    let legacy = Caller::asked(&running.url(), json!({"platform": "legacy"})).await;
    let of = async |caller: &Caller| {
        let all = spaces(&running.url()).await;
        all.into_iter().find(|one| one["api_user"] == caller.made["api_user"]).expect("a space")
    };
    let shown = of(&new).await;
    for name in ["user_id", "platform", "wallet", "label"] {
        assert_eq!(shown[name], new.made[name], "{name}");
    }
    assert_eq!(shown["label"], shown["user_id"], "it can be found by its User ID");
    let shown = of(&legacy).await;
    assert_eq!((&shown["platform"], &shown["label"]), (&json!("legacy"), &json!(null)));
    assert_eq!((shown.get("user_id"), shown.get("wallet")), (None, None));
    assert_eq!(legacy.made.get("wallet"), None);
    // Its owner may set another label, and give it up again.
    let path = format!("spaces/{}/label", new.text("api_user"));
    for (label, then) in
        [(json!("checkout"), &json!("checkout")), (json!(null), &new.made["user_id"])]
    {
        let (status, answer) = command(&running.url(), "PUT", &path, json!({"label": label})).await;
        assert_eq!((status, &answer["label"]), (200, then));
        assert_eq!(&of(&new).await["label"], then);
    }
    let named = json!({"platform": "new", "label": "mine"});
    assert_eq!(Caller::asked(&running.url(), named).await.text("label"), "mine");
    let report = format!("{}/_sandbox/report?exclude={}", running.url(), new.text("user_id"));
    let report = report.replace('+', "%2B");
    let (_, report) = outcome(reqwest::Client::new().get(report)).await;
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["counts"]["excluded_spaces"], 1, "{report:#}");
}

#[tokio::test]
async fn the_platform_is_the_one_that_is_played_and_no_other() {
    let played = |only| Some(PlayedPlatforms::Only(only));
    for (platforms, default) in [
        (played(MtnPlatform::New), Some("new")),
        (played(MtnPlatform::Legacy), Some("legacy")),
        (Some(PlayedPlatforms::Both), Some("new")),
        (None, None),
    ] {
        let running = market_with(platforms).await;
        let (status, made) = command(&running.url(), "POST", "spaces", json!({})).await;
        assert_eq!((status, made["platform"].as_str()), (200, default), "{platforms:?}");
        for asked in ["legacy", "new"] {
            let (status, answer) =
                command(&running.url(), "POST", "spaces", json!({"platform": asked})).await;
            let is_played = match platforms {
                Some(PlayedPlatforms::Only(only)) => only.name() == asked,
                Some(PlayedPlatforms::Both) => true,
                None => false,
            };
            assert_eq!(status, if is_played { 200 } else { 400 }, "{platforms:?}: {answer}");
            if let (Some(default), false) = (default, is_played) {
                let expected = format!(
                    "`platform` is `{asked}`, but this emulator plays the {default} platform \
                     alone: write `{default}` or leave it out, or start the emulator with \
                     --platform {asked} or --platform both"
                );
                assert_eq!(answer["error"], expected);
            }
        }
    }
}

#[tokio::test]
async fn the_sandbox_has_no_platform_but_wallets() {
    let emulator = Emulator::start().await;
    let (status, answer) = emulator.command("POST", "spaces", json!({"platform": "new"})).await;
    let why = answer["error"].as_str().expect("a message");
    assert_eq!(status, 400);
    assert!(why.contains("the sandbox is not part of MTN's platform migration"), "{why}");
    for (body, part) in [
        (json!({"platform": "old"}), "`old`"),
        (json!({"wallet": ""}), "`wallet` must be a text of 1 to 100 characters"),
        (json!({"wallet": "x".repeat(101)}), "`wallet` must be a text of 1 to 100 characters"),
    ] {
        let (status, answer) = emulator.command("POST", "spaces", body).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer["error"].as_str().expect("a message").contains(part), "{answer}");
    }
    let (_, made) = emulator.command("POST", "spaces", json!({"wallet": "shop"})).await;
    assert_eq!((&made["wallet"], made.get("platform")), (&json!("shop"), None));
}
