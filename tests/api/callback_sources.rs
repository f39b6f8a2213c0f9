//! The local addresses that callbacks are sent from, one for each of MTN's platforms
//! (`--callback-source`). Linux and Windows have all of 127.0.0.0/8; macOS has 127.0.0.1 alone.

use std::net::IpAddr;

use momo_sandbox::internals::callback::{CallbackSettings, CallbackSource, CallbackSources};
use momo_sandbox::internals::callback::{HostOverride, HostOverrides};
use momo_sandbox::internals::certificates::certificates;
use momo_sandbox::internals::emulator::{self, Configuration};
use momo_sandbox_core::model::mtn_platform::{MtnPlatform, PlayedPlatforms};
use serde_json::{Value, json};

use crate::api::delivery::Issuer;
use crate::support::emulator::{Emulator, Options};
use crate::support::listener::{Behaviour, CallbackListener};
use crate::support::merchant::{PAYER, new_reference};
use crate::support::two_platforms::{both_platforms, merchant_on};

fn sources(given: &[&str]) -> CallbackSources {
    let given: Vec<_> = given.iter().map(|one| CallbackSource::parse(one).expect("one")).collect();
    CallbackSources::new(&given).expect("one for each platform")
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

pub const HOST: &str = "shop.example";

/// Whether this machine has the addresses that the tests send from. Says so if it has not.
fn has_more_than_one_loopback_address(test: &str) -> bool {
    if cfg!(target_os = "macos") {
        eprintln!("{test} was skipped: macOS has no loopback address but 127.0.0.1");
    }
    cfg!(not(target_os = "macos"))
}

/// An emulator whose callbacks to the merchant's host go to a listener of this behaviour.
pub async fn both_calling_back(
    behaviour: Behaviour,
    options: Options,
) -> (Emulator, CallbackListener) {
    let issuer = Issuer::approved();
    let (chain, key) = issuer.chain(HOST);
    let listener = CallbackListener::secure_that(behaviour, &chain, &key).await;
    let route = format!("{HOST}={}", listener.address);
    let callbacks = CallbackSettings {
        overrides: HostOverrides::new(vec![HostOverride::parse(&route).expect("a route")]),
        trusted: certificates(issuer.root.certificate_pem.as_bytes()).expect("a root"),
        ..options.callbacks
    };
    (Emulator::with(Options { callbacks, ..options }).await, listener)
}

/// Both platforms, with these sources of callbacks.
fn calling_from(given: &[&str]) -> Options {
    let callbacks = CallbackSettings { sources: sources(given), ..CallbackSettings::default() };
    Options { callbacks, ..both_platforms(HOST) }
}

/// Pays once, and returns the attempt to call back with the platform of its journal entries.
async fn attempt(emulator: &Emulator, platform: MtnPlatform) -> (Value, Vec<Value>) {
    let merchant = merchant_on(emulator, platform).await;
    let body = {
        let mut body = merchant.body("5000", PAYER);
        body["currency"] = json!("UGX");
        body
    };
    let reference = new_reference();
    let request = merchant
        .submission(merchant.path(), &reference, &body)
        .header("X-Callback-Url", format!("https://{HOST}/paid"));
    assert_eq!(request.send().await.expect("an answer").status(), 202);
    emulator.settle();
    let record = emulator.record_once_callback(&reference, &["answered", "failed"]).await;
    let journal = emulator.control(&format!("journal?reference_id={reference}")).await;
    let entries = journal["entries"].as_array().expect("entries").iter();
    let told = entries.filter(|entry| !entry["platform"].is_null());
    let told = told.map(|entry| json!([entry["event"], entry["platform"]])).collect();
    (record["callback_attempts"][0].clone(), told)
}

/// The allow-list of a merchant that has prepared for the new platform alone.
#[tokio::test]
async fn each_platform_calls_back_from_its_own_address() {
    if !has_more_than_one_loopback_address("each_platform_calls_back_from_its_own_address") {
        return;
    }
    let own = calling_from(&["legacy=127.0.0.2", "new=127.0.0.3"]);
    let allow_list = Behaviour::AllowOnly(ip("127.0.0.3"));
    let (emulator, mut listener) = both_calling_back(allow_list, own).await;
    for (platform, from, status) in
        [(MtnPlatform::Legacy, "127.0.0.2", 403), (MtnPlatform::New, "127.0.0.3", 200)]
    {
        let name = platform.name();
        let (attempt, told) = attempt(&emulator, platform).await;
        assert_eq!(attempt["answer_status"], status, "{name}: {attempt}");
        assert_eq!(listener.next().await.from, ip(from), "{name}");
        let expected = json!([["callback_sent", name], ["callback_finished", name]]);
        assert_eq!(json!(told), expected);
    }
}

#[tokio::test]
async fn a_platform_without_an_address_calls_back_from_that_of_the_system() {
    if !has_more_than_one_loopback_address("a_platform_without_an_address") {
        return;
    }
    let (emulator, mut listener) =
        both_calling_back(Behaviour::Answer(200), calling_from(&["new=127.0.0.3"])).await;
    for (platform, from) in [(MtnPlatform::Legacy, "127.0.0.1"), (MtnPlatform::New, "127.0.0.3")] {
        let (attempt, _) = attempt(&emulator, platform).await;
        assert_eq!(attempt["answer_status"], 200, "{attempt}");
        assert_eq!(listener.next().await.from, ip(from));
    }
}

/// The listener is at an address of IPv4.
#[tokio::test]
async fn an_address_of_the_other_version_of_ip_is_told_in_the_attempt() {
    let (emulator, mut listener) =
        both_calling_back(Behaviour::Answer(200), calling_from(&["new=::1"])).await;
    let (attempt, _) = attempt(&emulator, MtnPlatform::New).await;
    assert_eq!(attempt["error"], "connection", "{attempt}");
    let detail = attempt["error_detail"].as_str().expect("words");
    assert!(detail.contains("sent from ::1, and `127.0.0.1` has no IPv6 address"), "{detail}");
    assert!(listener.arrived().is_empty());
}

#[tokio::test]
async fn an_address_that_callbacks_cannot_be_sent_from_is_refused_at_the_start() {
    let only_new = Some(PlayedPlatforms::Only(MtnPlatform::New));
    for (given, platforms, part) in [
        ("new=192.0.2.1", only_new, "--callback-source new=192.0.2.1: callbacks cannot be sent"),
        ("legacy=127.0.0.2", only_new, "does not play the legacy platform"),
        ("legacy=127.0.0.2", None, "name a market with --target-environment"),
    ] {
        let callbacks = CallbackSettings { sources: sources(&[given]), ..Default::default() };
        let configuration = Configuration { platforms, callbacks, ..Configuration::default() };
        let error = emulator::Emulator::bind(configuration).await.expect_err(given).to_string();
        assert!(error.contains(part), "{given}: {error}");
    }
}
