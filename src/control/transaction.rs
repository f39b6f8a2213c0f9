//! `GET transactions/{referenceId}`: one transaction with everything that is known of it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::control::journal::Entry;
use crate::control::names::Word;
use crate::control::parts::{Texts, part};
use crate::control::plan::PlanView;
use crate::control::refusal::Refusal;
use crate::control::transactions::Summary;
use crate::control::{Control, Scope, no_such_api_user};
use crate::engine::space::Space;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::status::{Status, StatusKind};
use momo_sandbox_core::model::time::{Timestamp, milliseconds};
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::platform::callback::{Attempt, AttemptResult, DeliveryFailure};
use momo_sandbox_core::platform::callback_judgement::{AttemptVerdict, CopyNumber};
use momo_sandbox_core::platform::callback_verdict::CallbackVerdict;
use momo_sandbox_core::platform::transaction::Transaction;
use momo_sandbox_core::scenario::passed_rules::PassedRule;
use momo_sandbox_core::scenario::planned_callback::PlannedCallback;

/// The path of a transaction.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionPath {
    /// The reference id of the transaction.
    pub reference_id: ReferenceId,
}

part!(path TransactionPath);

/// The query of a transaction.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransactionQuery {
    /// The API user, if several have a transaction with this reference id.
    pub api_user: Option<ApiUserId>,
}

part!(query TransactionQuery);

/// A transaction: request, plan, status history, callback attempts, journal.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "transaction")]
pub struct Record {
    #[serde(flatten)]
    pub summary: Summary,
    pub callback_url: Option<String>,
    /// The body that a status query answers.
    #[schemars(with = "serde_json::Map<String, Value>")]
    pub status_body: Value,
    pub plan: PlanView,
    pub near_misses: Vec<NearMiss>,
    pub history: Vec<Reached>,
    pub callback_attempts: Vec<AttemptView>,
    pub delivery_notifications: Vec<String>,
    pub journal: Vec<Entry>,
}

/// A rule that did not match.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NearMiss {
    pub scenario: String,
    /// The number of the rule in the scenario, from 1.
    pub rule: usize,
    pub name: Option<String>,
    /// The condition that did not hold.
    pub missed: &'static str,
    /// What there was instead, of a transaction that is only planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

impl NearMiss {
    pub fn of(passed: &PassedRule) -> Self {
        Self {
            scenario: passed.origin.scenario.to_string(),
            rule: passed.origin.number,
            name: passed.name.as_deref().map(str::to_owned),
            missed: passed.missed,
            found: passed.found.clone(),
        }
    }
}

/// A status that was reached.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reached {
    pub at: Timestamp,
    pub status: Word<StatusKind>,
    pub reason: Option<&'static str>,
}

/// An attempt to deliver a callback.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AttemptView {
    pub sent_at: Timestamp,
    pub took_ms: u64,
    /// Which of several planned callbacks it is, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<u16>,
    pub method: &'static str,
    pub url: String,
    pub headers: Texts,
    pub body: String,
    pub answer_status: Option<u16>,
    pub answer_detail: Option<String>,
    pub redirect_to: Option<String>,
    pub error: Option<Word<DeliveryFailure>>,
    pub error_detail: Option<String>,
    /// The verdict: the gravest of all that hold.
    pub verdict: Option<Word<CallbackVerdict>>,
    /// All that hold, the gravest first.
    pub verdicts: Vec<Word<CallbackVerdict>>,
    /// Where several have the same body: which one it is of those that came, or may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy: Option<CopyView>,
    /// Whether somebody sent it by hand through the control plane. The audit leaves it out.
    pub manual: bool,
    /// When it became due, in the time of its API user.
    pub due_at: Timestamp,
    /// The body that a status query would have answered then, to compare.
    #[schemars(with = "serde_json::Map<String, Value>")]
    pub status_body: Value,
}

/// The number of a callback among those with the same body.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CopyView {
    /// The number, from 1.
    pub n: u32,
    /// How many there are, with those to come.
    pub m: u32,
}

impl Control {
    /// Reads one transaction. If several spaces have a transaction with this reference id, the
    /// scope or the query must say which one is meant.
    pub async fn read_transaction(
        self: Arc<Self>,
        scope: Scope,
        path: TransactionPath,
        query: TransactionQuery,
    ) -> Result<Record, Refusal> {
        let id = path.reference_id;
        let space = self.space_with(&scope, id, query.api_user)?;
        self.spaces.enter(&space, |platform, _| Record::read(platform, id))
    }

    /// The space that has this transaction.
    pub(super) fn space_with(
        &self,
        scope: &Scope,
        id: ReferenceId,
        wanted: Option<ApiUserId>,
    ) -> Result<Arc<Space>, Refusal> {
        if let Some(missing) = wanted.filter(|wanted| self.spaces.get(*wanted).is_none()) {
            return Err(no_such_api_user(missing));
        }
        self.spaces.catch_up();
        let mut found = Vec::new();
        for space in self.spaces_holding(scope, id) {
            let user = space.api_user().id;
            let has_it =
                self.spaces.enter(&space, |platform, _| platform.transaction(id).is_some());
            if has_it && wanted.is_none_or(|wanted| wanted == user) {
                found.push((user, space));
            }
        }
        match (found.len(), wanted) {
            (0, None) => Err(unknown(id)),
            (0, Some(user)) => {
                let message = format!("no transaction of {user} has the reference id {id}");
                Err(Refusal::new(404, message))
            }
            (1, _) => Ok(found.remove(0).1),
            (several, _) => {
                let users: Vec<_> = found.iter().map(|(user, _)| user.to_string()).collect();
                let message = format!(
                    "{several} API users have a transaction of this reference id; add ?api_user= \
                     with one of {}",
                    users.join(", ")
                );
                Err(Refusal::new(409, message))
            }
        }
    }
}

pub(super) fn unknown(id: ReferenceId) -> Refusal {
    Refusal::new(404, format!("no transaction has the reference id {id}"))
}

impl Record {
    /// The transaction with this reference id.
    ///
    /// # Errors
    ///
    /// 404 where this space has none.
    pub(super) fn read(platform: &Platform, id: ReferenceId) -> Result<Self, Refusal> {
        let found = platform.transaction(id).ok_or_else(|| unknown(id))?;
        Ok(Self::of(platform, found))
    }

    /// A transaction of this space with everything that is known of it.
    pub fn of(platform: &Platform, transaction: &Transaction) -> Self {
        let submission = &transaction.submission;
        let api_user = platform.api_user().id;
        let id = Some(submission.reference_id);
        let entries = platform.journal().entries().filter(|entry| entry.reference_id() == id);
        let reached = |(at, status): (Timestamp, Status)| {
            let reason = status.reason().map(|reason| reason.code());
            Reached { at, status: Word(status.kind()), reason }
        };
        let notification = transaction.delivery_notification.as_deref();
        Self {
            summary: Summary::of(api_user, transaction),
            callback_url: submission.callback_url.as_ref().map(|url| url.as_str().to_owned()),
            status_body: platform.status_body(transaction),
            plan: PlanView::of(&transaction.plan, submission),
            near_misses: near_misses(platform, transaction),
            history: transaction.history().map(reached).collect(),
            callback_attempts: attempts(platform, transaction),
            delivery_notifications: notification.into_iter().map(str::to_owned).collect(),
            journal: entries.map(|one| Entry::of(one.number, Some(api_user), one)).collect(),
        }
    }
}

fn attempts(platform: &Platform, transaction: &Transaction) -> Vec<AttemptView> {
    let attempts = transaction.callback.attempts().iter();
    let by_hand = transaction.attempts_by_hand().iter();
    let by_hand = by_hand.map(|attempt| (attempt, transaction.verdict_by_hand(attempt)));
    let judged = attempts.zip(transaction.verdicts_of_attempts()).chain(by_hand);
    let shown = judged.map(|(attempt, verdict)| {
        let told = platform.status_body_at(transaction, attempt.due_at);
        AttemptView::of(attempt, &transaction.plan.callback, verdict, told)
    });
    shown.collect()
}

fn near_misses(platform: &Platform, transaction: &Transaction) -> Vec<NearMiss> {
    let misses = platform.near_misses(transaction).into_iter();
    misses
        .map(|(rule, miss)| NearMiss {
            scenario: rule.origin.scenario.to_string(),
            rule: rule.origin.number,
            name: rule.name.as_deref().map(str::to_owned),
            missed: miss.condition,
            found: None,
        })
        .collect()
}

impl AttemptView {
    fn of(
        attempt: &Attempt,
        planned: &PlannedCallback,
        verdict: AttemptVerdict,
        status_body: Value,
    ) -> Self {
        let is_of_several = matches!(planned, PlannedCallback::Several(_));
        let (answer_status, redirect_to, error, error_detail) = match &attempt.result {
            AttemptResult::Answered { status, redirect } => {
                (Some(*status), redirect.as_deref().map(str::to_owned), None, None)
            }
            AttemptResult::Failed { failure, detail } => {
                (None, None, Some(Word(*failure)), Some(detail.clone()))
            }
        };
        Self {
            sent_at: attempt.sent_at,
            took_ms: milliseconds(attempt.took),
            callback: is_of_several.then(|| attempt.number.entry + 1),
            method: attempt.method.name(),
            url: attempt.url.as_str().to_owned(),
            headers: Texts(attempt.headers.clone()),
            body: attempt.body.to_string(),
            answer_status,
            answer_detail: attempt.result.answer_detail(),
            redirect_to,
            error,
            error_detail,
            verdict: verdict.verdicts.gravest().map(Word),
            verdicts: verdict.verdicts.all().map(Word).collect(),
            copy: verdict.copy.map(|CopyNumber { n, m }| CopyView { n, m }),
            manual: attempt.number.is_by_hand(),
            due_at: attempt.due_at,
            status_body,
        }
    }
}
