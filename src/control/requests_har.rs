//! `GET requests.har`: recorded requests as an HTTP Archive (HAR 1.2), which browsers' tools and
//! others read.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Response;
use http::uri::Authority;
use schemars::SchemaGenerator;
use serde_json::{Value, json};

use crate::control::names::Vocabulary;
use crate::control::parts::{CalledAs, Content};
use crate::control::refusal::Refusal;
use crate::control::requests::RequestsQuery;
use crate::control::{Control, Scope};
use crate::engine::message::Message;
use crate::engine::recorded::{Recorded, RecordedKind};
use crate::gateway::reply::Reply;
use crate::server::body::ResponseBody;
use momo_sandbox_core::operations::answer::Answer;

/// An HTTP Archive.
#[derive(Debug)]
pub struct Archive(Value);

impl Content for Archive {
    fn describe(_: &mut SchemaGenerator) -> Value {
        json!({"application/json": {"schema": {
            "type": "object",
            "description": "An HTTP Archive, HAR 1.2.",
            "properties": {"log": {"type": "object"}},
            "required": ["log"],
        }}})
    }

    fn response(self) -> Response<ResponseBody> {
        Reply::from(Answer::json(200, &self.0)).response()
    }
}

impl Control {
    /// The requests that pass the filters as an archive, the oldest first.
    pub async fn recorded_as_har(
        self: Arc<Self>,
        scope: Scope,
        query: RequestsQuery,
        called_as: CalledAs,
    ) -> Result<Archive, Refusal> {
        let (found, _) = self.recorded(&scope, query);
        let entries = found.iter().rev().map(|one| entry(one, called_as.0.as_ref()));
        Ok(Archive(json!({"log": {
            "version": "1.2",
            "creator": {"name": "momo-sandbox", "version": env!("CARGO_PKG_VERSION")},
            "entries": entries.collect::<Vec<Value>>(),
        }})))
    }
}

fn entry(one: &Recorded, called_as: Option<&Authority>) -> Value {
    let took = one.took.map_or(0.0, |took| took.as_secs_f64() * 1e3);
    let mut comment = format!("{} {} of the global journal", one.kind.word(), one.number);
    for more in one.refusal.map(|cause| cause.name()).into_iter().chain(one.why.as_deref()) {
        comment.push_str(": ");
        comment.push_str(more);
    }
    json!({
        "startedDateTime": one.at,
        "time": took,
        "request": request(one, called_as),
        "response": response(one),
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
        "comment": comment,
    })
}

fn request(one: &Recorded, called_as: Option<&Authority>) -> Value {
    let message = &one.request;
    let line = message.line();
    let mut words = line.split(' ');
    let mut word = || words.next().unwrap_or_default();
    let (method, target, version) = (word(), word(), word());
    let url = match one.kind {
        RecordedKind::Callback => target.to_owned(),
        RecordedKind::Request => {
            let host = message.header("host").map(|host| host.into_owned());
            let host = host.or(called_as.map(Authority::to_string)).unwrap_or_default();
            let scheme = if one.is_secure { "https" } else { "http" };
            format!("{scheme}://{host}{target}")
        }
    };
    let query = target.split_once('?').map(|(_, query)| query.as_bytes()).unwrap_or_default();
    let query = url::form_urlencoded::parse(query);
    let query: Vec<Value> =
        query.map(|(name, value)| json!({"name": name, "value": value})).collect();
    let mut shown = json!({
        "method": method,
        "url": url,
        "httpVersion": if version.is_empty() { "HTTP/1.1" } else { version },
        "cookies": [],
        "headers": headers(message),
        "queryString": query,
        "headersSize": -1,
        "bodySize": message.body_bytes(),
    });
    if !message.body().is_empty() {
        let text = String::from_utf8_lossy(message.body());
        shown["postData"] = json!({"mimeType": media_type(message), "params": [], "text": text});
    }
    shown
}

/// The answer; without one a status of 0, as browsers write it.
fn response(one: &Recorded) -> Value {
    let Some(message) = &one.answer else {
        return json!({
            "status": one.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [],
            "content": {"size": 0, "mimeType": "x-unknown"},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        });
    };
    let line = message.line();
    let mut words = line.splitn(3, ' ');
    let version = words.next().unwrap_or_default();
    let mut content = json!({"size": message.body_bytes(), "mimeType": media_type(message)});
    match std::str::from_utf8(message.body()) {
        Ok(text) => content["text"] = text.into(),
        Err(_) => {
            content["text"] = BASE64_STANDARD.encode(message.body()).into();
            content["encoding"] = "base64".into();
        }
    }
    json!({
        "status": one.status,
        "statusText": words.nth(1).unwrap_or_default(),
        "httpVersion": version,
        "cookies": [],
        "headers": headers(message),
        "content": content,
        "redirectURL": message.header("location").unwrap_or_default(),
        "headersSize": -1,
        "bodySize": message.body_bytes(),
    })
}

fn headers(message: &Message) -> Vec<Value> {
    let headers = message.headers();
    headers.map(|(name, value)| json!({"name": name, "value": value})).collect()
}

fn media_type(message: &Message) -> String {
    let named = message.header("content-type");
    named.map_or_else(|| "x-unknown".to_owned(), |name| name.into_owned())
}
