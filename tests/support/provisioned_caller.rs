//! A caller that the control plane provisioned, in a market with both of MTN's platforms, each at a
//! port of its own.

use momo_sandbox::internals::emulator::{Configuration, Emulator, Running};
use momo_sandbox::internals::engine::Clock;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::mtn_platform::PlayedPlatforms;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use super::emulator::{SETTLE_AFTER, START};
use super::merchant::{PAYER, body_of, outcome};

/// An API user that the control plane provisioned, and who calls as it.
pub struct Caller {
    /// What the control plane answered.
    pub made: Value,
    client: Client,
}

/// Starts an emulator under a manual clock that plays these platforms.
pub async fn market_with(platforms: Option<PlayedPlatforms>) -> Running {
    let environment = Environment::named("mtnuganda").expect("a market");
    let free_port = || "127.0.0.1:0".parse().expect("an address");
    let configuration = Configuration {
        environment,
        platforms,
        legacy_listen: (platforms == Some(PlayedPlatforms::Both)).then(free_port),
        clock: Clock::manual(START),
        rules: RuleBook::new(Vec::new(), Defaults::of(environment, SETTLE_AFTER)),
        ..Configuration::default()
    };
    Emulator::start(configuration).await.expect("free ports")
}

/// Starts an emulator that plays both platforms.
pub async fn both_platforms() -> Running {
    market_with(Some(PlayedPlatforms::Both)).await
}

/// What the control plane answers to a JSON body: status and body.
pub async fn command(base: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
    let method = method.parse().expect("a method");
    let request = Client::new().request(method, format!("{base}/_sandbox/{path}")).json(&body);
    let (status, answer) = outcome(request).await;
    (status, serde_json::from_str(&answer).expect("JSON"))
}

impl Caller {
    /// Provisions an API user of a platform and wallet.
    pub async fn of(running: &Running, platform: &str, wallet: &str) -> Self {
        let asked = json!({"platform": platform, "wallet": wallet});
        Self::asked(&running.url(), asked).await
    }

    /// Provisions what is asked of the control plane at that address.
    pub async fn asked(base: &str, asked: Value) -> Self {
        let (status, made) = command(base, "POST", "spaces", asked).await;
        assert_eq!(status, 200, "{made}");
        Self { made, client: Client::new() }
    }

    /// A text of the answer of the control plane.
    pub fn text(&self, name: &str) -> &str {
        self.made[name].as_str().expect("a text")
    }

    /// A variable of the environment.
    pub fn variable(&self, name: &str) -> &str {
        self.made["environment"][name].as_str().expect("a variable")
    }

    /// A request with the headers that every operation needs, at the URL of its platform.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.variable("MOMO_SANDBOX_URL");
        let product = path.split('/').next().expect("a product");
        self.client
            .request(method, format!("{url}/{path}"))
            .bearer_auth(self.made["tokens"][product].as_str().expect("a token"))
            .header("Ocp-Apim-Subscription-Key", "any-key")
            .header("X-Target-Environment", self.variable("MOMO_SANDBOX_ENVIRONMENT"))
    }

    /// Submits a transaction; returns the status of the answer.
    pub async fn submit(&self, path: &str, reference: &str, amount: &str) -> u16 {
        let kind = path.rsplit('/').next().expect("a kind");
        let mut body = body_of(kind, amount, PAYER, "");
        body["currency"] = json!(self.variable("MOMO_SANDBOX_CURRENCY"));
        let request = self.request(Method::POST, path).header("X-Reference-Id", reference);
        outcome(request.json(&body)).await.0
    }

    /// The status of the answer to a query, and the body.
    pub async fn query(&self, path: &str) -> (u16, Value) {
        let (status, body) = outcome(self.request(Method::GET, path)).await;
        (status, serde_json::from_str(&body).expect("JSON"))
    }

    pub async fn balance(&self, product: &str) -> String {
        let (status, answer) = self.query(&format!("{product}/v1_0/account/balance")).await;
        assert_eq!(status, 200, "{answer}");
        answer["availableBalance"].as_str().expect("a balance").to_owned()
    }
}
