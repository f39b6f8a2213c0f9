//! An emulator of a test's own, in this process, on a free port.

use std::net::SocketAddr;
use std::time::Duration;

use momo_sandbox::internals::callback::CallbackSettings;
use momo_sandbox::internals::emulator::{self, Configuration, Stopped};
use momo_sandbox::internals::engine::Clock;
use momo_sandbox::internals::engine::RecordMode;
use momo_sandbox::internals::engine::Spaces;
use momo_sandbox::internals::gateway::SubscriptionKeys;
use momo_sandbox::internals::server::HttpsFrontend;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::environment::{Environment, SANDBOX};
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::mtn_platform::{Cutover, PlayedPlatforms};
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::scenario::delivery::DeliveryPolicy;
use momo_sandbox_core::scenario::read_scenario::read_scenario;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;
use serde_json::Value;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// 2026-09-01T12:00:00Z, where every manual clock starts.
pub const START: Timestamp = Timestamp(1_788_264_000_000);

/// How long an ordinary transaction stays PENDING here.
pub const SETTLE_AFTER: Duration = Duration::from_millis(200);

/// How much of requests is kept here, in bytes: the program keeps none unless it is asked to.
const RECORDED: usize = 16 * 1024 * 1024;

/// How long a test waits for what must happen before it fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A running emulator; it stops when it is dropped.
pub struct Emulator {
    pub url: String,
    /// The base URL of the legacy platform's port; empty without one.
    pub legacy_url: String,
    spaces: Arc<Spaces>,
    // Dropped with the emulator, which is the signal to stop.
    stop: Mutex<Option<oneshot::Sender<()>>>,
    running: Mutex<Option<JoinHandle<Stopped>>>,
}

/// A space that somebody is in until this is dropped.
pub struct Busy {
    _leave: Sender<()>,
}

/// What an emulator is started with.
pub struct Options {
    pub clock: Clock,
    pub scenarios: Vec<&'static str>,
    pub keys: Vec<(Product, &'static str)>,
    pub settle_after: Duration,
    pub limits: Limits,
    pub record: RecordMode,
    pub environment: &'static Environment,
    /// With both platforms the legacy one has a port of its own.
    pub platforms: Option<PlayedPlatforms>,
    pub cutover: Option<Cutover>,
    pub api_users: Vec<(ApiUser, String)>,
    pub callbacks: CallbackSettings,
    pub delivery: DeliveryPolicy,
    pub ledger: Option<bool>,
    pub front: Option<HttpsFrontend>,
}

impl Default for Options {
    /// A manual clock, no scenario, any subscription key.
    fn default() -> Self {
        Self {
            clock: Clock::manual(START),
            scenarios: Vec::new(),
            keys: Vec::new(),
            settle_after: SETTLE_AFTER,
            limits: Limits { recorded_bytes: RECORDED, ..Limits::default() },
            record: RecordMode::All,
            environment: &SANDBOX,
            platforms: None,
            cutover: None,
            api_users: Vec::new(),
            callbacks: CallbackSettings::default(),
            delivery: DeliveryPolicy::default(),
            ledger: None,
            front: None,
        }
    }
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

impl Emulator {
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with_scenario(text: &'static str) -> Self {
        Self::with(Options { scenarios: vec![text], ..Options::default() }).await
    }

    pub async fn with(options: Options) -> Self {
        let scenarios = options
            .scenarios
            .into_iter()
            .map(|text| read_scenario("test.toml", text).expect("a good scenario"))
            .collect();
        let given = Defaults {
            delivery: options.delivery,
            ledger: options.ledger,
            ..Defaults::of(options.environment, options.settle_after)
        };
        let keys = options.keys.into_iter().map(|(product, key)| (product, key.to_owned()));
        let sandbox = emulator::Emulator::bind(Configuration {
            listen: any_port(),
            legacy_listen: options
                .platforms
                .filter(|one| *one == PlayedPlatforms::Both)
                .map(|_| any_port()),
            environment: options.environment,
            platforms: options.platforms,
            cutover: options.cutover,
            rules: RuleBook::new(scenarios, given),
            seed: Seed(1),
            subscription_keys: SubscriptionKeys::new(keys),
            api_users: options.api_users,
            callbacks: options.callbacks,
            front: options.front,
            clock: options.clock,
            limits: options.limits,
            record: options.record,
            ..Configuration::default()
        })
        .await
        .expect("a free port");
        let url = format!("http://{}", sandbox.address());
        let legacy_url = sandbox.legacy_address();
        let legacy_url = legacy_url.map(|address| format!("http://{address}")).unwrap_or_default();
        let spaces = sandbox.spaces();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(sandbox.run(async {
            let _ = stopped.await;
        }));
        let (stop, running) = (Mutex::new(Some(stop)), Mutex::new(Some(running)));
        Self { url, legacy_url, spaces, stop, running }
    }

    /// Stops it, and tells what was left.
    pub async fn stop(self) -> Stopped {
        self.begin_to_stop().await.expect("it ends by itself")
    }

    /// Begins to stop it.
    pub fn begin_to_stop(&self) -> JoinHandle<Stopped> {
        drop(self.stop.lock().expect("no panic").take());
        self.running.lock().expect("no panic").take().expect("it is stopped once")
    }

    pub fn spaces(&self) -> &Spaces {
        &self.spaces
    }

    /// Enters a space, on a thread of its own, and stays in it: whoever else wants in must wait.
    pub fn keep_busy(&self, api_user: ApiUserId) -> Busy {
        let (leave, left) = channel();
        let (enter, entered) = channel();
        let spaces = Arc::clone(&self.spaces);
        let space = spaces.get(api_user).expect("an API user");
        std::thread::spawn(move || {
            spaces.enter(&space, |_, _| {
                let _ = enter.send(());
                // Ends with an error when the other end is dropped.
                let _: Result<(), _> = left.recv();
            });
        });
        entered.recv().expect("the space is entered");
        Busy { _leave: leave }
    }

    /// Moves the manual clock forward.
    pub fn advance(&self, by: Duration) {
        self.spaces.clock().advance(by);
    }

    /// Lets an ordinary transaction settle.
    pub fn settle(&self) {
        self.advance(SETTLE_AFTER);
    }

    /// Looks into each space, under its lock.
    pub fn each_space(&self, look: impl Fn(&Platform)) {
        for space in self.spaces.all() {
            self.spaces.enter(&space, |platform, _| look(platform));
        }
    }

    /// What the control plane answers to a GET.
    pub async fn control(&self, path: &str) -> Value {
        let response =
            reqwest::get(format!("{}/_sandbox/{path}", self.url)).await.expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.expect("JSON")
    }

    /// What the control plane answers to a JSON body: status and body.
    pub async fn command(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let request = reqwest::Client::new()
            .request(method.parse().expect("a method"), format!("{}/_sandbox/{path}", self.url))
            .json(&body);
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// The record of a transaction.
    pub async fn record(&self, reference: &str) -> Value {
        self.control(&format!("transactions/{reference}")).await
    }

    /// Waits until a transaction's callback is known to be in one of these states, and returns its
    /// record.
    pub async fn record_once_callback(&self, reference: &str, states: &[&str]) -> Value {
        let is_so = |record: &Value| states.contains(&record["callback"].as_str().expect("text"));
        self.record_once(reference, &format!("{states:?}"), is_so).await
    }

    /// Waits until this holds of the record of a transaction, and returns it.
    pub async fn record_once(
        &self,
        reference: &str,
        wanted: &str,
        holds: impl Fn(&Value) -> bool,
    ) -> Value {
        let mut changes = self.spaces.changes();
        let wait = async {
            loop {
                let record = self.record(reference).await;
                if holds(&record) {
                    return record;
                }
                changes.changed().await.expect("the emulator runs");
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(record) => record,
            Err(_) => panic!("never {wanted}: {:#}", self.record(reference).await),
        }
    }
}
