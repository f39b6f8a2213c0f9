//! An answer, and what a scenario does to it: it is late, cut off, or not sent.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use hyper::ext::ReasonPhrase;

use crate::engine::space::Space;
use crate::engine::spaces::Spaces;
use crate::gateway::pacing;
use crate::server::body::ResponseBody;
use momo_sandbox_core::model::fault::ConnectionFault;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::answer::{
    Answer, Header, JSON, Layer, OwnHead, PLATFORM_HEADERS,
};
use momo_sandbox_core::platform::request::ReportedStatus;
use momo_sandbox_core::scenario::call::CallFate;
use momo_sandbox_core::scenario::rule::{Decider, Fault};
use momo_sandbox_core::scenario::scenario_answer::Pace;

/// An answer, and what a scenario does to it.
#[derive(Debug)]
pub struct Reply {
    pub answer: Answer,
    /// The status in the answer, unless a fault replaces the answer.
    pub reported_status: Option<ReportedStatus>,
    /// When the answer is sent; `None` for at once.
    pub at: Option<SendingTime>,
    /// The fault of the connection that replaces the answer, or the rest of it.
    pub fault: Option<ConnectionFault>,
    /// How the body comes.
    pub pace: Pace,
    /// The rule of a scenario that asks for this answer.
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
        let (at, fault, pace) = (None, None, Pace::default());
        Self { answer, reported_status: None, at, fault, pace, asked_for_by: None }
    }
}

impl Reply {
    /// The ordinary answer with what a rule does to it.
    pub fn with(ordinary: Answer, fault: Option<Fault>, rule: Option<Decider>) -> Self {
        let Some(fault) = fault else { return ordinary.into() };
        let asked = fault.answer();
        Self {
            fault: fault.connection(),
            pace: fault.pace(),
            asked_for_by: rule.filter(|_| asked.is_some()),
            ..match asked {
                Some(asked) => asked.apply(ordinary),
                None => ordinary,
            }
            .into()
        }
    }

    /// The same reply, sent at this time in a space.
    pub fn at(self, space: Arc<Space>, at: Timestamp) -> Self {
        Self { at: Some(SendingTime { at, space: Some(space) }), ..self }
    }

    /// The same reply with what a rule does to a call.
    pub fn after(self, fate: CallFate, now: Timestamp, space: Option<Arc<Space>>) -> Self {
        let at = Some(SendingTime { at: now.after(fate.delay), space });
        let Some(fault) = fate.fault else { return Self { at, ..self } };
        let reported_status = self.reported_status.filter(|_| fault.leaves_body());
        let reply = Self::with(self.answer, Some(fault), Some(fate.decided_by));
        Self { at, reported_status, ..reply }
    }

    /// The HTTP response of the emulated API, with the headers of the layer that answers.
    pub fn response_of_the_gateway(mut self, spaces: &Arc<Spaces>) -> Response<ResponseBody> {
        let layer = self.answer.layer;
        let own_head = self.answer.own_head.take();
        let paced = (self.pace != Pace::default()).then(|| {
            let body = Bytes::from(std::mem::take(&mut self.answer.body));
            pacing::paced(body, self.pace, self.fault, self.at.take(), spaces)
        });
        let is_paced = paced.is_some();
        let mut response = Self { fault: self.fault.filter(|_| !is_paced), ..self }.response();
        if layer == Layer::Platform {
            let headers = response.headers_mut();
            for (name, value) in OF_PLATFORM.iter() {
                headers.insert(name.clone(), value.clone());
            }
        }
        if let Some((body, promised)) = paced {
            *response.body_mut() = body;
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(promised));
        }
        if let Some(own_head) = own_head {
            put_own_head(&mut response, &own_head);
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

/// Puts the head that a scenario asks for over what is there. The reader of scenarios takes only
/// what HTTP allows.
fn put_own_head(response: &mut Response<ResponseBody>, own_head: &OwnHead) {
    let OwnHead { content_type, headers, phrase } = own_head;
    let typed = content_type.iter().map(|content_type| (CONTENT_TYPE.as_str(), &**content_type));
    let named = headers.iter().map(|(name, value)| (&**name, &**value));
    for (name, value) in named.chain(typed) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    if let Some(Ok(phrase)) = phrase.as_deref().map(|text| ReasonPhrase::try_from(text.as_bytes()))
    {
        response.extensions_mut().insert(phrase);
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
pub(super) const CUT_LENGTH_MIN: usize = 64;
