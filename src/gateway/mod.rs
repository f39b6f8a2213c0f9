//! The gateway: the emulated API over HTTP.
//!
//! [`listener`] has the sockets, [`checks`] the order of complaints, [`handlers`] what each kind of
//! operation does. Which operations there are is read from [`crate::operations::table`].

pub mod access;
pub mod checks;
pub mod handlers;
pub mod incoming;
pub mod limits;
pub mod listener;
pub mod reply;
pub mod routes;
pub mod task;
pub mod tokens;

use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use tracing::{debug, info};

use crate::engine::spaces::Spaces;
use crate::gateway::access::SubscriptionKeys;
use crate::gateway::checks::examine;
use crate::gateway::incoming::IncomingRequest;
use crate::gateway::reply::{Reply, ReplyBody};
use crate::gateway::routes::Routes;
use crate::gateway::tokens::Tokens;
use crate::operations::rejection::Rejection;

/// The gateway of one emulator.
#[derive(Debug)]
pub struct Gateway {
    /// The spaces.
    pub spaces: Arc<Spaces>,
    /// The keys that are good for each product.
    pub subscription_keys: SubscriptionKeys,
    /// The access tokens.
    pub tokens: Tokens,
    /// The `X-Target-Environment` that calls must name.
    pub target_environment: String,
    /// The paths.
    pub routes: Routes,
}

impl Gateway {
    /// Answers one request of the emulated API.
    pub async fn respond(&self, request: Request<Incoming>) -> Response<ReplyBody> {
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let reply = match self.answer(request).await {
            Ok(reply) => {
                debug!(%method, path, status = reply.answer.status, "answered");
                reply
            }
            Err(rejection) => {
                let answer = rejection.answer();
                info!(%method, path, status = answer.status, why = %rejection, "refused");
                answer.into()
            }
        };
        if let Some((space, at)) = &reply.at {
            self.spaces.sleep_until(space, *at).await;
        }
        if let Some(breakage) = reply.breakage {
            info!(%method, path, ?breakage, "broken, as a scenario asks for");
        }
        reply.response()
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Reply, Rejection> {
        self.decide(&IncomingRequest::read(request).await?)
    }

    /// The answer to a request that was read whole.
    ///
    /// # Errors
    ///
    /// The first complaint.
    pub fn decide(&self, request: &IncomingRequest) -> Result<Reply, Rejection> {
        handlers::handle(self, examine(self, request)?)
    }
}
