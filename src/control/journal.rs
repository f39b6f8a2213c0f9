//! What happened, read and counted.

use serde_json::{Value, json};

use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope};
use crate::model::reference::{ReferenceId, parse_uuid};
use crate::operations::rejection::Answer;
use crate::platform::journal::Entry;

/// The most entries that one answer has.
const LIMIT_MAX: usize = 10_000;

/// Which entries are meant.
struct Wanted {
    event: Option<String>,
    reference_id: Option<ReferenceId>,
}

impl Wanted {
    fn fits(&self, entry: &Entry) -> bool {
        self.event.as_deref().is_none_or(|event| event == entry.event)
            && self.reference_id.is_none_or(|id| entry.reference_id == Some(id))
    }
}

/// A reference id in a query or body.
pub(super) fn reference_id(text: &str) -> Result<ReferenceId, Refusal> {
    let parsed = parse_uuid(text).map(ReferenceId);
    parsed
        .ok_or_else(|| Refusal::bad(format!("`{text}` is not a reference id: a UUID is expected")))
}

/// An entry, as it is shown.
pub(super) fn line(entry: &Entry) -> Value {
    json!({
        "number": entry.number,
        "at": entry.at.to_string(),
        "event": entry.event,
        "reference_id": entry.reference_id.map(|id| id.to_string()),
    })
}

impl Control {
    pub(super) fn read_journal(
        &self,
        scope: &Scope,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let Scope::One(space) = scope else {
            let message = "a journal is of one space: GET /_sandbox/spaces/{apiUserId}/journal";
            return Err(Refusal::bad(message));
        };
        let number = |name: &str, otherwise: u64| match request.parameter(name) {
            None => Ok(otherwise),
            Some(text) => {
                text.parse().map_err(|_| Refusal::bad(format!("`{name}` must be a whole number")))
            }
        };
        let after = request.parameter("after").is_some().then(|| number("after", 0)).transpose()?;
        let limit = usize::try_from(number("limit", 1000)?).unwrap_or(LIMIT_MAX).min(LIMIT_MAX);
        let wanted = Wanted {
            event: request.parameter("event").map(str::to_owned),
            reference_id: request.parameter("reference_id").map(reference_id).transpose()?,
        };
        let body = self.spaces.enter(space, |platform, _| {
            let journal = platform.journal();
            let from = after.map_or(0, |after| after.saturating_add(1));
            let entries: Vec<&Entry> =
                journal.entries_from(from).filter(|entry| wanted.fits(entry)).take(limit).collect();
            let last = entries.last().map(|entry| entry.number);
            let lines: Vec<Value> = entries.iter().map(|entry| line(entry)).collect();
            json!({"entries": lines, "last": last.or(after), "evicted": journal.evicted()})
        });
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
        if in_order && matches!(scope, Scope::All) {
            return Err(Refusal::bad("`in_order` is about one space: spaces/{apiUserId}/verify"));
        }
        let mut counts = vec![0_u64; expected.len()];
        let mut firsts = vec![None; expected.len()];
        let mut evicted = 0;
        for space in self.spaces_of(scope) {
            self.spaces.enter(&space, |platform, _| {
                evicted += platform.journal().evicted() + platform.evicted();
                for entry in platform.journal().entries() {
                    for (index, expectation) in expected.iter().enumerate() {
                        if expectation.wanted.fits(entry) {
                            counts[index] += 1;
                            firsts[index].get_or_insert(entry.number);
                        }
                    }
                }
            });
        }
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
        const KNOWN: [&str; 6] =
            ["event", "reference_id", "exactly", "at_least", "at_most", "never"];
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
        let never = fields.get("never") == Some(&Value::Bool(true));
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
