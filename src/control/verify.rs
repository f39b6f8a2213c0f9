//! `POST verify`: compares what happened with what was expected.

use std::ops::ControlFlow;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use crate::control::decode;
use crate::control::journal::{Conditions, HttpStatus};
use crate::control::names::{OperationWord, Word};
use crate::control::parts::part;
use crate::control::refusal::Refusal;
use crate::control::{Control, Scope};
use momo_sandbox_core::model::ids::ReferenceId;
use momo_sandbox_core::platform::event::EventKind;
use momo_sandbox_core::platform::request::RefusalCause;

/// The events of a transaction's submission. It may be expected that they never happen, even if
/// nothing else has the reference id.
const ARRIVALS: [EventKind; 3] =
    [EventKind::Accepted, EventKind::SubmissionFailed, EventKind::Request];

/// The expectations to verify.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    #[serde(default, deserialize_with = "read_expect")]
    #[schemars(!default, required, length(min = 1))]
    pub expect: Option<Vec<Expectation>>,
    /// Whether the first entries of the expectations must come in their order.
    #[serde(default)]
    pub in_order: bool,
}

part!(body VerifyRequest);

/// How often something should have happened.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a list of objects")]
#[schemars(rename = "expectation", extend("anyOf" = [
    {"required": ["exactly"]},
    {"required": ["at_least"]},
    {"required": ["at_most"]},
    {"required": ["never"]},
]))]
pub struct Expectation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Word<EventKind>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_id: Option<ReferenceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Word<OperationWord>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<HttpStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Word<RefusalCause>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exactly: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
    #[serde(default, deserialize_with = "read_never", skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("const" = true))]
    pub never: bool,
}

const A_LIST: &str = r#"a list of expectations, such as [{"event": "accepted", "exactly": 1}]"#;

fn read_expect<'de, D>(deserializer: D) -> Result<Option<Vec<Expectation>>, D::Error>
where
    D: Deserializer<'de>,
{
    decode::list(deserializer, A_LIST).map(Some)
}

fn read_never<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let wrong = |_| D::Error::custom("can only be true: write that, or leave it out");
    decode::only_true(deserializer).map_err(wrong)
}

/// The verdict on a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Pass,
    Fail,
    /// Unknown, since entries were evicted to make room.
    Incomplete,
}

/// The result of a verification.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Verified {
    pub verdict: Outcome,
    pub results: Vec<ExpectationResult>,
    /// Whether the order is as expected.
    pub in_order: bool,
    /// How many entries and transactions were evicted.
    pub evicted: u64,
}

/// The result of an expectation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExpectationResult {
    pub expected: Expectation,
    /// How often it happened.
    pub found: u64,
    pub holds: bool,
    pub why: Option<String>,
}

impl Control {
    /// Verifies what happened. It never passes if entries were evicted to make room.
    ///
    /// # Errors
    ///
    /// 400 for expectations without a condition, or with conditions that no entry can meet.
    pub async fn verify(
        self: Arc<Self>,
        scope: Scope,
        request: VerifyRequest,
    ) -> Result<Verified, Refusal> {
        let expected = request.expectations()?;
        self.spaces.catch_up();
        let mut found = vec![Found::default(); expected.len()];
        self.read_entries(&scope, 0, |number, _, entry| {
            for (bounded, found) in expected.iter().zip(&mut found) {
                found.is_subject_known |= bounded.conditions.is_about(entry);
                if bounded.conditions.hold(entry) {
                    found.count += 1;
                    found.first.get_or_insert(number);
                }
            }
            ControlFlow::Continue(())
        });
        let settled_evicted = match &scope {
            Scope::All => self.spaces.held().settled_evicted,
            Scope::One(space) => space.held().settled_evicted,
        };
        let evicted = self.evicted_entries(&scope) + settled_evicted;
        // An expectation without an entry has no place in the order.
        let in_order = !request.in_order || found.iter().filter_map(|one| one.first).is_sorted();
        let results = request.expect.unwrap_or_default().into_iter().zip(expected).zip(&found);
        let results: Vec<ExpectationResult> = results
            .map(|((expected, bounded), found)| {
                let why = bounded.why_not(found);
                ExpectationResult { expected, found: found.count, holds: why.is_none(), why }
            })
            .collect();
        let verdict = match (evicted, in_order && results.iter().all(|one| one.holds)) {
            (0, true) => Outcome::Pass,
            (0, false) => Outcome::Fail,
            _ => Outcome::Incomplete,
        };
        Ok(Verified { verdict, results, in_order, evicted })
    }
}

impl VerifyRequest {
    fn expectations(&self) -> Result<Vec<Bounded>, Refusal> {
        match self.expect.as_deref() {
            None => Err(Refusal::bad(format!("`expect` is required: {A_LIST}"))),
            Some([]) => Err(Refusal::bad(
                "`expect` is empty, so nothing would be checked: expect something",
            )),
            Some(expected) => expected.iter().map(Bounded::of).collect(),
        }
    }
}

/// The entries of the journal that meet an expectation.
#[derive(Clone, Default)]
struct Found {
    count: u64,
    /// The number of the first entry.
    first: Option<u64>,
    /// Whether any entry is about the transaction that it names.
    is_subject_known: bool,
}

/// Conditions, and how many entries should meet them.
struct Bounded {
    conditions: Conditions,
    at_least: u64,
    at_most: u64,
}

impl Bounded {
    fn of(expectation: &Expectation) -> Result<Self, Refusal> {
        let &Expectation { event, reference_id, operation, status, refusal, .. } = expectation;
        let conditions = Conditions { event, reference_id, operation, status, refusal }.check()?;
        let (at_least, at_most) = expectation.bounds()?;
        Ok(Self { conditions, at_least, at_most })
    }

    /// Why the expectation does not hold; `None` if it holds.
    ///
    /// An unknown transaction has no further events, so the expectation that none happens would
    /// hold for a mistyped reference id. It must not.
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
        let id = self.conditions.reference_id.filter(|_| !is_subject_known)?;
        let event = self.conditions.event.map(|event| event.0);
        let event = event.filter(|event| !ARRIVALS.contains(event))?;
        Some(format!(
            "nothing here has the reference id {id}, so no `{event}` could come of it; to say that \
             it should not even have come, expect `accepted` never"
        ))
    }
}

impl Expectation {
    /// How often at least and at most.
    fn bounds(&self) -> Result<(u64, u64), Refusal> {
        let never = self.never.then_some(0);
        match (never, self.exactly, self.at_least, self.at_most) {
            (None, None, None, None) => {
                let message =
                    "an expectation needs `exactly`, `at_least`, `at_most` or `never: true`";
                Err(Refusal::bad(message))
            }
            (None, None, Some(0), None) => Err(Refusal::bad(
                "`at_least` 0 always holds, so nothing would be checked: write 1 or more, or \
                 `never: true`",
            )),
            (None, None, Some(least), Some(most)) if least > most => Err(Refusal::bad(format!(
                "nothing is at least {least} and at most {most}: swap them"
            ))),
            (None, None, least, most) => Ok((least.unwrap_or(0), most.unwrap_or(u64::MAX))),
            (Some(number), None, None, None) | (None, Some(number), None, None) => {
                Ok((number, number))
            }
            _ => Err(Refusal::bad(
                "`never` and `exactly` say all: leave out the others of `exactly`, `at_least`, \
                 `at_most` and `never`",
            )),
        }
    }
}
