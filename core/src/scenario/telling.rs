//! A plan in words, for people who ask what would become of a request.

use std::time::Duration;

use crate::model::escape::printable;
use crate::model::status::Status;
use crate::scenario::call::CallFate;
use crate::scenario::plan::{Decision, Delivery, Plan, PlannedCallback, PlannedQuery};
use crate::scenario::rule::{CallbackBody, Fault, Origin, ReportedBalance};

/// The most characters of a body that are shown.
const BODY_SHOWN_MAX: usize = 120;

/// What the POST meets: `the ordinary 202`, or what a rule asks for.
pub fn told_submit(plan: &Plan) -> String {
    let Some(submit) = &plan.submit else { return "the ordinary 202".to_owned() };
    let told = told_answer(submit.fault.as_ref(), submit.delay, "the ordinary 202");
    match (&submit.fault, submit.created) {
        (None, _) => told,
        (Some(_), true) => format!("{told}; the transaction exists all the same"),
        (Some(_), false) => format!("{told}; no transaction exists"),
    }
}

/// What becomes of the status.
pub fn told_stages(plan: &Plan) -> String {
    let stages = plan.stages.iter().map(|stage| {
        let status = told_status(stage.status);
        match stage.after {
            Duration::ZERO => status,
            after => format!("{status} after {}", told_time(after)),
        }
    });
    let told = stages.collect::<Vec<_>>().join(", ");
    if plan.last().status.is_final() { told } else { format!("{told}, for good") }
}

/// What becomes of the callback.
pub fn told_callback(plan: &Plan) -> String {
    match &plan.callback {
        PlannedCallback::NotRequested => "none: the POST names no URL".to_owned(),
        PlannedCallback::Lost => "lost".to_owned(),
        PlannedCallback::Sent(_) if !plan.last().status.is_final() && !claims(plan) => {
            "none, as long as the status is not final".to_owned()
        }
        PlannedCallback::Sent(delivery) => told_delivery(delivery),
    }
}

/// Whether the callback tells a status of its own.
fn claims(plan: &Plan) -> bool {
    matches!(&plan.callback, PlannedCallback::Sent(delivery) if delivery.status.is_some())
}

fn told_delivery(delivery: &Delivery) -> String {
    let time = told_time(Duration::from_millis(delivery.delay_ms.unsigned_abs()));
    let mut told = match delivery.delay_ms {
        0 => "sent with the final status".to_owned(),
        1.. => format!("sent {time} after the final status"),
        _ => format!("sent {time} before the final status"),
    };
    told.push_str(&format!(", by {}", delivery.method.name()));
    if let Some(status) = delivery.status {
        told.push_str(&format!(", says {}", told_status(status)));
    }
    if delivery.body != CallbackBody::Status {
        let body: &str = delivery.body.into();
        told.push_str(&format!(", its body is {body}"));
    }
    if delivery.retries {
        told.push_str(", and again until it is answered with success");
    } else if delivery.times > 1 {
        let every = told_time(delivery.every);
        told.push_str(&format!(", {} times, {every} apart", delivery.times));
    }
    told
}

/// What successive queries of the status meet, those that meet the same together.
pub fn told_queries(plan: &Plan) -> Vec<String> {
    let mut told = Vec::new();
    let mut first = 1;
    for same in plan.queries.chunk_by(PlannedQuery::eq) {
        let last = first + same.len() - 1;
        let which = if first == last { format!("{first}") } else { format!("{first} to {last}") };
        let answer = told_answer(same[0].fault.as_ref(), same[0].delay, "the status");
        told.push(format!("{which}: {answer}"));
        first = last + 1;
    }
    told.push(if first == 1 { "the status".to_owned() } else { "then: the status".to_owned() });
    told
}

/// What a call that is no submission meets.
pub fn told_call(fate: &CallFate) -> String {
    let told = told_answer(fate.fault.as_ref(), fate.delay, "the ordinary answer");
    match (&fate.fault, fate.is_done) {
        (Some(_), true) => format!("{told}; what is asked for is done all the same"),
        (None, _) | (Some(_), false) => told,
    }
}

/// What a query of the balance meets.
pub fn told_balance(balance: &ReportedBalance) -> String {
    match balance {
        ReportedBalance::Ledger => "the account's balance".to_owned(),
        ReportedBalance::Available(told) => format!("a balance of {told}"),
        ReportedBalance::Failed(fault) => told_fault(fault),
    }
}

/// What decides: a rule of a scenario, a test value of MTN's, or nothing.
pub fn told_decision(decision: &Decision) -> String {
    let rule = decision.rule.as_ref().map(|rule| {
        let occurrence = decision.occurrence.map(|number| format!(", occurrence {number}"));
        let rule = told_rule(rule, decision.rule_name.as_deref());
        format!("{rule} decides{}", occurrence.unwrap_or_default())
    });
    let test_value = decision.test_value.as_deref();
    let test_value = test_value.map(|use_case| format!("MTN's test value {use_case}"));
    match (rule, test_value) {
        (Some(rule), Some(value)) => format!("{rule}; the status is that of {value}"),
        (Some(rule), None) => rule,
        (None, Some(value)) => format!("{value} decides, no rule"),
        (None, None) => "no rule decides, all is ordinary".to_owned(),
    }
}

pub fn told_rule(origin: &Origin, name: Option<&str>) -> String {
    let Origin { scenario, number } = origin;
    let name = name.map(|name| format!(" ({})", printable(name))).unwrap_or_default();
    format!("rule {number} of `{}`{name}", printable(scenario))
}

fn told_answer(fault: Option<&Fault>, delay: Duration, ordinary: &str) -> String {
    let told = fault.map_or_else(|| ordinary.to_owned(), told_fault);
    if delay.is_zero() { told } else { format!("{told} after {}", told_time(delay)) }
}

fn told_fault(fault: &Fault) -> String {
    match fault {
        Fault::Connection(fault) => format!("no answer: connection {}", fault.name()),
        Fault::Answer(answer) => match answer.body.as_str() {
            "" => format!("a {} without a body", answer.status),
            body => format!("a {} with {}", answer.status, beginning(body)),
        },
    }
}

fn beginning(body: &str) -> String {
    match body.char_indices().nth(BODY_SHOWN_MAX) {
        Some((at, _)) => format!("{}…", printable(&body[..at])),
        None => printable(body),
    }
}

/// A duration as a scenario file writes it.
fn told_time(time: Duration) -> String {
    jiff::SignedDuration::try_from(time)
        .map_or_else(|_| format!("{time:?}"), |it| format!("{it:#}"))
}

fn told_status(status: Status) -> String {
    match status.reason() {
        Some(reason) => format!("{} ({})", status.name(), reason.code()),
        None => status.name().to_owned(),
    }
}
