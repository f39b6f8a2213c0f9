//! The journal as server-sent events: what is there, then what comes.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use tokio::sync::mpsc::{Sender, channel};

use crate::control::journal::line;
use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope};
use crate::engine::spaces::{Space, Spaces};
use crate::gateway::reply::ReplyBody;

/// The most entries that wait for a reader; a slower one is waited for.
const WAITING_MAX: usize = 256;

impl Control {
    /// Streams a space's journal. `Last-Event-ID` or `?after=` says which entry was the last that
    /// is known, so that a reader who comes back misses none.
    pub(super) fn stream_journal(
        &self,
        scope: &Scope,
        request: &ControlRequest,
    ) -> Result<Response<ReplyBody>, Refusal> {
        let Scope::One(space) = scope else {
            let message = "a journal is of one space: \
                           GET /_sandbox/spaces/{apiUserId}/journal/stream";
            return Err(Refusal::bad(message));
        };
        let header = request.headers.get("Last-Event-ID").and_then(|value| value.to_str().ok());
        let from = match header.or(request.parameter("after")) {
            None => 0,
            Some(text) => match text.parse::<u64>() {
                Ok(after) => after.saturating_add(1),
                Err(_) => {
                    return Err(Refusal::bad("the last event's id must be a whole number"));
                }
            },
        };
        let (sender, parts) = channel(WAITING_MAX);
        tokio::spawn(follow(Arc::clone(&self.spaces), Arc::clone(space), from, sender));
        let mut response = Response::new(ReplyBody::Stream(parts));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(response)
    }
}

/// Sends entries until the reader is gone.
async fn follow(spaces: Arc<Spaces>, space: Arc<Space>, mut from: u64, reader: Sender<Bytes>) {
    let mut changes = spaces.changes();
    loop {
        changes.borrow_and_update();
        let lines: Vec<(u64, String)> = spaces.enter(&space, |platform, _| {
            let entries = platform.journal().entries_from(from).take(WAITING_MAX);
            entries.map(|entry| (entry.number, line(entry).to_string())).collect()
        });
        let is_all = lines.len() < WAITING_MAX;
        for (number, line) in lines {
            let event = Bytes::from(format!("id: {number}\ndata: {line}\n\n"));
            if reader.send(event).await.is_err() {
                return;
            }
            from = number + 1;
        }
        if is_all {
            tokio::select! {
                () = reader.closed() => return,
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }
}
