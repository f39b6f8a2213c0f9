//! The context of a request in its checks: what the journal will keep of it.

use std::borrow::Cow;
use std::cell::Cell;
use std::num::NonZeroU64;
use std::sync::Arc;

use http::Method;

use crate::engine::recorded::JournalPlace;
use crate::engine::space::Space;
use crate::engine::spaces::Spaces;
use crate::gateway::explaining;
use crate::gateway::reply::Reply;
use crate::gateway::request::{GatewayRequest, header};
use momo_sandbox_core::model::ids::ReferenceId;

use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::operations::path::OperationPath;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::operations::table::Operation;
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::platform::arrival::Arrival;
use momo_sandbox_core::platform::request::{
    AnsweredRequest, LineAsSent, Refusal, RefusalCause, RequestLine,
};

/// The most characters of a path, or of a method, that the journal keeps: the longest real path is
/// half as long.
const RECORDED_CHARACTERS_MAX: usize = 256;

/// A request, and what the checks found out for the journal. The checks write this and do not read
/// it.
#[derive(Debug)]
pub struct RequestContext<'a> {
    pub(super) request: &'a GatewayRequest,
    /// The operation of the path, and the path of the table that led to it.
    pub(super) operation: Option<(&'static Operation, OperationPath)>,
    pub(super) reference_id: Option<ReferenceId>,
    /// The space of the API user that the credentials name, even if they are refused.
    pub(super) recognised: Option<Arc<Space>>,
    /// The fingerprint of a submission, once it is read.
    pub(super) fingerprint: Option<NonZeroU64>,
    /// Where its entry in the journal stands, once it is written.
    pub(super) place: Cell<Option<JournalPlace>>,
    /// The platform of production that it is for, and how its client named the host.
    pub(super) arrival: Arrival,
}

/// The answer to a request, or its refusal.
pub type Answered = Result<Reply, Box<Refused>>;

/// A refused request, with its answer and its explanation.
#[derive(Debug, thiserror::Error)]
#[error("{rejection}")]
pub struct Refused {
    pub rejection: Rejection,
    pub answer: Answer,
    /// The explanation, without the secrets of the request.
    pub why: String,
}

impl<'a> RequestContext<'a> {
    /// A context of a request of which nothing is known yet.
    pub fn new(request: &'a GatewayRequest, arrival: Arrival) -> Self {
        let (operation, reference_id, recognised, fingerprint) = (None, None, None, None);
        let place = Cell::default();
        Self { request, operation, reference_id, recognised, fingerprint, place, arrival }
    }

    pub fn refused(&self, rejection: Rejection) -> Box<Refused> {
        let (answer, why) = (rejection.answer(), explaining::why(self.request, &rejection));
        Box::new(Refused { rejection, answer, why })
    }

    /// Writes the request with its answer in the journal of a space.
    pub(super) fn record_in(&self, platform: &mut Platform, answered: &Answered) {
        let entry = platform.record_request(self.journal_entry(answered));
        let api_user = platform.api_user().id;
        self.place.set(Some(JournalPlace::Space { api_user, entry }));
    }

    /// Writes the request with its answer in the global journal: it is in no space.
    pub(super) fn record_outside(&self, spaces: &Spaces, answered: &Answered) {
        let number = spaces.note_unauthenticated(self.journal_entry(answered));
        self.place.set(Some(JournalPlace::Global(number)));
    }

    /// The journal's entry of the request with its answer.
    fn journal_entry(&self, answered: &Answered) -> AnsweredRequest {
        let (status, reported_status, fault) = match answered {
            Ok(reply) => (reply.answer.status, reply.reported_status, reply.fault),
            Err(refused) => (refused.answer.status, None, None),
        };
        AnsweredRequest {
            line: self.line(),
            reference_id: self.reference_id,
            fingerprint: self.fingerprint,
            has_callback_url: self.request.headers.contains_key(&header::CALLBACK_URL),
            arrival: self.arrival,
            reported_status,
            status,
            refusal: refusal_in(answered).map(Box::new),
            fault,
        }
    }

    fn line(&self) -> RequestLine {
        let (method, path) = (&self.request.method, self.request.path());
        let plain = self.operation.and_then(|(operation, operation_path)| {
            RequestLine::plain(operation, operation_path, self.reference_id, path)
        });
        plain.unwrap_or_else(|| {
            let operation = self.operation.map(|(operation, _)| operation);
            let (method, path) = (recorded_method(method), beginning(path));
            RequestLine::AsSent(Box::new(LineAsSent { method, path, operation }))
        })
    }
}

/// The refusal in an answer: by a check, or by a scenario that asks for it.
pub(super) fn refusal_in(answered: &Answered) -> Option<Refusal> {
    match answered {
        Ok(reply) => reply.asked_for_by.as_ref().map(|rule| {
            let why = explaining::why_of_scenario(rule).into();
            Refusal { cause: RefusalCause::Scenario, why }
        }),
        Err(refused) => {
            let cause = RefusalCause::Rejection(refused.rejection.kind());
            Some(Refusal { cause, why: refused.why.as_str().into() })
        }
    }
}

/// The beginning of a text that a caller chose, cut to what the journal keeps.
fn beginning(text: &str) -> Box<str> {
    let end = text.char_indices().nth(RECORDED_CHARACTERS_MAX).map_or(text.len(), |(end, _)| end);
    text[..end].into()
}

/// The common methods need no memory of their own.
fn recorded_method(method: &Method) -> Cow<'static, str> {
    match *method {
        Method::GET => Cow::Borrowed("GET"),
        Method::POST => Cow::Borrowed("POST"),
        Method::DELETE => Cow::Borrowed("DELETE"),
        _ => Cow::Owned(beginning(method.as_str()).into()),
    }
}
