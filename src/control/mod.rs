//! The control plane under `/_sandbox`: what a test author or operator asks the emulator itself.
//!
//! Its own JSON, not MTN's: field names in snake case, times in RFC 3339, durations in ms. A path
//! below `spaces/{apiUserId}` is about that space, the same path without it about all of them.

pub mod clock;
pub mod guard;
pub mod journal;
pub mod preview;
pub mod request;
pub mod scenario;
pub mod stream;
pub mod transactions;
pub mod waiting;

use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use serde_json::json;

use crate::control::guard::Guard;
use crate::control::request::{ControlRequest, Refusal};
use crate::documents::openapi;
use crate::engine::spaces::{Space, Spaces};
use crate::gateway::reply::{Reply, ReplyBody};
use crate::model::reference::{ApiUserId, parse_uuid};
use crate::operations::rejection::Answer;
use crate::scenario::format;

/// Every path of the control plane begins with this.
pub const PREFIX: &str = "/_sandbox";

/// The control plane of one emulator.
#[derive(Debug)]
pub struct Control {
    /// The spaces.
    pub spaces: Arc<Spaces>,
    /// Who may call.
    pub guard: Guard,
}

/// What a call is about.
#[derive(Debug, Clone)]
pub enum Scope {
    /// All spaces.
    All,
    /// One.
    One(Arc<Space>),
}

impl Control {
    /// Whether a path is the control plane's.
    pub fn owns(path: &str) -> bool {
        path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Answers one request of the control plane.
    pub async fn respond(&self, request: Request<Incoming>) -> Response<ReplyBody> {
        let answered = match ControlRequest::read(request, &self.guard).await {
            Ok(request) => self.answer(&request).await,
            Err(refusal) => Err(refusal),
        };
        answered.unwrap_or_else(|refusal| Reply::from(refusal.answer()).response())
    }

    async fn answer(&self, request: &ControlRequest) -> Result<Response<ReplyBody>, Refusal> {
        let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        let (scope, rest) = match segments.as_slice() {
            ["spaces", id, rest @ ..] if !rest.is_empty() => (Scope::One(self.space(id)?), rest),
            all => (Scope::All, all),
        };
        if let ("GET", ["journal", "stream"]) = (request.method.as_str(), rest) {
            return self.stream_journal(&scope, request);
        }
        let answer = self.answer_about(&scope, rest, request).await?;
        Ok(Reply::from(answer).response())
    }

    async fn answer_about(
        &self,
        scope: &Scope,
        rest: &[&str],
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        match (request.method.as_str(), rest) {
            ("GET", ["health"]) => Ok(self.health()),
            ("GET", ["openapi", file]) => openapi_document(file),
            ("GET", ["scenario.schema.json"]) => Ok(Answer::json(200, &format::schema())),
            ("GET", ["spaces"]) => Ok(self.list_spaces()),
            ("GET", ["clock"]) => Ok(self.read_clock(scope)),
            ("POST", ["clock", "advance"]) => self.advance(scope, request).await,
            ("GET", ["scenario"]) => Ok(self.read_scenario(scope)),
            ("PUT", ["scenario"]) => self.put_scenario(scope, request),
            ("DELETE", ["scenario"]) => Ok(self.delete_scenario(scope)),
            ("GET", ["transactions"]) => self.list_transactions(scope, request),
            ("GET", ["transactions", id]) => self.read_transaction(scope, id, request),
            ("POST", ["transactions", id, act]) => self.act(scope, id, act, request),
            ("GET", ["journal"]) => self.read_journal(scope, request),
            ("POST", ["plan"]) => self.preview(scope, request),
            ("POST", ["wait"]) => self.wait(scope, request).await,
            ("POST", ["verify"]) => self.verify(scope, request),
            ("POST", ["reset"]) => Ok(self.reset(scope)),
            (_, rest) => Err(wrong_method_or_path(rest)),
        }
    }

    fn space(&self, id: &str) -> Result<Arc<Space>, Refusal> {
        let parsed = parse_uuid(id).map(ApiUserId);
        let parsed =
            parsed.ok_or_else(|| Refusal::bad(format!("`{id}` is not an API user's id")))?;
        self.spaces
            .get(parsed)
            .ok_or_else(|| Refusal::new(404, format!("no API user has the id {id}")))
    }

    /// The spaces of a scope.
    fn spaces_of(&self, scope: &Scope) -> Vec<Arc<Space>> {
        match scope {
            Scope::All => self.spaces.all(),
            Scope::One(space) => vec![Arc::clone(space)],
        }
    }

    fn health(&self) -> Answer {
        let (mut transactions, mut pending) = (0, 0);
        let spaces = self.spaces.all();
        for space in &spaces {
            self.spaces.enter(space, |platform, _| {
                transactions += platform.transaction_count();
                pending += platform.pending();
            });
        }
        let body = json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "time": self.spaces.clock().now().to_string(),
            "seed": self.spaces.settings().seed.0,
            "api_users": spaces.len(),
            "transactions": transactions,
            "pending": pending,
        });
        Answer::json(200, &body)
    }

    fn list_spaces(&self) -> Answer {
        let spaces: Vec<_> = self
            .spaces
            .all()
            .iter()
            .map(|space| {
                self.spaces.enter(space, |platform, now| {
                    let api_user = platform.api_user();
                    json!({
                        "api_user": api_user.id.to_string(),
                        "provider_callback_host": &*api_user.provider_callback_host.as_sent,
                        "now": now.to_string(),
                        "transactions": platform.transaction_count(),
                        "pending": platform.pending(),
                    })
                })
            })
            .collect();
        Answer::json(200, &json!({"spaces": spaces}))
    }

    fn reset(&self, scope: &Scope) -> Answer {
        let mut forgotten = 0;
        for space in self.spaces_of(scope) {
            self.spaces.enter(&space, |platform, now| {
                forgotten += platform.transaction_count();
                platform.reset(now);
            });
        }
        Answer::json(200, &json!({"forgotten_transactions": forgotten}))
    }
}

fn openapi_document(file: &str) -> Result<Answer, Refusal> {
    let name = file.strip_suffix(".json").unwrap_or(file);
    match openapi::named(name) {
        Some(document) => Ok(Answer::json(200, document)),
        None => {
            let names: Vec<String> =
                openapi::documents().map(|(name, _)| format!("{name}.json")).collect();
            let message = format!("no document `{file}`; there are {}", names.join(", "));
            Err(Refusal::new(404, message))
        }
    }
}

/// The paths and their methods, as they are told to who calls another.
const CALLS: &[(&str, &[&str])] = &[
    ("GET", &["health"]),
    ("GET", &["spaces"]),
    ("GET", &["openapi", "{product}.json"]),
    ("GET", &["scenario.schema.json"]),
    ("GET", &["clock"]),
    ("POST", &["clock", "advance"]),
    ("GET, PUT and DELETE", &["scenario"]),
    ("GET", &["transactions"]),
    ("GET", &["transactions", "{referenceId}"]),
    ("POST", &["transactions", "{referenceId}", "{approve|decline|expire}"]),
    ("GET", &["journal"]),
    ("GET", &["journal", "stream"]),
    ("POST", &["plan"]),
    ("POST", &["wait"]),
    ("POST", &["verify"]),
    ("POST", &["reset"]),
];

fn wrong_method_or_path(rest: &[&str]) -> Refusal {
    let fits = |path: &&[&str]| {
        path.len() == rest.len()
            && path.iter().zip(rest).all(|(part, found)| part == found || part.starts_with('{'))
    };
    if let Some((methods, _)) = CALLS.iter().find(|(_, path)| fits(path)) {
        let message = format!("this path of the control plane is called with {methods}");
        return Refusal::new(405, message);
    }
    let calls: Vec<String> = CALLS
        .iter()
        .map(|(methods, path)| format!("{methods} {PREFIX}/{}", path.join("/")))
        .collect();
    let message = format!("no such path of the control plane; there are {}", calls.join(", "));
    Refusal::new(404, message)
}
