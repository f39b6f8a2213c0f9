//! `GET requests`: what requests of the emulated API, callbacks and their answers looked like.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, IntoDeserializer};
use serde::{Deserialize, Serialize};

use crate::control::journal::HttpStatus;
use crate::control::names::{OperationId, OperationWord, Vocabulary, Word, vocabulary};
use crate::control::parts::part;
use crate::control::refusal::Refusal;
use crate::control::{Control, Scope};
use crate::engine::message::Message;
use crate::engine::recorded::{RecordMode, Recorded, RecordedKind};
use momo_sandbox_core::model::fault::ConnectionFault;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::limits::Limit;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::request::RefusalCause;

/// How many requests an answer has without a `limit`.
const LIMIT: u64 = 200;

/// The most requests of one answer.
const LIMIT_MAX: usize = 10_000;

/// How to have everything recorded.
const RECORD_ALL: &str =
    "PUT /_sandbox/recording {\"record\": \"all\"} records all requests from then on";

vocabulary! {
    RecordedKind, vec![RecordedKind::Request, RecordedKind::Callback], |one| match one {
        RecordedKind::Request => "request",
        RecordedKind::Callback => "callback",
    };
}

/// The requests to list. Each must pass all filters that are given.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestsQuery {
    /// Requests of the emulated API, if nothing is said, or callbacks.
    pub kind: Option<Word<RecordedKind>>,
    /// Only those that were refused, or only those that were not.
    pub refused: Option<bool>,
    /// Only those with this status.
    pub status: Option<HttpStatus>,
    /// Only requests of this operation.
    pub operation: Option<Word<OperationWord>>,
    /// Only requests with this refusal.
    pub refusal: Option<Word<RefusalCause>>,
    /// Only those of this API user, or of none that is known.
    pub api_user: Option<Whose>,
    /// Only those about this transaction.
    pub reference_id: Option<ReferenceId>,
    /// Only those that have this text in a head, a body or the explanation, in upper or lower case.
    pub q: Option<String>,
    /// Only those before this number.
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub before: Option<u64>,
    /// The most to list.
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub limit: Option<u64>,
}

part!(query RequestsQuery);

/// An API user, or `none` for requests of callers that are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Nobody,
    User(ApiUserId),
}

impl Whose {
    pub(super) fn is(self, api_user: Option<ApiUserId>) -> bool {
        match self {
            Self::Nobody => api_user.is_none(),
            Self::User(user) => api_user == Some(user),
        }
    }
}

impl<'de> Deserialize<'de> for Whose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sent = String::deserialize(deserializer)?;
        if sent.eq_ignore_ascii_case("none") {
            return Ok(Self::Nobody);
        }
        let read = ApiUserId::deserialize(sent.as_str().into_deserializer());
        read.map(Self::User).map_err(|error: D::Error| {
            D::Error::custom(format_args!("must be an API user's id, or `none`: {error}"))
        })
    }
}

impl JsonSchema for Whose {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Whose".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "string", "format": "uuid"}, {"const": "none"}]})
    }
}

/// The path of a recorded request.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RequestPath {
    /// The number of its entry in the global journal.
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub number: u64,
}

part!(path RequestPath);

/// Some requests, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequestList {
    pub requests: Vec<RequestLine>,
    /// Whether there are older ones that pass the filters.
    pub more: bool,
    /// What is recorded: the list has nothing else.
    pub recording: Word<RecordMode>,
    /// How many had to go for newer ones, since the start.
    pub evicted: u64,
}

/// A request or a callback, in a line.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "recorded_request")]
pub struct RequestLine {
    /// The number of its entry in the global journal.
    pub number: u64,
    pub kind: Word<RecordedKind>,
    pub at: Timestamp,
    /// How long it took until the answer, on a real clock; null as long as there is none.
    pub took_ms: Option<f64>,
    /// The API user whom the credentials name, even if they are refused.
    pub api_user: Option<ApiUserId>,
    pub reference_id: Option<ReferenceId>,
    pub method: String,
    /// The path with its query, without secrets; of a callback the URL.
    pub path: String,
    pub operation: Option<Word<OperationId>>,
    /// The HTTP status; 0 if there was no answer in HTTP.
    pub status: u16,
    pub refused: bool,
    pub refusal: Option<Word<RefusalCause>>,
    /// Why it was refused, or why a callback got no answer.
    pub why: Option<String>,
    /// What to do otherwise.
    pub remedy: Option<&'static str>,
    /// The fault of the connection that a scenario set.
    pub broken: Option<ConnectionFault>,
}

/// A request or a callback, with heads and bodies.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "recorded_exchange")]
pub struct RequestRecord {
    #[serde(flatten)]
    pub line: RequestLine,
    pub request: MessageView,
    /// The answer as it was decided; `broken` says what a scenario did to it.
    pub answer: Option<MessageView>,
}

/// A head and a body.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "message")]
pub struct MessageView {
    /// The request line or the status line.
    pub line: String,
    pub headers: Vec<HeaderView>,
    /// The body, if it is text.
    pub body: Option<String>,
    /// The body, if it is no text.
    pub body_base64: Option<String>,
    /// How long the body was, at least.
    pub body_bytes: u64,
    /// Whether the body is not here whole.
    pub cut: bool,
}

/// A header.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "header")]
pub struct HeaderView {
    pub name: String,
    pub value: String,
}

impl MessageView {
    pub fn of(message: &Message) -> Self {
        let headers = message
            .headers()
            .map(|(name, value)| HeaderView { name: name.into_owned(), value: value.into_owned() });
        // A cut may go through a letter.
        let text = match std::str::from_utf8(message.body()) {
            Ok(text) => Some(text),
            Err(error) if message.is_cut() && error.error_len().is_none() => {
                std::str::from_utf8(&message.body()[..error.valid_up_to()]).ok()
            }
            Err(_) => None,
        };
        Self {
            line: message.line().into_owned(),
            headers: headers.collect(),
            body: text.map(str::to_owned),
            body_base64: text.is_none().then(|| BASE64_STANDARD.encode(message.body())),
            body_bytes: message.body_bytes(),
            cut: message.is_cut(),
        }
    }
}

impl RequestLine {
    pub fn of(recorded: &Recorded) -> Self {
        let line = recorded.request.line();
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (method, path) = (word(), word());
        Self {
            number: recorded.number,
            kind: Word(recorded.kind),
            at: recorded.at,
            took_ms: recorded.took.map(|took| (took.as_secs_f64() * 1e6).round() / 1e3),
            api_user: recorded.api_user,
            reference_id: recorded.reference_id,
            method,
            path,
            operation: recorded.operation.map(|operation| Word(OperationId(operation.id))),
            status: recorded.status,
            refused: recorded.refusal.is_some(),
            refusal: recorded.refusal.map(Word),
            why: recorded.why.as_deref().map(str::to_owned),
            remedy: recorded.refusal.and_then(RefusalCause::remedy),
            broken: recorded.broken,
        }
    }
}

/// The filters of a query, ready to be compared.
struct Filters {
    query: RequestsQuery,
    /// The text to look for, in lower case.
    text: Option<String>,
    scope: Option<ApiUserId>,
}

impl Filters {
    fn of(query: RequestsQuery, scope: &Scope) -> Self {
        let text = query.q.as_deref().filter(|text| !text.is_empty()).map(str::to_lowercase);
        Self { query, text, scope: scope.api_user() }
    }

    fn pass(&self, one: &Recorded) -> bool {
        let wanted = &self.query;
        let kind = wanted.kind.map_or(RecordedKind::Request, |kind| kind.0);
        let id = one.operation.map(|operation| operation.id);
        let is_one = |word: Word<OperationWord>| word.0.ids().any(|own| Some(own) == id);
        one.kind == kind
            && self.scope.is_none_or(|user| one.api_user == Some(user))
            && wanted.refused.is_none_or(|refused| one.refusal.is_some() == refused)
            && wanted.status.is_none_or(|status| status.0 == one.status)
            && wanted.operation.is_none_or(is_one)
            && wanted.refusal.is_none_or(|refusal| one.refusal == Some(refusal.0))
            && wanted.api_user.is_none_or(|whose| whose.is(one.api_user))
            && wanted.reference_id.is_none_or(|id| one.reference_id == Some(id))
            && self.text.as_deref().is_none_or(|text| has_text(one, text))
    }
}

fn has_text(one: &Recorded, text: &str) -> bool {
    let has = |other: &str| other.to_lowercase().contains(text);
    one.request.contains(text)
        || one.answer.as_ref().is_some_and(|answer| answer.contains(text))
        || one.why.as_deref().is_some_and(has)
        || one.refusal.is_some_and(|cause| has(cause.name()))
        || one.operation.is_some_and(|operation| has(operation.id))
        || one.api_user.is_some_and(|user| user.to_string().contains(text))
}

impl Control {
    /// The newest of what is recorded that pass the filters, and whether there are more.
    pub(super) fn recorded(
        &self,
        scope: &Scope,
        query: RequestsQuery,
    ) -> (Vec<Arc<Recorded>>, bool) {
        let limit = usize::try_from(query.limit.unwrap_or(LIMIT)).unwrap_or(LIMIT_MAX);
        let (limit, mut before) = (limit.min(LIMIT_MAX), query.before.unwrap_or(u64::MAX));
        let filters = Filters::of(query, scope);
        let mut found = Vec::new();
        loop {
            let some = self.spaces.recorded().before(before);
            let Some(oldest) = some.last() else { return (found, false) };
            before = oldest.number;
            for one in some.into_iter().filter(|one| filters.pass(one)) {
                if found.len() == limit {
                    return (found, true);
                }
                found.push(one);
            }
        }
    }

    /// Lists requests, the newest first.
    pub async fn list_requests(
        self: Arc<Self>,
        scope: Scope,
        query: RequestsQuery,
    ) -> Result<RequestList, Refusal> {
        let (found, more) = self.recorded(&scope, query);
        let store = self.spaces.recorded();
        Ok(RequestList {
            requests: found.iter().map(|one| RequestLine::of(one)).collect(),
            more,
            recording: Word(store.mode()),
            evicted: store.evicted(),
        })
    }

    /// Reads one request with heads and bodies.
    pub async fn read_recorded(
        self: Arc<Self>,
        scope: Scope,
        path: RequestPath,
    ) -> Result<RequestRecord, Refusal> {
        let found = self.find_recorded(&scope, path.number)?;
        Ok(RequestRecord {
            line: RequestLine::of(&found),
            request: MessageView::of(&found.request),
            answer: found.answer.as_ref().map(MessageView::of),
        })
    }

    /// The recorded request of this number.
    ///
    /// # Errors
    ///
    /// 404, with why there is none.
    pub(super) fn find_recorded(
        &self,
        scope: &Scope,
        number: u64,
    ) -> Result<Arc<Recorded>, Refusal> {
        let store = self.spaces.recorded();
        let user = scope.api_user();
        let found = store.get(number).filter(|one| user.is_none() || one.api_user == user);
        found.ok_or_else(|| {
            let flag = Limit::RecordedBytes.row().flag;
            let why = match store.mode() {
                _ if store.bytes_max() == 0 => format!("nothing is recorded: --{flag} is 0"),
                RecordMode::None => format!("nothing is recorded now: {RECORD_ALL}"),
                RecordMode::Refused => format!(
                    "entry {number} of the global journal is not recorded here: only refused \
                     requests are, and callbacks that were not delivered as they should be. \
                     {RECORD_ALL}"
                ),
                RecordMode::All => format!(
                    "entry {number} of the global journal is no request or callback that is \
                     recorded here: --{flag} bounds how many are kept, and a reset forgets them"
                ),
            };
            Refusal::new(404, why)
        })
    }
}
