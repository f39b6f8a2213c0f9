//! A request, read whole within the limits.

use bytes::{Bytes, BytesMut};
use http::header::{AsHeaderName, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::model::limits::Limits;
use crate::operations::rejection::Rejection;

/// The headers of MTN's own (contract, section 2).
pub mod header {
    use http::HeaderName;

    /// The subscription key.
    pub static SUBSCRIPTION_KEY: HeaderName = HeaderName::from_static("ocp-apim-subscription-key");

    /// The id that a transaction or an API user gets.
    pub static REFERENCE_ID: HeaderName = HeaderName::from_static("x-reference-id");

    /// Where the callback goes.
    pub static CALLBACK_URL: HeaderName = HeaderName::from_static("x-callback-url");

    /// The target environment.
    pub static TARGET_ENVIRONMENT: HeaderName = HeaderName::from_static("x-target-environment");
}

/// A request, read whole.
#[derive(Debug)]
pub struct IncomingRequest {
    /// The method.
    pub method: Method,
    /// The path, as sent.
    pub path: String,
    /// The query, as sent.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// A body that comes in one piece, as small ones do, is not copied.
async fn read_whole(mut body: Incoming, limit: usize) -> Result<Bytes, Rejection> {
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Rejection::BodyCutOff(error.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len() + rest.len() + data.len() > limit {
            return Err(Rejection::BodyTooLarge { limit });
        }
        if first.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    if rest.is_empty() {
        return Ok(first);
    }
    Ok([first, rest.freeze()].concat().into())
}

impl IncomingRequest {
    /// Reads the body.
    ///
    /// # Errors
    ///
    /// [`Rejection::BodyTooLarge`], [`Rejection::BodyTooSlow`] or [`Rejection::BodyCutOff`].
    pub async fn read(request: Request<Incoming>, limits: &Limits) -> Result<Self, Rejection> {
        let (head, body) = request.into_parts();
        if body.is_end_stream() {
            return Ok(Self::of(head, Bytes::new()));
        }
        let reading = tokio::time::timeout(limits.body_time, read_whole(body, limits.body_bytes));
        let limit = limits.body_time;
        let body = reading.await.map_err(|_| Rejection::BodyTooSlow { limit })??;
        Ok(Self::of(head, body))
    }

    fn of(head: Parts, body: Bytes) -> Self {
        Self {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body,
        }
    }

    /// A header's text; `None` if it is missing or not text.
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether a body's length was declared: by a length, or by chunks of which there were any.
    pub fn declares_length(&self) -> bool {
        self.headers.contains_key(CONTENT_LENGTH)
            || (self.headers.contains_key(TRANSFER_ENCODING) && !self.body.is_empty())
    }

    /// The value of a parameter of the query.
    pub fn query_parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}
