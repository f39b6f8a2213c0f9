//! A request, read whole within the limits.

use bytes::Bytes;
use http::header::{AsHeaderName, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};

use crate::gateway::limits;
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

impl IncomingRequest {
    /// Reads the body.
    ///
    /// # Errors
    ///
    /// [`Rejection::BodyTooLarge`], [`Rejection::BodyTooSlow`] or [`Rejection::BodyCutOff`].
    pub async fn read(request: Request<Incoming>) -> Result<Self, Rejection> {
        let (head, body) = request.into_parts();
        if body.is_end_stream() {
            return Ok(Self::of(head, Bytes::new()));
        }
        let reading = Box::pin(Limited::new(body, limits::BODY_BYTES_MAX).collect());
        let body = match tokio::time::timeout(limits::BODY_READ_MAX, reading).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                return Err(Rejection::BodyTooLarge { limit: limits::BODY_BYTES_MAX });
            }
            Ok(Err(error)) => return Err(Rejection::BodyCutOff(error.to_string())),
            Err(_) => {
                let seconds = limits::BODY_READ_MAX.as_secs();
                return Err(Rejection::BodyTooSlow { seconds });
            }
        };
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
