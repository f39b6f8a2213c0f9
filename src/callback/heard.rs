//! What a listener answered to a callback, as far as it was read.

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::response::Parts;
use http_body_util::BodyExt;
use hyper::body::Body;

use crate::engine::message::{self, Message, Secrets};

/// The head of an answer, and its body to keep.
#[derive(Debug)]
pub struct Heard {
    head: Parts,
    body: Vec<u8>,
    /// Whether the body came to its end.
    is_whole: bool,
}

impl Heard {
    pub(super) fn new(head: Parts) -> Self {
        Self { head, body: Vec::new(), is_whole: false }
    }

    /// Reads a body to its end. Returns whether that came; what was read before stays.
    pub(super) async fn read<B>(&mut self, body: B) -> bool
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let mut body = body;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            if let Some(data) = frame.data_ref() {
                self.body.extend_from_slice(data);
            }
        }
        self.is_whole = true;
        true
    }

    /// The answer without secrets.
    pub(super) fn message(&self) -> Message {
        let Parts { status, headers, version, .. } = &self.head;
        let phrase = status.canonical_reason().unwrap_or_default();
        let line = format!("{version:?} {} {phrase}", status.as_u16());
        let promised = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        let promised = promised.and_then(|length| length.parse().ok()).unwrap_or_default();
        let more = if self.is_whole { 0 } else { self.body.len() as u64 + 1 };
        let body = message::Body { bytes: &self.body, whole: more.max(promised) };
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        Message::new(&line, headers, body, &Secrets::default())
    }
}
