//! Emulators inside a Rust test's own process.

use momo_sandbox::emulator::{Configuration, Emulator, Running};
use momo_sandbox_core::scenario::seed::Seed;
use serde_json::Value;

async fn health(momo: &Running) -> Value {
    let answer = reqwest::get(format!("{}/_sandbox/health", momo.url())).await;
    answer.expect("an answer").json().await.expect("JSON")
}

#[tokio::test]
async fn two_emulators_in_one_process_do_not_know_of_each_other() {
    let one = Emulator::start(Configuration::default()).await.expect("an emulator");
    let other = Configuration { seed: Seed(2), ..Configuration::default() };
    let other = Emulator::start(other).await.expect("another");
    assert_ne!(one.url(), other.url());
    let user = "c0ffee00-1111-4222-8333-444455556666";
    let created = reqwest::Client::new()
        .post(format!("{}/v1_0/apiuser", one.url()))
        .header("Ocp-Apim-Subscription-Key", "any-key")
        .header("X-Reference-Id", user)
        .body(r#"{"providerCallbackHost":"localhost"}"#)
        .send();
    assert_eq!(created.await.expect("an answer").status(), 201);
    let users =
        [health(&one).await["api_users"].clone(), health(&other).await["api_users"].clone()];
    assert_eq!(users, [1, 0]);
    assert_eq!(health(&other).await["seed"], 2);
}

#[tokio::test]
async fn one_that_is_stopped_or_dropped_leaves_its_port() {
    let momo = Emulator::start(Configuration::default()).await.expect("an emulator");
    let url = momo.url();
    let stopped = momo.stop().await.expect("no panic");
    assert_eq!((stopped.pending, stopped.cut_off), (0, 0));
    reqwest::get(&url).await.expect_err("nobody is there");
    let dropped = Emulator::start(Configuration::default()).await.expect("another");
    let address = dropped.url().trim_start_matches("http://").to_owned();
    drop(dropped);
    // The port is free once the task has seen that it is to stop.
    while tokio::net::TcpListener::bind(&address).await.is_err() {
        tokio::task::yield_now().await;
    }
}
