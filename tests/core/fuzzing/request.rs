//! Requests in a row, from bytes to answers, through the pure core.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use uuid::Uuid;

use momo_sandbox::internals::gateway::GatewayRequest;
use momo_sandbox::internals::scenarios::BUILTIN;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::TransactionKind;
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::operations::path::OperationPath;
use momo_sandbox_core::operations::request_schema::{FieldType, request_schema};
use momo_sandbox_core::operations::table::{Authentication, OPERATIONS, Operation, OperationKind};
use momo_sandbox_core::scenario::read_scenario::read_scenario;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};

use super::harness::{BODY_BYTES_MAX, CALLBACK_HOST, HEAD_BYTES_MAX, Harness, plain_rules};
use super::invariants::{check_harness, decide};
use super::script::{Call, Part, calls, pick};

const PARTIES: [&str; 16] = [
    "46733123999",
    "+46733123999",
    "46733123450",
    "46733123451",
    "46733123452",
    "46733123453",
    "46733123454",
    "46733123455",
    "46733123456",
    "46733123457",
    "46733123458",
    "46733123459",
    "46733123460",
    "25677000001",
    "1",
    "123456789012345",
];

const AMOUNTS: [&str; 9] =
    ["5", "1", "12.50", "0.1234567891", "999999999999.9999999999", "1000", "999", "0", "-1"];

/// The first byte picks the scenario in force, the rest are calls.
pub fn run(input: &[u8]) {
    let Some((scenario, rest)) = input.split_first() else { return };
    let mut play = Play {
        harness: Harness::new(rules(*scenario)),
        asked: Uuid::nil(),
        refresh: Uuid::nil(),
        consented: None,
    };
    for call in calls(rest) {
        play.play(&call);
    }
    check_harness(&mut play.harness);
}

/// Those of a shipped scenario, or of none.
fn rules(number: u8) -> Arc<RuleBook> {
    static BOOKS: LazyLock<Vec<Arc<RuleBook>>> = LazyLock::new(|| {
        let read = |name, text| read_scenario(name, text).expect("it ships");
        let shipped = BUILTIN.iter().map(|shipped| {
            let given = Defaults::settling_after(Duration::from_millis(200));
            Arc::new(RuleBook::new(vec![read(shipped.name, shipped.text)], given))
        });
        std::iter::once(plain_rules()).chain(shipped).collect()
    });
    Arc::clone(pick(&BOOKS, number))
}

fn all_paths() -> &'static [(&'static Operation, OperationPath)] {
    static PATHS: LazyLock<Vec<(&'static Operation, OperationPath)>> = LazyLock::new(|| {
        let all = OPERATIONS.iter();
        all.flat_map(|operation| {
            operation.paths().map(move |operation_path| (operation, operation_path))
        })
        .collect()
    });
    &PATHS
}

struct Play {
    harness: Harness,
    /// What the last request for consent was given, and the last refresh token.
    asked: Uuid,
    refresh: Uuid,
    consented: Option<String>,
}

impl Play {
    fn play(&mut self, call: &Call) {
        self.harness.advance(call.pause());
        let (operation, operation_path) = *pick(all_paths(), call.way);
        let Some(request) = self.request(call, operation, operation_path) else { return };
        if let Some(reply) = decide(&self.harness, &request) {
            self.learn(call, operation, &reply.answer);
        }
    }

    /// Keeps what an answer gives for later requests.
    fn learn(&mut self, call: &Call, operation: &Operation, answer: &Answer) {
        let Ok(body) = serde_json::from_str::<Value>(&answer.body) else { return };
        let uuid = |name: &str| body[name].as_str().and_then(|text| text.parse().ok());
        match operation.kind {
            OperationKind::Authorize => self.asked = uuid("auth_req_id").unwrap_or(self.asked),
            OperationKind::ConsentToken => {
                self.refresh = uuid("refresh_token").unwrap_or(self.refresh);
                self.consented =
                    body["access_token"].as_str().map(|token| format!("Bearer {token}"));
            }
            OperationKind::CreateApiKey => {
                let id = self.harness.users[user_of(call)].id;
                let key = body["apiKey"].as_str().expect("an API key").to_owned();
                self.harness.key_was_replaced(id, &key);
            }
            _ => {}
        }
    }

    /// The call's request; `None` where HTTP itself would have refused it.
    fn request(
        &mut self,
        call: &Call,
        operation: &Operation,
        operation_path: OperationPath,
    ) -> Option<GatewayRequest> {
        let kind = operation.kind;
        let mut method = operation.method.name().as_bytes().to_vec();
        let mut path = self.path(call, operation, operation_path).into_bytes();
        let mut query = Vec::new();
        let mut body = self.body(call, kind).into_bytes();
        let mut headers = self.headers(call, kind, operation_path);
        for edit in &call.edits {
            match edit.part {
                Part::Body => body = edit.apply(&body, BODY_BYTES_MAX),
                Part::Path => path = edit.apply(&path, HEAD_BYTES_MAX),
                Part::Query => query = edit.apply(&query, HEAD_BYTES_MAX),
                Part::Method => method = edit.apply(&method, 64),
                Part::Missing(name) => headers.retain(|(header, _)| *header != name),
                Part::Header(name) => {
                    let place = headers.iter().position(|(header, _)| *header == name);
                    let place = place.unwrap_or_else(|| {
                        headers.push((name, String::new().into_bytes()));
                        headers.len() - 1
                    });
                    headers[place].1 = edit.apply(&headers[place].1, HEAD_BYTES_MAX);
                }
            }
        }
        let target = if query.is_empty() { path } else { [path, query].join(&b'?') };
        let target = PathAndQuery::try_from(&target[..]).ok()?;
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
            map.append(name, HeaderValue::from_bytes(&value).ok()?);
        }
        Some(GatewayRequest {
            method: Method::from_bytes(&method).ok()?,
            uri: target.into(),
            headers: map,
            body: Bytes::from(body),
            port: None,
            permit: None,
        })
    }

    fn path(&self, call: &Call, operation: &Operation, operation_path: OperationPath) -> String {
        let user = self.harness.users[user_of(call)].id.to_string();
        let party = *pick(&PARTIES, call.party);
        let fill = |part: &str| match part {
            "{accountHolderIdType}" => "msisdn".to_owned(),
            "{accountHolderId}" | "{accountHolderMSISDN}" => party.to_owned(),
            "{currency}" => "EUR".to_owned(),
            parameter if parameter.starts_with('{') => match operation.kind {
                OperationKind::ReadApiUser | OperationKind::CreateApiKey => user.clone(),
                _ => reference(call.reference).to_string(),
            },
            other => other.to_owned(),
        };
        operation_path.full_path().split('/').map(fill).collect::<Vec<_>>().join("/")
    }

    fn headers(
        &mut self,
        call: &Call,
        kind: OperationKind,
        operation_path: OperationPath,
    ) -> Vec<(&'static str, Vec<u8>)> {
        let user = user_of(call);
        let mut headers = vec![("Ocp-Apim-Subscription-Key", b"key".to_vec())];
        let product = operation_path.product.unwrap_or(Product::Collection);
        let authorization = match (kind, kind.authentication()) {
            (_, Authentication::SubscriptionKeyOnly) => None,
            (_, Authentication::Basic) => Some(self.harness.basic(user)),
            (OperationKind::UserInfo, _) if self.consented.is_some() => self.consented.clone(),
            // A submission may be made with the token of a consent.
            (OperationKind::Submit(_), _) if call.reference >= 192 && self.consented.is_some() => {
                self.consented.clone()
            }
            _ => Some(self.harness.bearer(user, product)),
        };
        headers.extend(authorization.map(|value| ("Authorization", value.into_bytes())));
        if kind.needs_target_environment() {
            headers.push(("X-Target-Environment", b"sandbox".to_vec()));
        }
        if kind.needs_reference_id() {
            headers.push(("X-Reference-Id", reference(call.reference).to_string().into_bytes()));
        }
        if kind.takes_callback_url() {
            headers.push(("X-Callback-Url", format!("http://{CALLBACK_HOST}/paid").into_bytes()));
        }
        // Whatever the body becomes: the core asks only whether a length was declared.
        headers.push(("Content-Length", b"1".to_vec()));
        headers
    }

    fn body(&self, call: &Call, kind: OperationKind) -> String {
        let party = *pick(&PARTIES, call.party);
        match kind {
            OperationKind::CreateApiUser => {
                json!({"providerCallbackHost": CALLBACK_HOST}).to_string()
            }
            OperationKind::Submit(kind) => submission(call, kind, party),
            OperationKind::CancelInvoice => json!({"externalId": "order-1"}).to_string(),
            OperationKind::DeliveryNotification => {
                json!({"notificationMessage": "thanks"}).to_string()
            }
            OperationKind::Authorize => {
                format!("login_hint=ID:{party}/MSISDN&scope=profile&access_type=offline")
            }
            OperationKind::ConsentToken if call.reference.is_multiple_of(2) => format!(
                "grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba&auth_req_id={}",
                self.asked
            ),
            OperationKind::ConsentToken => {
                format!("grant_type=refresh_token&refresh_token={}", self.refresh)
            }
            _ => String::new(),
        }
    }
}

fn user_of(call: &Call) -> usize {
    usize::from(call.user % 2)
}

/// Few, so that they are met again.
fn reference(number: u8) -> Uuid {
    Uuid::from_u128(0x1f0e_9d8c_7b6a_4594_8372_6150_4f3e_2d00 + u128::from(number % 8))
}

/// A good body of that kind, by its shape.
fn submission(call: &Call, kind: TransactionKind, party: &str) -> String {
    let amount = *pick(&AMOUNTS, call.amount);
    let party = json!({"partyIdType": "MSISDN", "partyId": party});
    let mut body = serde_json::Map::new();
    for field in request_schema(kind) {
        let value = match (field.name, field.holds) {
            ("referenceIdToRefund", _) => json!(reference(call.reference / 8)),
            (_, FieldType::Amount) => json!(amount),
            (_, FieldType::Currency) => json!("EUR"),
            (_, FieldType::Money) => json!({"amount": amount, "currency": "EUR"}),
            (_, FieldType::ExternalId) => json!("order-1"),
            (_, FieldType::Party | FieldType::InvoicePayee) => party.clone(),
            (_, FieldType::Note | FieldType::Text) => json!("46733123450"),
            (_, FieldType::Seconds) => json!(3600),
            (_, FieldType::Integer) => json!(3),
            (_, FieldType::Boolean) => json!(true),
        };
        body.insert(field.name.to_owned(), value);
    }
    Value::Object(body).to_string()
}
