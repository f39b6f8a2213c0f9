//! An emulator without sockets, whose clock stands until it is moved, with two API users.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use uuid::Uuid;

use momo_sandbox::internals::engine::Clock;
use momo_sandbox::internals::engine::Space;
use momo_sandbox::internals::engine::Spaces;
use momo_sandbox::internals::gateway::Gateway;
use momo_sandbox::internals::gateway::GatewayRequest;
use momo_sandbox::internals::gateway::Routes;
use momo_sandbox::internals::gateway::SubscriptionKeys;
use momo_sandbox::internals::gateway::Tokens;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::Settings;
use momo_sandbox_core::platform::callback::Callback;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;

/// The host that both API users registered.
pub const CALLBACK_HOST: &str = "shop.example";

/// The most bytes of a body, and of a head: what is larger never reaches the core.
pub const BODY_BYTES_MAX: usize = Limits::DEFAULT.body_bytes;
pub const HEAD_BYTES_MAX: usize = Limits::DEFAULT.head_bytes;

const SEED: Seed = Seed(7);

/// 2026-09-01T12:00:00Z.
const START: Timestamp = Timestamp(1_788_264_000_000);

pub struct User {
    pub id: Uuid,
    pub space: Arc<Space>,
    basic: String,
    tokens: BTreeMap<Product, String>,
}

pub struct Harness {
    pub gateway: Gateway,
    pub users: Vec<User>,
    callbacks: UnboundedReceiver<Callback>,
}

/// The rules of no scenario.
pub fn plain_rules() -> Arc<RuleBook> {
    static RULES: LazyLock<Arc<RuleBook>> = LazyLock::new(|| {
        Arc::new(RuleBook::new(Vec::new(), Defaults::settling_after(Duration::from_millis(200))))
    });
    Arc::clone(&RULES)
}

impl Harness {
    pub fn new(rules: Arc<RuleBook>) -> Self {
        static ROUTES: LazyLock<Routes> = LazyLock::new(Routes::default);
        let (sender, callbacks) = unbounded_channel();
        let limits = Limits { settled: 64, journal: 64, pending: 48, ..Limits::DEFAULT };
        let settings = Settings { rules, seed: SEED, environment: &SANDBOX, limits };
        let gateway = Gateway {
            spaces: Arc::new(Spaces::new(Clock::manual(START), settings, sender)),
            subscription_keys: SubscriptionKeys::default(),
            tokens: Tokens::new(SEED),
            environment: &SANDBOX,
            platforms: None,
            routes: ROUTES.clone(),
            explains: true,
        };
        let mut harness = Self { gateway, users: Vec::new(), callbacks };
        for number in 1..=2 {
            let id = user_id(number);
            let provider_callback_host =
                ProviderCallbackHost::parse(CALLBACK_HOST).expect("a host");
            let api_user = ApiUser::new(ApiUserId(id), provider_callback_host, Product::ALL);
            let space = harness.gateway.spaces.provision(api_user).expect("a new API user");
            let key = harness.gateway.spaces.enter(&space, |platform, _| platform.create_api_key());
            let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{key}")));
            harness.users.push(User { id, space, basic, tokens: BTreeMap::new() });
        }
        harness
    }

    pub fn advance(&mut self, by: Duration) {
        self.gateway.spaces.clock().advance(by);
        for user in &mut self.users {
            // They may have ended.
            user.tokens.clear();
        }
    }

    pub fn basic(&self, user: usize) -> String {
        self.users[user].basic.clone()
    }

    /// A live token of the product.
    pub fn bearer(&mut self, user: usize, product: Product) -> String {
        if let Some(token) = self.users[user].tokens.get(&product) {
            return token.clone();
        }
        let mut headers = HeaderMap::new();
        headers.insert("Ocp-Apim-Subscription-Key", HeaderValue::from_static("key"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        let basic = HeaderValue::from_str(&self.users[user].basic).expect("ASCII");
        headers.insert(AUTHORIZATION, basic);
        let path = format!("/{product}/token/");
        let request = GatewayRequest {
            method: Method::POST,
            uri: path.parse().expect("a path"),
            headers,
            body: Bytes::new(),
            port: None,
            permit: None,
        };
        let token = match self.gateway.decide(&request) {
            // A scenario asks for another answer.
            Ok(reply) if reply.asked_for_by.is_some() => return "Bearer none".to_owned(),
            Ok(reply) => serde_json::from_str::<Value>(&reply.answer.body).expect("JSON"),
            // A fuzzed request gave the API user another key.
            Err(_) => return "Bearer none".to_owned(),
        };
        let token = format!("Bearer {}", token["access_token"].as_str().expect("a token"));
        self.users[user].tokens.insert(product, token.clone());
        token
    }

    /// The API user has another key.
    pub fn key_was_replaced(&mut self, id: Uuid, key: &str) {
        for user in self.users.iter_mut().filter(|user| user.id == id) {
            user.basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{key}")));
        }
    }

    /// The callbacks that became due.
    pub fn callbacks(&mut self) -> Vec<Callback> {
        std::iter::from_fn(|| self.callbacks.try_recv().ok()).collect()
    }
}

fn user_id(number: u128) -> Uuid {
    Uuid::from_u128(0x7d3a_4c1e_52b8_4f0a_9e6d_0c1b_2a39_4000 + number)
}
