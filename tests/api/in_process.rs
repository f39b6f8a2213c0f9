//! Emulators inside a Rust test's own process, by the public interface of the library.

use std::time::Duration;

use momo_sandbox::{
    ApiUser, Callback, Condition, Expectation, ManualClock, Product, ProvisionError, Sandbox,
    Scenario, ScenarioError, StartError, Status, Verdict, VerifyError, WaitError,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

const MINUTE: Duration = Duration::from_secs(60);

async fn manual() -> Sandbox {
    Sandbox::builder().clock(ManualClock).start().await.expect("an emulator")
}

async fn health(momo: &Sandbox) -> Value {
    let answer = reqwest::get(format!("{}/_sandbox/health", momo.url())).await;
    answer.expect("an answer").json().await.expect("JSON")
}

/// Asks a payer for money as a shop does, with what the API user was given.
async fn pay(momo: &Sandbox, shop: &ApiUser, reference_id: Uuid, party: &str) -> StatusCode {
    let body = json!({
        "amount": "12.50",
        "currency": "EUR",
        "externalId": "order-1",
        "payer": {"partyIdType": "MSISDN", "partyId": party},
        "payerMessage": "",
        "payeeNote": "",
    });
    let request = reqwest::Client::new()
        .post(format!("{}/collection/v1_0/requesttopay", momo.url()))
        .bearer_auth(shop.token(Product::Collection))
        .header("Ocp-Apim-Subscription-Key", shop.subscription_key(Product::Collection))
        .header("X-Target-Environment", "sandbox")
        .header("X-Reference-Id", reference_id.to_string())
        .header("X-Callback-Url", "http://localhost:9/momo")
        .body(body.to_string());
    request.send().await.expect("an answer").status()
}

const PAYER: &str = "46733123999";

fn reference(number: u128) -> Uuid {
    Uuid::from_u128(0x6f96_19ff_8b86_4011_b42d_0000_0000_0000 + number)
}

#[tokio::test]
async fn two_emulators_in_one_process_do_not_know_of_each_other() {
    let (one, other) = (manual().await, Sandbox::builder().seed(2).start().await.expect("another"));
    assert_ne!(one.url(), other.url());
    one.provision("localhost").await.expect("an API user");
    let users =
        [health(&one).await["api_users"].clone(), health(&other).await["api_users"].clone()];
    assert_eq!(users, [1, 0]);
    assert_eq!(health(&other).await["seed"], 2);
}

#[tokio::test]
async fn one_that_is_stopped_or_dropped_leaves_its_port() {
    let momo = Sandbox::builder().start().await.expect("an emulator");
    let url = momo.url();
    let stopped = momo.stop().await.expect("no panic");
    assert_eq!((stopped.pending, stopped.cut_off), (0, 0));
    reqwest::get(&url).await.expect_err("nobody is there");
    let dropped = Sandbox::builder().start().await.expect("another");
    let address = dropped.url().trim_start_matches("http://").to_owned();
    drop(dropped);
    // The port is free once the task has seen that it is to stop.
    while tokio::net::TcpListener::bind(&address).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_payment_is_followed_from_its_submission_to_its_audit() {
    let momo = manual().await;
    let shop = momo.provision("localhost").await.expect("an API user");
    assert_eq!(shop.environment()["MOMO_SANDBOX_URL"], momo.url());
    assert_eq!(pay(&momo, &shop, reference(1), PAYER).await, 202);
    let pending = &shop.transactions()[0];
    assert_eq!((pending.status, pending.callback), (Status::Pending, Callback::Waiting));
    assert_eq!((pending.operation, pending.amount.as_deref()), ("requesttopay", Some("12.5")));
    let before = momo.now();
    momo.advance(MINUTE).await;
    assert_eq!(momo.now().duration_since(before).expect("time goes on"), MINUTE);
    let settled = Condition::status(reference(1), Status::Successful);
    let settled = momo.wait_for(settled.and_callback(Callback::Failed)).await.expect("settled");
    // Nothing listens at the callback's address.
    assert_eq!(settled.attempts.len(), 1);
    assert_eq!(settled.reference_id, reference(1));
    momo.advance(60 * MINUTE).await;
    assert_eq!(shop.audit().verdict("polled-after-lost-callback"), Some(Verdict::Fail));
    assert!(shop.audit().to_string().contains("polled-after-lost-callback"));
    assert_eq!(momo.stop().await.expect("no panic").pending, 0);
}

#[tokio::test]
async fn a_wait_says_when_it_is_in_vain() {
    let momo = manual().await;
    let shop = momo.provision("localhost").await.expect("an API user");
    // One of MTN's test numbers, whose payments fail.
    assert_eq!(pay(&momo, &shop, reference(1), "46733123450").await, 202);
    momo.advance(MINUTE).await;
    let error = shop.wait_for(Condition::status(reference(1), Status::Successful)).await;
    match error.expect_err("it failed") {
        WaitError::Impossible { transaction, .. } => assert_eq!(transaction.status, Status::Failed),
        other => panic!("{other:?}"),
    }
    let unknown = Condition::status(reference(2), Status::Successful).within(Duration::ZERO);
    match momo.wait_for(unknown).await.expect_err("nothing is there") {
        WaitError::TimedOut { transaction: None, why } => {
            assert!(why.contains("no transaction"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_happened_is_compared_with_what_is_expected() {
    let momo = manual().await;
    let shop = momo.provision("localhost").await.expect("an API user");
    assert_eq!(pay(&momo, &shop, reference(1), PAYER).await, 202);
    assert_eq!(pay(&momo, &shop, reference(1), PAYER).await, 409);
    let paid = Expectation::request("requesttopay").status(202).exactly(1);
    let refused = Expectation::refusal("duplicate").status(409).at_least(1);
    shop.verify(&[paid.clone(), refused.clone()]).await.expect("both hold");
    let error = momo.verify(&[paid.at_most(0), refused]).await.expect_err("one does not");
    let VerifyError::Unmet { unmet } = error else { panic!("{error:?}") };
    assert_eq!(
        unmet,
        ["request, operation requesttopay, HTTP status 202: found 1, expected exactly 0"]
    );
    let misspelt = momo.verify(&[Expectation::event("acepted")]).await.expect_err("a typo");
    assert!(misspelt.to_string().contains("accepted"), "{misspelt}");
    let nothing = momo.verify(&[]).await.expect_err("nothing would be checked");
    assert!(matches!(nothing, VerifyError::Impossible(_)), "{nothing:?}");
}

#[tokio::test]
async fn a_scenario_is_for_one_api_user_or_for_all() {
    let momo = manual().await;
    let strict = momo.provision("localhost").await.expect("an API user");
    let other = momo.provision("localhost").await.expect("another");
    let declined = "name = \"declined\"\n[[rules]]\nthen = { status = \"FAILED\", reason = \
                    \"APPROVAL_REJECTED\" }\n";
    strict.set_scenario(Scenario::from_toml("declined.toml", declined)).expect("a good scenario");
    let unknown = momo.set_scenario("decliend").expect_err("a typo");
    assert!(matches!(unknown, ScenarioError::Unknown { .. }), "{unknown}");
    momo.set_scenario("missed-callback").expect("it ships");
    for (shop, number) in [(&strict, 1), (&other, 2)] {
        assert_eq!(pay(&momo, shop, reference(number), PAYER).await, 202);
    }
    // Time moves for one API user alone.
    strict.advance(MINUTE).await;
    let failed = &strict.transactions()[0];
    assert_eq!(failed.reason.as_deref(), Some("APPROVAL_REJECTED"));
    assert_eq!(other.transactions()[0].status, Status::Pending);
    momo.advance(MINUTE).await;
    assert_eq!(other.transactions()[0].callback, Callback::Lost);
}

#[tokio::test]
async fn what_is_wrong_at_the_start_is_an_error_to_match() {
    let unknown = Sandbox::builder().target_environment("mtnatlantis").start().await;
    let unknown = unknown.expect_err("there is no such market");
    assert!(matches!(unknown, StartError::TargetEnvironment { .. }), "{unknown}");
    let scenario = Scenario::from_file("no/such/file.toml");
    let missing = Sandbox::builder().scenario(scenario).start().await.expect_err("it is missing");
    let StartError::Scenario(ScenarioError::File { source, .. }) = missing else {
        panic!("{missing:?}");
    };
    assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
    let momo = manual().await;
    let address = momo.url().trim_start_matches("http://").parse().expect("an address");
    let taken = Sandbox::builder().listen(address).start().await.expect_err("it is in use");
    assert!(matches!(taken, StartError::Listen { .. }), "{taken}");
    let host = momo.provision("not a host").await.expect_err("it is no host");
    assert!(matches!(host, ProvisionError::CallbackHost(_)), "{host}");
}
