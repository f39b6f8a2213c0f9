//! A request of the emulated API, read whole within the limits.

use bytes::Bytes;
use http::header::{AsHeaderName, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use hyper::body::{Body, Incoming};

use crate::engine::capacity::Capacity;
use crate::engine::capacity::SHORT_BODY_BYTES_MAX;
use crate::permits::Permit;
use crate::server::request_body::{BodyError, BodyLimits, read_body};
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::mtn_platform::MtnPlatform;
use momo_sandbox_core::operations::rejection::Rejection;

/// MTN's own headers (docs/contract.md#headers).
pub mod header {
    use http::HeaderName;

    pub static SUBSCRIPTION_KEY: HeaderName = HeaderName::from_static("ocp-apim-subscription-key");

    /// The id of the transaction or API user to create.
    pub static REFERENCE_ID: HeaderName = HeaderName::from_static("x-reference-id");

    pub static CALLBACK_URL: HeaderName = HeaderName::from_static("x-callback-url");

    pub static TARGET_ENVIRONMENT: HeaderName = HeaderName::from_static("x-target-environment");
}

/// A request, read whole.
#[derive(Debug)]
pub struct GatewayRequest {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The platform of the plain port that it came to; `None` for the HTTPS front, which is of
    /// neither.
    pub port: Option<MtnPlatform>,
    /// The permit of a long body, until the request is answered.
    pub permit: Option<Permit>,
}

/// Makes a request whose body has not been read yet.
impl From<Parts> for GatewayRequest {
    fn from(head: Parts) -> Self {
        let Parts { method, uri, headers, .. } = head;
        Self { method, uri, headers, body: Bytes::new(), port: None, permit: None }
    }
}

impl GatewayRequest {
    /// Reads the body. The head stays, also if that fails.
    ///
    /// # Errors
    ///
    /// [`Rejection::BodyTooLarge`], [`Rejection::BodyTooSlow`] or [`Rejection::BodyCutOff`].
    pub async fn read_body(
        &mut self,
        body: Incoming,
        capacity: &Capacity,
    ) -> Result<(), Rejection> {
        if body.is_end_stream() {
            return Ok(());
        }
        let Limits { body_bytes, body_time, .. } = capacity.limits;
        let limits = BodyLimits {
            bytes: body_bytes,
            time: body_time,
            bytes_without_permit: SHORT_BODY_BYTES_MAX,
        };
        // Boxed, so that the future of a request without a body stays small.
        let read =
            Box::pin(read_body(body, limits, |bytes| capacity.acquire_body_permit(bytes))).await;
        (self.body, self.permit) = read.map_err(|error| match error {
            BodyError::TooLarge => Rejection::BodyTooLarge { limit: body_bytes },
            BodyError::TooSlow => Rejection::BodyTooSlow { limit: body_time },
            BodyError::CutOff(_) => Rejection::BodyCutOff,
        })?;
        Ok(())
    }

    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The text of a header; `None` if it is missing or not ASCII.
    ///
    /// `HeaderValue::to_str` says the same, byte by byte: a token has 250 of them.
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        let text = std::str::from_utf8(self.headers.get(name)?.as_bytes()).ok()?;
        text.is_ascii().then_some(text)
    }

    /// What is wrong with the declared length of the body: there must be a length, or chunks of
    /// which one at least is not empty (recorded 2026).
    pub fn fault_of_length(&self) -> Option<&'static str> {
        if self.headers.contains_key(CONTENT_LENGTH) || !self.body.is_empty() {
            return None;
        }
        Some(if self.headers.contains_key(TRANSFER_ENCODING) {
            "The POST has a chunked body without a single chunk in it, which counts as no length. \
             Send Content-Length: 0 instead of Transfer-Encoding."
        } else {
            "The POST has neither Content-Length nor a chunked body. Send Content-Length: 0 where \
             there is no body (with curl: -d '')."
        })
    }

    pub fn query_parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}
