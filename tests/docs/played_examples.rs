//! Plays the examples of the OpenAPI documents: a real request of each operation, and the real
//! answer to it. Each has an emulator of its own, at a fixed time and from a fixed seed, so that
//! the documents do not change by themselves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use momo_sandbox::internals::documents::{Example, ExampleBody, Examples, name_of};
use momo_sandbox::internals::engine::Clock;
use momo_sandbox::internals::engine::Spaces;
use momo_sandbox::internals::gateway::CIBA_GRANT;
use momo_sandbox::internals::gateway::Gateway;
use momo_sandbox::internals::gateway::GatewayRequest;
use momo_sandbox::internals::gateway::Routes;
use momo_sandbox::internals::gateway::SubscriptionKeys;
use momo_sandbox::internals::gateway::Tokens;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::TransactionKind;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::operations::path::OperationPath;
use momo_sandbox_core::operations::request_schema::{
    FieldType, REFERENCE_ID_TO_REFUND, RequestField, request_schema,
};
use momo_sandbox_core::operations::table::{Authentication, OPERATIONS, Operation, OperationKind};
use momo_sandbox_core::platform::Settings;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::{Purpose, Seed};

/// 2026-09-01T12:00:00Z, when all examples happen.
const WHEN: Timestamp = Timestamp(1_788_264_000_000);

/// How long a transaction of an example stays PENDING.
const SETTLE_AFTER: Duration = Duration::from_millis(200);

/// The host of the examples' callback URLs.
const CALLBACK_HOST: &str = "shop.example";

const NOTIFICATION: &str = "Your order is on its way";

const SEED: Seed = Seed(1);

fn bytes_of(body: &ExampleBody) -> Bytes {
    match body {
        ExampleBody::Json(body) => Bytes::from(body.to_string()),
        ExampleBody::Form(body) => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in body.as_object().into_iter().flatten() {
                form.append_pair(name, value.as_str().unwrap_or_default());
            }
            Bytes::from(form.finish())
        }
    }
}

/// Plays every operation under each of its products.
pub fn play_all(environment: &'static Environment) -> Examples {
    let mut examples = Examples::new();
    for operation in OPERATIONS {
        if operation.products.is_empty() && environment.has_provisioning() {
            examples.insert(name_of(operation, None), play(operation, None, environment));
        }
        for product in operation.products {
            let example = play(operation, Some(*product), environment);
            examples.insert(name_of(operation, Some(*product)), example);
        }
    }
    examples
}

/// Plays an operation under a product, or at the root.
fn play(
    operation: &Operation,
    product: Option<Product>,
    environment: &'static Environment,
) -> Example {
    let mut stage = Stage::new(product.unwrap_or(Product::Collection), environment);
    let operation_path = operation.paths().find(|operation_path| operation_path.product == product);
    let operation_path = operation_path.expect("the operation is one of the product's");
    let (path_parameters, headers, body) = stage.prepare(operation);
    let answer = stage.send(operation, operation_path, &path_parameters, &headers, body.as_ref());
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let answer = serde_json::from_str(&answer.body).unwrap_or_default();
    Example { path_parameters, headers, body, answer }
}

type Request = (Vec<String>, Vec<(&'static str, String)>, Option<ExampleBody>);

/// An emulator with one API user that has a token.
struct Stage {
    gateway: Gateway,
    product: Product,
    api_user: Uuid,
    api_key: String,
    tokens: BTreeMap<Product, String>,
    references: u32,
}

impl Stage {
    fn new(product: Product, environment: &'static Environment) -> Self {
        // Nobody receives the callbacks; an example ends before.
        let (callbacks, _) = tokio::sync::mpsc::unbounded_channel();
        let settings = Settings {
            rules: Arc::new(RuleBook::new(Vec::new(), Defaults::settling_after(SETTLE_AFTER))),
            seed: SEED,
            environment,
            limits: Limits::default(),
        };
        let gateway = Gateway {
            spaces: Arc::new(Spaces::new(Clock::manual(WHEN), settings, callbacks)),
            subscription_keys: SubscriptionKeys::default(),
            tokens: Tokens::new(SEED),
            environment,
            platforms: None,
            routes: Routes::default(),
            explains: true,
        };
        let mut stage = Self {
            gateway,
            product,
            api_user: Uuid::nil(),
            api_key: String::new(),
            tokens: BTreeMap::new(),
            references: 0,
        };
        stage.api_user = stage.new_reference();
        let provider_callback_host = ProviderCallbackHost::parse(CALLBACK_HOST);
        let api_user = ApiUser::new(
            ApiUserId(stage.api_user),
            provider_callback_host.expect("the example's host is one"),
            Product::ALL,
        );
        let spaces = &stage.gateway.spaces;
        let space = spaces.provision(api_user).expect("nobody was provisioned before");
        stage.api_key = spaces.enter(&space, |platform, _| platform.create_api_key());
        for product in Product::ALL {
            stage.product = product;
            let token = stage.call(OperationKind::Token, &[], &[], None);
            stage.tokens.insert(product, text_of(&token, "access_token"));
        }
        stage.product = product;
        stage
    }

    fn environment(&self) -> &'static Environment {
        self.gateway.environment
    }

    fn target_environment(&self) -> (&'static str, String) {
        ("X-Target-Environment", self.environment().name.to_owned())
    }

    fn new_reference(&mut self) -> Uuid {
        self.references += 1;
        SEED.uuid(Uuid::nil(), Purpose::Example(self.references))
    }

    /// What must be before, and the request itself without its credentials.
    fn prepare(&mut self, operation: &Operation) -> Request {
        let kind = operation.kind;
        let path_parameters = self.path_parameters(kind);
        let mut headers = Vec::new();
        if kind.needs_target_environment() {
            headers.push(self.target_environment());
        }
        if kind.needs_reference_id() {
            headers.push(("X-Reference-Id", self.new_reference().to_string()));
        }
        if matches!(kind, OperationKind::Submit(_)) {
            let scheme = if self.environment().is_production() { "https" } else { "http" };
            headers.push(("X-Callback-Url", format!("{scheme}://{CALLBACK_HOST}/momo")));
        }
        if kind == OperationKind::DeliveryNotification {
            headers.push(("notificationMessage", NOTIFICATION.to_owned()));
            headers.push(("Language", "en".to_owned()));
        }
        let body = match kind {
            OperationKind::CreateApiUser => Some(json!({"providerCallbackHost": CALLBACK_HOST})),
            OperationKind::Token => Some(json!({"grant_type": "client_credentials"})),
            OperationKind::CancelInvoice => Some(json!({"externalId": "order-1"})),
            OperationKind::DeliveryNotification => {
                Some(json!({"notificationMessage": NOTIFICATION}))
            }
            OperationKind::Submit(kind) => Some(self.submission(kind)),
            _ => None,
        };
        let form = match kind {
            OperationKind::Authorize => Some(consent_request()),
            OperationKind::ConsentToken => {
                let id = self.ask_for_consent();
                Some(json!({"grant_type": CIBA_GRANT, "auth_req_id": id}))
            }
            OperationKind::UserInfo => {
                self.take_token_of_a_consent();
                None
            }
            _ => None,
        };
        let body = body.map(ExampleBody::Json).or(form.map(ExampleBody::Form));
        (path_parameters, headers, body)
    }

    fn path_parameters(&mut self, kind: OperationKind) -> Vec<String> {
        let settled = |stage: &mut Self, kind| vec![stage.settled(kind)];
        match kind {
            OperationKind::ReadApiUser | OperationKind::CreateApiKey => {
                vec![self.api_user.to_string()]
            }
            OperationKind::Status(kind) => settled(self, kind),
            OperationKind::DeliveryNotification => settled(self, TransactionKind::RequestToPay),
            OperationKind::CancelPreApproval => settled(self, TransactionKind::PreApproval),
            OperationKind::CancelInvoice => vec![self.submitted(TransactionKind::Invoice)],
            OperationKind::BalanceInCurrency => vec![self.environment().currency.to_owned()],
            OperationKind::ListPreApprovals => {
                self.settled(TransactionKind::PreApproval);
                vec!["msisdn".to_owned(), party_id().to_owned()]
            }
            OperationKind::BasicUserInfo if self.product == Product::Remittance => {
                vec![party_id().to_owned()]
            }
            OperationKind::AccountHolderActive | OperationKind::BasicUserInfo => {
                vec!["msisdn".to_owned(), party_id().to_owned()]
            }
            OperationKind::CreateApiUser
            | OperationKind::Token
            | OperationKind::ConsentToken
            | OperationKind::Authorize
            | OperationKind::UserInfo
            | OperationKind::Submit(_)
            | OperationKind::Balance => Vec::new(),
        }
    }

    /// A good body; a refund's names a payment that was made.
    fn submission(&mut self, kind: TransactionKind) -> Value {
        let environment = self.environment();
        let mut body: Map<String, Value> = request_schema(kind)
            .iter()
            .filter_map(|field| {
                sample(field, environment).map(|value| (field.name.to_owned(), value))
            })
            .collect();
        if kind == TransactionKind::Refund {
            let payment = self.settled(TransactionKind::RequestToPay);
            body.insert(REFERENCE_ID_TO_REFUND.to_owned(), json!(payment));
        }
        Value::Object(body)
    }

    /// Submits a transaction and returns its reference.
    fn submitted(&mut self, kind: TransactionKind) -> String {
        let body = ExampleBody::Json(self.submission(kind));
        let reference = self.new_reference().to_string();
        let headers = [self.target_environment(), ("X-Reference-Id", reference.clone())];
        let answer = self.call(OperationKind::Submit(kind), &[], &headers, Some(&body));
        assert_eq!(answer.status, 202, "an example is a good one: {}", answer.body);
        reference
    }

    /// The same, and lets it settle.
    fn settled(&mut self, kind: TransactionKind) -> String {
        let reference = self.submitted(kind);
        self.gateway.spaces.clock().advance(SETTLE_AFTER);
        reference
    }

    fn ask_for_consent(&self) -> String {
        let form = ExampleBody::Form(consent_request());
        let headers = [self.target_environment()];
        text_of(&self.call(OperationKind::Authorize, &[], &headers, Some(&form)), "auth_req_id")
    }

    fn take_token_of_a_consent(&mut self) {
        let id = self.ask_for_consent();
        let form = ExampleBody::Form(json!({"grant_type": CIBA_GRANT, "auth_req_id": id}));
        let headers = [self.target_environment()];
        let token = self.call(OperationKind::ConsentToken, &[], &headers, Some(&form));
        self.tokens.insert(self.product, text_of(&token, "access_token"));
    }

    /// Calls the operation of this kind: under the example's product, or under one that has it.
    fn call(
        &self,
        kind: OperationKind,
        path_parameters: &[String],
        headers: &[(&'static str, String)],
        body: Option<&ExampleBody>,
    ) -> Answer {
        let of_kind = || OPERATIONS.iter().filter(|operation| operation.kind == kind);
        let operation = of_kind()
            .find(|operation| operation.products.contains(&self.product))
            .or_else(|| of_kind().next())
            .expect("what an example needs is an operation");
        let product = operation.products.iter().find(|product| **product == self.product);
        let product = product.or(operation.products.first()).copied();
        let operation_path =
            operation.paths().find(|operation_path| operation_path.product == product);
        let operation_path = operation_path.expect("the operation is one of the product's");
        self.send(operation, operation_path, path_parameters, headers, body)
    }

    fn send(
        &self,
        operation: &Operation,
        operation_path: OperationPath,
        path_parameters: &[String],
        headers: &[(&'static str, String)],
        body: Option<&ExampleBody>,
    ) -> Answer {
        let mut all = HeaderMap::new();
        let mut put = |name: &'static str, value: &str| {
            let value = HeaderValue::from_str(value).expect("an example's headers are plain");
            all.insert(HeaderName::from_bytes(name.as_bytes()).expect("a header's name"), value);
        };
        put("Ocp-Apim-Subscription-Key", "any-key");
        put("Content-Length", "0");
        match operation.kind.authentication() {
            Authentication::SubscriptionKeyOnly => {}
            Authentication::Basic => {
                let pair = format!("{}:{}", self.api_user, self.api_key);
                put("Authorization", &format!("Basic {}", BASE64_STANDARD.encode(pair)));
            }
            Authentication::Bearer | Authentication::BasicOrBearer => {
                let token = operation_path.product.and_then(|product| self.tokens.get(&product));
                put("Authorization", &format!("Bearer {}", token.map_or("", String::as_str)));
            }
        }
        for (name, value) in headers {
            put(name, value);
        }
        let request = GatewayRequest {
            method: operation.method.name().parse().expect("a method"),
            uri: filled(&operation_path.full_path(), path_parameters).parse().expect("a path"),
            headers: all,
            body: body.map(bytes_of).unwrap_or_default(),
            port: None,
            permit: None,
        };
        match self.gateway.decide(&request) {
            Ok(reply) => reply.answer,
            Err(rejection) => panic!("{} has no good example: {rejection}", operation.id),
        }
    }
}

/// A path with its parameters filled in.
fn filled(path: &str, parameters: &[String]) -> String {
    let mut values = parameters.iter();
    let part = |part: &str| {
        if part.starts_with('{') { values.next().cloned() } else { None }
            .unwrap_or_else(|| part.to_owned())
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn party_id() -> &'static str {
    "46733123999"
}

fn party() -> Value {
    json!({"partyIdType": "MSISDN", "partyId": party_id()})
}

fn consent_request() -> Value {
    let login_hint = format!("ID:{}/MSISDN", party_id());
    json!({"login_hint": login_hint, "scope": "profile", "access_type": "offline"})
}

/// A good value; none for a field that only test values or few merchants use.
fn sample(field: &RequestField, environment: &Environment) -> Option<Value> {
    let currency = environment.currency;
    let amount = if environment.decimals == Some(0) { "12500" } else { "12.50" };
    match field.holds {
        FieldType::Amount => Some(json!(amount)),
        FieldType::Currency => Some(json!(currency)),
        FieldType::Money => Some(json!({"amount": amount, "currency": currency})),
        FieldType::ExternalId => Some(json!("order-1")),
        FieldType::Party | FieldType::InvoicePayee => Some(party()),
        FieldType::Note => Some(json!(match field.name {
            "payeeNote" => "Thank you",
            _ => "For your order",
        })),
        FieldType::Seconds => Some(json!(3600)),
        FieldType::Text => match field.name {
            "description" => Some(json!("For your order")),
            "customerReference" => Some(json!("+46070911111")),
            "serviceProviderUserName" => Some(json!("Electricity Inc.")),
            "orginatingCountry" => Some(json!("SE")),
            "payerFirstName" => Some(json!("Grace")),
            "payerSurName" => Some(json!("Nakato")),
            _ => None,
        },
        FieldType::Integer | FieldType::Boolean => None,
    }
}

fn text_of(answer: &Answer, name: &str) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    body[name].as_str().expect("a good answer has the field").to_owned()
}
