//! The gateway: the emulated API over HTTP.
//!
//! [`admission`] has the order of checks, [`handlers`] what each kind of operation does. Which operations there are is read from [`momo_sandbox_core::operations::table`].

pub mod admission;
pub mod authentication;
pub mod command;
pub mod explaining;
pub mod handlers;
pub mod nearest;
pub mod recording;
pub mod reply;
pub mod request;
pub mod routes;
pub mod subscription_keys;
pub mod token_secret;
pub mod tokens;

use std::sync::Arc;

use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use tracing::{debug, info};

use crate::engine::spaces::Spaces;
use crate::gateway::admission::Examination;
use crate::gateway::reply::{Reply, ReplyBody};
use crate::gateway::request::GatewayRequest;
use crate::gateway::routes::Routes;
use crate::gateway::subscription_keys::SubscriptionKeys;
use crate::gateway::tokens::Tokens;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::operations::rejection::Rejection;

/// The gateway of one emulator.
#[derive(Debug)]
pub struct Gateway {
    /// The spaces.
    pub spaces: Arc<Spaces>,
    /// The keys that are good for each product.
    pub subscription_keys: SubscriptionKeys,
    /// The access tokens.
    pub tokens: Tokens,
    /// The target environment that calls must name.
    pub environment: &'static Environment,
    /// The paths.
    pub routes: Routes,
    /// Whether a refusal is explained in a header of our own.
    pub explains: bool,
}

impl Gateway {
    /// Answers one request of the emulated API.
    pub async fn respond(&self, request: Request<Incoming>) -> Response<ReplyBody> {
        let (head, body) = request.into_parts();
        let mut request = GatewayRequest::from(head);
        let answered = match request.read_body(body, self.spaces.counters()).await {
            Ok(()) => self.decide(&request),
            Err(rejection) => self.refuse(&Examination::of(self, &request), rejection),
        };
        let (method, path) = (&request.method, request.path());
        let why;
        let reply = match answered {
            Ok(reply) => {
                debug!(%method, path, status = reply.answer.status, "answered");
                why = reply.asked_for_by.as_ref().map(explaining::why_of_scenario);
                reply
            }
            Err(rejection) => {
                let answer = rejection.answer();
                let text = explaining::why(&request, &rejection);
                info!(%method, path, status = answer.status, why = %text, "refused");
                why = Some(text);
                answer.into()
            }
        };
        if let Some((space, at)) = &reply.at {
            // Boxed, because it is rare and large.
            Box::pin(self.spaces.sleep_until(space, *at)).await;
        }
        if let Some(fault) = reply.fault {
            info!(%method, path, breakage = ?fault, "broken, as a scenario asks for");
        }
        let mut response = reply.response_of_the_gateway();
        if let Some(why) = why.filter(|_| self.explains)
            && let Ok(why) = HeaderValue::try_from(why)
        {
            response.headers_mut().insert(explaining::WHY.clone(), why);
        }
        response
    }

    /// The answer to a request that was read whole. The request is written in the journal with it:
    /// in its caller's, or in the one of all where nobody is known.
    ///
    /// # Errors
    ///
    /// The first complaint.
    pub fn decide(&self, request: &GatewayRequest) -> Result<Reply, Rejection> {
        let mut examination = Examination::of(self, request);
        match examination.run() {
            Ok(admitted) => {
                handlers::handle(self, admitted, |answered| examination.record(answered))
            }
            Err(rejection) => match self.answer_unread(&examination) {
                Some(reply) => Ok(reply),
                None => self.refuse(&examination, rejection),
            },
        }
    }

    /// The answer of a scenario that does not wait for the body of a submission, which is broken.
    fn answer_unread(&self, examination: &Examination<'_>) -> Option<Reply> {
        let (space, product, kind) = examination.unread_submission()?;
        self.spaces.enter(space, |platform, _| {
            let (answer, rule) = platform.answer_before_body(product, kind)?;
            let reply = Reply { asked_for_by: Some(rule), ..Reply::from(answer) };
            let answered = Ok(reply);
            platform.record_request(examination.record(&answered));
            answered.ok()
        })
    }

    /// Refuses a request, and writes that down.
    fn refuse(
        &self,
        examination: &Examination<'_>,
        rejection: Rejection,
    ) -> Result<Reply, Rejection> {
        let refused = Err(rejection);
        let record = examination.record(&refused);
        match examination.recognised() {
            Some(space) => {
                self.spaces.enter(space, |platform, _| platform.record_request(record));
            }
            None => self.spaces.note_unauthenticated(record),
        }
        refused
    }
}
