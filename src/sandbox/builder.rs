//! What an emulator is started with.

use std::net::SocketAddr;
use std::time::Duration;

use momo_sandbox_core::model::causes::with_causes;
use momo_sandbox_core::model::environment::{Environment, SANDBOX};
use momo_sandbox_core::model::spelling::suggestion;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;

use super::Sandbox;
use super::clock::Clock;
use super::scenario::{Scenario, ScenarioError};
use crate::Product;
use crate::emulator::ports::PortError;
use crate::emulator::{BindError, Configuration, Emulator, SETTLE_AFTER};
use crate::gateway::subscription_keys::SubscriptionKeys;

/// What an emulator is started with; [`Sandbox::builder`] makes one.
///
/// Without any call it is an emulator of MTN's sandbox on a free port of 127.0.0.1, which follows
/// real time, takes any subscription key, and draws from a seed that is always the same.
#[derive(Debug, Clone)]
#[must_use = "an emulator is there once `start` was awaited"]
pub struct Builder {
    listen: SocketAddr,
    target_environment: Option<String>,
    scenarios: Vec<Scenario>,
    clock: Clock,
    seed: u64,
    settle_after: Duration,
    subscription_keys: Vec<(Product, String)>,
}

/// Why an emulator does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A scenario cannot be used.
    #[error("a scenario cannot be used")]
    Scenario(#[from] ScenarioError),
    /// There is no target environment of that name.
    #[error("unknown target environment `{name}`: {help}")]
    TargetEnvironment {
        /// The name that was given.
        name: String,
        /// The nearest name, or all of them.
        help: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// Something else that is given is wrong, or this machine does not allow it.
    #[error("the emulator cannot start: {0}")]
    Other(String),
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            target_environment: None,
            scenarios: Vec::new(),
            clock: Clock::Real,
            seed: 1,
            settle_after: SETTLE_AFTER,
            subscription_keys: Vec::new(),
        }
    }
}

impl Builder {
    /// Puts a scenario in force: the name of one that ships, or a [`Scenario`] of your own. May be
    /// called several times; of two rules that match, the first counts.
    pub fn scenario(mut self, scenario: impl Into<Scenario>) -> Self {
        self.scenarios.push(scenario.into());
        self
    }

    /// Says how time goes; [`ManualClock`](crate::ManualClock) is the one for tests.
    pub fn clock(mut self, clock: impl Into<Clock>) -> Self {
        self.clock = clock.into();
        self
    }

    /// Says how long an ordinary transaction stays PENDING; 200 ms where nothing is said.
    pub fn settle_after(mut self, settle_after: Duration) -> Self {
        self.settle_after = settle_after;
        self
    }

    /// Sets the seed of all draws: ids, keys, delays. The same seed repeats a run.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Listens on this address instead of a free port of 127.0.0.1.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Plays another target environment: a market such as `mtnuganda`, with its currency and the
    /// rules of production.
    pub fn target_environment(mut self, name: impl Into<String>) -> Self {
        self.target_environment = Some(name.into());
        self
    }

    /// Adds a subscription key of a product. Once one is given, no others are accepted.
    pub fn subscription_key(mut self, product: Product, key: impl Into<String>) -> Self {
        self.subscription_keys.push((product, key.into()));
        self
    }

    /// Starts the emulator.
    ///
    /// It runs on the tokio runtime of the caller until [`Sandbox::stop`], or until it is dropped.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub async fn start(self) -> Result<Sandbox, StartError> {
        let configuration = self.configuration()?;
        let running = Emulator::start(configuration).await.map_err(|error| match error {
            BindError::Port(PortError { address, source, .. }) => {
                StartError::Listen { address, source }
            }
            other => StartError::Other(with_causes(&other)),
        })?;
        Ok(Sandbox::of(running))
    }

    fn configuration(self) -> Result<Configuration, StartError> {
        let environment = self.environment()?;
        let scenarios = self.scenarios.iter().map(Scenario::read);
        let scenarios = scenarios.collect::<Result<Vec<_>, _>>()?;
        let defaults = Defaults::of(environment, self.settle_after);
        Ok(Configuration {
            listen: self.listen,
            environment,
            rules: RuleBook::new(scenarios, defaults),
            seed: Seed(self.seed),
            subscription_keys: SubscriptionKeys::new(self.subscription_keys),
            clock: self.clock.start(),
            ..Configuration::default()
        })
    }

    fn environment(&self) -> Result<&'static Environment, StartError> {
        let Some(name) = &self.target_environment else { return Ok(&SANDBOX) };
        Environment::named(name).ok_or_else(|| {
            let names: Vec<&str> = Environment::all().map(|one| one.name).collect();
            StartError::TargetEnvironment { name: name.clone(), help: suggestion(name, &names) }
        })
    }
}
