//! The emulator as a whole: bound first, then run until it is told to stop.
//!
//! The program and [`Sandbox`](crate::Sandbox) both start it here.

pub mod credentials;
pub mod ports;

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::callback::client::{CallbackClient, CallbackClientError};
use crate::callback::dispatcher;
use crate::callback::settings::CallbackSettings;
use crate::callback::sources::CallbackSourceError;
use crate::console;
use crate::control::Control;
use crate::control::base_urls;
use crate::control::guard::{ControlToken, Guard};
use crate::control::listener::Listener;
use crate::control::provision::Provisioning;
use crate::control::rendered::Rendered;
use crate::control::run_audit::Past;
use crate::documents::openapi::Documents;
use crate::emulator::ports::{OpenPorts, PortError};
use crate::engine::clock::Clock;
use crate::engine::recorded::RecordMode;
use crate::engine::scheduler;
use crate::engine::spaces::Spaces;
use crate::gateway::routes::Routes;
use crate::gateway::subscription_keys::SubscriptionKeys;
use crate::gateway::token_secret::TokenSecret;
use crate::gateway::tokens::Tokens;
use crate::gateway::{Gateway, http_faults};
use crate::server::context::ServerContext;
use crate::server::http_faults::{FaultReporter, Ports};
use crate::server::https::HttpsFrontend;
use crate::server::peer::Peer;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::environment::{Environment, SANDBOX};
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::mtn_platform::{Cutover, PlayedPlatforms};
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::Settings;
use momo_sandbox_core::platform::callback::Callback;
use momo_sandbox_core::report::exclusions::Exclusions;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;

/// How long requests and callbacks under way may take to end after a stop.
const GRACE: Duration = Duration::from_secs(5);

/// How long an ordinary transaction stays PENDING where nothing is said.
pub const SETTLE_AFTER: Duration = Duration::from_millis(200);

/// What an emulator is made of.
pub struct Configuration {
    /// Where it listens; port 0 for any free one.
    pub listen: SocketAddr,
    /// Where a second port listens, for the legacy platform: where both platforms are played.
    pub legacy_listen: Option<SocketAddr>,
    pub environment: &'static Environment,
    /// The platforms of production that are played; `None` where they are not told apart.
    pub platforms: Option<PlayedPlatforms>,
    /// The cutover from the legacy platform to the new one.
    pub cutover: Option<Cutover>,
    pub rules: RuleBook,
    /// The seed of all draws.
    pub seed: Seed,
    /// What signs access tokens, where several instances share it; drawn from the seed otherwise.
    pub token_secret: Option<TokenSecret>,
    /// The keys that are good for each product.
    pub subscription_keys: SubscriptionKeys,
    /// The API users that are provisioned at the start, each with its key.
    pub api_users: Vec<(ApiUser, String)>,
    pub callbacks: CallbackSettings,
    pub front: Option<HttpsFrontend>,
    pub clock: Clock,
    /// The limits: how much there may be of everything.
    pub limits: Limits,
    /// Which requests and callbacks are kept to be looked at.
    pub record: RecordMode,
    /// Whether refusals are explained in the header `X-Momo-Sandbox-Why`.
    pub explains: bool,
    /// What the audit of the whole run leaves out, where there will be one: it covers what happened
    /// before a reset, too.
    pub audit_of_the_run: Option<Exclusions>,
    /// What the control plane must be shown; nothing, if it is reached from this machine alone.
    pub control_token: Option<ControlToken>,
}

/// API keys are shown by nothing.
impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Configuration");
        shown.field("listen", &self.listen).field("environment", &self.environment.name);
        shown.field("seed", &self.seed).field("front", &self.front).finish_non_exhaustive()
    }
}

/// An emulator that listens, and answers once it is [run](Self::run).
#[derive(Debug)]
pub struct Emulator {
    ports: OpenPorts,
    gateway: Arc<Gateway>,
    control: Arc<Control>,
    spaces: Arc<Spaces>,
    callbacks: UnboundedReceiver<Callback>,
    callback_client: CallbackClient,
    front_names: Vec<String>,
}

/// Why an emulator could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// A port cannot be opened, for example because its address is in use.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Callbacks cannot travel as configured.
    #[error("callbacks cannot be sent")]
    Callbacks(#[from] CallbackClientError),
    /// Callbacks cannot be sent from an address that is given for them.
    #[error(transparent)]
    CallbackSource(#[from] CallbackSourceError),
    /// More API users are given at the start than there may be.
    #[error("{given} API users are given, but --api-users-max is {most}: give fewer, or raise it")]
    ApiUsers { given: usize, most: usize },
    /// An API user that is given at the start is one too many for what may be kept, or is there.
    #[error("an API user of the start")]
    ApiUser(#[source] Rejection),
}

/// An emulator that runs on a task of its own until it is stopped or dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    front_address: Option<SocketAddr>,
    legacy_address: Option<SocketAddr>,
    spaces: Arc<Spaces>,
    control: Arc<Control>,
    // Dropped with the emulator, which is the signal to stop.
    stop: oneshot::Sender<()>,
    task: JoinHandle<Stopped>,
}

impl Running {
    /// The address of the HTTP port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn front_address(&self) -> Option<SocketAddr> {
        self.front_address
    }

    /// The address of the legacy platform's port, if it has one of its own.
    pub fn legacy_address(&self) -> Option<SocketAddr> {
        self.legacy_address
    }

    /// Its base URL, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The spaces, with the clock.
    pub fn spaces(&self) -> &Arc<Spaces> {
        &self.spaces
    }

    pub fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// Stops it and waits until requests and callbacks under way have ended.
    ///
    /// # Errors
    ///
    /// A panic of the emulator, which is our own bug.
    pub async fn stop(self) -> Result<Stopped, JoinError> {
        drop(self.stop);
        self.task.await
    }
}

impl Default for Configuration {
    /// That of the program without a flag, but for a free port and a seed that is always the same.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            legacy_listen: None,
            environment: &SANDBOX,
            platforms: None,
            cutover: None,
            rules: RuleBook::new(Vec::new(), Defaults::settling_after(SETTLE_AFTER)),
            seed: Seed(1),
            token_secret: None,
            subscription_keys: SubscriptionKeys::default(),
            api_users: Vec::new(),
            callbacks: CallbackSettings::default(),
            front: None,
            clock: Clock::real(),
            limits: Limits::default(),
            record: RecordMode::default(),
            explains: true,
            audit_of_the_run: None,
            control_token: None,
        }
    }
}

/// What was left when an emulator stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// How many transactions had no final status.
    pub pending: usize,
    /// How many requests and callbacks did not end within the grace period.
    pub cut_off: usize,
}

impl Stopped {
    /// What is in the spaces at the end, with so many requests that did not.
    fn leaving(spaces: &Spaces, requests: usize) -> Self {
        spaces.catch_up();
        let pending = usize::try_from(spaces.held().pending).unwrap_or(usize::MAX);
        Self { pending, cut_off: requests + spaces.in_flight().borrow().total() }
    }
}

impl Emulator {
    /// Binds an emulator and runs it on a task of its own.
    pub async fn start(configuration: Configuration) -> Result<Running, BindError> {
        let emulator = Self::bind(configuration).await?;
        let (address, front_address) = (emulator.address(), emulator.front_address());
        let legacy_address = emulator.legacy_address();
        let (spaces, control) = (emulator.spaces(), emulator.control());
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(emulator.run(async {
            // An error too means that nobody holds the other end any more.
            let _ = stopped.await;
        }));
        Ok(Running { address, front_address, legacy_address, spaces, control, stop, task })
    }

    /// Prepares everything and opens the port last: once it can be reached, it is ready.
    pub async fn bind(configuration: Configuration) -> Result<Self, BindError> {
        configuration.callbacks.sources.check(configuration.platforms)?;
        let (sender, callbacks) = mpsc::unbounded_channel();
        let settings = Settings {
            rules: Arc::new(configuration.rules),
            seed: configuration.seed,
            environment: configuration.environment,
            limits: configuration.limits,
        };
        let spaces = Arc::new(Spaces::new(configuration.clock, settings, sender));
        spaces.plan_cutover(configuration.cutover);
        spaces.recorded().switch_to(configuration.record);
        provision(&spaces, configuration.api_users, configuration.limits.api_users)?;
        let tokens = match &configuration.token_secret {
            Some(secret) => Tokens::signed_with(secret.bytes()),
            None => Tokens::new(configuration.seed),
        };
        let gateway = Arc::new(Gateway {
            spaces: Arc::clone(&spaces),
            subscription_keys: configuration.subscription_keys,
            tokens,
            environment: configuration.environment,
            platforms: configuration.platforms,
            routes: Routes::default(),
            explains: configuration.explains,
        });
        let root = configuration.front.as_ref().map(|front| front.root_certificate.clone());
        let front_names =
            configuration.front.as_ref().map(|front| front.hosts.clone()).unwrap_or_default();
        let mut settings = configuration.callbacks;
        settings.kept_max = configuration.limits.callbacks_in_flight;
        let ports =
            OpenPorts::bind(configuration.listen, configuration.legacy_listen, configuration.front)
                .await?;
        settings.own_addresses.extend(ports.addresses.all());
        let control = Arc::new(Control {
            spaces: Arc::clone(&spaces),
            guard: Guard { token: configuration.control_token },
            documents: Documents::of(configuration.environment, configuration.platforms),
            root,
            past: configuration.audit_of_the_run.map(Past::without),
            provisioning: Provisioning {
                gateway: Arc::clone(&gateway),
                ports: base_urls::Ports {
                    plain: ports.addresses.plain.port(),
                    legacy: ports.addresses.legacy.map(|address| address.port()),
                    front: ports.addresses.front.map(|address| address.port()),
                },
                count: AtomicU32::new(0),
            },
            listener: Listener::default(),
            callback_address: ports::connectable(ports.addresses.plain),
            stopping: CancellationToken::new(),
            rendered: Rendered::default(),
        });
        let callback_client = CallbackClient::new(configuration.environment, settings)?;
        Ok(Self { ports, gateway, control, spaces, callbacks, callback_client, front_names })
    }

    /// Where the legacy platform listens, if it has a port of its own.
    pub fn legacy_address(&self) -> Option<SocketAddr> {
        self.ports.addresses.legacy
    }

    /// Where the HTTPS front listens, if there is one.
    pub fn front_address(&self) -> Option<SocketAddr> {
        self.ports.addresses.front
    }

    fn fault_reporter(&self) -> Arc<FaultReporter> {
        let (https, certificate_names) = (self.front_address(), self.front_names.clone());
        let ports = Ports { http: Some(self.address()), https, certificate_names };
        Arc::new(http_faults::reporter(&self.spaces, ports))
    }

    pub fn address(&self) -> SocketAddr {
        self.ports.addresses.plain
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
        let faults = self.fault_reporter();
        let Self { ports, gateway, control, spaces, callbacks, callback_client, .. } = self;
        let (stopping, tasks) = (control.stopping.clone(), TaskTracker::new());
        let last = CancellationToken::new();
        let permits = spaces.capacity().connections.clone();
        let context =
            ServerContext::new(Arc::clone(&faults), permits, stopping.clone(), tasks.clone());
        let respond = move |request: Request<Incoming>, peer: Peer, port| {
            let (gateway, control) = (Arc::clone(&gateway), Arc::clone(&control));
            let faults = Arc::clone(&faults);
            async move {
                if let Some(refusal) = faults.refuse_ambiguous(&request) {
                    refusal
                } else if let Some(page) = console::respond(&request) {
                    page
                } else if Control::owns(request.uri().path()) {
                    // Boxed, so that what every request of the API carries along stays small.
                    Box::pin(control.respond(request)).await
                } else {
                    gateway.respond(request, &peer, port).await
                }
            }
        };
        let serving = ports.serve(respond, context);
        let dispatching = {
            let spaces = Arc::clone(&spaces);
            dispatcher::run(spaces, callback_client, callbacks, last.clone())
        };
        {
            let mut serving = tokio::spawn(serving);
            let mut dispatching = tokio::spawn(dispatching);
            let waking = {
                let spaces = Arc::clone(&spaces);
                tokio::spawn(async move { scheduler::run(&spaces).await })
            };
            stop.await;
            stopping.cancel();
            // What becomes due from here on stays pending; what is due already still goes out.
            waking.abort();
            spaces.stop();
            let _ = (&mut serving).await;
            tasks.close();
            let ending = async {
                tasks.wait().await;
                // Nobody is left who could have a callback sent.
                last.cancel();
                let _ = (&mut dispatching).await;
            };
            let _ = tokio::time::timeout(GRACE, ending).await;
            dispatching.abort();
        }
        Stopped::leaving(&spaces, tasks.len())
    }
}

/// Provisions the API users of the start, each with its API key.
fn provision(
    spaces: &Spaces,
    api_users: Vec<(ApiUser, String)>,
    most: usize,
) -> Result<(), BindError> {
    let given = api_users.len();
    if given > most {
        return Err(BindError::ApiUsers { given, most });
    }
    for (api_user, api_key) in api_users {
        let space = match spaces.provision(api_user) {
            Ok(space) => space,
            Err(rejection) => return Err(BindError::ApiUser(rejection)),
        };
        spaces.enter(&space, |platform, _| platform.set_api_key(&api_key));
    }
    Ok(())
}
