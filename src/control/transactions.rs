//! A transaction as the control plane shows it.

use serde_json::{Value, json};

use crate::model::reference::ApiUserId;
use crate::platform::Platform;
use crate::platform::callback::{Attempt, AttemptResult};
use crate::platform::transaction::Transaction;
use crate::scenario::plan::{Decision, Overruling, Plan, PlannedCallback};

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
        "callback": transaction.callback.name(),
        "status_reads": transaction.status_reads,
    })
}

/// Everything that is known of one: request, plan, status history, callback attempts, journal.
pub fn whole(platform: &Platform, transaction: &Transaction) -> Value {
    let submission = &transaction.submission;
    let mut whole = summary(platform.api_user().id, transaction);
    let history: Vec<Value> = transaction
        .history()
        .iter()
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
        .filter(|entry| entry.reference_id == Some(submission.reference_id))
        .map(|entry| json!({"at": entry.at.to_string(), "event": entry.event}))
        .collect();
    let parts = [
        ("callback_url", json!(submission.callback_url.as_ref().map(|url| url.as_str()))),
        ("status_body", platform.status_body(transaction)),
        ("plan", plan(&transaction.plan)),
        ("history", json!(history)),
        ("callback_attempts", json!(attempts)),
        ("delivery_notifications", json!(transaction.delivery_notifications)),
        ("journal", json!(journal)),
    ];
    let fields = whole.as_object_mut().expect("a summary is an object");
    fields.extend(parts.into_iter().map(|(name, value)| (name.to_owned(), value)));
    whole
}

fn plan(plan: &Plan) -> Value {
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
    json!({"stages": stages, "callback": callback, "decided_by": decision(&plan.decided_by)})
}

fn decision(decision: &Decision) -> Value {
    let rule = decision
        .rule
        .as_ref()
        .map(|origin| json!({"scenario": &*origin.scenario, "rule": origin.number}));
    json!({
        "rule": rule,
        "rule_name": decision.rule_name.as_deref(),
        "mtn_test_value": decision.test_value.as_deref(),
        "overruled_by": decision.overruled_by.map(Overruling::name),
    })
}

fn attempt(attempt: &Attempt) -> Value {
    let headers: serde_json::Map<String, Value> = attempt
        .headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
        .collect();
    let (status, error, detail) = match &attempt.result {
        AttemptResult::Answered { status } => (Some(*status), None, None),
        AttemptResult::Failed { failure, detail } => {
            (None, Some(failure.name()), Some(detail.as_str()))
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
        "error": error,
        "error_detail": detail,
    })
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
