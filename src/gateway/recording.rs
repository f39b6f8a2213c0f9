//! What the journal keeps of a request: within limits, and in few bytes.

use std::borrow::Cow;

use http::Method;

use crate::gateway::reply::Reply;
use crate::model::limits;
use crate::operations::rejection::Rejection;
use crate::operations::table::Operation;
use crate::platform::request::{AnsweredRequest, LineAsSent, Refusal, RequestLine};

/// What the journal keeps of a text that a caller chose: the longest real path is half as long.
fn beginning(text: &str, characters: usize) -> Box<str> {
    match text.len() > characters {
        true => match text.char_indices().nth(characters) {
            Some((end, _)) => text[..end].into(),
            None => text.into(),
        },
        false => text.into(),
    }
}

/// The methods that are common need no memory of their own.
fn recorded_method(method: &Method) -> Cow<'static, str> {
    match *method {
        Method::GET => Cow::Borrowed("GET"),
        Method::POST => Cow::Borrowed("POST"),
        Method::DELETE => Cow::Borrowed("DELETE"),
        _ => Cow::Owned(beginning(method.as_str(), limits::RECORDED_CHARACTERS_MAX).into()),
    }
}

/// What the journal keeps of a line that is not one of the table's.
pub(super) fn line(
    method: &Method,
    path: &str,
    operation: Option<&'static Operation>,
) -> RequestLine {
    let path = beginning(path, limits::RECORDED_CHARACTERS_MAX);
    RequestLine::AsSent(Box::new(LineAsSent { method: recorded_method(method), path, operation }))
}

/// What the journal keeps of a request and its answer; who examined it adds what it is about.
pub(super) fn record(line: RequestLine, answered: &Result<Reply, Rejection>) -> AnsweredRequest {
    let (status, told, broken, refusal) = match answered {
        Ok(reply) => (reply.answer.status, reply.told, reply.breakage, None),
        Err(rejection) => {
            let why = beginning(&rejection.to_string(), limits::RECORDED_REASON_MAX);
            let refusal = Refusal { name: rejection.name(), why };
            (rejection.answer().status, None, None, Some(Box::new(refusal)))
        }
    };
    AnsweredRequest {
        line,
        reference_id: None,
        order: None,
        has_callback_url: false,
        told,
        status,
        refusal,
        broken,
    }
}
