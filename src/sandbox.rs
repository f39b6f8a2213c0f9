//! A whole emulator: bound first, then run until it is told to stop.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::callback::client::CallbackClient;
use crate::callback::dispatcher;
use crate::callback::settings::CallbackSettings;
use crate::control::Control;
use crate::control::guard::Guard;
use crate::documents::openapi::Documents;
use crate::engine::clock::Clock;
use crate::engine::scheduler;
use crate::engine::spaces::Spaces;
use crate::gateway::access::SubscriptionKeys;
use crate::gateway::routes::Routes;
use crate::gateway::tokens::Tokens;
use crate::gateway::{Gateway, listener};
use crate::model::api_user::ApiUser;
use crate::model::environment::Environment;
use crate::platform::callback::Callback;
use crate::platform::{Limits, Settings};
use crate::scenario::dice::Seed;
use crate::scenario::rule_book::RuleBook;

/// How long requests and callbacks under way may take to end after a stop.
const GRACE: Duration = Duration::from_secs(5);

/// What an emulator is made of.
#[derive(Debug)]
pub struct Configuration {
    /// Where it listens; port 0 for any free one.
    pub listen: SocketAddr,
    /// The target environment.
    pub environment: &'static Environment,
    /// The rules in force.
    pub rules: RuleBook,
    /// The seed of all draws.
    pub seed: Seed,
    /// The keys that are good for each product.
    pub subscription_keys: SubscriptionKeys,
    /// The API users that are provisioned at the start, each with its key.
    pub api_users: Vec<(ApiUser, String)>,
    /// How callbacks travel.
    pub callbacks: CallbackSettings,
    /// The clock.
    pub clock: Clock,
    /// How much each space keeps.
    pub limits: Limits,
    /// What the control plane must be shown; nothing, if it is reached from this machine alone.
    pub control_token: Option<String>,
}

/// An emulator that listens, and answers once it is [run](Self::run).
#[derive(Debug)]
pub struct Sandbox {
    listener: TcpListener,
    address: SocketAddr,
    gateway: Arc<Gateway>,
    control: Arc<Control>,
    spaces: Arc<Spaces>,
    callbacks: UnboundedReceiver<Callback>,
    callback_client: CallbackClient,
}

/// Why an emulator could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// What the system says of the address, such as that it is in use.
    #[error("{0}")]
    Address(#[from] io::Error),
    /// What is wrong with how callbacks should travel.
    #[error("{0}")]
    Callbacks(String),
}

/// What was left when an emulator stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// How many transactions had no final status.
    pub pending: usize,
    /// How many requests and callbacks did not end within the grace period.
    pub cut_off: usize,
}

impl Sandbox {
    /// Prepares everything and opens the port last: once it can be reached, it is ready.
    ///
    /// # Errors
    ///
    /// [`BindError`].
    pub async fn bind(configuration: Configuration) -> Result<Self, BindError> {
        let (sender, callbacks) = mpsc::unbounded_channel();
        let settings = Settings {
            rules: Arc::new(configuration.rules),
            seed: configuration.seed,
            environment: configuration.environment,
            limits: configuration.limits,
        };
        let spaces = Arc::new(Spaces::new(configuration.clock, settings, sender));
        for (api_user, api_key) in configuration.api_users {
            let space = spaces
                .provision(api_user)
                .expect("the command line refuses the same API user twice");
            spaces.enter(&space, |platform, _| platform.set_api_key(&api_key));
        }
        let gateway = Arc::new(Gateway {
            spaces: Arc::clone(&spaces),
            subscription_keys: configuration.subscription_keys,
            tokens: Tokens::new(configuration.seed),
            environment: configuration.environment,
            routes: Routes::default(),
        });
        let guard = Guard { token: configuration.control_token };
        let stopping = CancellationToken::new();
        let documents = Documents::of(configuration.environment);
        let control = Arc::new(Control { spaces: Arc::clone(&spaces), guard, documents, stopping });
        let listener = TcpListener::bind(configuration.listen).await?;
        let address = listener.local_addr()?;
        let mut settings = configuration.callbacks;
        settings.own_addresses.push(address);
        let callback_client = CallbackClient::new(configuration.environment, settings)
            .map_err(BindError::Callbacks)?;
        Ok(Self { listener, address, gateway, control, spaces, callbacks, callback_client })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The spaces, for a test that moves a manual clock or looks inside.
    pub fn spaces(&self) -> Arc<Spaces> {
        Arc::clone(&self.spaces)
    }

    /// The control plane, for who runs the emulator in the same process.
    pub fn control(&self) -> Arc<Control> {
        Arc::clone(&self.control)
    }

    /// Answers until `stop` completes; then no more connections are accepted, and the requests and
    /// callbacks under way get five seconds to end.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Stopped {
        let Self { listener, gateway, control, spaces, callbacks, callback_client, .. } = self;
        let (stopping, tasks) = (control.stopping.clone(), TaskTracker::new());
        let handler = move |request: http::Request<hyper::body::Incoming>| {
            let (gateway, control) = (Arc::clone(&gateway), Arc::clone(&control));
            async move {
                if Control::owns(request.uri().path()) {
                    control.respond(request).await
                } else {
                    gateway.respond(request).await
                }
            }
        };
        let serving = listener::serve(listener, None, handler, stopping.clone(), tasks.clone());
        let dispatching = {
            let spaces = Arc::clone(&spaces);
            dispatcher::run(spaces, callback_client, callbacks, tasks.clone())
        };
        {
            let mut serving = tokio::spawn(serving);
            let dispatching = tokio::spawn(dispatching);
            let waking = {
                let spaces = Arc::clone(&spaces);
                tokio::spawn(async move { scheduler::run(&spaces).await })
            };
            stop.await;
            stopping.cancel();
            // What becomes due from here on stays pending; what is due already still goes out.
            waking.abort();
            let _ = (&mut serving).await;
            tasks.close();
            let _ = tokio::time::timeout(GRACE, tasks.wait()).await;
            dispatching.abort();
        }
        let pending = spaces
            .all()
            .iter()
            .map(|space| spaces.enter(space, |platform, _| platform.pending()))
            .sum();
        Stopped { pending, cut_off: tasks.len() }
    }
}
