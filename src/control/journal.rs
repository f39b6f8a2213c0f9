//! What happened, read.

use std::ops::ControlFlow;

use serde_json::{Value, json};

use crate::control::names;
use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope};
use crate::engine::global_journal::GlobalJournal;
use momo_sandbox_core::model::reference::{ApiUserId, ReferenceId, parse_uuid};
use momo_sandbox_core::model::status::StatusKind;
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::operations::table::OPERATIONS;
use momo_sandbox_core::platform::event::EventKind;
use momo_sandbox_core::platform::journal::Entry;
use momo_sandbox_core::platform::request::{AnsweredRequest, RefusalCause};

/// How many entries an answer has where nothing is said.
const LIMIT: u64 = 1000;

/// The most entries that one answer has.
const LIMIT_MAX: usize = 10_000;

/// Which entries are meant: each condition that is there must hold.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) event: Option<EventKind>,
    pub(super) reference_id: Option<ReferenceId>,
    /// The ids of the operations, one of which a request's is.
    pub(super) operations: Option<Vec<&'static str>>,
    /// The status of its answer.
    pub(super) status: Option<u64>,
    /// The name of its refusal.
    pub(super) refusal: Option<&'static str>,
}

impl Wanted {
    fn in_query(request: &ControlRequest) -> Result<Self, Refusal> {
        let wanted = Self {
            event: request.parameter("event").map(names::event).transpose()?,
            reference_id: request.parameter("reference_id").map(reference_id).transpose()?,
            operations: request.parameter("operation").map(names::operations).transpose()?,
            status: request.number("status")?.map(names::http_status).transpose()?,
            refusal: request.parameter("refusal").map(names::refusal).transpose()?,
        };
        wanted.check()?;
        Ok(wanted)
    }

    /// Refuses what no entry can be: only requests have an operation, a status and a refusal.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let of_requests = [
            ("operation", self.operations.is_some()),
            ("status", self.status.is_some()),
            ("refusal", self.refusal.is_some()),
        ];
        let named = of_requests.into_iter().find_map(|(name, is_there)| is_there.then_some(name));
        match (self.event, named) {
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

    /// Refuses the status of a success with which none of these operations succeeds.
    fn check_success(&self) -> Result<(), Refusal> {
        let (Some(ids), Some(status @ 200..=299)) = (&self.operations, self.status) else {
            return Ok(());
        };
        let named = || OPERATIONS.iter().filter(|operation| ids.contains(&operation.id));
        let mut successes = named().map(|operation| (operation.id, operation.kind.success()));
        match successes.clone().any(|(_, success)| u64::from(success) == status) {
            true => Ok(()),
            false => {
                let told = successes.next().map(|(id, success)| {
                    format!("`{id}` never succeeds with {status}, but with {success}")
                });
                Err(Refusal::bad(told.unwrap_or_default()))
            }
        }
    }

    /// Whether an entry is about the transaction that is named.
    pub(super) fn is_about(&self, entry: &Entry) -> bool {
        self.reference_id.is_some() && entry.reference_id() == self.reference_id
    }

    pub(super) fn fits(&self, entry: &Entry) -> bool {
        self.event.is_none_or(|event| event == entry.kind())
            && self.reference_id.is_none_or(|id| entry.reference_id() == Some(id))
            && self.fits_request(entry.request())
    }

    fn fits_request(&self, request: Option<&AnsweredRequest>) -> bool {
        let operation = request.and_then(|request| request.operation()).map(|one| one.id);
        let status = request.map(|request| u64::from(request.status));
        let refusal = request.and_then(AnsweredRequest::refused_by).map(RefusalCause::name);
        let is_one = |ids: &Vec<&str>| operation.is_some_and(|id| ids.contains(&id));
        self.operations.as_ref().is_none_or(is_one)
            && (self.status.is_none() || self.status == status)
            && (self.refusal.is_none() || self.refusal == refusal)
    }
}

/// The number of the first entry that is new to who knows all up to this one.
pub(super) fn from_after(after: Option<u64>) -> u64 {
    after.map_or(0, |after| after.saturating_add(1))
}

/// A reference id in a query or body.
pub(super) fn reference_id(text: &str) -> Result<ReferenceId, Refusal> {
    let parsed = parse_uuid(text).map(ReferenceId);
    parsed
        .ok_or_else(|| Refusal::bad(format!("`{text}` is not a reference id: a UUID is expected")))
}

/// An entry, as it is shown.
pub(super) fn line(number: u64, api_user: Option<ApiUserId>, entry: &Entry) -> Value {
    json!({
        "number": number,
        "at": entry.at.to_string(),
        "api_user": api_user.map(|id| id.to_string()),
        "event": entry.kind().name(),
        "reference_id": entry.reference_id().map(|id| id.to_string()),
        "detail": entry.detail(),
        "request": entry.request().map(request_line),
    })
}

fn request_line(request: &AnsweredRequest) -> Value {
    let (refusal, why) = request.refusal.as_ref().map(|one| (one.cause.name(), &*one.why)).unzip();
    json!({
        "method": request.method(),
        "path": request.path(),
        "operation": request.operation().map(|operation| operation.id),
        "status": request.status,
        "told": request.reported_status.map(StatusKind::as_str),
        "refusal": refusal,
        "why": why,
        "broken": request.fault,
        "notes": request.notes(),
    })
}

impl Control {
    /// Goes through what is kept of the journal of a space, or of all, from that number on, for as
    /// long as `take` wants more.
    pub(super) fn read_entries(
        &self,
        scope: &Scope,
        from: u64,
        mut take: impl FnMut(u64, Option<ApiUserId>, &Entry) -> ControlFlow<()>,
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

    /// How many entries of the journal of a space, or of all, had to go.
    pub(super) fn evicted_entries(&self, scope: &Scope) -> u64 {
        match scope {
            Scope::All => self.spaces.read_global_journal(GlobalJournal::evicted),
            Scope::One(space) => {
                self.spaces.enter(space, |platform, _| platform.journal().evicted())
            }
        }
    }

    /// The lines of the journal from that number on, so many at most.
    pub(super) fn lines(
        &self,
        scope: &Scope,
        from: u64,
        wanted: &Wanted,
        limit: usize,
    ) -> Vec<(u64, Value)> {
        let mut lines = Vec::new();
        self.read_entries(scope, from, |number, api_user, entry| {
            if lines.len() == limit {
                return ControlFlow::Break(());
            }
            if wanted.fits(entry) {
                lines.push((number, line(number, api_user, entry)));
            }
            ControlFlow::Continue(())
        });
        lines
    }

    /// The number from which on there are so many lines.
    fn beginning_of_tail(&self, scope: &Scope, wanted: &Wanted, from: u64, tail: u64) -> u64 {
        let mut numbers = Vec::new();
        self.read_entries(scope, from, |number, _, entry| {
            if wanted.fits(entry) {
                numbers.push(number);
            }
            ControlFlow::Continue(())
        });
        let skipped = numbers.len().saturating_sub(usize::try_from(tail).unwrap_or(usize::MAX));
        numbers.get(skipped).copied().unwrap_or(u64::MAX)
    }

    pub(super) fn read_journal(
        &self,
        scope: &Scope,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let after = request.number("after")?;
        let limit = request.number("limit")?.unwrap_or(LIMIT);
        let limit = usize::try_from(limit).unwrap_or(LIMIT_MAX).min(LIMIT_MAX);
        let wanted = Wanted::in_query(request)?;
        let from = match request.number("tail")? {
            None => from_after(after),
            Some(tail) => self.beginning_of_tail(scope, &wanted, from_after(after), tail),
        };
        // One more tells whether there are more.
        let mut lines = self.lines(scope, from, &wanted, limit + 1);
        let more = lines.len() > limit;
        lines.truncate(limit);
        let last = lines.last().map(|(number, _)| *number).or(after);
        let lines: Vec<Value> = lines.into_iter().map(|(_, line)| line).collect();
        let evicted = self.evicted_entries(scope);
        let body = json!({"entries": lines, "last": last, "more": more, "evicted": evicted});
        Ok(Answer::json(200, &body))
    }
}
