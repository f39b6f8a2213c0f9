//! The console's own listener: a place to send callbacks to, for who has no program yet.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use hyper::body::Incoming;
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::Serialize;

use crate::callback::rules::OWN_LISTENER;
use crate::control::Control;
use crate::control::parts::{Anything, Texts};
use crate::control::refusal::Refusal;
use crate::engine::capacity::SHORT_BODY_BYTES_MAX;
use crate::gateway::reply::Reply;
use crate::server::body::ResponseBody;
use crate::server::request_body::{BodyLimits, read_body};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::answer::Answer;

/// How many callbacks it keeps; the oldest goes first.
const KEPT_MAX: usize = 50;

/// The most bytes of a body, and of all headers together.
const BYTES_MAX: usize = 64 * 1024;

/// What arrived at the listener.
#[derive(Debug, Default)]
pub struct Listener(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    received: VecDeque<Received>,
    /// How many ever arrived.
    count: u64,
}

/// A callback that arrived.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Received {
    /// Its number, from 1.
    pub number: u64,
    /// When it arrived, on the emulator's clock.
    pub at: Timestamp,
    pub method: String,
    pub headers: Texts,
    pub body: String,
}

/// What arrived at the console's own listener, the oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReceivedCallbacks {
    /// The callback URL to send; `null` where no callback may go there, as in production, where a
    /// callback URL is https.
    pub url: Option<String>,
    pub received: Vec<Received>,
}

/// Whether a request is a callback to the listener.
pub fn is_callback<B>(request: &Request<B>) -> bool {
    request.uri().path() == OWN_LISTENER && [Method::POST, Method::PUT].contains(request.method())
}

impl Control {
    /// Takes a callback, and answers 200.
    ///
    /// # Errors
    ///
    /// 403 for a web page of another origin or a foreign name, 413 or 408 for a body that is too
    /// large or too slow.
    pub(super) async fn take_callback(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<ResponseBody>, Refusal> {
        self.guard.check_callback(&request)?;
        let (head, body) = request.into_parts();
        let capacity = self.spaces.capacity();
        let limits = BodyLimits {
            bytes: BYTES_MAX,
            time: capacity.limits.body_time,
            bytes_without_permit: SHORT_BODY_BYTES_MAX,
        };
        let read = read_body(body, limits, |bytes| capacity.acquire_body_permit(bytes)).await;
        let (body, _place) = read.map_err(|error| {
            let message = format!("{error}; the listener takes {BYTES_MAX} bytes at most");
            Refusal::new(413, message)
        })?;
        self.listener.keep(&head, &body, self.spaces.clock().now());
        let mut response = Reply::from(Answer::json(200, &serde_json::json!({}))).response();
        // A kept connection could carry a later callback to another path of the emulator.
        let close = header::HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
        Ok(response)
    }

    /// What arrived at the listener.
    pub async fn read_listener(self: Arc<Self>) -> Result<ReceivedCallbacks, Refusal> {
        let is_production = self.spaces.settings().environment.is_production();
        let url =
            (!is_production).then(|| format!("http://{}{OWN_LISTENER}", self.callback_address));
        Ok(ReceivedCallbacks { url, received: self.listener.received() })
    }

    /// Forgets what arrived at the listener.
    pub async fn forget_received(
        self: Arc<Self>,
        _: Anything,
    ) -> Result<ReceivedCallbacks, Refusal> {
        self.listener.forget();
        self.read_listener().await
    }
}

impl Listener {
    fn keep(&self, head: &http::request::Parts, body: &Bytes, at: Timestamp) {
        let mut bytes = 0;
        let headers = head.headers.iter().map_while(|(name, value)| {
            bytes += name.as_str().len() + value.len();
            let value = String::from_utf8_lossy(value.as_bytes());
            (bytes <= BYTES_MAX).then(|| (name.as_str().to_owned().into(), value.into()))
        });
        let headers = Texts(headers.collect());
        let mut kept = self.0.lock();
        kept.count += 1;
        let received = Received {
            number: kept.count,
            at,
            method: head.method.to_string(),
            headers,
            body: String::from_utf8_lossy(body).into_owned(),
        };
        if kept.received.len() == KEPT_MAX {
            kept.received.pop_front();
        }
        kept.received.push_back(received);
    }

    fn received(&self) -> Vec<Received> {
        self.0.lock().received.iter().cloned().collect()
    }

    pub(super) fn forget(&self) {
        self.0.lock().received.clear();
    }
}
