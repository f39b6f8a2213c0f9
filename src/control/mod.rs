//! The control plane under `/_sandbox`: the calls by which a test or an operator steers the
//! emulator.
//!
//! Its JSON is its own, not MTN's: field names in snake case, times in RFC 3339, durations in ms. A
//! path below `spaces/{apiUserId}` is about that space, the same path without it about all of them.

pub mod base_urls;
pub mod by_hand;
pub mod clock;
pub mod cutover;
mod decode;
pub mod distinct;
pub mod document;
pub mod duration;
pub mod guard;
pub mod health;
pub mod journal;
pub mod label;
pub mod listener;
pub mod metrics;
pub mod names;
pub mod openapi;
pub mod operations;
pub mod parts;
pub mod plan;
pub mod provision;
pub mod recording;
pub mod refusal;
pub mod rendered;
pub mod report;
pub mod request;
pub mod requests;
pub mod requests_curl;
pub mod requests_har;
pub mod reset;
pub mod routes;
pub mod run_audit;
pub mod scenario;
pub mod scenario_in_force;
pub mod spaces;
pub mod stream;
pub mod transaction;
pub mod transactions;
pub mod verify;
pub mod wait;

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use tokio_util::sync::CancellationToken;

use crate::control::guard::Guard;
use crate::control::listener::Listener;
use crate::control::parts::Asked;
use crate::control::provision::Provisioning;
use crate::control::refusal::Refusal;
use crate::control::rendered::Rendered;
use crate::control::request::ControlRequest;
use crate::control::run_audit::Past;
use crate::documents::openapi::Documents;
use crate::engine::space::Space;
use crate::engine::spaces::Spaces;
use crate::gateway::reply::Reply;
use crate::server::body::ResponseBody;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId, parse_uuid};

/// The most bytes of a body of the control plane that is worked on beside others.
pub const CONTROL_BODY_BESIDE_OTHERS_MAX: usize = 32 * 1024;

/// Every path of the control plane begins with this.
pub const PREFIX: &str = "/_sandbox";

/// Allows the inline style of the audit as a page. No answer needs anything else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// A header that keeps an answer from pages of other origins. The `http` crate has no name for it.
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// Keeps a browser from guessing the type of an answer, framing it, storing it, or passing it to
/// another page.
pub fn protect(response: &mut Response<ResponseBody>, policy: &'static str, cache: &'static str) {
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, cache),
        (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}

/// The control plane of one emulator.
#[derive(Debug)]
pub struct Control {
    pub spaces: Arc<Spaces>,
    /// The conditions for calls.
    pub guard: Guard,
    /// The OpenAPI documents of the emulated API.
    pub documents: Documents,
    /// The root of the HTTPS front's certificate, in PEM, if there is a front.
    pub root: Option<String>,
    /// The audit of what resets have forgotten, if there will be an audit of the whole run.
    pub past: Option<Past>,
    /// What is needed to provision API users.
    pub provisioning: Provisioning,
    /// What arrived at the console's own listener.
    pub listener: Listener,
    /// The address of the emulator in the callback URL of that listener.
    pub callback_address: SocketAddr,
    /// Ends streams and waits once the emulator stops.
    pub stopping: CancellationToken,
    /// What the streams of the journal share.
    pub rendered: Rendered,
}

/// What a call is about.
#[derive(Debug, Clone)]
pub enum Scope {
    All,
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
        let refused = |refusal: Refusal| Reply::from(refusal.answer()).response();
        if listener::is_callback(&request) {
            let answered = self.take_callback(request).await;
            let mut response = answered.unwrap_or_else(refused);
            protect(&mut response, POLICY, "no-store");
            return response;
        }
        let answered = match ControlRequest::read(request, &self.guard, capacity).await {
            Ok(request) => self.answer(request).await,
            Err(refusal) => Err(refusal),
        };
        let mut response = answered.unwrap_or_else(refused);
        protect(&mut response, POLICY, "no-store");
        response
    }

    async fn answer(
        self: &Arc<Self>,
        request: ControlRequest,
    ) -> Result<Response<ResponseBody>, Refusal> {
        let (route, mut path) = routes::find(request.method.as_str(), &request.path)?;
        let is_space = |(name, _): &mut (String, String)| name == "apiUserId";
        let id = path.extract_if(.., is_space).next();
        let space = id.map(|(_, id)| self.space(&id)).transpose()?;
        let _alone = match request.body.len() {
            0..=CONTROL_BODY_BESIDE_OTHERS_MAX => None,
            _ => Some(self.spaces.capacity().long_control_body.acquire().await),
        };
        let asked = Asked { route, space, path, request, parameters: Vec::new() };
        route.call(Arc::clone(self), asked).await
    }

    fn space(&self, id: &str) -> Result<Arc<Space>, Refusal> {
        let parsed = parse_uuid(id).map(ApiUserId).ok_or_else(|| {
            Refusal::bad(format!("`{id}` is not an API user's id: a UUID is expected"))
        })?;
        self.spaces.get(parsed).ok_or_else(|| no_such_api_user(parsed))
    }

    pub fn spaces_of(&self, scope: &Scope) -> Vec<Arc<Space>> {
        match scope {
            Scope::All => self.spaces.all(),
            Scope::One(space) => vec![Arc::clone(space)],
        }
    }

    /// The spaces of a scope that may have a transaction with this reference id.
    pub fn spaces_holding(&self, scope: &Scope, id: ReferenceId) -> Vec<Arc<Space>> {
        match scope {
            Scope::All => self.spaces.holding(id),
            Scope::One(space) => vec![Arc::clone(space)],
        }
    }
}

impl Scope {
    /// The API user of the space; `None` for all spaces.
    fn api_user(&self) -> Option<ApiUserId> {
        match self {
            Self::All => None,
            Self::One(space) => Some(space.api_user().id),
        }
    }
}

/// The refusal of an unknown API user.
fn no_such_api_user(id: ApiUserId) -> Refusal {
    Refusal::new(404, format!("no API user has the id {id}"))
}
