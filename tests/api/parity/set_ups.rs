//! The emulators that every recording is replayed against.

use std::time::Duration;

use momo_sandbox::internals::callback::CallbackSettings;
use momo_sandbox::internals::callback::{HostOverride, HostOverrides};
use momo_sandbox::internals::certificates::Authority;
use momo_sandbox::internals::certificates::named;
use momo_sandbox::internals::certificates::{certificates, server_config};
use momo_sandbox::internals::engine::Clock;
use momo_sandbox::internals::parity::Credentials;
use momo_sandbox::internals::parity::Gateway;
use momo_sandbox::internals::parity::Listener;
use momo_sandbox::internals::parity::Pace;
use momo_sandbox::internals::parity::Played;
use momo_sandbox::internals::parity::Recording;
use momo_sandbox::internals::parity::SetUp;
use momo_sandbox::internals::parity::{ControlPlane, Player, Settings};
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::environment::{Environment, SANDBOX};
use momo_sandbox_core::model::ids::{ApiUserId, parse_uuid};
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::scenario::seed::Seed;
use tokio::task::JoinSet;

use crate::support::emulator::{Emulator, Options};
use crate::support::merchant::new_reference;

/// The host of the listener that speaks TLS.
const CALLBACK_HOST: &str = "callbacks.example";

const KEYS: [(Product, &str); 3] = [
    (Product::Collection, "11111111111111111111111111111111"),
    (Product::Disbursement, "22222222222222222222222222222222"),
    (Product::Remittance, "33333333333333333333333333333333"),
];

/// How long a transaction stays PENDING: long enough to be seen on a machine that is busy.
const SETTLE_AFTER: Duration = Duration::from_millis(500);

/// How many recordings one emulator is asked for; the emulators are asked at the same time.
const RECORDINGS_EACH: usize = 30;

/// Replays all recordings in all set-ups.
pub async fn play_all(recordings: &'static [Recording]) -> Vec<Played> {
    // As MTN's sandbox, which keeps no ledger; what it settles at once is seen in one set-up.
    let plain = |settle_after| Options {
        clock: Clock::real(),
        settle_after,
        ledger: Some(false),
        ..Options::default()
    };
    let mut tasks = JoinSet::new();
    for some in recordings.chunks(RECORDINGS_EACH) {
        let with_keys = Options { keys: KEYS.to_vec(), ..plain(SETTLE_AFTER) };
        tasks.spawn(in_sandbox(SetUp::DistinctKeys, with_keys, some));
        tasks.spawn(in_sandbox(SetUp::AnyKey, plain(Duration::ZERO), some));
    }
    for market in recorded_markets(recordings) {
        tasks.spawn(in_market(market, recordings));
    }
    let mut played = tasks.join_all().await.concat();
    played.sort_by_key(|one| (one.set_up, one.environment));
    played
}

fn recorded_markets(recordings: &[Recording]) -> Vec<&'static Environment> {
    let mut names: Vec<&str> =
        recordings.iter().filter_map(|recording| recording.market.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() >= 5, "{names:?}");
    names.into_iter().map(|name| Environment::named(name).expect("a market")).collect()
}

pub fn settings() -> Settings {
    Settings {
        target: &SANDBOX,
        keys: Vec::new(),
        takes_any_key: true,
        api_user: None,
        shares_users: false,
        control: Some(ControlPlane::default()),
        listener: None,
        callback_host: None,
        seed: Seed(1),
        patience: Duration::from_secs(3),
    }
}

async fn play(
    set_up: SetUp,
    (url, settings): (&str, Settings),
    recordings: &[Recording],
) -> Vec<Played> {
    let environment = settings.target.name;
    let gateway = Gateway::new(url, &[], Pace::unbounded()).expect("a gateway");
    let player = Player::new(gateway, settings);
    let mut played = Vec::new();
    for recording in recordings {
        let verdict = player.replay(recording).await.verdict;
        played.push(Played { id: recording.id.clone(), set_up, environment, verdict });
    }
    played
}

async fn in_sandbox(
    set_up: SetUp,
    options: Options,
    recordings: &'static [Recording],
) -> Vec<Played> {
    let keys = options.keys.iter().map(|(product, key)| (*product, (*key).to_owned())).collect();
    let emulator = Emulator::with(options).await;
    let listener = Some(Listener::start(None).await.expect("a free port"));
    let settings = Settings { keys, listener, ..settings() };
    play(set_up, (&emulator.url, settings), recordings).await
}

/// An emulator of a market: one API user, and a listener below an approved intermediate.
async fn in_market(market: &'static Environment, recordings: &'static [Recording]) -> Vec<Played> {
    let now = Clock::real().now();
    let root = Authority::new_root(now).expect("a root");
    let name = &named("R3").expect("an alias").subject;
    let intermediate = root.intermediate(name, now).expect("an intermediate");
    let server = intermediate.server(&[CALLBACK_HOST.to_owned()], Authority::usual_validity(now));
    let server = server.expect("a certificate");
    let chain = server.certificate_pem + &intermediate.certificate_pem;
    let tls = server_config(chain.as_bytes(), server.key_pem.as_bytes()).expect("a chain");
    let listener = Listener::start(Some((CALLBACK_HOST, tls))).await.expect("a free port");
    let route = format!("{CALLBACK_HOST}={}", listener.address);
    let callbacks = CallbackSettings {
        overrides: HostOverrides::new(vec![HostOverride::parse(&route).expect("a route")]),
        trusted: certificates(root.certificate_pem.as_bytes()).expect("a root"),
        ..CallbackSettings::default()
    };
    let (id, key) = (new_reference(), "the-api-key-of-the-market".to_owned());
    let api_user = ApiUser::new(
        ApiUserId(parse_uuid(&id).expect("a UUID")),
        ProviderCallbackHost::parse(CALLBACK_HOST).expect("a host"),
        Product::ALL,
    );
    let emulator = Emulator::with(Options {
        clock: Clock::real(),
        environment: market,
        api_users: vec![(api_user, key.clone())],
        callbacks,
        ..Options::default()
    })
    .await;
    let settings = Settings {
        target: market,
        api_user: Some(Credentials { id, key }),
        listener: Some(listener),
        callback_host: Some(CALLBACK_HOST.to_owned()),
        ..settings()
    };
    play(SetUp::Market, (&emulator.url, settings), recordings).await
}
