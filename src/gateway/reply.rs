//! An answer and what a scenario does to it on its way: late, broken off, or never there.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use hyper::ext::ReasonPhrase;
use tokio::sync::mpsc::Receiver;

use crate::engine::spaces::Space;
use momo_sandbox_core::model::fault::ConnectionFault;
use momo_sandbox_core::model::status::StatusKind;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::answer::{Answer, Header, JSON, Layer, PLATFORM_HEADERS};
use momo_sandbox_core::scenario::rule::{Fault, Origin};

/// An answer, and what happens to it.
#[derive(Debug)]
pub struct Reply {
    /// The answer.
    pub answer: Answer,
    /// The status that it tells, where it tells one and goes out whole.
    pub told: Option<StatusKind>,
    /// When it is sent, in the time of a space; at once, without.
    pub at: Option<(Arc<Space>, Timestamp)>,
    /// What happens to the connection instead of the whole answer.
    pub fault: Option<ConnectionFault>,
    /// Which rule of a scenario asked for the answer, where it is an error of the scenario's.
    pub asked_for_by: Option<Origin>,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self { answer, told: None, at: None, fault: None, asked_for_by: None }
    }
}

impl Reply {
    /// The answer, as this fault leaves it, which that rule asked for.
    pub fn with(answer: Answer, fault: Option<Fault>, rule: Option<Origin>) -> Self {
        let whole = Self::from(answer);
        match fault {
            None => whole,
            Some(Fault::Answer(error)) => {
                Self { answer: Arc::unwrap_or_clone(error), asked_for_by: rule, ..whole }
            }
            Some(Fault::Connection(fault)) => Self { fault: Some(fault), ..whole },
        }
    }

    /// The same, sent at that time in a space.
    pub fn at(self, space: Arc<Space>, at: Timestamp) -> Self {
        Self { at: Some((space, at)), ..self }
    }

    /// The HTTP response of the emulated API, with the headers of the layer that gives it; a
    /// [`ConnectionFault`] of the connection goes with it as an extension.
    pub fn response_of_the_gateway(self) -> Response<ReplyBody> {
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

    /// The HTTP response, with no header that only MTN's gateway has.
    pub fn response(self) -> Response<ReplyBody> {
        let Self { answer, fault, .. } = self;
        let is_cut = fault == Some(ConnectionFault::CutOff);
        let promised = answer.body.len().max(CUT_LENGTH_MIN);
        let phrase = answer.phrase();
        let body = Bytes::from(answer.body);
        let mut response = Response::new(if is_cut {
            let half = body.slice(..body.len() / 2);
            ReplyBody::Cut(Cut::Beginning(if half.is_empty() {
                Bytes::from_static(b"{")
            } else {
                half
            }))
        } else {
            ReplyBody::Whole(Full::new(body))
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
            // The rest of the body is still on its way and nobody will read it.
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

/// Adds headers of the table of answers.
fn insert(headers: &mut HeaderMap, added: &[Header]) {
    for (name, value) in added {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

/// What every answer of the wallet platform has, ready to be copied: most answers have these.
static OF_PLATFORM: LazyLock<Vec<(HeaderName, HeaderValue)>> = LazyLock::new(|| {
    let typed =
        |(name, value): &Header| (HeaderName::from_static(name), HeaderValue::from_static(value));
    PLATFORM_HEADERS.iter().map(typed).collect()
});

/// The content type that most answers have, ready to be copied.
static JSON_TYPE: HeaderValue = HeaderValue::from_static(JSON);

fn header_of_type(content_type: &'static str) -> HeaderValue {
    match content_type {
        JSON => JSON_TYPE.clone(),
        other => HeaderValue::from_static(other),
    }
}

/// What an answer that is cut off promises at least: an empty one could not be cut.
const CUT_LENGTH_MIN: usize = 64;

/// The body of an answer.
#[derive(Debug)]
pub enum ReplyBody {
    /// All of it.
    Whole(Full<Bytes>),
    /// Its beginning; then the connection breaks.
    Cut(Cut),
    /// Parts, as they come.
    Stream(Receiver<Bytes>),
}

/// How far an answer that is cut off has come.
#[derive(Debug)]
pub enum Cut {
    /// This is still to be sent.
    Beginning(Bytes),
    /// It is on its way: what is written must be flushed before the connection breaks.
    Flushing,
    /// The connection breaks.
    Broken,
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(never),
            Self::Stream(parts) => {
                parts.poll_recv(context).map(|part| part.map(Frame::data).map(Ok))
            }
            Self::Cut(cut) => match std::mem::replace(cut, Cut::Broken) {
                Cut::Beginning(bytes) => {
                    *cut = Cut::Flushing;
                    Poll::Ready(Some(Ok(Frame::data(bytes))))
                }
                Cut::Flushing => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                Cut::Broken => {
                    let error = io::Error::other("cut off, as a scenario asks for");
                    Poll::Ready(Some(Err(error)))
                }
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Cut(_) | Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Cut(_) | Self::Stream(_) => SizeHint::default(),
        }
    }
}

fn never(never: Infallible) -> io::Error {
    match never {}
}
