//! What the journal keeps of a request: within limits, and in few bytes.

use std::borrow::Cow;

use http::Method;

use crate::gateway::explaining;
use crate::gateway::request::GatewayRequest;
use momo_sandbox_core::model::limits;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::operations::table::Operation;
use momo_sandbox_core::platform::request::{LineAsSent, Refusal, RefusalCause, RequestLine};
use momo_sandbox_core::scenario::rule::Origin;

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

/// What the journal keeps of why a request was refused.
pub(super) fn refusal(request: &GatewayRequest, rejection: &Rejection) -> Refusal {
    let cause = RefusalCause::Rejection(rejection.kind());
    Refusal { cause, why: explaining::why(request, rejection).into() }
}

/// What the journal keeps of an error that a scenario asked for.
pub(super) fn scenario_error(rule: &Origin) -> Refusal {
    Refusal { cause: RefusalCause::Scenario, why: explaining::why_of_scenario(rule).into() }
}
