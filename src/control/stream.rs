//! The journal as server-sent events: what is there, then what comes.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use tokio::sync::mpsc::{Sender, channel};

use crate::control::journal::{Wanted, from_after};
use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope};
use crate::engine::places::Place;
use crate::gateway::reply::ReplyBody;
use crate::model::limits::{STREAM_SILENCE_MAX, STREAM_WAITING_MAX as WAITING_MAX};

impl Control {
    /// Streams the journal of a space, or of all, until the reader is gone or the emulator stops.
    /// `Last-Event-ID` or `?after=` says which entry was the last that is known, so that a reader
    /// who comes back misses none.
    pub(super) fn stream_journal(
        self: &Arc<Self>,
        scope: &Scope,
        request: ControlRequest,
    ) -> Result<Response<ReplyBody>, Refusal> {
        let header = request.headers.get("Last-Event-ID").and_then(|value| value.to_str().ok());
        let after = match header.map(str::parse::<u64>) {
            Some(Ok(after)) => Some(after),
            Some(Err(_)) => {
                return Err(Refusal::bad("the last event's id must be a whole number"));
            }
            None => request.number("after")?,
        };
        let (sender, parts) = channel(WAITING_MAX);
        let follow =
            follow(Arc::clone(self), scope.clone(), from_after(after), sender, request.place);
        tokio::spawn(self.stopping.clone().run_until_cancelled_owned(follow));
        let mut response = Response::new(ReplyBody::Stream(parts));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(response)
    }
}

/// Sends entries until the reader is gone.
///
/// Where nothing happens a comment is sent now and then: without it, neither side notices that the
/// other is gone, and its place stays taken.
async fn follow(
    control: Arc<Control>,
    scope: Scope,
    mut from: u64,
    reader: Sender<Bytes>,
    _place: Option<Place>,
) {
    let idle_time = control.spaces.counters().limits.idle_time;
    let silence = STREAM_SILENCE_MAX.min(idle_time / 2);
    let mut changes = control.spaces.changes();
    loop {
        changes.borrow_and_update();
        let lines = control.lines(&scope, from, &Wanted::default(), WAITING_MAX);
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
                () = tokio::time::sleep(silence) => {
                    if reader.send(Bytes::from_static(b":\n\n")).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}
