//! What happened, read and counted.

use std::ops::ControlFlow;

use serde_json::{Value, json};

use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope};
use crate::engine::feed::Feed;
use crate::model::reference::{ApiUserId, ReferenceId, parse_uuid};
use crate::model::status::StatusName;
use crate::operations::answer::Answer;
use crate::platform::journal::Entry;
use crate::platform::request::{AnsweredRequest, Breakage};

/// How many entries an answer has where nothing is said.
const LIMIT: u64 = 1000;

/// The most entries that one answer has.
const LIMIT_MAX: usize = 10_000;

/// Which entries are meant: each condition that is there must hold.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    event: Option<String>,
    reference_id: Option<ReferenceId>,
    /// The id of a request's operation.
    operation: Option<String>,
    /// The status of its answer.
    status: Option<u64>,
    /// The name of its refusal.
    refusal: Option<String>,
}

impl Wanted {
    fn in_query(request: &ControlRequest) -> Result<Self, Refusal> {
        let text = |name: &str| request.parameter(name).map(str::to_owned);
        Ok(Self {
            event: text("event"),
            reference_id: request.parameter("reference_id").map(reference_id).transpose()?,
            operation: text("operation"),
            status: request.number("status")?,
            refusal: text("refusal"),
        })
    }

    fn fits(&self, entry: &Entry) -> bool {
        self.event.as_deref().is_none_or(|event| event == entry.event())
            && self.reference_id.is_none_or(|id| entry.reference_id() == Some(id))
            && self.fits_request(entry.request())
    }

    fn fits_request(&self, request: Option<&AnsweredRequest>) -> bool {
        let operation = request.and_then(|request| request.operation()).map(|one| one.id);
        let status = request.map(|request| u64::from(request.status));
        let refusal = request.and_then(|request| request.refusal.as_ref()).map(|one| one.name);
        (self.operation.is_none() || self.operation.as_deref() == operation)
            && (self.status.is_none() || self.status == status)
            && (self.refusal.is_none() || self.refusal.as_deref() == refusal)
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
        "event": entry.event(),
        "reference_id": entry.reference_id().map(|id| id.to_string()),
        "detail": entry.detail(),
        "request": entry.request().map(request_line),
    })
}

fn request_line(request: &AnsweredRequest) -> Value {
    let (refusal, why) = request.refusal.as_ref().map(|one| (one.name, &*one.why)).unzip();
    json!({
        "method": request.method(),
        "path": request.path(),
        "operation": request.operation().map(|operation| operation.id),
        "status": request.status,
        "told": request.told.map(StatusName::as_str),
        "refusal": refusal,
        "why": why,
        "broken": request.broken.map(Breakage::name),
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
            Scope::All => self.spaces.read_feed(Feed::evicted),
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
        let lines = self.lines(scope, from, &wanted, limit);
        let last = lines.last().map(|(number, _)| *number).or(after);
        let lines: Vec<Value> = lines.into_iter().map(|(_, line)| line).collect();
        let evicted = self.evicted_entries(scope);
        let body = json!({"entries": lines, "last": last, "evicted": evicted});
        Ok(Answer::json(200, &body))
    }

    /// Whether what happened is what was expected. Where entries had to go to make room, nobody
    /// knows: then it never passes.
    pub(super) fn verify(
        &self,
        scope: &Scope,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let body = request.json()?;
        let Some(Value::Array(expected)) = body.get("expect") else {
            return Err(Refusal::bad("`expect` must be a list of expectations"));
        };
        let expected = expected.iter().map(Expectation::read).collect::<Result<Vec<_>, _>>()?;
        let in_order = match body.get("in_order") {
            None => false,
            Some(Value::Bool(in_order)) => *in_order,
            Some(_) => return Err(Refusal::bad("`in_order` must be true or false")),
        };
        self.spaces.catch_up();
        let mut counts = vec![0_u64; expected.len()];
        let mut firsts = vec![None; expected.len()];
        self.read_entries(scope, 0, |number, _, entry| {
            for (index, expectation) in expected.iter().enumerate() {
                if expectation.wanted.fits(entry) {
                    counts[index] += 1;
                    firsts[index].get_or_insert(number);
                }
            }
            ControlFlow::Continue(())
        });
        let evicted = self.evicted_entries(scope)
            + match scope {
                Scope::All => self.spaces.held().settled_evicted,
                Scope::One(space) => space.held().settled_evicted,
            };
        let results: Vec<Value> = expected
            .iter()
            .zip(&counts)
            .map(|(expectation, count)| {
                json!({
                    "expected": expectation.as_sent,
                    "found": count,
                    "holds": expectation.holds(*count),
                })
            })
            .collect();
        // What did not happen has no place in the order.
        let is_ordered = !in_order || firsts.iter().flatten().is_sorted();
        let all_hold =
            expected.iter().zip(&counts).all(|(one, count)| one.holds(*count)) && is_ordered;
        let verdict = match (evicted, all_hold) {
            (0, true) => "pass",
            (0, false) => "fail",
            _ => "incomplete",
        };
        let body = json!({
            "verdict": verdict,
            "results": results,
            "in_order": is_ordered,
            "evicted": evicted,
        });
        Ok(Answer::json(200, &body))
    }
}

/// How often something should have happened.
struct Expectation {
    wanted: Wanted,
    at_least: u64,
    at_most: u64,
    as_sent: Value,
}

impl Expectation {
    fn read(value: &Value) -> Result<Self, Refusal> {
        const KNOWN: [&str; 9] = [
            "event",
            "reference_id",
            "operation",
            "status",
            "refusal",
            "exactly",
            "at_least",
            "at_most",
            "never",
        ];
        let Value::Object(fields) = value else {
            return Err(Refusal::bad("an expectation must be an object"));
        };
        if let Some(name) = fields.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            let known = KNOWN.join(", ");
            return Err(Refusal::bad(format!("unknown `{name}` in an expectation: {known}")));
        }
        let text = |name: &str| match fields.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Refusal::bad(format!("`{name}` must be text"))),
        };
        let number = |name: &str| match fields.get(name).map(Value::as_u64) {
            None => Ok(None),
            Some(Some(number)) => Ok(Some(number)),
            Some(None) => Err(Refusal::bad(format!("`{name}` must be a whole number"))),
        };
        let never = match fields.get("never") {
            None => false,
            Some(Value::Bool(true)) => true,
            Some(_) => return Err(Refusal::bad("`never` can only be true: or leave it out")),
        };
        let (exactly, at_least, at_most) =
            (number("exactly")?, number("at_least")?, number("at_most")?);
        if !never && exactly.is_none() && at_least.is_none() && at_most.is_none() {
            let message = "an expectation needs `exactly`, `at_least`, `at_most` or `never: true`";
            return Err(Refusal::bad(message));
        }
        let exactly = if never { Some(0) } else { exactly };
        Ok(Self {
            wanted: Wanted {
                event: text("event")?,
                reference_id: text("reference_id")?.as_deref().map(reference_id).transpose()?,
                operation: text("operation")?,
                status: number("status")?,
                refusal: text("refusal")?,
            },
            at_least: exactly.or(at_least).unwrap_or(0),
            at_most: exactly.or(at_most).unwrap_or(u64::MAX),
            as_sent: value.clone(),
        })
    }

    fn holds(&self, count: u64) -> bool {
        (self.at_least..=self.at_most).contains(&count)
    }
}
