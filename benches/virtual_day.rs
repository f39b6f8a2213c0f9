//! A virtual day over 100,000 pending payments, advanced in one call of the control plane.
//!
//! `cargo bench --bench virtual_day` prints how long the call took. No callbacks: each would be
//! waited for.

use std::time::{Duration, Instant};

use momo_sandbox::callback::settings::CallbackSettings;
use momo_sandbox::engine::clock::Clock;
use momo_sandbox::gateway::access::SubscriptionKeys;
use momo_sandbox::model::api_user::ApiUser;
use momo_sandbox::model::callback_url::ProviderCallbackHost;
use momo_sandbox::model::environment::SANDBOX;
use momo_sandbox::model::product::Product;
use momo_sandbox::model::reference::{ApiUserId, ReferenceId};
use momo_sandbox::model::time::Timestamp;
use momo_sandbox::model::transaction::{CallbackMethod, Submission, TransactionKind};
use momo_sandbox::operations::reading::read_details;
use momo_sandbox::platform::Limits;
use momo_sandbox::sandbox::{Configuration, Sandbox};
use momo_sandbox::scenario::dice::{Purpose, Seed};
use momo_sandbox::scenario::file;
use momo_sandbox::scenario::rule_book::{Given, RuleBook};
use uuid::Uuid;

const PAYMENTS: u32 = 100_000;

const RUNS: usize = 5;

const SCENARIO: &str = r#"
[[rules]]
then = { after = { min = "1s", max = "24h" } }
"#;

const BODY: &[u8] = br#"{"amount":"5","currency":"EUR","externalId":"order-1",
    "payer":{"partyIdType":"MSISDN","partyId":"46733123999"}}"#;

#[tokio::main]
async fn main() {
    let mut took = Vec::new();
    for _ in 0..RUNS {
        took.push(advance_a_day().await);
    }
    took.sort_unstable();
    println!(
        "a virtual day over {PAYMENTS} pending payments: median {:?} of {RUNS} runs ({:?} to {:?})",
        took[RUNS / 2],
        took[0],
        took[RUNS - 1]
    );
}

#[expect(clippy::disallowed_methods, reason = "what is measured is the machine's time")]
async fn advance_a_day() -> Duration {
    let scenario = file::read("day.toml", SCENARIO).expect("a good scenario");
    let id = ApiUserId(Uuid::from_u128(0x1111_4222_8333_0000_0000_0000));
    let api_user = ApiUser {
        id,
        provider_callback_host: ProviderCallbackHost::parse("localhost").expect("a host"),
        products: Product::ALL.into(),
    };
    let sandbox = Sandbox::bind(Configuration {
        environment: &SANDBOX,
        callbacks: CallbackSettings::default(),
        front: None,
        listen: "127.0.0.1:0".parse().expect("an address"),
        rules: RuleBook::new(vec![scenario], Given::settling_after(Duration::from_millis(200))),
        seed: Seed(1),
        subscription_keys: SubscriptionKeys::default(),
        api_users: vec![(api_user, "key".to_owned())],
        clock: Clock::manual(Timestamp(1_788_264_000_000)),
        limits: Limits { settled: PAYMENTS as usize, ..Limits::default() },
        ..Configuration::default()
    })
    .await
    .expect("a free port");
    let (spaces, address) = (sandbox.spaces(), sandbox.address());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(sandbox.run(async {
        let _ = stopped.await;
    }));
    let space = spaces.get(id).expect("it was provisioned");
    let details = read_details(TransactionKind::RequestToPay, BODY).expect("a good body");
    for number in 0..PAYMENTS {
        let submission = Submission {
            reference_id: ReferenceId(Seed(2).dice(id.0, Purpose::Example(number)).uuid()),
            product: Product::Collection,
            kind: TransactionKind::RequestToPay,
            details: details.clone(),
            callback_url: None,
            callback_method: CallbackMethod::Post,
            consent_fault: None,
            payment_elsewhere: None,
        };
        spaces.accept(&space, submission).expect("a new reference");
    }
    let url = format!("http://{address}/_sandbox/clock/advance");
    let day = serde_json::json!({"by": "24h"});
    let began = Instant::now();
    let answer = reqwest::Client::new().post(url).json(&day).send().await.expect("an answer");
    let body: serde_json::Value = answer.json().await.expect("JSON");
    let took = began.elapsed();
    assert_eq!(body["count"], PAYMENTS, "all have settled");
    assert_eq!(spaces.enter(&space, |platform, _| platform.pending()), 0);
    drop(stop);
    let _ = running.await;
    took
}
