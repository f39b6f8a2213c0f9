//! The replay of one exchange: what came first, the request itself, and the comparison.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::parity::access::{Access, not_prepared};
use crate::parity::circumstances::{RANDOM_BALANCE, scenario_of};
use crate::parity::comparison::{Answer, Comparison};
use crate::parity::difference::{Difference, shown};
use crate::parity::gateway::{Call, Framing, NoAnswer};
use crate::parity::listener::Listener;
use crate::parity::pattern::{Names, Part, parts};
use crate::parity::player::Player;
use crate::parity::recording::{Before, Message, RecordedBody, Recording, Response, product_of};
use crate::parity::replay_result::{Obstacle, ReplayResult};
use momo_sandbox_core::model::product::Product;

/// The longest wait for a recorded callback.
const CALLBACK_WITHIN: Duration = Duration::from_millis(2500);

/// How long to check that no callback comes if none was recorded.
const NO_CALLBACK_FOR: Duration = Duration::from_millis(600);

/// The statuses after which nothing changes.
const FINAL: [&str; 2] = ["SUCCESSFUL", "FAILED"];

#[derive(Debug)]
pub(super) enum Stop {
    Obstacle(Obstacle),
    NoAnswer(NoAnswer),
}

impl From<Obstacle> for Stop {
    fn from(obstacle: Obstacle) -> Self {
        Self::Obstacle(obstacle)
    }
}

impl From<NoAnswer> for Stop {
    fn from(error: NoAnswer) -> Self {
        Self::NoAnswer(error)
    }
}

/// The result of a replay, with the answer that was compared.
#[derive(Debug)]
pub struct Replayed {
    pub verdict: ReplayResult,
    pub answer: Option<Answer>,
}

#[derive(Debug)]
pub(super) struct Replay<'a> {
    pub(super) player: &'a Player,
    pub(super) recording: &'a Recording,
    pub(super) access: Arc<Access>,
    /// The product of the exchange's API user.
    pub(super) main: Product,
    names: Names,
    /// The space in which a scenario was put in force.
    space: Option<String>,
    answer: Option<Answer>,
}

impl<'a> Replay<'a> {
    pub(super) fn new(player: &'a Player, recording: &'a Recording) -> Self {
        let settings = &player.settings;
        let mut names = Names::from([
            ("market".to_owned(), settings.target.name.to_owned()),
            ("currency".to_owned(), settings.target.currency.to_owned()),
        ]);
        let listener = settings.listener.as_ref().map(Listener::authority);
        if let Some(host) = listener.or(settings.callback_host.as_deref()) {
            names.insert("callback_host".to_owned(), host.to_owned());
        }
        let access = player.access_of(recording);
        let main = recording.main_product();
        Self { player, recording, access, main, names, space: None, answer: None }
    }

    pub(super) async fn run(mut self) -> Replayed {
        let found = if self.recording.is_callback() {
            self.callback().await
        } else {
            self.exchange().await
        };
        if let Some(space) = &self.space {
            self.player.delete_scenario(space).await;
        }
        let verdict = match found {
            Ok(differences) if differences.is_empty() => ReplayResult::Same,
            Ok(differences) => ReplayResult::Differs(differences),
            Err(Stop::Obstacle(obstacle)) => ReplayResult::NotReplayable(obstacle),
            Err(Stop::NoAnswer(error)) => ReplayResult::NoAnswer(error.to_string()),
        };
        Replayed { verdict, answer: self.answer }
    }

    fn is_production(&self) -> bool {
        self.player.settings.target.is_production()
    }

    async fn exchange(&mut self) -> Result<Vec<Difference>, Stop> {
        let recording = self.recording;
        let (Some(request), Some(response)) = (&recording.request, &recording.response) else {
            return Err(Obstacle::NothingToSend("nothing was recorded".to_owned()).into());
        };
        self.refuse_other_environments()?;
        self.refuse_what_harms(request)?;
        self.prepare().await?;
        let Some(draws) = self.recording.draws else {
            return self.asked(request, response).await;
        };
        let first = self.asked(request, response).await?;
        let space = self.user(self.main).await?.id;
        let is_set_up =
            !first.is_empty() && self.player.put_shipped(&space, RANDOM_BALANCE).await?;
        if is_set_up {
            self.space = Some(space);
        }
        let mut best = first;
        for _ in 1..draws {
            if best.is_empty() {
                return Ok(best);
            }
            let found = self.asked(request, response).await?;
            if found.len() < best.len() {
                best = found;
            }
        }
        if best.is_empty() {
            Ok(best)
        } else {
            Ok(vec![Difference::NeverDrawn { asks: draws, nearest: best }])
        }
    }

    /// Checks that the exchange does not replace the key of a given API user, and that it has the
    /// right host.
    fn refuse_what_harms(&self, request: &Message) -> Result<(), Obstacle> {
        if self.player.settings.api_user.is_none() {
            return Ok(());
        }
        if request.path.contains("/apikey") {
            return Err(Obstacle::EndsApiKey);
        }
        match &self.recording.api_user_host {
            Some(host) if self.player.settings.callback_host.as_ref() != Some(host) => {
                Err(Obstacle::OtherHost(host.clone()))
            }
            _ => Ok(()),
        }
    }

    async fn asked(
        &mut self,
        request: &Message,
        response: &Response,
    ) -> Result<Vec<Difference>, Stop> {
        let call = self.call(request).await?;
        let mut answer = self.player.gateway.send(&call).await?;
        if answer.status == 429 && response.status != 429 && self.is_production() {
            // Production limits status queries, and this replay sent too many.
            let space = self.user(self.main).await?.id;
            if !self.player.advance(&space, "1s").await? {
                tokio::time::sleep(Duration::from_millis(1100)).await;
            }
            answer = self.player.gateway.send(&call).await?;
        }
        self.name_the_user().await?;
        let found = self.comparison().of_answer(response, &answer);
        self.answer = Some(answer);
        Ok(found)
    }

    /// The value of `{api_user}`, once there is one.
    async fn name_the_user(&mut self) -> Result<(), Stop> {
        if self.access.has_users() || self.player.settings.api_user.is_some() {
            let user = self.user(self.main).await?;
            self.names.insert("api_user".to_owned(), user.id);
        }
        Ok(())
    }

    fn comparison(&self) -> Comparison<'_> {
        let currency = self.is_production().then_some(self.player.settings.target.currency);
        Comparison { recording: self.recording, names: &self.names, currency }
    }

    async fn callback(&mut self) -> Result<Vec<Difference>, Stop> {
        self.refuse_other_environments()?;
        let player = self.player;
        let listener = player.settings.listener.as_ref().ok_or(Obstacle::NoListener)?;
        let is_secure = listener.url.starts_with("https:");
        if self.is_production() && !is_secure {
            return Err(Obstacle::NoListener.into());
        }
        if self.recording.before.is_empty() {
            let why = self.recording.circumstance.as_deref().unwrap_or("no request was recorded");
            return Err(Obstacle::NothingToSend(why.to_owned()).into());
        }
        self.prepare().await?;
        let path = self.callback_path();
        let Some(recorded) = &self.recording.request else {
            let came = listener.first_at(&path, NO_CALLBACK_FOR).await;
            return Ok(came.map_or_else(Vec::new, |callback| {
                let body = shown(&callback.body, 160);
                vec![Difference::Callback { method: callback.method, body }]
            }));
        };
        let Some(came) = listener.first_at(&path, CALLBACK_WITHIN).await else {
            return Ok(vec![Difference::NoCallback]);
        };
        let mut found = Vec::new();
        if recorded.method != "*" && recorded.method != came.method {
            let (received, recorded) = (came.method.clone(), recorded.method.clone());
            found.push(Difference::Method { received, recorded });
        }
        self.name_the_user().await?;
        let comparison = self.comparison();
        let headers = (&came.headers, &*came.body);
        found.extend(comparison.of_headers(&recorded.headers, headers, false));
        found.extend(comparison.of_body(&recorded.body, &came.body));
        Ok(found)
    }

    fn callback_path(&self) -> String {
        format!("/{}", self.recording.id)
    }

    // What comes first

    fn refuse_other_environments(&self) -> Result<(), Obstacle> {
        if self.recording.is_production == self.is_production() {
            return Ok(());
        }
        let market = self.recording.market.as_deref().unwrap_or("a market");
        let recorded = if self.recording.is_production { market } else { "the sandbox" };
        Err(Obstacle::OtherEnvironment { recorded: recorded.to_owned() })
    }

    async fn prepare(&mut self) -> Result<(), Stop> {
        if self.recording.needs_keys && !self.player.checks_keys().await? {
            return Err(Obstacle::AnyKey.into());
        }
        if let Some(circumstance) = &self.recording.circumstance {
            self.set_up(circumstance).await?;
        }
        for before in &self.recording.before {
            self.send_first(before).await?;
        }
        Ok(())
    }

    async fn set_up(&mut self, circumstance: &str) -> Result<(), Stop> {
        let cannot = || Obstacle::Circumstance(circumstance.to_owned());
        let scenario = scenario_of(circumstance).ok_or_else(cannot)?;
        if self.player.settings.control.is_none() {
            return Err(cannot().into());
        }
        let space = self.user(self.main).await?.id;
        if !self.player.put_scenario(&space, &scenario).await? {
            return Err(cannot().into());
        }
        self.space = Some(space);
        Ok(())
    }

    async fn send_first(&mut self, before: &Before) -> Result<(), Stop> {
        let product = product_of(&before.path).unwrap_or(self.main);
        let mut headers = self.common(product).await?;
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        let reference = self.player.new_id().to_string();
        if before.name.is_some() {
            headers.push(("X-Reference-Id".to_owned(), reference.clone()));
        }
        if before.has_callback {
            let listener = self.player.settings.listener.as_ref().ok_or(Obstacle::NoListener)?;
            let url = format!("{}{}", listener.url, self.callback_path());
            headers.push(("X-Callback-Url".to_owned(), url));
        }
        let path = self.fill(&before.path, Some(product)).await?;
        let body = self.fill(&self.in_our_currency(&before.body), Some(product)).await?;
        let call = Call {
            method: before.method.clone(),
            path: path.clone(),
            headers,
            body: Some(body),
            framing: Framing::Length,
        };
        let answer = self.player.gateway.send(&call).await?;
        if ![200, 202].contains(&answer.status) {
            return Err(not_prepared(&call, &answer));
        }
        if let Some(name) = &before.name {
            self.player.remember(&reference, "uuid");
            self.names.insert(name.clone(), reference.clone());
            if before.waits {
                self.wait_for_the_end(product, &path, &reference).await?;
            }
        }
        Ok(())
    }

    /// Queries the status until it is final, or until the longest wait is over.
    async fn wait_for_the_end(
        &self,
        product: Product,
        path: &str,
        reference: &str,
    ) -> Result<(), Stop> {
        let is_read_as_v1 =
            ["/requesttowithdraw", "/deposit", "/refund"].iter().any(|part| path.contains(part));
        let path = if is_read_as_v1 { path.replace("/v2_0/", "/v1_0/") } else { path.to_owned() };
        let call = Call {
            method: "GET".to_owned(),
            path: format!("{path}/{reference}"),
            headers: self.common(product).await?,
            body: None,
            framing: Framing::Length,
        };
        let pause = Duration::from_millis(if self.is_production() { 300 } else { 30 });
        let clock = self.player.gateway.clock();
        let end = clock.now().after(self.player.settings.patience);
        while clock.now() < end {
            let answer = self.player.gateway.send(&call).await?;
            let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            if answer.status == 200 && body["status"].as_str().is_some_and(|it| FINAL.contains(&it))
            {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    // The request itself

    async fn call(&mut self, request: &Message) -> Result<Call, Stop> {
        let product = product_of(&request.path);
        let (mut headers, mut framing) = (Vec::new(), Framing::Length);
        for (name, value) in &request.headers {
            match (name.as_str(), value) {
                ("Content-Length", None) => framing = Framing::NoLength,
                ("Transfer-Encoding", _) => framing = Framing::EmptyChunked,
                ("X-Target-Environment", _) if self.is_production() => {
                    headers.push((name.clone(), self.player.settings.target.name.to_owned()));
                }
                (_, Some(value)) => headers.push((name.clone(), self.fill(value, product).await?)),
                (_, None) => {}
            }
        }
        let path = self.fill(&request.path, product).await?;
        let text = match &request.body {
            RecordedBody::Unknown => None,
            RecordedBody::Exact(text) | RecordedBody::Value(Value::String(text)) => {
                Some(text.clone())
            }
            RecordedBody::Value(value) => Some(self.in_our_currency(value)),
        };
        let body = match text {
            Some(text) => Some(self.fill(&text, product).await?),
            None => None,
        };
        Ok(Call { method: request.method.clone(), path, headers, body, framing })
    }

    /// A body as text, in production with the currency of the gateway's market.
    fn in_our_currency(&self, body: &Value) -> String {
        let mut body = body.clone();
        let own = Value::from(self.player.settings.target.currency);
        match body.as_object_mut().and_then(|body| body.get_mut("currency")) {
            Some(currency) if self.is_production() => *currency = own,
            _ => {}
        }
        body.to_string()
    }

    /// A text with its placeholders filled.
    async fn fill(&mut self, text: &str, product: Option<Product>) -> Result<String, Stop> {
        let basic = text.strip_prefix("Basic base64(").and_then(|rest| rest.strip_suffix(')'));
        let mut filled = String::with_capacity(text.len());
        for part in parts(basic.unwrap_or(text)) {
            match part {
                Part::Fixed(text) => filled.push_str(text),
                Part::Placeholder(name) => {
                    let value = match (basic, name) {
                        (Some(_), "api_user") => self.user(product.unwrap_or(self.main)).await?.id,
                        _ => self.value(name, product).await?,
                    };
                    filled.push_str(&value);
                }
            }
        }
        Ok(match basic {
            Some(_) => format!("Basic {}", BASE64_STANDARD.encode(filled)),
            None => filled,
        })
    }

    /// The value of a placeholder of a request.
    async fn value(&mut self, name: &str, product: Option<Product>) -> Result<String, Stop> {
        let own = product.unwrap_or(self.main);
        match name {
            "new_uuid" | "uuid" => Ok(self.new_uuid(name)),
            "token" => self.token(own, self.owner(own)).await,
            "oauth2_token" => {
                let consent = self.consent(own).await?;
                self.consent_token(own, &consent).await
            }
            "auth_req_id" => {
                if !self.names.contains_key(name) {
                    let consent = self.consent(own).await?;
                    self.names.insert(name.to_owned(), consent);
                }
                Ok(self.names[name].clone())
            }
            "expired_token" => self.expired_token(own).await,
            "collection_token" => self.token(Product::Collection, Product::Collection).await,
            "disbursement_token_of_collection_user" => {
                self.token(Product::Disbursement, Product::Collection).await
            }
            "subscription_key" => Ok(self.player.key(own)?),
            "wrong_subscription_key" => {
                self.refuse_any_key().await?;
                Ok("0".repeat(32))
            }
            "api_user" => Ok(self.user(self.main).await?.id),
            "api_key" => Ok(self.user(own).await?.key),
            "wrong_api_key" => Ok(self.player.new_id().simple().to_string()),
            _ => match name.strip_prefix("subscription_key_").and_then(Product::named) {
                Some(product) => {
                    self.refuse_any_key().await?;
                    Ok(self.player.key(product)?)
                }
                None => self.names.get(name).cloned().ok_or_else(|| match name {
                    "callback_host" => Obstacle::NoCallbackHost.into(),
                    _ => Obstacle::Placeholder(name.to_owned()).into(),
                }),
            },
        }
    }

    fn new_uuid(&mut self, name: &str) -> String {
        let id = self.player.new_id().to_string();
        if name == "new_uuid" {
            self.player.remember(&id, "uuid");
            self.names.entry("reference_id".to_owned()).or_insert_with(|| id.clone());
        }
        id
    }

    async fn expired_token(&self, product: Product) -> Result<String, Stop> {
        if self.player.settings.control.is_none() {
            return Err(Obstacle::NoClock.into());
        }
        let token = self.token(product, product).await?;
        let user = self.user(product).await?;
        if self.player.advance(&user.id, "2h").await? {
            Ok(token)
        } else {
            Err(Obstacle::NoClock.into())
        }
    }

    async fn refuse_any_key(&self) -> Result<(), Stop> {
        if self.player.checks_keys().await? { Ok(()) } else { Err(Obstacle::AnyKey.into()) }
    }
}
