//! The console's own listener: what arrives there, and what cannot.

use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HOST, ORIGIN};
use serde_json::{Value, json};

use crate::support::emulator::{Emulator, Options};
use crate::support::merchant::{Merchant, PAYER};
use momo_sandbox_core::model::environment::Environment;

async fn received(emulator: &Emulator) -> Vec<Value> {
    let answer = emulator.control("listener").await;
    answer["received"].as_array().expect("a list").clone()
}

async fn post(emulator: &Emulator, headers: &[(&str, &str)], body: String) -> u16 {
    let mut request = Client::new().post(format!("{}/_sandbox/listener", emulator.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn a_callback_arrives_there_through_the_sender() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let listener = emulator.control("listener").await;
    let url = listener["url"].as_str().expect("a URL");
    assert_eq!(url, format!("{}/_sandbox/listener", emulator.url));
    let reference = merchant.submit(PAYER, Some(url)).await;
    emulator.settle();
    let record = emulator.record_once_callback(&reference, &["answered"]).await;
    assert_eq!(record["callback_attempts"][0]["answer_status"], 200, "{record}");
    let all = received(&emulator).await;
    assert_eq!((all.len(), &all[0]["number"], &all[0]["method"]), (1, &json!(1), &json!("POST")));
    assert_eq!(all[0]["headers"]["user-agent"], "LWAC Http Client 1.0");
    let body: Value = serde_json::from_str(all[0]["body"].as_str().expect("text")).expect("JSON");
    assert_eq!(body["status"], "SUCCESSFUL", "{body}");
    let (_, answer) = emulator.command("DELETE", "listener", json!({})).await;
    assert_eq!(answer["received"], json!([]));
}

/// The connection of a callback to the listener must not carry one to another path.
#[tokio::test]
async fn nothing_else_of_the_emulator_gets_a_callback() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let own = format!("{}/_sandbox/listener", emulator.url);
    for _ in 0..20 {
        merchant.submit(PAYER, Some(&own)).await;
    }
    for path in ["/paid", "/_sandbox/reset", "/_sandbox/listener/", "/_sandbox/listener?a=b"] {
        let url = format!("{}{path}", emulator.url);
        let reference = merchant.submit(PAYER, Some(&url)).await;
        emulator.settle();
        let record = emulator.record_once_callback(&reference, &["failed"]).await;
        let detail = record["callback_attempts"][0]["error_detail"].as_str().expect("why");
        assert!(detail.contains("is the emulator itself"), "{path}: {detail}");
    }
}

#[tokio::test]
async fn it_keeps_the_last_ones_and_no_large_one_and_a_reset_forgets_them() {
    let emulator = Emulator::start().await;
    for number in 1..=51 {
        assert_eq!(post(&emulator, &[], format!("{number}")).await, 200);
    }
    let all = received(&emulator).await;
    assert_eq!((all.len(), &all[0]["body"], &all[49]["number"]), (50, &json!("2"), &json!(51)));
    assert_eq!(post(&emulator, &[], "x".repeat(64 * 1024)).await, 200);
    assert_eq!(post(&emulator, &[], "x".repeat(64 * 1024 + 1)).await, 413);
    emulator.command("POST", "reset", json!({})).await;
    assert!(received(&emulator).await.is_empty());
}

#[tokio::test]
async fn a_web_page_of_another_origin_cannot_write_there() {
    let emulator = Emulator::start().await;
    let text = (CONTENT_TYPE.as_str(), "text/plain");
    for foreign in [
        (ORIGIN.as_str(), "http://shop.example"),
        ("sec-fetch-site", "cross-site"),
        (HOST.as_str(), "rebound.example"),
    ] {
        assert_eq!(post(&emulator, &[text, foreign], "{}".to_owned()).await, 403, "{foreign:?}");
    }
    assert!(received(&emulator).await.is_empty());
}

#[tokio::test]
async fn in_production_there_is_no_callback_url_of_it() {
    let environment = Environment::named("mtnghana").expect("a market");
    let emulator = Emulator::with(Options { environment, ..Options::default() }).await;
    assert_eq!(emulator.control("listener").await["url"], Value::Null);
}
