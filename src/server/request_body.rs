//! The body of a request, read whole within limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    pub bytes: usize,
    pub time: Duration,
    /// A body that may be longer than this waits for a permit before it is read.
    pub bytes_without_permit: usize,
}

/// Why a body could not be read whole.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("the body is too large")]
    TooLarge,
    #[error("the body took too long")]
    TooSlow,
    #[error("the body ended early")]
    CutOff(#[source] hyper::Error),
}

/// Reads a body whole, and returns it with its permit if it needed one. `acquire` waits for a
/// permit for that many bytes, within the time for the body.
pub async fn read_body<P, F: Future<Output = P>>(
    body: Incoming,
    limits: BodyLimits,
    acquire: impl FnOnce(usize) -> F,
) -> Result<(Bytes, Option<P>), BodyError> {
    let reading = async {
        let most = body.size_hint().upper().and_then(|most| usize::try_from(most).ok());
        let most = most.unwrap_or(limits.bytes).min(limits.bytes);
        let permit =
            if most <= limits.bytes_without_permit { None } else { Some(acquire(most).await) };
        Ok((read_whole(body, limits.bytes).await?, permit))
    };
    tokio::time::timeout(limits.time, reading).await.unwrap_or(Err(BodyError::TooSlow))
}

/// Reads a body. One that comes in one piece, as small ones do, is not copied.
async fn read_whole(mut body: Incoming, limit: usize) -> Result<Bytes, BodyError> {
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(BodyError::CutOff)?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > limit {
            return Err(BodyError::TooLarge);
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
