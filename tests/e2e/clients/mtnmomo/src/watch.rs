//! A transaction watched to its end: its last status and its callback.

use std::time::Duration;

use mtnmomo::CallbackResponse;
use mtnmomo::common::http_client::MomoHttpClient;
use serde_json::Value;

use crate::checks::{Outcome, equal, wrong};
use crate::listener::Listener;
use crate::product::Product;

const POLLS: usize = 1000;
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Where the callback of an operation goes, below the URL that the client was given, and how.
#[derive(Clone, Copy)]
pub struct Hook {
    pub method: &'static str,
    /// What the client appends.
    pub appended: &'static str,
}

impl Hook {
    pub const fn post(appended: &'static str) -> Self {
        Self { method: "POST", appended }
    }

    pub const fn put(appended: &'static str) -> Self {
        Self { method: "PUT", appended }
    }
}

/// Watches the transactions of a product, by the client's generic door: its own methods do not read
/// all that is asserted here, and are private or fail for some operations.
pub struct Watch<'a> {
    pub listener: &'a Listener,
    client: MomoHttpClient,
}

impl<'a> Watch<'a> {
    pub fn new(product: &impl Product, listener: &'a Listener) -> Self {
        Self { listener, client: product.generic() }
    }

    /// What a GET below `/{product}/v1_0/` answers.
    pub async fn get(&self, path: &str) -> Outcome<Value> {
        self.client.get(path).await
    }

    /// The transaction's status body once it is final; the callback to `/{name}/...` must say the
    /// same, but for the message to the payer, which no callback has, and for the id of a
    /// successful deposit, which its status never has.
    pub async fn ended(&self, path: &str, hook: Hook, name: &str) -> Ended {
        let body = self.settled(path).await;
        let Hook { method, appended } = hook;
        let callback = self.listener.body(method, &format!("/{name}/{appended}")).await;
        let what = format!("{path} ({name})");
        let said: Value = serde_json::from_str(&callback)
            .unwrap_or_else(|error| wrong(format!("{what}: callback: {error}: {callback}")));
        let mut told = body.clone();
        told.as_object_mut().map(|fields| fields.remove("payerMessage"));
        if path.starts_with("deposit/") && body["status"] == "SUCCESSFUL" {
            told["financialTransactionId"] = said["financialTransactionId"].clone();
            equal(&format!("{what}: id"), said["financialTransactionId"].is_string(), true);
        }
        equal(&format!("{what}: callback"), &said, &told);
        Ended { what, body, callback, said }
    }

    /// The transaction's status body once it is final.
    pub async fn settled(&self, path: &str) -> Value {
        for _ in 0..POLLS {
            let answer = self.get(path).await;
            let body = answer.unwrap_or_else(|error| wrong(format!("{path}: {error}")));
            if body["status"] != "PENDING" {
                return body;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        wrong(format!("{path}: still PENDING after {POLLS} polls"))
    }
}

/// A transaction that is final.
pub struct Ended {
    what: String,
    pub body: Value,
    callback: String,
    /// The callback's body.
    said: Value,
}

impl Ended {
    pub fn has(&self, field: &str, wanted: &str) {
        equal(&format!("{}: {field}", self.what), self.body[field].as_str(), Some(wanted));
    }

    pub fn lacks(&self, field: &str) {
        equal(&format!("{}: {field}", self.what), self.body.get(field), None::<&Value>);
    }

    /// It succeeded: the callback has a transaction id of digits, and there is no reason.
    pub fn check_succeeded(&self) {
        self.has("status", "SUCCESSFUL");
        self.lacks("reason");
        let id = self.said["financialTransactionId"].as_str().unwrap_or_default();
        let is_decimal = (8..=10).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
        equal(&format!("{}: {id} is 8 to 10 digits", self.what), is_decimal, true);
    }

    /// It failed: there is a reason, and no transaction id.
    pub fn check_failed(&self, code: &str) {
        self.has("status", "FAILED");
        self.has("reason", code);
        self.lacks("financialTransactionId");
    }

    /// The callback as the client reads it.
    pub fn callback(&self) -> CallbackResponse {
        self.try_callback().unwrap_or_else(|error| wrong(format!("{}: {error}", self.what)))
    }

    pub fn try_callback(&self) -> Outcome<CallbackResponse> {
        Ok(serde_json::from_str(&self.callback)?)
    }

    /// The client reads the callback as another variant than the caller expects.
    pub fn misread(&self) -> ! {
        wrong(format!("{}: the client reads the callback as {:?}", self.what, self.callback()))
    }
}
