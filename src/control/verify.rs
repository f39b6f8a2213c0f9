//! Whether what happened is what was expected.

use std::ops::ControlFlow;

use serde_json::{Value, json};

use crate::control::journal::{Wanted, reference_id};
use crate::control::names::{self, Fields};
use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope};
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::platform::event::EventKind;

/// The fields of the body.
pub(super) const FIELDS: [&str; 2] = ["expect", "in_order"];

/// The events by which a transaction comes here, or does not: those that are worth expecting never
/// to happen where nothing else has its reference either.
const ARRIVALS: [EventKind; 3] =
    [EventKind::Accepted, EventKind::SubmissionFailed, EventKind::Request];

/// The fields of an expectation.
pub(super) const EXPECTATION: [&str; 9] = [
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

impl Control {
    /// Judges what happened. Where entries had to go to make room, nobody knows: then it never
    /// passes.
    pub(super) fn verify(
        &self,
        scope: &Scope,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let body = request.json()?;
        let (expected, in_order) = read(&body)?;
        self.spaces.catch_up();
        let mut found = vec![Found::default(); expected.len()];
        self.read_entries(scope, 0, |number, _, entry| {
            for (expectation, found) in expected.iter().zip(&mut found) {
                found.is_subject_known |= expectation.wanted.is_about(entry);
                if expectation.wanted.fits(entry) {
                    found.count += 1;
                    found.first.get_or_insert(number);
                }
            }
            ControlFlow::Continue(())
        });
        let evicted = self.evicted_entries(scope)
            + match scope {
                Scope::All => self.spaces.held().settled_evicted,
                Scope::One(space) => space.held().settled_evicted,
            };
        let judged = expected.iter().zip(&found);
        let why_not: Vec<_> = judged.map(|(one, found)| one.why_not(found)).collect();
        // What did not happen has no place in the order.
        let is_ordered = !in_order || found.iter().filter_map(|one| one.first).is_sorted();
        let all_hold = is_ordered && why_not.iter().all(Option::is_none);
        let results: Vec<Value> = expected
            .iter()
            .zip(&found)
            .zip(why_not)
            .map(|((expectation, found), why_not)| {
                json!({
                    "expected": expectation.as_sent,
                    "found": found.count,
                    "holds": why_not.is_none(),
                    "why": why_not,
                })
            })
            .collect();
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

/// The expectations of a body, and whether their order counts.
fn read(body: &serde_json::Map<String, Value>) -> Result<(Vec<Expectation>, bool), Refusal> {
    let fields = Fields::of(body, "the body of `verify`", &FIELDS)?;
    const A_LIST: &str = r#"a list of expectations, such as [{"event": "accepted", "exactly": 1}]"#;
    let expected = match fields.get("expect") {
        Some(Value::Array(expected)) if !expected.is_empty() => expected,
        Some(Value::Array(_)) => {
            return Err(Refusal::bad(
                "`expect` is empty, so nothing would be checked: expect something",
            ));
        }
        Some(other) => return Err(names::wrong_type("expect", A_LIST, other)),
        None => return Err(Refusal::bad(format!("`expect` is required: {A_LIST}"))),
    };
    let expected = expected.iter().map(Expectation::read).collect::<Result<Vec<_>, _>>()?;
    Ok((expected, fields.switch("in_order")?))
}

/// What the journal has of an expectation.
#[derive(Clone, Default)]
struct Found {
    count: u64,
    /// The number of the first entry.
    first: Option<u64>,
    /// Whether any entry is about the transaction that it names.
    is_subject_known: bool,
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
        let Value::Object(fields) = value else {
            return Err(names::wrong_type("expect", "a list of objects", value));
        };
        let fields = Fields::of(fields, "an expectation", &EXPECTATION)?;
        let wanted = Wanted {
            event: fields.text("event")?.map(names::event).transpose()?,
            reference_id: fields.text("reference_id")?.map(reference_id).transpose()?,
            operations: fields.text("operation")?.map(names::operations).transpose()?,
            status: fields.number("status")?.map(names::http_status).transpose()?,
            refusal: fields.text("refusal")?.map(names::refusal).transpose()?,
        };
        wanted.check()?;
        let (at_least, at_most) = bounds(&fields)?;
        Ok(Self { wanted, at_least, at_most, as_sent: value.clone() })
    }

    /// Why it does not hold, if it does not.
    ///
    /// What comes of a transaction never comes of one that there is not: whoever mistypes a
    /// reference must not read that all is well.
    fn why_not(&self, found: &Found) -> Option<String> {
        let Found { count, is_subject_known, .. } = found;
        let (least, most) = (self.at_least, self.at_most);
        if *count < least {
            let how = if least == most { "exactly" } else { "at least" };
            return Some(format!("found {count}, expected {how} {least}"));
        }
        if *count > most {
            let how = if least == most { "exactly" } else { "at most" };
            return Some(format!("found {count}, expected {how} {most}"));
        }
        let id = self.wanted.reference_id.filter(|_| !is_subject_known)?;
        let event = self.wanted.event.filter(|event| !ARRIVALS.contains(event))?;
        Some(format!(
            "nothing here has the reference id {id}, so no `{event}` could come of it; to say that \
             it should not even have come, expect `accepted` never"
        ))
    }
}

/// How often at least and at most.
fn bounds(fields: &Fields<'_>) -> Result<(u64, u64), Refusal> {
    let never = match fields.get("never") {
        None => None,
        Some(Value::Bool(true)) => Some(0),
        Some(_) => {
            return Err(Refusal::bad("`never` can only be true: write that, or leave it out"));
        }
    };
    let (exactly, at_least, at_most) =
        (fields.number("exactly")?, fields.number("at_least")?, fields.number("at_most")?);
    match (never, exactly, at_least, at_most) {
        (None, None, None, None) => {
            let message = "an expectation needs `exactly`, `at_least`, `at_most` or `never: true`";
            Err(Refusal::bad(message))
        }
        (None, None, Some(0), None) => Err(Refusal::bad(
            "`at_least` 0 always holds, so nothing would be checked: write 1 or more, or \
             `never: true`",
        )),
        (None, None, Some(least), Some(most)) if least > most => {
            Err(Refusal::bad(format!("nothing is at least {least} and at most {most}: swap them")))
        }
        (None, None, least, most) => Ok((least.unwrap_or(0), most.unwrap_or(u64::MAX))),
        (Some(number), None, None, None) | (None, Some(number), None, None) => Ok((number, number)),
        _ => Err(Refusal::bad(
            "`never` and `exactly` say all: leave out the others of `exactly`, `at_least`, \
             `at_most` and `never`",
        )),
    }
}
