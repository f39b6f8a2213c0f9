//! A transaction as the control plane shows it.

use std::sync::Arc;

use serde_json::{Value, json};
use wildmatch::WildMatch;

use crate::control::journal::{line, reference_id};
use crate::control::names;
use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope, nobody, not_an_api_user};
use crate::engine::space::Space;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId, parse_uuid};
use momo_sandbox_core::model::submission::Submission;
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::platform::event::PayerAct;
use momo_sandbox_core::platform::test_control::CannotAct;

use momo_sandbox_core::model::spelling::suggestion;
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::platform::callback::{Attempt, AttemptResult};
use momo_sandbox_core::platform::transaction::Transaction;
use momo_sandbox_core::scenario::forced_failure::ForcedFailure;
use momo_sandbox_core::scenario::plan::{Decision, Plan, PlannedCallback};

/// The most lines of a list.
const LIMIT_MAX: usize = 100_000;

/// Which lines of the list are meant, and from where.
struct Wanted<'a> {
    filters: Vec<(&'a str, String)>,
    newest_first: bool,
    limit: usize,
    after: Option<ReferenceId>,
}

impl<'a> Wanted<'a> {
    fn read(request: &'a ControlRequest) -> Result<Self, Refusal> {
        let filters = request.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let filters = filters.filter(|(name, _)| FILTERS.contains(name));
        let filters = filters.map(|(name, sent)| Ok((name, names::filter(name, sent)?)));
        let order = request.parameter("order").unwrap_or("oldest");
        let newest_first = names::known_word("order", order, &["oldest", "newest"])? == "newest";
        let limit = request.number("limit")?;
        Ok(Self {
            filters: filters.collect::<Result<_, Refusal>>()?,
            newest_first,
            limit: limit.map_or(LIMIT_MAX, |limit| usize::try_from(limit).unwrap_or(LIMIT_MAX)),
            after: request.parameter("after").map(reference_id).transpose()?,
        })
    }

    fn fits(&self, line: &Value) -> bool {
        self.filters.iter().all(|(name, value)| match value.contains('*') {
            false => line[*name] == *value,
            true => line[*name].as_str().is_some_and(|text| WildMatch::new(value).matches(text)),
        })
    }
}

/// The fields of a line that can be asked for.
pub(super) const FILTERS: [&str; 8] = [
    "status",
    "operation",
    "product",
    "party",
    "external_id",
    "reason",
    "callback",
    "reference_id",
];

impl Control {
    pub(super) fn list_transactions(
        &self,
        scope: &Scope,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let wanted = Wanted::read(request)?;
        let mut found = Vec::new();
        for space in self.spaces_of(scope) {
            self.spaces.enter(&space, |platform, _| {
                let api_user = platform.api_user().id;
                for transaction in platform.transactions() {
                    let place =
                        (transaction.accepted_at, api_user, transaction.submission.reference_id);
                    let line = summary(api_user, transaction);
                    if wanted.fits(&line) {
                        found.push((place, line));
                    }
                }
            });
        }
        found.sort_by_key(|(place, _)| *place);
        if wanted.newest_first {
            found.reverse();
        }
        let total = found.len();
        let begin = match wanted.after {
            None => 0,
            Some(after) => found
                .iter()
                .position(|((_, _, reference_id), _)| *reference_id == after)
                .map(|place| place + 1)
                .ok_or_else(|| unknown(&after.to_string()))?,
        };
        let lines = found.into_iter().skip(begin).take(wanted.limit).map(|(_, line)| line);
        let lines: Vec<_> = lines.collect();
        Ok(Answer::json(200, &json!({"transactions": lines, "total": total})))
    }

    /// One transaction. The same reference may stand in several spaces: then the space must be
    /// said, by the path or by `?api_user=`.
    pub(super) async fn read_transaction(
        &self,
        scope: &Scope,
        id: &str,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let space = self.space_with(scope, reference_id(id)?, request).await?;
        let whole = self.spaces.enter(&space, |platform, _| {
            let id = reference_id(id).ok()?;
            platform.transaction(id).map(|transaction| whole(platform, transaction))
        });
        whole.map(|whole| Answer::json(200, &whole)).ok_or_else(|| unknown(id))
    }

    /// What the payer does with a pending transaction.
    pub(super) async fn act(
        &self,
        scope: &Scope,
        id: &str,
        act: &str,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let Ok(act) = act.parse::<PayerAct>() else {
            let help = suggestion(act, PayerAct::NAMES);
            return Err(Refusal::new(404, format!("a payer cannot `{act}`: {help}")));
        };
        let reference = reference_id(id)?;
        let space = self.space_with(scope, reference, request).await?;
        self.spaces.enter(&space, |platform, _| match platform.act_as_payer(reference, act) {
            Ok(()) => {
                let found = platform.transaction(reference).ok_or_else(|| unknown(id))?;
                Ok(Answer::json(200, &whole(platform, found)))
            }
            Err(error @ CannotAct::Unknown(_)) => Err(Refusal::new(404, error.to_string())),
            Err(error) => Err(Refusal::new(409, error.to_string())),
        })
    }

    /// The space that has this transaction.
    async fn space_with(
        &self,
        scope: &Scope,
        id: ReferenceId,
        request: &ControlRequest,
    ) -> Result<Arc<Space>, Refusal> {
        let wanted = match request.parameter("api_user") {
            None => None,
            Some(text) => {
                Some(parse_uuid(text).map(ApiUserId).ok_or_else(|| not_an_api_user(text))?)
            }
        };
        if let Some(missing) = wanted.filter(|wanted| self.spaces.get(*wanted).is_none()) {
            return Err(nobody(&missing.to_string()));
        }
        self.spaces.catch_up();
        let spaces = match scope {
            Scope::All => self.spaces.holding(id),
            Scope::One(space) => vec![Arc::clone(space)],
        };
        let mut found = Vec::new();
        for space in spaces {
            let user = self.spaces.enter(&space, |platform, _| {
                platform.transaction(id).map(|_| platform.api_user().id)
            });
            let user = user.filter(|user| wanted.is_none_or(|wanted| wanted == *user));
            found.extend(user.map(|user| (user, space)));
        }
        match found.len() {
            0 => Err(match wanted {
                None => unknown(&id.to_string()),
                Some(user) => {
                    let message = format!("no transaction of {user} has the reference id {id}");
                    Refusal::new(404, message)
                }
            }),
            1 => Ok(found.remove(0).1),
            several => {
                found.sort_by_key(|(user, _)| *user);
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

fn unknown(id: &str) -> Refusal {
    Refusal::new(404, format!("no transaction has the reference id {id}"))
}

/// One line of the list.
pub fn summary(api_user: ApiUserId, transaction: &Transaction) -> Value {
    let submission = &transaction.submission;
    let status = transaction.status();
    json!({
        "reference_id": submission.reference_id.to_string(),
        "api_user": api_user.to_string(),
        "product": submission.product.name(),
        "operation": submission.kind.name(),
        "amount": submission.details.amount.map(|amount| amount.to_string()),
        "currency": &*submission.details.currency.0,
        "party": submission.details.party.as_ref().map(|party| &*party.id),
        "external_id": submission.details.external_id.as_deref(),
        "accepted_at": transaction.accepted_at.to_string(),
        "status": status.name(),
        "reason": status.reason().map(|reason| reason.code()),
        "callback": transaction.callback.state().name(),
        "status_reads": transaction.status_reads,
    })
}

/// Everything that is known of one: request, plan, status history, callback attempts, journal.
pub fn whole(platform: &Platform, transaction: &Transaction) -> Value {
    let submission = &transaction.submission;
    let api_user = platform.api_user().id;
    let mut whole = summary(api_user, transaction);
    let history: Vec<Value> = transaction
        .history()
        .map(|(at, status)| {
            json!({
                "at": at.to_string(),
                "status": status.name(),
                "reason": status.reason().map(|reason| reason.code()),
            })
        })
        .collect();
    let attempts: Vec<Value> = transaction.callback.attempts().iter().map(attempt).collect();
    let journal: Vec<Value> = platform
        .journal()
        .entries()
        .filter(|entry| entry.reference_id() == Some(submission.reference_id))
        .map(|entry| line(entry.number, Some(api_user), entry))
        .collect();
    let parts = [
        ("callback_url", json!(submission.callback_url.as_ref().map(|url| url.as_str()))),
        ("status_body", platform.status_body(transaction)),
        ("plan", plan(&transaction.plan, submission)),
        ("near_misses", near_misses(platform, transaction)),
        ("history", json!(history)),
        ("callback_attempts", json!(attempts)),
        (
            "delivery_notifications",
            json!(transaction.delivery_notification.iter().collect::<Vec<_>>()),
        ),
        ("journal", json!(journal)),
    ];
    let fields = whole.as_object_mut().expect("a summary is an object");
    fields.extend(parts.into_iter().map(|(name, value)| (name.to_owned(), value)));
    whole
}

/// The plan of a submission, as it is shown.
pub fn plan(plan: &Plan, submission: &Submission) -> Value {
    let stages: Vec<Value> = plan
        .stages
        .iter()
        .map(|stage| {
            json!({
                "after_ms": milliseconds(stage.after),
                "status": stage.status.name(),
                "reason": stage.status.reason().map(|reason| reason.code()),
            })
        })
        .collect();
    let callback = match &plan.callback {
        PlannedCallback::NotRequested => json!({"fate": "not_requested"}),
        PlannedCallback::Lost => json!({"fate": "lost"}),
        PlannedCallback::Sent(delivery) => json!({
            "fate": "sent",
            "delay_ms": delivery.delay_ms,
            "method": delivery.method.name(),
            "times": delivery.times,
            "every_ms": milliseconds(delivery.every),
            "status": delivery.status.map(|status| status.name()),
        }),
    };
    let decided_by = decision(&plan.decided_by, submission);
    json!({"stages": stages, "callback": callback, "decided_by": decided_by})
}

/// Which rules did not match, and for want of which condition.
fn near_misses(platform: &Platform, transaction: &Transaction) -> Value {
    let misses = platform.near_misses(transaction).into_iter();
    misses
        .map(|(rule, miss)| {
            json!({
                "scenario": &*rule.origin.scenario,
                "rule": rule.origin.number,
                "name": rule.name.as_deref(),
                "missed": miss.condition,
            })
        })
        .collect()
}

fn decision(decision: &Decision, submission: &Submission) -> Value {
    let rule = decision
        .rule
        .as_ref()
        .map(|origin| json!({"scenario": &*origin.scenario, "rule": origin.number}));
    json!({
        "rule": rule,
        "rule_name": decision.rule_name.as_deref(),
        "mtn_test_value": decision.test_value.as_deref(),
        "overruled_by": decision.overruled_by.as_deref().map(ForcedFailure::name),
        "why": decision.why(submission),
    })
}

fn attempt(attempt: &Attempt) -> Value {
    let headers: serde_json::Map<String, Value> = attempt
        .headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
        .collect();
    let (status, redirect, error, detail) = match &attempt.result {
        AttemptResult::Answered { status, redirect } => {
            (Some(*status), redirect.as_deref(), None, None)
        }
        AttemptResult::Failed { failure, detail } => {
            (None, None, Some(failure.name()), Some(detail.as_str()))
        }
    };
    json!({
        "sent_at": attempt.sent_at.to_string(),
        "took_ms": milliseconds(attempt.took),
        "method": attempt.method.name(),
        "url": attempt.url.as_str(),
        "headers": headers,
        "body": &*attempt.body,
        "answer_status": status,
        "answer_detail": attempt.result.answer_detail(),
        "redirect_to": redirect,
        "error": error,
        "error_detail": detail,
    })
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
