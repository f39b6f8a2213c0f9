//! A request to the control plane, read whole.

use bytes::Bytes;
use http::uri::Authority;
use http::{HeaderMap, Method, Request, Uri};
use hyper::body::Incoming;
use serde_json::{Map, Value};

use crate::control::PREFIX;
use crate::control::distinct::Distinct;
use crate::control::guard::{self, Guard};
use crate::control::refusal::Refusal;
use crate::engine::capacity::Capacity;
use crate::engine::capacity::SHORT_BODY_BYTES_MAX;
use crate::permits::Permit;
use crate::server::framing;
use crate::server::request_body::{BodyError, BodyLimits, read_body};
use momo_sandbox_core::model::limits::Limit;

/// The most bytes of a body sent to the control plane: the longest is a scenario, and to read one
/// takes a hundred times its bytes for a moment.
pub const CONTROL_BODY_BYTES_MAX: usize = 256 * 1024;

/// The calls that are answered even beyond the limits, since they are needed when something is
/// wrong.
const ALWAYS_ANSWERED: [&str; 2] = ["/health", "/metrics"];

/// A request, read whole.
#[derive(Debug)]
pub struct ControlRequest {
    pub method: Method,
    /// The path below the prefix, without empty parts.
    pub path: String,
    pub query: Vec<(String, String)>,
    /// The host and port by which the caller reached the emulator, as it says.
    pub authority: Option<Authority>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Its permit; `None` for calls that are always answered.
    pub place: Option<Permit>,
    /// The permit of a long body.
    pub body_place: Option<Permit>,
}

fn take_place(capacity: &Capacity) -> Result<Permit, Refusal> {
    capacity.control_clients.try_acquire().ok_or_else(|| {
        capacity.metrics.reach(Limit::ControlClients);
        let most = capacity.control_clients.total();
        let flag = Limit::ControlClients.row().flag;
        let message = format!(
            "{most} calls of the control plane are under way, as many as --{flag} allows: wait \
             for one to end, or close a journal stream"
        );
        Refusal::new(503, message)
    })
}

/// The path below the prefix.
fn path_of(uri: &Uri) -> &str {
    uri.path().strip_prefix(PREFIX).unwrap_or_default()
}

/// Whether a call reveals no data of the emulator.
fn is_harmless(method: &Method, path: &str) -> bool {
    method == Method::GET
        && (["/health", "/scenario.schema.json", "/ca.pem"].contains(&path)
            || path.starts_with("/openapi/"))
}

impl ControlRequest {
    /// Reads a request that the guard lets pass.
    ///
    /// # Errors
    ///
    /// Those of [`Guard::check`], 503 for too many calls at once, 413 or 408 for a body that is too
    /// large or too slow, 400 for one that is cut off.
    pub async fn read(
        request: Request<Incoming>,
        guard: &Guard,
        capacity: &Capacity,
    ) -> Result<Self, Refusal> {
        let is_harmless = is_harmless(request.method(), path_of(request.uri()));
        let permitted = guard.check(&request, is_harmless);
        let authority = framing::authority(&request);
        let (head, body) = request.into_parts();
        let path = path_of(&head.uri);
        let placed = permitted.and_then(|()| {
            if ALWAYS_ANSWERED.contains(&path) { Ok(None) } else { take_place(capacity).map(Some) }
        });
        let limits = BodyLimits {
            bytes: CONTROL_BODY_BYTES_MAX,
            time: capacity.limits.body_time,
            bytes_without_permit: SHORT_BODY_BYTES_MAX,
        };
        let read = read_body(body, limits, |bytes| capacity.acquire_body_permit(bytes)).await;
        // A refusal also waits for the body. Over HTTP/2 the answer would be lost with the rest of
        // the body.
        let place = placed?;
        let (body, body_place) = read.map_err(|error| match error {
            BodyError::TooLarge => {
                let message = format!(
                    "the body is larger than {CONTROL_BODY_BYTES_MAX} bytes, the most that a call \
                     takes; a longer scenario can be a file, given with --scenario"
                );
                Refusal::new(413, message)
            }
            BodyError::CutOff(error) => Refusal::bad(format!("the body ended early: {error}")),
            BodyError::TooSlow => {
                capacity.metrics.reach(Limit::BodyTime);
                Refusal::new(408, "the body took too long")
            }
        })?;
        let query = head.uri.query().unwrap_or_default();
        let parts = path.split('/').filter(|part| !part.is_empty());
        Ok(Self {
            method: head.method,
            path: parts.map(|part| format!("/{part}")).collect(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            authority,
            headers: head.headers,
            body,
            place,
            body_place,
        })
    }

    /// The media type of the body, in lower case.
    pub fn media_type(&self) -> String {
        guard::media_type(&self.headers)
    }

    /// The body, a JSON object.
    ///
    /// # Errors
    ///
    /// 415 for another media type, 400 for anything but an object.
    pub fn json(&self) -> Result<Map<String, Value>, Refusal> {
        if self.media_type() != "application/json" {
            let message = "the body must be JSON, sent with Content-Type: application/json";
            return Err(Refusal::new(415, message));
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => {
                let twice = |error| Refusal::bad(format!("in the body {error}: leave one out"));
                serde_json::from_slice::<Distinct>(&self.body).map_err(twice)?;
                Ok(object)
            }
            Ok(_) => Err(Refusal::bad("the body must be a JSON object")),
            Err(error) => Err(Refusal::bad(format!("the body is not JSON: {error}"))),
        }
    }
}
