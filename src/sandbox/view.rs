//! What a test sees and does, of one API user or of all.

use std::sync::Arc;
use std::time::Duration;

use momo_sandbox_core::model::ids::ReferenceId;
use momo_sandbox_core::model::spelling::suggestion;
use momo_sandbox_core::platform::event::EventKind;
use momo_sandbox_core::platform::rules_in_force::Lasting;
use momo_sandbox_core::report::check::Terms;

use super::audit::Audit;
use super::condition::{Condition, WaitError};
use super::expectation::{Expectation, VerifyError};
use super::scenario::{Scenario, ScenarioError};
use super::transaction::Transaction;
use crate::control::duration::DurationText;
use crate::control::journal::HttpStatus;
use crate::control::names::{OperationWord, Vocabulary, Word};
use crate::control::verify::{self, VerifyRequest};
use crate::control::wait::{WaitEnd, WaitRequest, Waited};
use crate::control::{Control, Scope};
use momo_sandbox_core::platform::request::RefusalCause;

/// One API user's space, or all of them.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) control: Arc<Control>,
    pub(super) scope: Scope,
}

impl View {
    pub(super) async fn advance(&self, by: Duration) {
        let target = self.control.now(&self.scope).after(by);
        self.control.advance_to(&self.scope, target).await;
    }

    pub(super) fn transactions(&self) -> Vec<Transaction> {
        let mut all = Vec::new();
        for space in self.control.spaces_of(&self.scope) {
            self.control.spaces.enter(&space, |platform, _| {
                let api_user = platform.api_user().id;
                all.extend(platform.transactions().map(|one| {
                    let order = (one.accepted_at, api_user, one.acceptance);
                    (order, Transaction::of(api_user, one))
                }));
            });
        }
        all.sort_by_key(|(order, _)| *order);
        all.into_iter().map(|(_, transaction)| transaction).collect()
    }

    pub(super) fn set_scenario(&self, scenario: &Scenario) -> Result<(), ScenarioError> {
        let scenarios = vec![scenario.read()?];
        let put = self.control.replace_scenarios(&self.scope, scenarios, Lasting::ForGood);
        put.map_err(|refusal| ScenarioError::NoRoom(refusal.message().to_owned()))
    }

    pub(super) fn audit(&self) -> Audit {
        Audit::of(self.control.audit(&self.scope, Terms::WITHIN))
    }

    pub(super) async fn wait_for(&self, condition: Condition) -> Result<Transaction, WaitError> {
        let id = ReferenceId(condition.reference_id);
        let request = WaitRequest {
            reference_id: Some(id),
            status: condition.status.map(Word),
            callback: condition.callback.map(Word),
            timeout: Some(DurationText(condition.within)),
            ..WaitRequest::default()
        };
        let waited = Arc::clone(&self.control).wait(self.scope.clone(), request).await;
        let (end, why) = match waited {
            Ok(Waited::Transaction(waited)) => (waited.end, waited.error.unwrap_or_default()),
            Ok(Waited::Time(waited)) => (WaitEnd::TimedOut, waited.error.unwrap_or_default()),
            Err(refusal) => (WaitEnd::TimedOut, refusal.message().to_owned()),
        };
        match (end, self.transaction(id).map(Box::new)) {
            (WaitEnd::Met, Some(transaction)) => Ok(*transaction),
            (WaitEnd::Impossible, Some(transaction)) => {
                Err(WaitError::Impossible { why, transaction })
            }
            (WaitEnd::Stopping, _) => Err(WaitError::Stopped),
            (_, transaction) => Err(WaitError::TimedOut { why, transaction }),
        }
    }

    pub(super) async fn verify(&self, expected: &[Expectation]) -> Result<(), VerifyError> {
        let impossible = VerifyError::Impossible;
        let expect: Vec<_> =
            expected.iter().map(typed).collect::<Result<_, _>>().map_err(impossible)?;
        let request = VerifyRequest { expect: Some(expect), ..VerifyRequest::default() };
        let verified = Arc::clone(&self.control).verify(self.scope.clone(), request).await;
        let verified = verified.map_err(|refusal| impossible(refusal.message().to_owned()))?;
        match verified.verdict {
            verify::Outcome::Pass => Ok(()),
            verify::Outcome::Incomplete => {
                Err(VerifyError::Incomplete { evicted: verified.evicted })
            }
            verify::Outcome::Fail => {
                let results = verified.results.iter().zip(expected);
                let unmet = results.filter_map(|(result, expected)| {
                    let why = result.why.as_deref()?;
                    Some(format!("{expected}: {why}"))
                });
                Err(VerifyError::Unmet { unmet: unmet.collect() })
            }
        }
    }

    fn transaction(&self, id: ReferenceId) -> Option<Transaction> {
        let spaces = self.control.spaces_holding(&self.scope, id);
        spaces.iter().find_map(|space| {
            self.control.spaces.enter(space, |platform, _| {
                let found = platform.transaction(id)?;
                Some(Transaction::of(platform.api_user().id, found))
            })
        })
    }
}

/// An expectation in the control plane's words.
fn typed(expected: &Expectation) -> Result<verify::Expectation, String> {
    let Expectation { event, reference_id, operation, status, refusal, .. } = expected;
    let (at_least, at_most) = (expected.at_least, expected.at_most);
    let exactly = (at_least == at_most).then_some(at_least);
    let is_bound = exactly.is_none();
    Ok(verify::Expectation {
        event: word::<EventKind>("event", event.as_deref())?,
        reference_id: reference_id.map(ReferenceId),
        operation: word::<OperationWord>("operation", operation.as_deref())?,
        status: status.map(HttpStatus),
        refusal: word::<RefusalCause>("refusal", refusal.as_deref())?,
        exactly,
        at_least: (is_bound && at_least > 0).then_some(at_least),
        at_most: (is_bound && at_most < u64::MAX).then_some(at_most),
        never: false,
    })
}

fn word<V: Vocabulary>(name: &str, sent: Option<&str>) -> Result<Option<Word<V>>, String> {
    let Some(sent) = sent else { return Ok(None) };
    let unknown = || format!("unknown {name} `{sent}`: {}", suggestion(sent, V::words()));
    V::read(sent).map(|found| Some(Word(found))).ok_or_else(unknown)
}
