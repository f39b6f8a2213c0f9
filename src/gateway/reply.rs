//! An answer, and what a scenario does to it: it is late, cut off, or not sent.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use hyper::ext::ReasonPhrase;

use crate::engine::space::Space;
use crate::server::body::ResponseBody;
use momo_sandbox_core::model::fault::ConnectionFault;
use momo_sandbox_core::model::status::StatusKind;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::answer::{Answer, Header, JSON, Layer, PLATFORM_HEADERS};
use momo_sandbox_core::scenario::call::CallFate;
use momo_sandbox_core::scenario::rule::{Decider, Fault};

/// An answer, and what a scenario does to it.
#[derive(Debug)]
pub struct Reply {
    pub answer: Answer,
    /// The transaction's status in the answer, unless a fault replaces the answer.
    pub reported_status: Option<StatusKind>,
    /// When the answer is sent; `None` for at once.
    pub at: Option<SendingTime>,
    /// The fault of the connection that replaces the whole answer.
    pub fault: Option<ConnectionFault>,
    /// The rule of a scenario that asks for this error.
    pub asked_for_by: Option<Decider>,
}

/// When an answer is sent.
#[derive(Debug)]
pub struct SendingTime {
    pub at: Timestamp,
    /// The space in whose time it is; that of the clock for provisioning.
    pub space: Option<Arc<Space>>,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self { answer, reported_status: None, at: None, fault: None, asked_for_by: None }
    }
}

impl Reply {
    /// An answer with the fault that a rule asks for.
    pub fn with(answer: Answer, fault: Option<Fault>, rule: Option<Decider>) -> Self {
        let whole = Self::from(answer);
        match fault {
            None => whole,
            Some(Fault::Answer(error)) => {
                Self { answer: Arc::unwrap_or_clone(error), asked_for_by: rule, ..whole }
            }
            Some(Fault::Connection(fault)) => Self { fault: Some(fault), ..whole },
        }
    }

    /// The same reply, sent at this time in a space.
    pub fn at(self, space: Arc<Space>, at: Timestamp) -> Self {
        Self { at: Some(SendingTime { at, space: Some(space) }), ..self }
    }

    /// The same reply with what a rule does to a call.
    pub fn after(self, fate: CallFate, now: Timestamp, space: Option<Arc<Space>>) -> Self {
        let at = Some(SendingTime { at: now.after(fate.delay), space });
        let is_changed = fate.fault.is_some();
        let reported_status = self.reported_status.filter(|_| !is_changed);
        let own = if is_changed { None } else { self.fault };
        let reply = Self::with(self.answer, fate.fault, Some(fate.decided_by));
        Self { at, reported_status, fault: reply.fault.or(own), ..reply }
    }

    /// The HTTP response of the emulated API, with the headers of the layer that answers.
    pub fn response_of_the_gateway(self) -> Response<ResponseBody> {
        let layer = self.answer.layer;
        let mut response = self.response();
        if layer == Layer::Platform {
            let headers = response.headers_mut();
            for (name, value) in OF_PLATFORM.iter() {
                headers.insert(name.clone(), value.clone());
            }
        }
        response
    }

    /// The HTTP response, without the headers that only MTN's gateway has. A fault of the
    /// connection is an extension of the response.
    pub fn response(self) -> Response<ResponseBody> {
        let Self { answer, fault, .. } = self;
        let is_cut = fault == Some(ConnectionFault::CutOff);
        let promised = answer.body.len().max(CUT_LENGTH_MIN);
        let phrase = answer.phrase();
        let body = Bytes::from(answer.body);
        let mut response = Response::new(if is_cut {
            let half = body.slice(..body.len() / 2);
            ResponseBody::cut_off_after(if half.is_empty() {
                Bytes::from_static(b"{")
            } else {
                half
            })
        } else {
            ResponseBody::Whole(Full::new(body))
        });
        *response.status_mut() =
            StatusCode::from_u16(answer.status).expect("answers have statuses that exist");
        let headers = response.headers_mut();
        if let Some(content_type) = answer.content_type {
            headers.insert(CONTENT_TYPE, header_of_type(content_type));
        }
        insert(headers, answer.headers);
        if is_cut {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(promised));
        }
        if matches!(answer.status, 408 | 413) {
            // The rest of the body is still on its way, and nothing reads it.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(phrase) = phrase {
            let phrase = ReasonPhrase::from_static(phrase.as_bytes());
            response.extensions_mut().insert(phrase);
        }
        if let Some(fault) = fault {
            response.extensions_mut().insert(fault);
        }
        response
    }
}

/// Adds the headers of an answer.
fn insert(headers: &mut HeaderMap, added: &[Header]) {
    for (name, value) in added {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

/// The headers of every answer of the wallet platform, ready to be copied.
static OF_PLATFORM: LazyLock<Vec<(HeaderName, HeaderValue)>> = LazyLock::new(|| {
    let typed =
        |(name, value): &Header| (HeaderName::from_static(name), HeaderValue::from_static(value));
    PLATFORM_HEADERS.iter().map(typed).collect()
});

/// The content type of most answers, ready to be copied.
static JSON_TYPE: HeaderValue = HeaderValue::from_static(JSON);

fn header_of_type(content_type: &'static str) -> HeaderValue {
    match content_type {
        JSON => JSON_TYPE.clone(),
        other => HeaderValue::from_static(other),
    }
}

/// The least Content-Length of an answer that is cut off, since an empty answer could not be cut.
const CUT_LENGTH_MIN: usize = 64;
