//! A gateway that answers as recorded, or otherwise in a planted way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use momo_sandbox::internals::parity::{Message, RecordedBody, Recording, Response};
use momo_sandbox::internals::parity::{Names, Part, matches, only_placeholder, parts};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The subscription keys that are good, by product.
pub const KEYS: [(&str, &str); 3] = [
    ("collection", "c1111111111111111111111111111111"),
    ("disbursement", "d2222222222222222222222222222222"),
    ("remittance", "r3333333333333333333333333333333"),
];

/// How it answers otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Status,
    Phrase,
    Header,
    FieldOrder,
    Value,
}

/// What it is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

#[derive(Default)]
struct State {
    recordings: Vec<Recording>,
    fault: Option<Fault>,
    /// An answer in place of every recorded one: headers and body.
    instead: Option<(String, String)>,
    /// How many requests of `before` have been answered, by recording.
    before: BTreeMap<String, usize>,
    references: Vec<String>,
    asked: Vec<Asked>,
    /// Never answers what is recorded, so that a run can be interrupted.
    is_silent_about: BTreeSet<String>,
}

/// A stand-in; it ends when it is dropped.
pub struct StandIn {
    pub url: String,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl StandIn {
    /// One that answers as these recordings have it.
    pub async fn playing(recordings: Vec<Recording>) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", socket.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State { recordings, ..State::default() }));
        let shared = Arc::clone(&state);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, state, serving }
    }

    pub fn plays(&self, recording: &Recording, fault: Option<Fault>) {
        let mut state = self.state.lock().expect("not poisoned");
        *state = State { recordings: vec![recording.clone()], fault, ..State::default() };
    }

    /// Answers with these header lines and this body, whatever was recorded.
    pub fn answers_instead(&self, headers: &str, body: &str) {
        let instead = Some((headers.to_owned(), body.to_owned()));
        self.state.lock().expect("not poisoned").instead = instead;
    }

    pub fn is_silent_about(&self, id: &str) {
        let mut state = self.state.lock().expect("not poisoned");
        state.is_silent_about = BTreeSet::from([id.to_owned()]);
    }

    pub fn speaks(&self) {
        self.state.lock().expect("not poisoned").is_silent_about.clear();
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.state.lock().expect("not poisoned").asked.clone()
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some(asked) = read(&mut stream).await else { return };
    let answer = state.lock().expect("not poisoned").answer(&asked);
    match answer {
        Some(answer) => drop(stream.write_all(answer.as_bytes()).await),
        None => std::future::pending().await,
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let (mut text, mut bytes) = (String::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut bytes).await.ok().filter(|count| *count > 0)?;
        text.push_str(&String::from_utf8_lossy(&bytes[..count]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut lines = head.lines();
        let mut first = lines.next()?.split(' ').map(str::to_owned);
        let headers: BTreeMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length = headers.get("content-length").and_then(|length| length.parse().ok());
        let is_whole = if headers.contains_key("transfer-encoding") {
            body.ends_with("0\r\n\r\n")
        } else {
            body.len() >= length.unwrap_or(0)
        };
        if is_whole {
            let body = body.to_owned();
            return Some(Asked { method: first.next()?, path: first.next()?, headers, body });
        }
    }
}

impl State {
    fn answer(&mut self, asked: &Asked) -> Option<String> {
        if let Some(reference) = asked.headers.get("x-reference-id") {
            self.references.push(reference.clone());
        }
        self.asked.push(asked.clone());
        let recorded = self.recordings.iter().find(|recording| self.is_asked(recording, asked));
        match recorded {
            Some(recording) if self.is_silent_about.contains(&recording.id) => None,
            Some(recording) => Some(self.as_recorded(recording, asked)),
            None => Some(self.prepared(asked)),
        }
    }

    /// Whether this is the request of a recording, and not one that comes first.
    fn is_asked(&self, recording: &Recording, asked: &Asked) -> bool {
        let Some(request) = &recording.request else { return false };
        let done = self.before.get(&recording.id).copied().unwrap_or_default();
        let has_length = asked.headers.contains_key("content-length");
        let told = |name: &str| {
            request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value)
        };
        let is_without_length = told("Content-Length") == Some(&None);
        let fits_framing =
            is_without_length != (has_length || asked.method == "GET") || asked.method == "GET";
        done >= recording.before.len()
            && request.method == asked.method
            && matches(&request.path, &Names::new(), &asked.path)
            && fits_framing
            && self.fits_credentials(request, asked)
            && fits_body(request, asked)
    }

    fn fits_credentials(&self, request: &Message, asked: &Asked) -> bool {
        let told = |name: &str| {
            let found = request.headers.iter().find(|(known, _)| known == name);
            found.and_then(|(_, value)| value.as_deref()).unwrap_or_default()
        };
        let asks_with_a_wrong_key = !told("Ocp-Apim-Subscription-Key").is_empty()
            && told("Ocp-Apim-Subscription-Key") != "{subscription_key}";
        let basic = told("Authorization").strip_prefix("Basic base64(");
        let fits_basic = match basic {
            None => true,
            Some(recorded) => {
                let given = asked.headers.get("authorization").map(String::as_str);
                let given = given.and_then(|given| given.strip_prefix("Basic "));
                let given = BASE64_STANDARD.decode(given.unwrap_or_default()).unwrap_or_default();
                let given = String::from_utf8(given).unwrap_or_default();
                let is_good = given.ends_with(":the-api-key-0123456789abcdef0123");
                let wants_good = recorded.contains("{api_key}");
                given.contains(':') && is_good == wants_good
            }
        };
        fits_basic && asks_with_a_wrong_key != has_good_key(asked)
    }

    fn prepared(&mut self, asked: &Asked) -> String {
        let submits = |recording: &Recording| {
            let done = self.before.get(&recording.id).copied().unwrap_or_default();
            let next = recording.before.get(done)?;
            let fits = next.method == asked.method
                && matches(&next.path, &Names::new(), &asked.path)
                && asked.headers.contains_key("authorization");
            fits.then(|| recording.id.clone())
        };
        if let Some(id) = self.recordings.iter().find_map(submits) {
            *self.before.entry(id).or_default() += 1;
            return plain(202, "");
        }
        let path = asked.path.as_str();
        match (asked.method.as_str(), path) {
            (_, path) if path.starts_with("/_sandbox") => plain(404, ""),
            _ if !has_good_key(asked) => {
                plain(401, "Access denied due to invalid subscription key")
            }
            ("POST", "/v1_0/apiuser") => plain(201, ""),
            ("POST", path) if path.ends_with("/apikey") => {
                plain(201, "{\"apiKey\":\"the-api-key-0123456789abcdef0123\"}")
            }
            ("POST", path) if path.ends_with("token/") => {
                plain(200, &json!({"access_token": "a1.b2.c3"}).to_string())
            }
            ("POST", path) if path.ends_with("bc-authorize") => {
                plain(200, "{\"auth_req_id\":\"0c7d27e6-52b8-4f0a-9e6d-0c1b2a394857\"}")
            }
            ("GET", _) => plain(200, "{\"status\":\"SUCCESSFUL\"}"),
            _ => plain(599, "the stand-in knows no answer to this"),
        }
    }

    fn as_recorded(&self, recording: &Recording, asked: &Asked) -> String {
        let recorded = recording.response.as_ref().expect("no callback is asked for");
        let mut body = self.body(recording, recorded);
        let (mut status, mut phrase) = (recorded.status, recorded.phrase.clone());
        let mut headers: Vec<(&str, String)> = Vec::new();
        for (name, value) in &recorded.headers {
            if let Some(value) = value.as_ref().filter(|_| name != "Content-Length") {
                headers.push((name, self.filled(value)));
            }
        }
        match self.fault {
            Some(Fault::Status) => status = if status == 418 { 419 } else { 418 },
            Some(Fault::Phrase) => phrase = Some("Planted".to_owned()),
            Some(Fault::Header) => {
                headers.pop();
            }
            Some(Fault::FieldOrder) => body = reversed(&body),
            Some(Fault::Value) => body = with_another_value(&body),
            None => {}
        }
        if let Some((lines, instead)) = &self.instead {
            let echoed: String = asked.headers.values().map(|value| format!(" {value}")).collect();
            body = instead.replace("{echo}", echoed.replace('"', "").trim());
            let length = body.len();
            return format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: {length}\r\n\r\n{body}");
        }
        let phrase = phrase.unwrap_or_else(|| canonical(status));
        let lines: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        format!("HTTP/1.1 {status} {phrase}\r\n{lines}Content-Length: {length}\r\n\r\n{body}")
    }

    fn body(&self, recording: &Recording, recorded: &Response) -> String {
        let token = recording.decoded.first().map(|(_, token)| {
            let part = |value: &Value| {
                let value = self.valued(value).to_string();
                BASE64_URL_SAFE_NO_PAD.encode(value)
            };
            format!("{}.{}.sig", part(&token.header), part(&token.payload))
        });
        let text = match &recorded.body {
            RecordedBody::Unknown => return String::new(),
            RecordedBody::Exact(text) => {
                text.replace("{token}", token.as_deref().unwrap_or("a.b.c"))
            }
            RecordedBody::Value(value) => {
                let mut value = value.clone();
                if let (Some(token), Some(there)) = (token, value.get_mut("access_token")) {
                    *there = json!(token);
                }
                self.valued(&value).to_string()
            }
        };
        self.filled(&text)
    }

    fn valued(&self, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.valued(value))).collect()
            }
            Value::String(text) if only_placeholder(text) == Some("epoch") => {
                json!(1_678_355_127)
            }
            Value::String(text) => json!(self.filled(text)),
            other => other.clone(),
        }
    }

    fn filled(&self, text: &str) -> String {
        let fill = |part| match part {
            Part::Fixed(text) => text.to_owned(),
            Part::Placeholder(name) => match name {
                "uuid" => "11112222-1111-4222-8333-444455556666".to_owned(),
                "hex32" => "0123456789abcdef0123456789abcdef".to_owned(),
                "integer" => "123456789".to_owned(),
                "epoch" => "1678355127".to_owned(),
                "decimal" => "12.5".to_owned(),
                "datetime" => "2026-03-05T10:55:21.518".to_owned(),
                "token" => "a.b.c".to_owned(),
                "ip" => "10.0.0.1".to_owned(),
                "api_user" => self.references.first().cloned().unwrap_or_default(),
                "text" => "text".to_owned(),
                _ => self.references.last().cloned().unwrap_or_default(),
            },
        };
        parts(text).into_iter().map(fill).collect()
    }
}

fn has_good_key(asked: &Asked) -> bool {
    let given = asked.headers.get("ocp-apim-subscription-key");
    let product = asked.path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let is_any = !KEYS.iter().any(|(name, _)| *name == product);
    KEYS.iter()
        .any(|(name, key)| (is_any || *name == product) && given.is_some_and(|given| given == key))
}

/// Whether the body is that of the recording, but for what placeholders stand for.
fn fits_body(request: &Message, asked: &Asked) -> bool {
    let is_chunked = asked.headers.contains_key("transfer-encoding");
    match &request.body {
        RecordedBody::Unknown => asked.body.is_empty() || is_chunked,
        RecordedBody::Exact(text) | RecordedBody::Value(Value::String(text)) => {
            matches(text, &Names::new(), &asked.body)
        }
        RecordedBody::Value(value) => matches(&value.to_string(), &Names::new(), &asked.body),
    }
}

fn plain(status: u16, body: &str) -> String {
    let (phrase, length) = (canonical(status), body.len());
    format!("HTTP/1.1 {status} {phrase}\r\nContent-Length: {length}\r\n\r\n{body}")
}

fn canonical(status: u16) -> String {
    let status = http::StatusCode::from_u16(status).expect("a status");
    status.canonical_reason().unwrap_or("Other").to_owned()
}

fn reversed(body: &str) -> String {
    let members: Map<String, Value> = serde_json::from_str(body).expect("an object");
    let members: Map<String, Value> = members.into_iter().rev().collect();
    Value::Object(members).to_string()
}

fn with_another_value(body: &str) -> String {
    let mut members: Map<String, Value> = serde_json::from_str(body).expect("an object");
    let last = members.values_mut().last().expect("a member");
    *last = json!("PLANTED");
    Value::Object(members).to_string()
}
