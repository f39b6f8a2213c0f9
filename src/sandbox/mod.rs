//! The public interface: an emulator inside a test's own process.

mod api_user;
mod audit;
mod builder;
mod clock;
mod condition;
mod credentials;
mod expectation;
mod scenario;
mod transaction;
mod view;

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use crate::MtnPlatform;
use crate::Product;

pub use crate::emulator::Stopped;
pub use api_user::ApiUser;
pub use audit::Audit;
pub use builder::{Builder, StartError};
pub use clock::{Clock, ManualClock};
pub use condition::{Condition, WaitError};
pub use credentials::Credentials;
pub use expectation::{Expectation, VerifyError};
pub use scenario::{Scenario, ScenarioError};
pub use transaction::Transaction;

use crate::control::Scope;
use crate::control::names::Word;
use crate::control::parts::CalledAs;
use crate::control::provision::ProvisionRequest;
use crate::emulator::Running;
use view::View;

/// An emulator that runs in this process until it is [stopped](Self::stop) or dropped.
///
/// Its methods are about all API users together; an [`ApiUser`] has the same about itself.
#[derive(Debug)]
pub struct Sandbox {
    running: Running,
    all: View,
}

/// Why no API user was provisioned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// The provider callback host is none, or none that the target environment takes.
    #[error("{0}")]
    CallbackHost(String),
    /// The platform is not played.
    #[error("{0}")]
    Platform(String),
    /// There is no room for another API user.
    #[error("{0}")]
    NoRoom(String),
}

/// The emulator ended by a panic, which is a mistake of its own.
#[derive(Debug, thiserror::Error)]
#[error("the emulator ended by a panic of its own; please report it")]
pub struct StopError(#[source] tokio::task::JoinError);

impl Sandbox {
    /// Begins the description of an emulator.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn of(running: Running) -> Self {
        let control = running.control().clone();
        Self { all: View { control, scope: Scope::All }, running }
    }

    /// The base URL, such as `http://127.0.0.1:40123`, which the program under test is given.
    pub fn url(&self) -> String {
        self.running.url()
    }

    /// The base URL of MTN's legacy platform, where
    /// [both are played](Builder::both_platforms).
    pub fn legacy_url(&self) -> Option<String> {
        self.running.legacy_address().map(|address| format!("http://{address}"))
    }

    /// The time on the emulator's clock.
    pub fn now(&self) -> SystemTime {
        clock::system_time(self.all.control.now(&self.all.scope))
    }

    /// Provisions an API user for all products, with its API key and access tokens. Its callbacks
    /// go to this provider callback host alone, such as `localhost`.
    ///
    /// # Errors
    ///
    /// [`ProvisionError`].
    pub async fn provision(&self, callback_host: &str) -> Result<ApiUser, ProvisionError> {
        self.provision_with(ProvisionRequest {
            provider_callback_host: Some(callback_host.to_owned()),
            ..ProvisionRequest::default()
        })
        .await
    }

    /// The same on this one of MTN's platforms of production: [`provision`](Self::provision) makes
    /// System Credentials of the new one, unless the legacy one alone is played.
    ///
    /// # Errors
    ///
    /// [`ProvisionError`], also where the platform is not played.
    pub async fn provision_on(
        &self,
        platform: MtnPlatform,
        callback_host: &str,
    ) -> Result<ApiUser, ProvisionError> {
        let played = self.all.control.provisioning.gateway.platforms;
        if !played.is_some_and(|played| played.plays(platform)) {
            return Err(ProvisionError::Platform(format!(
                "the {} platform is not played here: ask for it by Builder::platform or \
                 Builder::both_platforms, with a market as Builder::target_environment",
                platform.name()
            )));
        }
        self.provision_with(ProvisionRequest {
            provider_callback_host: Some(callback_host.to_owned()),
            platform: Some(Word(platform)),
            ..ProvisionRequest::default()
        })
        .await
    }

    async fn provision_with(&self, request: ProvisionRequest) -> Result<ApiUser, ProvisionError> {
        let authority = self.running.address().to_string().parse().ok();
        let control = self.all.control.clone();
        let provisioned = control.provision(CalledAs(authority), request).await;
        let provisioned = provisioned.map_err(|refusal| match refusal.status() {
            503 => ProvisionError::NoRoom(refusal.message().to_owned()),
            _ => ProvisionError::CallbackHost(refusal.message().to_owned()),
        })?;
        let space = self.all.control.spaces.get(provisioned.api_user);
        let space = space.expect("it was provisioned just now, and API users stay");
        let issued = |tokens: &[(Cow<'static, str>, Box<str>)], product: Product| {
            let found = tokens.iter().find(|(name, _)| *name == product.name());
            found.map(|(_, token)| (product, token.clone().into_string()))
        };
        let tokens = Product::ALL.into_iter().filter_map(|one| issued(&provisioned.tokens.0, one));
        let keys = &self.all.control.provisioning.gateway.subscription_keys;
        let key = |product| keys.first_of(product).map(|key| (product, key.to_owned()));
        let variables = provisioned.environment.0.into_iter();
        Ok(ApiUser {
            id: provisioned.api_user.0,
            user_id: match provisioned.user_id {
                Some(user_id) => user_id.into(),
                None => provisioned.api_user.to_string(),
            },
            api_key: provisioned.api_key,
            subscription_keys: Product::ALL.into_iter().filter_map(key).collect(),
            tokens: tokens.collect(),
            environment: variables.map(|(name, value)| (name.into_owned(), value.into())).collect(),
            own: View { scope: Scope::One(space), ..self.all.clone() },
        })
    }

    /// Stops the emulator. Requests and callbacks under way have five seconds to end.
    ///
    /// # Errors
    ///
    /// [`StopError`] after a panic of the emulator.
    pub async fn stop(self) -> Result<Stopped, StopError> {
        self.running.stop().await.map_err(StopError)
    }
}

/// Gives a type the methods that are about all API users or about one.
macro_rules! methods_of_a_view {
    ($type:ident, $view:ident, $whose:literal) => {
        impl $type {
            #[doc = concat!("Moves time forward, ", $whose, ". All that is due by then happens in")]
            /// its order, and each callback was answered or has failed before this returns.
            pub async fn advance(&self, by: Duration) {
                self.$view.advance(by).await;
            }

            /// Waits until a transaction, its callback, or both have come to what is expected, and
            /// returns the transaction.
            ///
            /// # Errors
            ///
            /// [`WaitError`] once it can no longer come to that, or the time is over.
            pub async fn wait_for(&self, condition: Condition) -> Result<Transaction, WaitError> {
                self.$view.wait_for(condition).await
            }

            /// Compares what happened with what is expected. All expectations must hold.
            ///
            /// # Errors
            ///
            /// [`VerifyError`] with each that does not hold. An empty list is an error too, because
            /// nothing would be checked.
            pub async fn verify(&self, expected: &[Expectation]) -> Result<(), VerifyError> {
                self.$view.verify(expected).await
            }

            #[doc = concat!("The transactions ", $whose, ", in the order of their acceptance.")]
            pub fn transactions(&self) -> Vec<Transaction> {
                self.$view.transactions()
            }

            #[doc = concat!("Replaces the scenarios in force ", $whose, ", for what is accepted")]
            /// from now on: by the name of one that ships, or by a [`Scenario`].
            ///
            /// # Errors
            ///
            /// [`ScenarioError`]; what was in force stays in force.
            pub fn set_scenario(&self, scenario: impl Into<Scenario>) -> Result<(), ScenarioError> {
                self.$view.set_scenario(&scenario.into())
            }

            #[doc = concat!("Audits what the program under test did, ", $whose, ".")]
            pub fn audit(&self) -> Audit {
                self.$view.audit()
            }
        }
    };
}

methods_of_a_view!(Sandbox, all, "of all API users");
methods_of_a_view!(ApiUser, own, "of this API user");
