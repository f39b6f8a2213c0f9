//! A request, read whole within the limits.

use bytes::{Bytes, BytesMut};
use http::header::{AsHeaderName, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::engine::counters::Counters;
use crate::engine::permits::Permit;
use momo_sandbox_core::model::limits::SHORT_BODY_BYTES_MAX;
use momo_sandbox_core::operations::rejection::Rejection;

/// The headers of MTN's own (docs/contract.md#headers).
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
pub struct GatewayRequest {
    /// The method.
    pub method: Method,
    /// The target, as sent.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The place of a long body among all of them.
    pub place: Option<Permit>,
}

/// One without a body.
impl From<Parts> for GatewayRequest {
    fn from(head: Parts) -> Self {
        let Parts { method, uri, headers, .. } = head;
        Self { method, uri, headers, body: Bytes::new(), place: None }
    }
}

/// A body that comes in one piece, as small ones do, is not copied.
/// A long one first takes a place for as many bytes as it may have.
async fn read_whole(
    mut body: Incoming,
    counters: &Counters,
) -> Result<(Bytes, Option<Permit>), Rejection> {
    let limit = counters.limits.body_bytes;
    let most =
        body.size_hint().upper().map_or(limit, |most| usize::try_from(most).unwrap_or(limit));
    let place = match most.min(limit) {
        0..=SHORT_BODY_BYTES_MAX => None,
        long => Some(counters.acquire_body_permit(long).await),
    };
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Rejection::BodyCutOff)?;
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
        return Ok((first, place));
    }
    Ok(([first, rest.freeze()].concat().into(), place))
}

async fn read_in_time(
    body: Incoming,
    counters: &Counters,
) -> Result<(Bytes, Option<Permit>), Rejection> {
    let limit = counters.limits.body_time;
    let reading = tokio::time::timeout(limit, read_whole(body, counters));
    reading.await.map_err(|_| Rejection::BodyTooSlow { limit })?
}

impl GatewayRequest {
    /// Reads the body of a request whose head this is.
    ///
    /// # Errors
    ///
    /// [`Rejection::BodyTooLarge`], [`Rejection::BodyTooSlow`] or [`Rejection::BodyCutOff`]; the
    /// head stays.
    pub async fn read_body(
        &mut self,
        body: Incoming,
        counters: &Counters,
    ) -> Result<(), Rejection> {
        if !body.is_end_stream() {
            // Boxed, so that what a request without a body carries along stays small.
            (self.body, self.place) = Box::pin(read_in_time(body, counters)).await?;
        }
        Ok(())
    }

    /// The path, as sent.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// A header's text; `None` if it is missing or not text.
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What is wrong with how the length of the body was declared, if anything: a length or chunks
    /// are wanted, and of chunks one at least that is not empty (recorded 2026).
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

    /// The value of a parameter of the query.
    pub fn query_parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}
