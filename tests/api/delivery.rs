//! Where callbacks go in production, by routes and by the named policies
//! (docs/contract.md#callbacks).

use std::time::Duration;

use momo_sandbox::internals::callback::CallbackSettings;
use momo_sandbox::internals::callback::{HostOverride, HostOverrides};
use momo_sandbox::internals::certificates::DistinguishedName;
use momo_sandbox::internals::certificates::certificates;
use momo_sandbox::internals::certificates::named;
use momo_sandbox::internals::certificates::{Authority, ServerCertificate, self_signed};
use momo_sandbox::internals::engine::Clock;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::scenario::delivery::{ATTEMPTS_MAX, DeliveryPolicy};
use serde_json::{Value, json};

use crate::api::production::market_with_a_merchant;
use crate::support::emulator::{Emulator, Options};
use crate::support::listener::{Behaviour, CallbackListener};
use crate::support::merchant::{Merchant, PAYER};

const HOST: &str = "shop.example";

/// An authority with one approved intermediate.
pub struct Issuer {
    pub root: Authority,
    intermediate: Authority,
    now: Timestamp,
}

impl Issuer {
    fn of(name: &DistinguishedName) -> Self {
        let now = Clock::real().now();
        let root = Authority::new_root(now).expect("a root");
        let intermediate = root.intermediate(name, now).expect("an intermediate");
        Self { root, intermediate, now }
    }

    pub fn approved() -> Self {
        Self::of(&named("R3").expect("an alias").subject)
    }

    /// A chain for that host and its key.
    pub fn chain(&self, host: &str) -> (String, String) {
        let valid = Authority::usual_validity(self.now);
        let server = self.intermediate.server(&[host.to_owned()], valid).expect("a certificate");
        (server.certificate_pem + &self.intermediate.certificate_pem, server.key_pem)
    }

    /// What is told of a callback to a listener with this chain.
    async fn deliver(&self, chain: &str, key: &str) -> (Value, usize) {
        let mut listener = CallbackListener::secure(chain, key).await;
        let route = format!("{HOST}={}", listener.address);
        let callbacks = CallbackSettings {
            overrides: HostOverrides::new(vec![HostOverride::parse(&route).expect("a route")]),
            trusted: certificates(self.root.certificate_pem.as_bytes()).expect("a root"),
            ..CallbackSettings::default()
        };
        let options = Options { callbacks, ..Options::default() };
        let uganda = Environment::named("mtnuganda").expect("a market");
        let (emulator, merchant) = market_with_a_merchant(uganda, HOST, options).await;
        let reference = merchant.submit(PAYER, Some(&format!("https://{HOST}/paid"))).await;
        emulator.settle();
        let record = emulator.record_once_callback(&reference, &["answered", "failed"]).await;
        let attempt = record["callback_attempts"][0].clone();
        let journal = emulator.control("journal?event=callback_finished").await;
        let told = journal["entries"][0]["detail"].as_str().expect("what came of it");
        let failed = attempt["error"].as_str().unwrap_or("answered 200");
        assert!(told.starts_with(failed), "the journal says it too: {told}");
        (attempt, listener.arrived().len())
    }
}

#[tokio::test]
async fn a_listener_below_an_approved_intermediate_gets_its_callback() {
    let issuer = Issuer::approved();
    let (chain, key) = issuer.chain(HOST);
    let (attempt, arrived) = issuer.deliver(&chain, &key).await;
    assert_eq!((&attempt["answer_status"], arrived), (&json!(200), 1), "{attempt}");
    assert_eq!(attempt["url"], format!("https://{HOST}/paid"), "the URL stays what it is");
}

#[track_caller]
fn not_delivered((attempt, arrived): (Value, usize), error: &str, words: &str) {
    assert_eq!((&attempt["error"], arrived), (&json!(error), 0), "{attempt}");
    let detail = attempt["error_detail"].as_str().expect("words");
    assert!(detail.contains(words), "{detail}");
}

#[tokio::test]
async fn a_listener_below_another_intermediate_gets_none_and_nobody_is_told() {
    let name = DistinguishedName::parse("CN=R3; O=Nobody; C=US").expect("a name");
    let issuer = Issuer::of(&name);
    let (chain, key) = issuer.chain(HOST);
    not_delivered(issuer.deliver(&chain, &key).await, "approval", "O=Nobody");
}

/// A current certificate of Let's Encrypt, by a chain that imitates its names: the list as MTN
/// published it names none of these issuers.
#[tokio::test]
async fn a_current_certificate_of_lets_encrypt_is_told_what_mtns_list_says_and_what_can_be_done() {
    for name in ["R11", "E7", "YR1"] {
        let subject = format!("CN={name}; O=Let's Encrypt; C=US");
        let issuer = Issuer::of(&DistinguishedName::parse(&subject).expect("a name"));
        let (chain, key) = issuer.chain(HOST);
        let (attempt, arrived) = issuer.deliver(&chain, &key).await;
        assert_eq!((&attempt["error"], arrived), (&json!("approval"), 0), "{attempt}");
        let detail = attempt["error_detail"].as_str().expect("words");
        for part in [
            subject.as_str(),
            "of Let's Encrypt the list names only R3 and E1, which have not issued since 2024-06-06",
            "If that list is up to date, no callback arrives here; if it has grown since, it may",
            "Ask MTN's support; or use a certificate of an approved intermediate that still issues",
        ] {
            let there = detail.to_lowercase().contains(&part.to_lowercase());
            assert!(there, "no {part} in {detail}");
        }
    }
}

#[tokio::test]
async fn each_fault_of_a_certificate_is_told_apart() {
    let issuer = Issuer::approved();
    let (chain, key) = issuer.chain("other.example");
    not_delivered(issuer.deliver(&chain, &key).await, "host", "other.example");
    let day = Duration::from_secs(86_400);
    let past = issuer.now.before(day * 9)..issuer.now.before(day);
    let expired = issuer.intermediate.server(&[HOST.to_owned()], past).expect("a certificate");
    let chain = expired.certificate_pem + &issuer.intermediate.certificate_pem;
    not_delivered(issuer.deliver(&chain, &expired.key_pem).await, "chain", "expired");
    let valid = Authority::usual_validity(issuer.now);
    let ServerCertificate { certificate_pem, key_pem } =
        self_signed(&[HOST.to_owned()], valid).expect("a certificate");
    not_delivered(issuer.deliver(&certificate_pem, &key_pem).await, "chain", "self-signed");
}

/// Every way in which there is no TLS connection at all.
#[tokio::test]
async fn each_fault_of_a_connection_is_told_apart() {
    let plain = CallbackListener::start().await;
    let closed = CallbackListener::start().await.address;
    for (target, error, words) in [
        (plain.address.to_string(), "handshake", ""),
        (closed.to_string(), "connection", "refused"),
        ("nobody.invalid:443".to_owned(), "name_resolution", "nobody.invalid"),
    ] {
        let route = HostOverride::parse(&format!("*={target}")).expect("a route");
        let overrides = HostOverrides::new(vec![route]);
        let callbacks = CallbackSettings { overrides, ..CallbackSettings::default() };
        let options = Options { callbacks, ..Options::default() };
        let market = Environment::named("mtnbenin").expect("a market");
        let (emulator, merchant) = market_with_a_merchant(market, HOST, options).await;
        let reference = merchant.submit(PAYER, Some(&format!("https://{HOST}/paid"))).await;
        emulator.settle();
        let record = emulator.record_once_callback(&reference, &["failed"]).await;
        not_delivered((record["callback_attempts"][0].clone(), 0), error, words);
    }
}

#[tokio::test]
async fn the_sandbox_delivers_to_https_where_it_is_asked_to() {
    let issuer = Issuer::approved();
    let (chain, key) = issuer.chain("127.0.0.1");
    let mut listener = CallbackListener::secure(&chain, &key).await;
    let callbacks = CallbackSettings {
        https_in_sandbox: true,
        trusted: certificates(issuer.root.certificate_pem.as_bytes()).expect("a root"),
        ..CallbackSettings::default()
    };
    let emulator = Emulator::with(Options { callbacks, ..Options::default() }).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    merchant.submit(PAYER, Some(&listener.url)).await;
    emulator.settle();
    assert_eq!(listener.next().await.method, "POST");
}

#[tokio::test]
async fn a_callback_never_goes_to_the_emulator_itself() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = merchant.submit(PAYER, Some(&format!("{}/paid", emulator.url))).await;
    emulator.settle();
    let record = emulator.record_once_callback(&reference, &["failed"]).await;
    let attempt = record["callback_attempts"][0].clone();
    not_delivered((attempt, 0), "not_allowed", "is the emulator itself");
    let requests = emulator.control("journal?event=request").await.to_string();
    assert!(!requests.contains("/paid"), "nothing arrived: {requests}");
}

/// Delivers by a policy to a listener that behaves so; returns how many callbacks arrived after
/// how many of the emulator's hours.
async fn arrivals(delivery: DeliveryPolicy, behaviour: Behaviour, hours: u32) -> usize {
    let emulator = Emulator::with(Options { delivery, ..Options::default() }).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::that(behaviour).await;
    merchant.submit(PAYER, Some(&listener.url)).await;
    let path = format!("spaces/{}/clock/advance", merchant.api_user);
    let by = json!({"by": format!("{hours}h")});
    assert_eq!(emulator.command("POST", &path, by).await.0, 200);
    listener.arrived().len()
}

#[tokio::test]
async fn the_policies_send_once_twice_or_until_it_is_answered() {
    let answered = Behaviour::Answer(200);
    let refused = Behaviour::Answer(503);
    assert_eq!(arrivals(DeliveryPolicy::Once, refused, 100).await, 1);
    assert_eq!(arrivals(DeliveryPolicy::Twice, answered, 100).await, 2);
    assert_eq!(arrivals(DeliveryPolicy::Retrying, answered, 100).await, 1);
    // The first, 20 every second, 30 every two minutes, which takes an hour: then hourly ones.
    assert_eq!(arrivals(DeliveryPolicy::Retrying, refused, 2).await, 1 + 20 + 30);
    assert_eq!(arrivals(DeliveryPolicy::Retrying, refused, 4).await, 1 + 20 + 30 + 2);
    assert_eq!(arrivals(DeliveryPolicy::Retrying, refused, 100).await, ATTEMPTS_MAX as usize);
}
