//! A request to the control plane, read whole, and how it is refused.

use bytes::Bytes;
use http::uri::Authority;
use http::{HeaderMap, Method, Request, Uri};
use hyper::body::Incoming;
use serde_json::{Map, Value, json};

use crate::control::distinct::Distinct;
use crate::control::guard::{self, Guard};
use crate::control::routes::Call;
use crate::control::{PREFIX, names};
use crate::engine::capacity::Capacity;
use crate::engine::permits::Permit;
use crate::server::framing;
use crate::server::request_body::{BodyError, BodyLimits, read_body};
use momo_sandbox_core::model::limits::{CONTROL_BODY_BYTES_MAX, Limit, SHORT_BODY_BYTES_MAX};
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::operations::unreadable::beginning;

/// What is asked when something is wrong, also with the limits.
const ALWAYS_ANSWERED: [&str; 2] = ["/health", "/metrics"];

/// A request, read whole.
#[derive(Debug)]
pub struct ControlRequest {
    /// The method.
    pub method: Method,
    /// The path below the prefix, in parts.
    pub segments: Vec<String>,
    /// The parameters of the query.
    pub query: Vec<(String, String)>,
    /// The host and port by which the emulator was reached, as the caller says.
    pub authority: Option<Authority>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Its place among the calls under way, but for those that are always answered.
    pub place: Option<Permit>,
    /// The place of a long body among all of them.
    pub body_place: Option<Permit>,
}

/// Why a request is not answered as it hopes.
#[derive(Debug)]
pub struct Refusal {
    status: u16,
    body: Value,
}

impl Refusal {
    /// A refusal with this message.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, body: json!({"error": message.into()}) }
    }

    /// A refusal of what was sent.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// A refusal that says more than a message.
    pub fn with(status: u16, body: Value) -> Self {
        Self { status, body }
    }

    /// The answer.
    pub fn answer(self) -> Answer {
        Answer::json(self.status, &self.body)
    }
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

/// Whether a call tells nothing that is anybody's.
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
    /// Those of [`Guard::check`], 503 where too many calls are under way, 413 or 408 for a body
    /// that is too large or too slow, 400 for one that is cut off.
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
        let placed = permitted.and_then(|()| match ALWAYS_ANSWERED.contains(&path) {
            true => Ok(None),
            false => take_place(capacity).map(Some),
        });
        let limits = BodyLimits {
            bytes: CONTROL_BODY_BYTES_MAX,
            time: capacity.limits.body_time,
            bytes_without_permit: SHORT_BODY_BYTES_MAX,
        };
        let read = read_body(body, limits, |bytes| capacity.acquire_body_permit(bytes)).await;
        // A refusal too comes after the body: in HTTP/2 the answer would be lost with its rest.
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
        Ok(Self {
            method: head.method,
            segments: path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            authority,
            headers: head.headers,
            body,
            place,
            body_place,
        })
    }

    /// Refuses parameters of the query, and fields of the body, that this call would not look at.
    ///
    /// # Errors
    ///
    /// 400 for a parameter that is not known or is there twice, and for a field where none is
    /// taken.
    pub fn takes(&self, parameters: &[&str], call: &Call) -> Result<(), Refusal> {
        let what = format!("the query of `{} {}`", call.method, call.told());
        let names = || self.query.iter().map(|(name, _)| name.as_str());
        names::only_known(names(), parameters, &what)?;
        for (place, name) in names().enumerate() {
            // The one that is a list.
            if name != "exclude" && names().take(place).any(|before| before == name) {
                return Err(Refusal::bad(format!("`{name}` is there twice in {what}")));
            }
        }
        match call.kind.takes_body() || self.body.trim_ascii().is_empty() {
            true => Ok(()),
            false => self.takes_no_fields(parameters, call),
        }
    }

    /// Refuses a body with fields, where none is looked at.
    fn takes_no_fields(&self, parameters: &[&str], call: &Call) -> Result<(), Refusal> {
        let body = self.json()?;
        let Some(name) = body.keys().next() else { return Ok(()) };
        let help = match parameters.contains(&name.as_str()) {
            true => "it is a parameter of the query: write it behind the `?` of the address",
            false => "it takes none",
        };
        let (shown, path) = (beginning(name), call.told());
        let what = format!("the body of `{} {path}`", call.method);
        Err(Refusal::bad(format!("unknown `{shown}` in {what}: {help}")))
    }

    /// A parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the query that is a whole number.
    ///
    /// # Errors
    ///
    /// 400 for anything else.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let number = self.parameter(name).map(|text| {
            let wrong = || Refusal::bad(format!("`{name}` must be a whole number, not `{text}`"));
            text.parse().map_err(|_| wrong())
        });
        number.transpose()
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
