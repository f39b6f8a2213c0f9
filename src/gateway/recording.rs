//! Records what a request and its answer looked like, without secrets, for the control plane.

use std::time::{Duration, Instant};

use http::header::{AUTHORIZATION, HOST};
use http::{Response, Version};
use hyper::ext::ReasonPhrase;

use crate::engine::clock::monotonic;
use crate::engine::message::{Message, Secrets};
use crate::engine::recorded::{JournalPlace, Recorded, RecordedKind};
use crate::engine::spaces::Spaces;
use crate::gateway::authentication::basic_credentials;
use crate::gateway::explaining;
use crate::gateway::request::GatewayRequest;
use crate::gateway::request_context::{Answered, RequestContext, refusal_in};
use crate::server::body::ResponseBody;

/// When the head of a request was there, and its version of HTTP.
#[derive(Debug, Clone, Copy)]
pub(super) struct Received {
    version: Version,
    at: Instant,
}

impl Received {
    pub(super) fn now(version: Version) -> Self {
        Self { version, at: monotonic() }
    }

    fn took(self) -> Duration {
        monotonic().saturating_duration_since(self.at)
    }
}

/// A request that was decided, and is recorded once its answer is made.
#[derive(Debug)]
pub(super) struct Recording {
    place: JournalPlace,
    recorded: Option<Recorded>,
    /// The number under which it was recorded without its answer.
    begun: Option<u64>,
    secrets: Secrets,
    received: Received,
}

impl Recording {
    /// What is to be recorded of a request; `None` where nothing is. Boxed, because it waits for
    /// the answer.
    pub(super) fn of(
        spaces: &Spaces,
        context: &RequestContext<'_>,
        answered: &Answered,
        received: Received,
    ) -> Option<Box<Self>> {
        // Asked first, so that a request that went well costs nothing more.
        if !spaces.recorded().wants(went_well(answered)) {
            return None;
        }
        let (place, request) = (context.place.get()?, context.request);
        let secrets = Secrets { values: explaining::secrets_of(request), user: user_of(context) };
        let (status, broken) = match answered {
            Ok(reply) => (reply.answer.status, reply.fault),
            Err(refused) => (refused.answer.status, None),
        };
        let (refusal, why) = refusal_in(answered).map(|one| (one.cause, one.why)).unzip();
        let recognised = context.recognised.as_deref();
        let recorded = Recorded {
            number: 0,
            kind: RecordedKind::Request,
            at: recognised.map_or_else(|| spaces.clock().now(), |space| spaces.now(space)),
            took: None,
            api_user: recognised.map(|space| space.api_user().id),
            reference_id: context.reference_id,
            operation: context.operation.map(|(operation, _)| operation),
            // Only the HTTPS front is of no platform.
            is_secure: request.port.is_none(),
            status,
            refusal,
            why,
            broken,
            request: message_of(request, received.version, &secrets),
            answer: None,
        };
        Some(Box::new(Self { place, recorded: Some(recorded), begun: None, secrets, received }))
    }

    /// Records the request before its answer is sent, which takes a while.
    pub(super) fn begin(&mut self, spaces: &Spaces) {
        let recorded = self.recorded.take();
        self.begun = recorded.and_then(|recorded| spaces.record(self.place, recorded));
    }

    /// Records the answer, with the request unless that is recorded already.
    pub(super) fn end(self, spaces: &Spaces, response: &Response<ResponseBody>, body: &[u8]) {
        let answer = answer_of(response, self.received.version, body, &self.secrets);
        let took = self.received.took();
        if let Some(recorded) = self.recorded {
            let recorded = Recorded { took: Some(took), answer: Some(answer), ..recorded };
            // None after a reset, which forgets it as well.
            let _ = spaces.record(self.place, recorded);
        } else if let Some(number) = self.begun {
            spaces.recorded().answer(number, took, answer);
        }
    }
}

/// Whether a request got what it asked for: no refusal, no error, and nothing that a scenario did
/// to its answer.
fn went_well(answered: &Answered) -> bool {
    answered.as_ref().is_ok_and(|reply| {
        reply.answer.status < 400 && reply.asked_for_by.is_none() && reply.fault.is_none()
    })
}

fn message_of(request: &GatewayRequest, version: Version, secrets: &Secrets) -> Message {
    let target = request.uri.path_and_query().map_or("/", |target| target.as_str());
    let line = format!("{} {target} {version:?}", request.method);
    // Over HTTP/2 the host is no header.
    let host = request.uri.authority().filter(|_| !request.headers.contains_key(HOST));
    let host = host.map(|host| ("host", host.as_str().as_bytes()));
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    Message::new(&line, host.into_iter().chain(headers), (&request.body[..]).into(), secrets)
}

fn answer_of(
    response: &Response<ResponseBody>,
    version: Version,
    body: &[u8],
    secrets: &Secrets,
) -> Message {
    let status = response.status();
    let own = response.extensions().get::<ReasonPhrase>();
    let own = own.map(|phrase| String::from_utf8_lossy(phrase.as_bytes()));
    let phrase = own.as_deref().or(status.canonical_reason()).unwrap_or_default();
    let line = format!("{version:?} {} {phrase}", status.as_u16());
    let headers = response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    Message::new(&line, headers, body.into(), secrets)
}

/// The user of Basic credentials, if it is an API user's id. Anything else may be a secret in the
/// wrong place.
fn user_of(context: &RequestContext<'_>) -> Option<String> {
    let (user, _) = basic_credentials(context.request.header(&AUTHORIZATION)?).ok()?;
    let known = context.recognised.as_deref()?.api_user().shown_id();
    (*known == *user).then_some(user)
}
