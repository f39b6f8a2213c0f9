//! What an emulator is started with.

use std::net::SocketAddr;
use std::time::Duration;

use momo_sandbox_core::model::causes::with_causes;
use momo_sandbox_core::model::environment::{Environment, SANDBOX};
use momo_sandbox_core::model::mtn_platform::{Cutover, PlayedPlatforms, SIDE_BY_SIDE};
use momo_sandbox_core::model::spelling::suggestion;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;

use super::Sandbox;
use super::clock::Clock;
use super::credentials::{self, Credentials};
use super::scenario::{Scenario, ScenarioError};
use crate::MtnPlatform;
use crate::Product;
use crate::emulator::credentials::Played;
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
    platforms: Option<PlayedPlatforms>,
    credentials: Vec<Credentials>,
    cutover: Option<Duration>,
    legacy_ends_after: Duration,
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
    /// Platforms or a cutover are asked for where there are none.
    #[error("{0}")]
    Platforms(String),
    /// [`Credentials`] are wrong, or not of what is played.
    #[error("{0}")]
    Credentials(String),
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
            platforms: None,
            credentials: Vec::new(),
            cutover: None,
            legacy_ends_after: SIDE_BY_SIDE,
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
    /// rules of production, on MTN's new platform unless [`platform`](Self::platform) or
    /// [`both_platforms`](Self::both_platforms) says otherwise.
    pub fn target_environment(mut self, name: impl Into<String>) -> Self {
        self.target_environment = Some(name.into());
        self
    }

    /// Plays this one of MTN's platforms of production.
    pub fn platform(mut self, platform: MtnPlatform) -> Self {
        self.platforms = Some(PlayedPlatforms::Only(platform));
        self
    }

    /// Plays both of MTN's platforms of production side by side, as during a market's migration:
    /// the new one at [`Sandbox::url`], the legacy one at [`Sandbox::legacy_url`].
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use momo_sandbox::{Credentials, ManualClock, Sandbox};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let momo = Sandbox::builder()
    ///     .target_environment("mtnuganda")
    ///     .both_platforms()
    ///     .credentials(Credentials::system("bW9tbw==", "to!ken").callback_host("shop.example"))
    ///     .credentials(Credentials::api_user("shop", "key").callback_host("shop.example"))
    ///     .clock(ManualClock)
    ///     .cutover(Duration::from_secs(2 * 3600))
    ///     .start()
    ///     .await?;
    /// let legacy = momo.legacy_url().expect("both are played");
    /// assert_ne!(legacy, momo.url());
    /// // From now on the legacy platform takes no new payments, and still tells statuses.
    /// momo.advance(Duration::from_secs(2 * 3600)).await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn both_platforms(mut self) -> Self {
        self.platforms = Some(PlayedPlatforms::Both);
        self
    }

    /// Adds credentials that the emulator knows from its start.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials.push(credentials);
        self
    }

    /// Says when the market moves to the new platform: so long after the start, on the emulator's
    /// clock. From then on the legacy platform takes no new payments. It needs
    /// [`both_platforms`](Self::both_platforms).
    pub fn cutover(mut self, after: Duration) -> Self {
        self.cutover = Some(after);
        self
    }

    /// Says how long the legacy platform still answers after the [cutover](Self::cutover); 30 days
    /// where nothing is said.
    pub fn legacy_ends_after(mut self, after_cutover: Duration) -> Self {
        self.legacy_ends_after = after_cutover;
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
        let platforms = self.played(environment)?;
        let api_users =
            credentials::read_all(&self.credentials, Played { environment, platforms })?;
        let (clock, is_both) = (self.clock.start(), platforms == Some(PlayedPlatforms::Both));
        let cutover = self.cutover.map(|after| {
            let at = clock.now().after(after);
            Cutover { at, gone_at: at.after(self.legacy_ends_after) }
        });
        Ok(Configuration {
            listen: self.listen,
            legacy_listen: is_both.then(|| SocketAddr::new(self.listen.ip(), 0)),
            environment,
            platforms,
            cutover,
            api_users: api_users.into_iter().map(|one| (one.api_user, one.api_key)).collect(),
            rules: RuleBook::new(scenarios, defaults),
            seed: Seed(self.seed),
            subscription_keys: SubscriptionKeys::new(self.subscription_keys),
            clock,
            ..Configuration::default()
        })
    }

    /// The platforms that are played of a target environment.
    fn played(&self, environment: &Environment) -> Result<Option<PlayedPlatforms>, StartError> {
        let platforms = match (environment.is_production(), self.platforms) {
            (true, given) => Some(given.unwrap_or(PlayedPlatforms::Only(MtnPlatform::New))),
            (false, None) => None,
            (false, Some(_)) => {
                return Err(StartError::Platforms(
                    "a platform is given, and the target environment is sandbox, which is not part \
                     of the migration: name a market by Builder::target_environment"
                        .to_owned(),
                ));
            }
        };
        if self.cutover.is_some() && platforms != Some(PlayedPlatforms::Both) {
            return Err(StartError::Platforms(
                "a cutover is given, and not both platforms are played: add \
                 Builder::both_platforms"
                    .to_owned(),
            ));
        }
        Ok(platforms)
    }

    fn environment(&self) -> Result<&'static Environment, StartError> {
        let Some(name) = &self.target_environment else { return Ok(&SANDBOX) };
        Environment::named(name).ok_or_else(|| {
            let names: Vec<&str> = Environment::all().map(|one| one.name).collect();
            StartError::TargetEnvironment { name: name.clone(), help: suggestion(name, &names) }
        })
    }
}
