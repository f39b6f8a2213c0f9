//! The control plane under `/_sandbox`: what a test author or operator asks the emulator itself.
//!
//! Its own JSON, not MTN's: field names in snake case, times in RFC 3339, durations in ms. A path
//! below `spaces/{apiUserId}` is about that space, the same path without it about all of them.

pub mod clock;
pub mod distinct;
pub mod guard;
pub mod journal;
pub mod label;
pub mod metrics;
mod names;
pub mod openapi;
pub mod operations;
pub mod plan;
pub mod provision;
pub mod rendered;
pub mod report;
pub mod request;
pub mod routes;
pub mod run_audit;
pub mod scenario;
pub mod sent_shapes;
pub mod shapes;
pub mod stream;
pub mod transactions;
pub mod verify;
pub mod wait;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::control::guard::Guard;
use crate::control::provision::Provisioning;
use crate::control::rendered::Rendered;
use crate::control::request::{ControlRequest, Refusal};
use crate::control::routes::CallKind;
use crate::control::run_audit::Past;
use crate::documents::openapi::Documents;
use crate::engine::space::Space;
use crate::engine::spaces::Spaces;
use crate::gateway::reply::Reply;
use crate::server::body::ResponseBody;
use momo_sandbox_core::model::ids::{ApiUserId, parse_uuid};
use momo_sandbox_core::model::limits::CONTROL_BODY_BESIDE_OTHERS_MAX;
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::scenario::description;

/// Every path of the control plane begins with this.
pub const PREFIX: &str = "/_sandbox";

/// The audit as a page has a style of its own, and no answer needs anything else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Keeps an answer from pages of other origins, which the `http` crate has no name for.
pub const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// The control plane of one emulator.
#[derive(Debug)]
pub struct Control {
    /// The spaces.
    pub spaces: Arc<Spaces>,
    /// Who may call.
    pub guard: Guard,
    /// The OpenAPI documents of the emulated API.
    pub documents: Documents,
    /// The root of the HTTPS front's certificate, in PEM, if there is a front.
    pub root: Option<String>,
    /// What resets have forgotten, where the audit of a whole run will want it.
    pub past: Option<Past>,
    /// What it needs to provision API users.
    pub provisioning: Provisioning,
    /// Ends streams and waits once the emulator stops.
    pub stopping: CancellationToken,
    /// What the streams of the journal share.
    pub rendered: Rendered,
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
    pub async fn respond(self: &Arc<Self>, request: Request<Incoming>) -> Response<ResponseBody> {
        let capacity = self.spaces.capacity();
        let answered = match ControlRequest::read(request, &self.guard, capacity).await {
            Ok(request) => self.answer(request).await,
            Err(refusal) => Err(refusal),
        };
        let refused = |refusal: Refusal| Reply::from(refusal.answer()).response();
        let mut response = answered.unwrap_or_else(refused);
        // What a browser would otherwise do with an answer: guess its type, frame it, keep it, or
        // hand it to another page.
        for (name, value) in [
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (CONTENT_SECURITY_POLICY, POLICY),
            (CACHE_CONTROL, "no-store"),
            (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    async fn answer(
        self: &Arc<Self>,
        request: ControlRequest,
    ) -> Result<Response<ResponseBody>, Refusal> {
        let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        let (space, path) = match segments.as_slice() {
            ["spaces", id, rest @ ..] if !rest.is_empty() => (Some(*id), rest),
            all => (None, all),
        };
        let call = routes::find(request.method.as_str(), path, space.is_some())?;
        if let Some(known) = call.kind.parameters() {
            request.takes(known, call)?;
        }
        let scope = match space {
            Some(id) => Scope::One(self.space(id)?),
            None => Scope::All,
        };
        if call.kind == CallKind::Stream {
            let without_body = ControlRequest { body: Bytes::new(), body_place: None, ..request };
            return self.stream_journal(&scope, without_body);
        }
        call.takes_body_of(request.body.len())?;
        let _alone = match request.body.len() {
            0..=CONTROL_BODY_BESIDE_OTHERS_MAX => None,
            _ => Some(self.spaces.capacity().long_control_body.acquire().await),
        };
        let request = &request;
        let parameter = |name| call.parameter(name, path);
        let answer = match call.kind {
            CallKind::Stream => unreachable!("a stream is no whole answer"),
            CallKind::Health => self.health(),
            CallKind::Metrics => self.metrics(),
            CallKind::Spaces => self.list_spaces(),
            CallKind::Provision => self.provision(request)?,
            CallKind::Document => self.openapi_document(parameter("{document}"))?,
            CallKind::Operations => Self::list_operations(),
            CallKind::ScenarioSchema => Answer::json(200, &description::schema()),
            CallKind::Root => self.root_certificate()?,
            CallKind::ReadClock => self.read_clock(&scope),
            CallKind::Advance => self.advance(&scope, request).await?,
            CallKind::Pause => self.pause(),
            CallKind::Run => self.run_clock(),
            CallKind::ShippedScenarios => Self::shipped_scenarios(),
            CallKind::ReadScenario => self.read_scenario(&scope),
            CallKind::PutScenario => self.put_scenario(&scope, request)?,
            CallKind::DeleteScenario => self.delete_scenario(&scope),
            CallKind::Transactions => self.list_transactions(&scope, request)?,
            CallKind::Transaction => {
                self.read_transaction(&scope, parameter("{referenceId}"), request).await?
            }
            CallKind::Act => {
                self.act(&scope, parameter("{referenceId}"), parameter("{act}"), request).await?
            }
            CallKind::Journal => self.read_journal(&scope, request)?,
            CallKind::Plan => self.preview(&scope, request)?,
            CallKind::Wait => self.wait(&scope, request).await?,
            CallKind::Verify => self.verify(&scope, request)?,
            CallKind::Report => self.report(&scope, request)?,
            CallKind::Label => self.put_label(&scope, request)?,
            CallKind::Reset => self.reset(&scope),
        };
        Ok(Reply::from(answer).response())
    }

    fn space(&self, id: &str) -> Result<Arc<Space>, Refusal> {
        let parsed = parse_uuid(id).map(ApiUserId);
        let parsed = parsed.ok_or_else(|| not_an_api_user(id))?;
        self.spaces.get(parsed).ok_or_else(|| nobody(id))
    }

    /// The spaces of a scope.
    fn spaces_of(&self, scope: &Scope) -> Vec<Arc<Space>> {
        match scope {
            Scope::All => self.spaces.all(),
            Scope::One(space) => vec![Arc::clone(space)],
        }
    }

    fn health(&self) -> Answer {
        self.spaces.catch_up();
        let held = self.spaces.held();
        let api_users = self.spaces.capacity().api_users.load(Ordering::Relaxed);
        let body = json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "time": self.spaces.clock().now().to_string(),
            "seed": self.spaces.settings().seed.0,
            "api_users": api_users,
            "transactions": held.transactions,
            "pending": held.pending,
        });
        Answer::json(200, &body)
    }

    fn list_spaces(&self) -> Answer {
        self.spaces.catch_up();
        let line = |space: &Arc<Space>| {
            let (api_user, held) = (space.api_user(), space.held());
            let labels = space.labels();
            json!({
                "api_user": api_user.id.to_string(),
                "provider_callback_host": &*api_user.provider_callback_host.as_sent,
                "label": labels.label.as_deref(),
                "excluded": labels.is_excluded,
                "now": self.spaces.now(space).to_string(),
                "transactions": held.transactions,
                "pending": held.pending,
            })
        };
        let spaces: Vec<_> = self.spaces.all().iter().map(line).collect();
        Answer::json(200, &json!({"spaces": spaces}))
    }

    fn reset(&self, scope: &Scope) -> Answer {
        let forgotten = match scope {
            Scope::All => self.spaces.reset_all_after(&self.last_look()),
            Scope::One(space) => self.spaces.reset_after(space, &self.last_look()),
        };
        Answer::json(200, &json!({"forgotten_transactions": forgotten}))
    }

    fn root_certificate(&self) -> Result<Answer, Refusal> {
        match &self.root {
            Some(root) => Ok(Answer::of_type("application/x-pem-file", root.clone())),
            None => Err(Refusal::new(404, "there is no HTTPS front: start with --tls-listen ADDR")),
        }
    }

    fn openapi_document(&self, file: &str) -> Result<Answer, Refusal> {
        let name = file.strip_suffix(".json").unwrap_or(file);
        if name == openapi::NAME {
            return Ok(Answer::json(200, openapi::document()));
        }
        match self.documents.named(name) {
            Some(document) => Ok(Answer::json(200, document)),
            None => {
                let names = self.documents.names().map(|(name, _)| name);
                let names: Vec<String> =
                    names.chain([openapi::NAME]).map(|name| format!("{name}.json")).collect();
                let message = format!("no document `{file}`; there are {}", names.join(", "));
                Err(Refusal::new(404, message))
            }
        }
    }
}

/// The refusal of what is no API user's id.
fn not_an_api_user(text: &str) -> Refusal {
    Refusal::bad(format!("`{text}` is not an API user's id: a UUID is expected"))
}

/// The refusal of the id of an API user that there is not.
fn nobody(id: &str) -> Refusal {
    Refusal::new(404, format!("no API user has the id {id}"))
}
