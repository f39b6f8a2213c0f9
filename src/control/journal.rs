//! `GET journal`: what happened.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::{Deserializer, Error, Unexpected};
use serde::{Deserialize, Serialize};

use crate::control::names::{OperationId, OperationWord, Word};
use crate::control::parts::part;
use crate::control::refusal::Refusal;
use crate::control::requests::Whose;
use crate::control::{Control, Scope};
use crate::engine::global_journal::GlobalJournal;
use momo_sandbox_core::model::fault::ConnectionFault;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::mtn_platform::MtnPlatform;
use momo_sandbox_core::model::status::StatusKind;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::table::OPERATIONS;
use momo_sandbox_core::platform::callback_verdict::CallbackVerdict;
use momo_sandbox_core::platform::event::EventKind;
use momo_sandbox_core::platform::journal::JournalEntry;
use momo_sandbox_core::platform::request::{AnsweredRequest, RefusalCause};

/// How many entries an answer has without a `limit`.
const LIMIT: u64 = 1000;

/// The most entries of one answer.
const LIMIT_MAX: usize = 10_000;

/// The entries to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JournalQuery {
    /// Only events of this name.
    pub event: Option<Word<EventKind>>,
    /// Only entries about this transaction.
    pub reference_id: Option<ReferenceId>,
    /// Only requests of this operation.
    pub operation: Option<Word<OperationWord>>,
    /// Only requests with this status.
    pub status: Option<HttpStatus>,
    /// Only requests with this refusal.
    pub refusal: Option<Word<RefusalCause>>,
    /// Only callbacks of which this verdict holds, among others.
    pub callback_verdict: Option<Word<CallbackVerdict>>,
    /// Only entries of this API user, or of callers that are not known.
    pub api_user: Option<Whose>,
    /// The most entries to list.
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub limit: Option<u64>,
    /// Only entries after this number.
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub after: Option<u64>,
    /// The most entries to list, counted from the end.
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub tail: Option<u64>,
}

part!(query JournalQuery);

/// The HTTP status of an answer; 0 if there was no answer in HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct HttpStatus(#[schemars(range(min = 100, max = 599))] pub u16);

impl<'de> Deserialize<'de> for HttpStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const KNOWN: &str =
            "an HTTP status from 100 to 599, or 0 where there was no answer in HTTP,";
        let sent = u64::deserialize(deserializer)?;
        match u16::try_from(sent) {
            Ok(status @ (0 | 100..=599)) => Ok(Self(status)),
            _ => Err(D::Error::invalid_value(Unexpected::Unsigned(sent), &KNOWN)),
        }
    }
}

/// Conditions for entries. All that are set must hold.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    pub(super) event: Option<Word<EventKind>>,
    pub(super) reference_id: Option<ReferenceId>,
    pub(super) operation: Option<Word<OperationWord>>,
    pub(super) status: Option<HttpStatus>,
    pub(super) refusal: Option<Word<RefusalCause>>,
}

impl Conditions {
    /// Refuses conditions that no entry can meet: only requests have an operation, a status and a
    /// refusal.
    pub(super) fn check(self) -> Result<Self, Refusal> {
        let of_requests = [
            ("operation", self.operation.is_some()),
            ("status", self.status.is_some()),
            ("refusal", self.refusal.is_some()),
        ];
        let named = of_requests.into_iter().find_map(|(name, is_there)| is_there.then_some(name));
        match (self.event.map(|event| event.0), named) {
            (Some(event), Some(name)) if event != EventKind::Request => Err(Refusal::bad(format!(
                "no `{event}` has a `{name}`, only a request has: leave `{name}` out, or write \
                 `request` for `event`"
            ))),
            (Some(event), _) if self.reference_id.is_some() && !event.can_name_transaction() => {
                Err(Refusal::bad(format!(
                    "no `{event}` is about a transaction: leave `reference_id` out"
                )))
            }
            _ => self.check_success(),
        }
    }

    /// Refuses a successful status that none of these operations answers.
    fn check_success(self) -> Result<Self, Refusal> {
        let (Some(word), Some(HttpStatus(status @ 200..=299))) = (self.operation, self.status)
        else {
            return Ok(self);
        };
        let named = || word.0.ids().filter_map(|id| OPERATIONS.iter().find(|one| one.id == id));
        if named().any(|operation| operation.kind.success() == status) {
            return Ok(self);
        }
        let why = named().next().map(|operation| {
            let (id, success) = (operation.id, operation.kind.success());
            format!("`{id}` never succeeds with {status}, but with {success}")
        });
        Err(Refusal::bad(why.unwrap_or_default()))
    }

    /// Whether an entry is about the transaction that is named.
    pub(super) fn is_about(&self, entry: &JournalEntry) -> bool {
        self.reference_id.is_some() && entry.reference_id() == self.reference_id
    }

    pub(super) fn hold(&self, entry: &JournalEntry) -> bool {
        self.event.is_none_or(|event| event.0 == entry.kind())
            && self.reference_id.is_none_or(|id| entry.reference_id() == Some(id))
            && self.hold_for_request(entry.request())
    }

    fn hold_for_request(&self, request: Option<&AnsweredRequest>) -> bool {
        let id = request.and_then(|request| request.operation()).map(|one| one.id);
        let status = request.map(|request| request.status);
        let refusal = request.and_then(AnsweredRequest::refused_by);
        let is_one = |word: Word<OperationWord>| word.0.ids().any(|one| Some(one) == id);
        self.operation.is_none_or(is_one)
            && self.status.is_none_or(|wanted| Some(wanted.0) == status)
            && self.refusal.is_none_or(|wanted| Some(wanted.0) == refusal)
    }
}

/// What a reader of the journal asks for.
struct Wanted {
    conditions: Conditions,
    callback_verdict: Option<Word<CallbackVerdict>>,
    api_user: Option<Whose>,
}

impl Wanted {
    fn of(query: &JournalQuery) -> Result<Self, Refusal> {
        let &JournalQuery { event, reference_id, operation, status, refusal, .. } = query;
        let &JournalQuery { callback_verdict, api_user, .. } = query;
        if let (Some(Word(event)), Some(_)) = (event, callback_verdict)
            && !event.is_of_callback()
        {
            return Err(Refusal::bad(format!(
                "no `{event}` has a `callback_verdict`: leave one of them out, or write \
                 `callback_finished` for `event`"
            )));
        }
        let conditions = Conditions { event, reference_id, operation, status, refusal }.check()?;
        Ok(Self { conditions, callback_verdict, api_user })
    }

    fn hold(&self, api_user: Option<ApiUserId>, entry: &JournalEntry) -> bool {
        self.conditions.hold(entry)
            && self.callback_verdict.is_none_or(|verdict| entry.verdicts().has(verdict.0))
            && self.api_user.is_none_or(|whose| whose.is(api_user))
    }
}

/// The number of the first entry after those that a reader already knows.
pub(super) fn from_after(after: Option<u64>) -> u64 {
    after.map_or(0, |after| after.saturating_add(1))
}

/// A part of the journal.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JournalPage {
    pub entries: Vec<Entry>,
    /// The number of the last of these entries.
    pub last: Option<u64>,
    /// Whether there are more behind them.
    pub more: bool,
    /// How many entries were evicted to make room.
    pub evicted: u64,
}

/// An entry of the journal.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "entry")]
pub struct Entry {
    pub number: u64,
    pub at: Timestamp,
    pub api_user: Option<ApiUserId>,
    pub event: Word<EventKind>,
    pub reference_id: Option<ReferenceId>,
    /// The platform of production that sends the callback, or whose answer is late, where platforms
    /// are told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Word<MtnPlatform>>,
    pub detail: Option<String>,
    /// The verdict on the callback that it is about: the gravest of all that hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_verdict: Option<Word<CallbackVerdict>>,
    /// All that held of that callback when the entry was written, the gravest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub callback_verdicts: Vec<Word<CallbackVerdict>>,
    /// Whether somebody did it by hand through the control plane. The audit leaves it out.
    #[serde(skip_serializing_if = "is_false")]
    pub manual: bool,
    pub request: Option<RequestEntry>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(value: &bool) -> bool {
    !value
}

/// A request and how it was answered.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequestEntry {
    pub method: String,
    pub path: String,
    pub operation: Option<Word<OperationId>>,
    /// The HTTP status; 0 if there was no answer in HTTP.
    pub status: u16,
    /// The transaction's status that a status query was answered with.
    pub told: Option<Word<StatusKind>>,
    pub refusal: Option<Word<RefusalCause>>,
    /// Why it was refused.
    pub why: Option<String>,
    /// The fault of the connection that a scenario set.
    pub broken: Option<ConnectionFault>,
    /// Notes on what MTN would treat otherwise than the emulator does.
    pub notes: Vec<&'static str>,
}

impl Entry {
    pub fn of(number: u64, api_user: Option<ApiUserId>, entry: &JournalEntry) -> Self {
        Self {
            number,
            at: entry.at,
            api_user,
            event: Word(entry.kind()),
            reference_id: entry.reference_id(),
            platform: entry.platform().map(Word),
            detail: entry.detail().map(Cow::into_owned),
            callback_verdict: entry.verdicts().gravest().map(Word),
            callback_verdicts: entry.verdicts().all().map(Word).collect(),
            manual: entry.is_manual(),
            request: entry.request().map(RequestEntry::of),
        }
    }
}

impl RequestEntry {
    fn of(request: &AnsweredRequest) -> Self {
        let refusal = request.refusal.as_ref();
        Self {
            method: request.method().to_owned(),
            path: request.path().into_owned(),
            operation: request.operation().map(|operation| Word(OperationId(operation.id))),
            status: request.status,
            told: request.reported_status.map(|told| Word(told.kind)),
            refusal: request.refused_by().map(Word),
            why: refusal.map(|one| one.why.to_string()),
            broken: request.fault,
            notes: request.notes(),
        }
    }
}

impl Control {
    /// Gives the entries of the journal of a space, or of all, to `take` from a number on, until it
    /// breaks.
    pub(super) fn read_entries(
        &self,
        scope: &Scope,
        from: u64,
        mut take: impl FnMut(u64, Option<ApiUserId>, &JournalEntry) -> ControlFlow<()>,
    ) {
        match scope {
            Scope::All => self.spaces.read_entries(from, take),
            Scope::One(space) => self.spaces.enter(space, |platform, _| {
                let api_user = Some(platform.api_user().id);
                let mut entries = platform.journal().entries_from(from);
                let _ = entries.try_for_each(|one| take(one.number, api_user, one));
            }),
        }
    }

    /// How many entries of the journal of a space, or of all, were evicted.
    pub(super) fn evicted_entries(&self, scope: &Scope) -> u64 {
        match scope {
            Scope::All => self.spaces.read_global_journal(GlobalJournal::evicted),
            Scope::One(space) => {
                self.spaces.enter(space, |platform, _| platform.journal().evicted())
            }
        }
    }

    /// The first `limit` entries of the journal, from a number on, that meet the conditions.
    fn entries(&self, scope: &Scope, from: u64, wanted: &Wanted, limit: usize) -> Vec<Entry> {
        let mut entries = Vec::new();
        self.read_entries(scope, from, |number, api_user, entry| {
            if entries.len() == limit {
                return ControlFlow::Break(());
            }
            if wanted.hold(api_user, entry) {
                entries.push(Entry::of(number, api_user, entry));
            }
            ControlFlow::Continue(())
        });
        entries
    }

    /// The number from which on `tail` entries meet the conditions.
    fn beginning_of_tail(&self, scope: &Scope, wanted: &Wanted, from: u64, tail: u64) -> u64 {
        let mut numbers = Vec::new();
        self.read_entries(scope, from, |number, api_user, entry| {
            if wanted.hold(api_user, entry) {
                numbers.push(number);
            }
            ControlFlow::Continue(())
        });
        let skipped = numbers.len().saturating_sub(usize::try_from(tail).unwrap_or(usize::MAX));
        numbers.get(skipped).copied().unwrap_or(u64::MAX)
    }

    /// Reads the journal of a space, or of all.
    ///
    /// # Errors
    ///
    /// 400 for conditions that no entry meets.
    pub async fn read_journal(
        self: Arc<Self>,
        scope: Scope,
        query: JournalQuery,
    ) -> Result<JournalPage, Refusal> {
        let wanted = Wanted::of(&query)?;
        let limit = usize::try_from(query.limit.unwrap_or(LIMIT)).unwrap_or(LIMIT_MAX);
        let limit = limit.min(LIMIT_MAX);
        let from = from_after(query.after);
        let from = match query.tail {
            None => from,
            Some(tail) => self.beginning_of_tail(&scope, &wanted, from, tail),
        };
        // One more shows whether there are more.
        let mut entries = self.entries(&scope, from, &wanted, limit + 1);
        let more = entries.len() > limit;
        entries.truncate(limit);
        let last = entries.last().map(|entry| entry.number).or(query.after);
        Ok(JournalPage { entries, last, more, evicted: self.evicted_entries(&scope) })
    }
}
