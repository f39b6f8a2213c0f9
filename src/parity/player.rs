//! The player of recordings, with its gateway, credentials and means.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::parity::access::{Access, Credentials};
use crate::parity::comparison::Answer;
use crate::parity::gateway::{Call, Framing, Gateway, NoAnswer};
use crate::parity::listener::Listener;
use crate::parity::recording::Recording;
use crate::parity::replay::{Replay, Replayed};
use crate::parity::replay_result::Obstacle;
use crate::parity::scrubbing::Secret;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::scenario::seed::{Purpose, Seed};

#[derive(Debug)]
pub struct Settings {
    pub target: &'static Environment,
    pub keys: Vec<(Product, String)>,
    /// Whether a product without a key is called with any key.
    pub takes_any_key: bool,
    /// The API user of all exchanges. Without one each has its own, or they share some.
    pub api_user: Option<Credentials>,
    /// Whether exchanges share API users, so that few are made.
    pub shares_users: bool,
    pub control: Option<ControlPlane>,
    /// Where callbacks are received.
    pub listener: Option<Listener>,
    /// The host that API users are registered with, where there is no listener.
    pub callback_host: Option<String>,
    /// What ids are drawn from.
    pub seed: Seed,
    /// How long the replay waits for a final status.
    pub patience: Duration,
}

/// The control plane of an emulator.
#[derive(Clone, Default)]
pub struct ControlPlane {
    pub token: Option<String>,
}

/// Hides the token.
impl std::fmt::Debug for ControlPlane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ControlPlane").finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub struct Player {
    pub gateway: Gateway,
    pub settings: Settings,
    /// API users and tokens that exchanges share.
    shared: Arc<Access>,
    drawn: Mutex<u32>,
    checks_keys: OnceCell<bool>,
    secrets: Mutex<Vec<Secret>>,
}

impl Player {
    pub fn new(gateway: Gateway, settings: Settings) -> Self {
        let keys = settings.keys.iter().map(|(_, key)| Secret::new(key, "subscription_key"));
        let mut secrets: Vec<Secret> = keys.collect();
        if let Some(user) = &settings.api_user {
            secrets.push(Secret::new(&user.id, "api_user"));
            secrets.push(Secret::new(&user.key, "api_key"));
            secrets.push(Secret::new(&user.pair(), "text"));
        }
        Self {
            gateway,
            settings,
            shared: Arc::default(),
            drawn: Mutex::new(0),
            checks_keys: OnceCell::new(),
            secrets: Mutex::new(secrets),
        }
    }

    pub async fn replay(&self, recording: &Recording) -> Replayed {
        Replay::new(self, recording).run().await
    }

    /// The API users and tokens of an exchange.
    pub(super) fn access_of(&self, recording: &Recording) -> Arc<Access> {
        if self.settings.shares_users && !needs_its_own_user(recording) {
            Arc::clone(&self.shared)
        } else {
            Arc::default()
        }
    }

    /// An id that no other request has.
    pub(super) fn new_id(&self) -> Uuid {
        let mut drawn = self.drawn.lock();
        *drawn += 1;
        let id = self.settings.seed.uuid(Uuid::max(), Purpose::Example(*drawn));
        drop(drawn);
        id
    }

    pub(super) fn remember(&self, value: &str, placeholder: &'static str) {
        self.secrets.lock().push(Secret::new(value, placeholder));
    }

    pub fn secrets(&self) -> Vec<Secret> {
        self.secrets.lock().clone()
    }

    pub(super) fn key(&self, product: Product) -> Result<String, Obstacle> {
        let given = self.settings.keys.iter().find(|(of, _)| *of == product);
        match given {
            Some((_, key)) => Ok(key.clone()),
            None if self.settings.takes_any_key => Ok(format!("any-{product}")),
            None => Err(Obstacle::NoKey(product)),
        }
    }

    /// Whether the gateway refuses wrong subscription keys. It is tried once.
    pub(super) async fn checks_keys(&self) -> Result<bool, NoAnswer> {
        let ask = async || {
            let key = self.new_id().simple().to_string();
            let call = Call {
                method: "POST".to_owned(),
                path: "/collection/token/".to_owned(),
                headers: vec![("Ocp-Apim-Subscription-Key".to_owned(), key)],
                body: None,
                framing: Framing::Length,
            };
            let answer = self.gateway.send(&call).await?;
            Ok(answer.body.contains("subscription key"))
        };
        self.checks_keys.get_or_try_init(ask).await.copied()
    }

    /// Calls the control plane; `None` without one, or if it refuses.
    pub(super) async fn control(
        &self,
        method: &str,
        path: &str,
        (media_type, body): (&str, Option<String>),
    ) -> Result<Option<Answer>, NoAnswer> {
        let Some(control) = &self.settings.control else { return Ok(None) };
        let mut headers = vec![("Content-Type".to_owned(), media_type.to_owned())];
        if let Some(token) = &control.token {
            headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
        }
        let call = Call {
            method: method.to_owned(),
            path: format!("/_sandbox{path}"),
            headers,
            body,
            framing: Framing::Length,
        };
        let answer = self.gateway.send(&call).await?;
        Ok((answer.status < 300).then_some(answer))
    }

    /// Moves the clock of an API user's space; `false` without a control plane.
    pub(super) async fn advance(&self, user: &str, by: &str) -> Result<bool, NoAnswer> {
        let body = Some(serde_json::json!({ "by": by }).to_string());
        let path = format!("/spaces/{user}/clock/advance");
        Ok(self.control("POST", &path, ("application/json", body)).await?.is_some())
    }

    /// Puts a scenario in force for an API user's space; `false` where it cannot be done.
    pub(super) async fn put_scenario(
        &self,
        user: &str,
        scenario: &Value,
    ) -> Result<bool, NoAnswer> {
        let path = format!("/spaces/{user}/scenario");
        let body = ("application/json", Some(scenario.to_string()));
        Ok(self.control("PUT", &path, body).await?.is_some())
    }

    /// Puts a shipped scenario in force for an API user's space; `false` if it is unknown.
    pub(super) async fn put_shipped(&self, user: &str, name: &str) -> Result<bool, NoAnswer> {
        let answer = self.control("GET", "/scenarios", ("application/json", None)).await?;
        let body = answer.and_then(|answer| serde_json::from_str::<Value>(&answer.body).ok());
        let all = body.as_ref().and_then(|body| body["scenarios"].as_array());
        let found = all.and_then(|all| all.iter().find(|one| one["name"] == name));
        let Some(text) = found.and_then(|one| one["source"].as_str()) else { return Ok(false) };
        let path = format!("/spaces/{user}/scenario");
        let body = ("application/toml", Some(text.to_owned()));
        Ok(self.control("PUT", &path, body).await?.is_some())
    }

    /// Takes back the scenarios of a space.
    pub(super) async fn delete_scenario(&self, user: &str) {
        let path = format!("/spaces/{user}/scenario");
        // A space that no longer exists has no scenario.
        let _ = self.control("DELETE", &path, ("application/json", None)).await;
    }
}

/// Whether an exchange changes its API user in a way that affects others.
fn needs_its_own_user(recording: &Recording) -> bool {
    let request = recording.request.as_ref();
    let texts = request.into_iter().flat_map(|request| {
        let values = request.headers.iter().filter_map(|(_, value)| value.as_deref());
        values.chain([request.path.as_str()])
    });
    let ends_something = |text: &str| text.contains("{expired_token}") || text.contains("/apikey");
    texts.into_iter().any(ends_something)
}
