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
pub mod routes;
pub mod task;
pub mod tokens;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use tracing::{debug, info};

use crate::engine::spaces::Spaces;
use crate::gateway::access::SubscriptionKeys;
use crate::gateway::checks::examine;
use crate::gateway::incoming::IncomingRequest;
use crate::gateway::routes::Routes;
use crate::gateway::tokens::Tokens;
use crate::operations::rejection::{Answer, Rejection};

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
    pub async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let answer = match self.answer(request).await {
            Ok(answer) => {
                debug!(%method, path, status = answer.status, "answered");
                answer
            }
            Err(rejection) => {
                let answer = rejection.answer();
                info!(%method, path, status = answer.status, why = %rejection, "refused");
                answer
            }
        };
        response(answer)
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Answer, Rejection> {
        self.decide(&IncomingRequest::read(request).await?)
    }

    /// The answer to a request that was read whole.
    ///
    /// # Errors
    ///
    /// The first complaint.
    pub fn decide(&self, request: &IncomingRequest) -> Result<Answer, Rejection> {
        handlers::handle(self, examine(self, request)?)
    }
}

/// The answer as an HTTP response.
pub fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).expect("answers have statuses that exist");
    if let Some(content_type) = answer.content_type {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if matches!(answer.status, 408 | 413) {
        // The rest of the body is still on its way and nobody will read it.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
