//! The gateway: the emulated API over HTTP.
//!
//! [`admission`] runs the checks of a request, [`command`] reads what it asks for, and [`handlers`]
//! carries it out. The operations are those of [`momo_sandbox_core::operations::table`].

pub mod admission;
mod authentication;
pub mod command;
mod explaining;
pub mod handlers;
pub mod http_faults;
mod late_answers;
mod nearest;
mod pacing;
mod platforms;
mod recording;
pub mod reply;
pub mod request;
pub mod request_context;
pub mod routes;
pub mod subscription_keys;
mod system_credentials;
pub mod token_secret;
pub mod tokens;

use std::sync::Arc;

use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use tracing::{debug, info};

use crate::engine::spaces::Spaces;
use crate::gateway::admission::UnreadSubmission;
use crate::gateway::recording::{Received, Recording};
use crate::gateway::reply::Reply;
use crate::gateway::request::GatewayRequest;
use crate::gateway::request_context::{Answered, Refused, RequestContext};
use crate::gateway::routes::Routes;
use crate::gateway::subscription_keys::SubscriptionKeys;
use crate::gateway::tokens::Tokens;
use crate::server::body::ResponseBody;
use crate::server::peer::Peer;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::mtn_platform::{MtnPlatform, PlayedPlatforms};
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::operations::rejection::Rejection;

/// The hosts that are hard-coded in published clients (docs/contract.md#what-clients-do), and that
/// of the platform that production moves to (docs/contract.md#new-platform).
const WIRED_IN_HOSTS: [&str; 6] = [
    "sandbox.momodeveloper.mtn.com",
    MtnPlatform::Legacy.host(),
    "ericssonbasicapi2.azure-api.net",
    "ericssonbasicapi1.azure-api.net",
    "proxy.momoapi.mtn.co.rw",
    MtnPlatform::New.host(),
];

/// The hosts in the certificate of the HTTPS frontend: those wired into clients, this machine, and
/// these names.
pub fn frontend_hosts(names: &[String]) -> Vec<String> {
    let wired_in = WIRED_IN_HOSTS.into_iter().chain(["localhost", "127.0.0.1", "::1"]);
    wired_in.map(str::to_owned).chain(names.iter().cloned()).collect()
}

#[derive(Debug)]
pub struct Gateway {
    pub spaces: Arc<Spaces>,
    /// The keys that are good for each product.
    pub subscription_keys: SubscriptionKeys,
    pub tokens: Tokens,
    /// The target environment that calls must name.
    pub environment: &'static Environment,
    /// The platforms of production that are played; `None` where they are not told apart.
    pub platforms: Option<PlayedPlatforms>,
    pub routes: Routes,
    /// Whether a refusal is explained in the header `X-Momo-Sandbox-Why`.
    pub explains: bool,
}

impl Gateway {
    /// Answers one request of the emulated API, which came to a port of this platform.
    pub async fn respond(
        &self,
        request: Request<Incoming>,
        peer: &Peer,
        port: Option<MtnPlatform>,
    ) -> Response<ResponseBody> {
        let received = Received::now(request.version());
        let (head, body) = request.into_parts();
        let mut request = GatewayRequest { port, ..head.into() };
        let read = request.read_body(body, self.spaces.capacity()).await;
        let (answered, mut recording) = self.answer(&request, read, received);
        let (method, path) = (&request.method, request.path());
        let why;
        let reply = match answered {
            Ok(reply) => {
                debug!(%method, path, status = reply.answer.status, "answered");
                why = reply.asked_for_by.as_ref().map(explaining::why_of_scenario);
                reply
            }
            Err(refused) => {
                let Refused { answer, why: text, .. } = *refused;
                info!(%method, path, status = answer.status, why = %text, "refused");
                why = Some(text);
                answer.into()
            }
        };
        if let Some(recording) = recording.as_mut().filter(|_| reply.at.is_some()) {
            recording.begin(&self.spaces);
        }
        if let Some(sending) = &reply.at {
            // Boxed, because it is rare and large.
            Box::pin(self.wait(&request, sending, peer)).await;
        }
        if let Some(fault) = reply.fault {
            info!(%method, path, breakage = ?fault, "broken, as a scenario asks for");
        }
        let body = recording.is_some().then(|| reply.answer.body.clone());
        let mut response = reply.response_of_the_gateway(&self.spaces);
        if let Some(why) = why.filter(|_| self.explains)
            && let Ok(why) = HeaderValue::try_from(why)
        {
            response.headers_mut().insert(explaining::WHY.clone(), why);
        }
        if let (Some(recording), Some(body)) = (recording, body) {
            recording.end(&self.spaces, &response, body.as_bytes());
        }
        response
    }

    /// Answers a request of which this much was read. Returns what is to be recorded of it, too.
    fn answer(
        &self,
        request: &GatewayRequest,
        read: Result<(), Rejection>,
        received: Received,
    ) -> (Answered, Option<Box<Recording>>) {
        let mut context = RequestContext::new(request, platforms::arrival_of(self, request));
        let answered = match read {
            Ok(()) => self.decide_in(&mut context),
            Err(rejection) => {
                let answered = self.refuse(rejection, &context);
                self.count(&answered, &context);
                answered
            }
        };
        let recording = Recording::of(&self.spaces, &context, &answered, received);
        (answered, recording)
    }

    /// Decides the answer to a request that was read whole, and carries the request out. Writes
    /// both in the journal of the caller's space, or in the global journal if the caller is
    /// unknown.
    ///
    /// # Errors
    ///
    /// [`Refused`], by the first check that fails or by the state.
    pub fn decide(&self, request: &GatewayRequest) -> Answered {
        self.decide_in(&mut RequestContext::new(request, platforms::arrival_of(self, request)))
    }

    fn decide_in(&self, context: &mut RequestContext<'_>) -> Answered {
        let answered = match admission::admit(self, context) {
            Ok(admitted) => handlers::handle(self, admitted, context),
            Err(refused) => {
                match refused.unread.and_then(|one| self.answer_unread(&one, context)) {
                    Some(reply) => Ok(reply),
                    None => self.refuse(refused.rejection, context),
                }
            }
        };
        self.count(&answered, context);
        answered
    }

    /// The answer of a scenario that answers a submission without reading its body.
    fn answer_unread(
        &self,
        unread: &UnreadSubmission,
        context: &RequestContext<'_>,
    ) -> Option<Reply> {
        let UnreadSubmission { caller, product, kind } = unread;
        self.spaces.enter(caller, |platform, _| {
            let (fault, rule) = platform.answer_before_body(*product, *kind)?;
            let answered = Ok(Reply::with(Answer::empty(202), Some(fault), Some(rule)));
            context.record_in(platform, &answered);
            answered.ok()
        })
    }

    /// Refuses a request, and writes that in the journal.
    fn refuse(&self, rejection: Rejection, context: &RequestContext<'_>) -> Answered {
        let refused = Err(context.refused(rejection));
        match &context.recognised {
            Some(space) => {
                self.spaces.enter(space, |platform, _| context.record_in(platform, &refused));
            }
            None => context.record_outside(&self.spaces, &refused),
        }
        refused
    }

    /// Counts an answer for the metrics.
    fn count(&self, answered: &Answered, context: &RequestContext<'_>) {
        let (status, rejection) = match answered {
            Ok(reply) => (reply.answer.status, None),
            Err(refused) => (refused.answer.status, Some(&refused.rejection)),
        };
        let operation = context.operation.map(|(operation, _)| operation);
        self.spaces.metrics().answered(operation, status, rejection);
    }
}
