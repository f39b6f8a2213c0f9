//! A request, read whole within the limits.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;

use crate::model::limits::Limits;
use crate::operations::rejection::Rejection;

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
    pub async fn read(request: Request<Incoming>, limits: &Limits) -> Result<Self, Rejection> {
        let (head, body) = request.into_parts();
        let reading = Limited::new(body, limits.body_bytes).collect();
        let body = match tokio::time::timeout(limits.body_time, reading).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                return Err(Rejection::BodyTooLarge { limit: limits.body_bytes });
            }
            Ok(Err(error)) => return Err(Rejection::BodyCutOff(error.to_string())),
            Err(_) => return Err(Rejection::BodyTooSlow { limit: limits.body_time }),
        };
        Ok(Self {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body,
        })
    }

    /// A header's text; `None` if it is missing or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
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
