//! The journal as server-sent events: what is there, then what comes.
//!
//! Many streams may be open, and some are never read. So a part of the journal is rendered once for
//! all streams that reach it, and a stream holds few parts. The more streams are open, the longer
//! each of them gathers entries before it sends them.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::control::duration::DurationText;
use crate::control::journal::{Entry, from_after};
use crate::control::parts::{Asked, Content, Description, OwnPlace, Part, part, text_content};
use crate::control::refusal::Refusal;
use crate::control::rendered::{self, PartPlace};
use crate::control::{Control, Scope};
use crate::engine::global_journal::GlobalJournal;
use crate::engine::waiters::Concern;
use crate::server::body::ResponseBody;

use momo_sandbox_core::operations::unreadable::beginning;

/// The longest silence of a journal's stream: a reader who is gone is noticed by what is sent.
const STREAM_SILENCE_MAX: Duration = Duration::from_secs(15);

/// How many bytes of a journal go to a reader at one time, and an entry more at most. Few of these
/// parts wait for a reader; a slower one is waited for.
pub const STREAM_PART_BYTES: usize = 8 * 1024;

/// How long a stream gathers what comes before it sends it on, for each stream that is open: beside
/// a thousand of them, payments are as quick as without.
const STREAM_GATHERING: Duration = Duration::from_micros(100);

const EVENTS: &str = "text/event-stream";

/// Where a stream begins.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamQuery {
    /// Only entries after this number.
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub after: Option<u64>,
    /// How long entries are gathered before they are sent, at most a second.
    pub gather: Option<Gather>,
}

part!(query StreamQuery);

/// The longest time for which a reader may want entries gathered.
const GATHER_MAX: Duration = Duration::from_secs(1);

/// How long a reader wants entries gathered.
#[derive(Debug, Clone, Copy, JsonSchema)]
#[schemars(inline)]
pub struct Gather(DurationText);

impl<'de> Deserialize<'de> for Gather {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = DurationText::deserialize(deserializer)?;
        if wanted.0 > GATHER_MAX {
            return Err(D::Error::custom("is too long: entries are gathered for `1s` at most"));
        }
        Ok(Self(wanted))
    }
}

/// The number of the last entry that a reader knows, as a browser sends it.
#[derive(Debug, Default)]
pub struct LastEventId(pub Option<u64>);

impl Part for LastEventId {
    fn take(asked: &mut Asked) -> Result<Self, Refusal> {
        let Some(sent) = asked.request.headers.get("Last-Event-ID") else { return Ok(Self(None)) };
        let number = sent.to_str().ok().and_then(|text| text.parse().ok());
        number.map(|number| Self(Some(number))).ok_or_else(|| {
            let shown = String::from_utf8_lossy(sent.as_bytes()).into_owned();
            let shown = beginning(&shown);
            Refusal::bad(format!("`Last-Event-ID` must be a whole number, not `{shown}`"))
        })
    }

    fn describe(to: &mut Description) {
        let schema = json!({
            "type": "integer",
            "minimum": 0,
            "maximum": i64::MAX,
            "description": "The same, as browsers send it.",
        });
        to.parameter("header", "Last-Event-ID", schema);
    }
}

/// The journal as it is written.
#[derive(Debug)]
pub struct EventStream(Receiver<Bytes>);

impl Content for EventStream {
    fn describe(_: &mut SchemaGenerator) -> Value {
        text_content(EVENTS)
    }

    fn response(self) -> Response<ResponseBody> {
        let mut response = Response::new(ResponseBody::Stream(self.0));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(EVENTS));
        response
    }
}

impl Control {
    /// Streams the journal of a space, or of all, until the reader is gone or the emulator stops.
    /// `Last-Event-ID` or `?after=` names the last entry that the reader knows, so that it misses
    /// none when it reconnects.
    pub async fn stream_journal(
        self: Arc<Self>,
        scope: Scope,
        query: StreamQuery,
        last: LastEventId,
        place: OwnPlace,
    ) -> Result<EventStream, Refusal> {
        let from = from_after(last.0.or(query.after));
        // One part in the channel is enough, since it holds many entries.
        let (sender, parts) = channel(1);
        let stopping = self.stopping.clone();
        let gather = query.gather.map_or(Duration::ZERO, |wanted| wanted.0.0);
        let reader = Reader { gather, sender, _place: place };
        tokio::spawn(stopping.run_until_cancelled_owned(follow(self, scope, from, reader)));
        Ok(EventStream(parts))
    }

    /// The part of the journal that begins with this number, if there are entries. The first stream
    /// that reaches it renders it, and later ones share it.
    fn part(&self, scope: &Scope, from: u64) -> Option<rendered::Part> {
        let api_user = scope.api_user();
        // Read first, so that a part from after a reset is never taken for one from before it.
        let resets = self.spaces.read_global_journal(GlobalJournal::resets);
        let place = PartPlace { api_user, resets, from };
        if let Some(part) = self.rendered.get(place) {
            return Some(part);
        }
        let (mut text, mut next) = (String::new(), from);
        self.read_entries(scope, from, |number, api_user, entry| {
            let entry = Entry::of(number, api_user, entry);
            let data = serde_json::to_string(&entry).expect("an entry is JSON");
            let _ = write!(text, "id: {number}\ndata: {data}\n\n");
            next = number + 1;
            if text.len() >= STREAM_PART_BYTES {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        let part = (next > from).then(|| rendered::Part { events: Bytes::from(text), next })?;
        self.rendered.keep(place, part.clone());
        Some(part)
    }

    /// How many entries were ever written in the journal of a scope.
    fn written(&self, scope: &Scope) -> u64 {
        match scope {
            Scope::All => self.spaces.read_global_journal(GlobalJournal::written),
            Scope::One(space) => self.spaces.enter(space, |space, _| space.journal().written()),
        }
    }

    /// Waits until a scope has an entry with this number or a later one.
    async fn once_more_happened(&self, scope: &Scope, from: u64) {
        match scope {
            Scope::All => {
                let mut changes = self.spaces.changes();
                while self.written(scope) <= from {
                    // The sender is ours, so the channel cannot close while we wait.
                    let _ = changes.changed().await;
                }
            }
            Scope::One(space) => {
                let id = space.api_user().id;
                let waiter = self.spaces.waiters().begin(Concern::Space(id));
                while self.written(scope) <= from {
                    waiter.rung().await;
                }
            }
        }
    }

    /// How long a stream gathers entries before it sends them. With few open streams it does not
    /// wait.
    fn gathering(&self) -> Duration {
        let open = self.rendered.open_streams();
        STREAM_GATHERING.saturating_mul(u32::try_from(open).unwrap_or(u32::MAX))
    }
}

/// Who reads a stream.
struct Reader {
    /// How long it wants entries gathered.
    gather: Duration,
    sender: Sender<Bytes>,
    _place: OwnPlace,
}

/// Sends entries until the reader is gone.
///
/// If nothing happens a comment is sent now and then. Without it neither side would notice that the
/// other is gone, and the permit would stay in use.
async fn follow(control: Arc<Control>, scope: Scope, mut from: u64, reader: Reader) {
    let _open = control.rendered.open();
    let idle_time = control.spaces.capacity().limits.idle_time;
    let silence = STREAM_SILENCE_MAX.min(idle_time / 2);
    loop {
        let written = control.written(&scope);
        if let Some(part) = control.part(&scope, from) {
            from = part.next;
            if reader.sender.send(part.events).await.is_err() {
                return;
            }
            continue;
        }
        // The entries that were written are no longer kept.
        from = from.max(written);
        tokio::select! {
            () = reader.sender.closed() => return,
            () = control.once_more_happened(&scope, from) => {
                let gathering = control.gathering().max(reader.gather);
                if gathering >= Duration::from_millis(1) {
                    tokio::time::sleep(gathering).await;
                }
            }
            () = tokio::time::sleep(silence) => {
                if reader.sender.send(Bytes::from_static(b":\n\n")).await.is_err() {
                    return;
                }
            }
        }
    }
}
