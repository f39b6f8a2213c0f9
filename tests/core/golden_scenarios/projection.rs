//! The words in which a golden text says what a user sees. They do not follow the types of the
//! core: where those change, this file is changed so that the texts stay as they are.

use std::fmt::Write;
use std::time::Duration;

use momo_sandbox_core::model::party::PartyIdType;
use momo_sandbox_core::model::status::Status;
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::scenario::delivery::DeliveryPolicy;
use momo_sandbox_core::scenario::forced_failure::ForcedFailure;
use momo_sandbox_core::scenario::plan::{Decision, Plan};
use momo_sandbox_core::scenario::planned_callback::PlannedCallback;
use momo_sandbox_core::scenario::rule::{CallbackBody, Decider, Fault};
use momo_sandbox_core::scenario::rule_book::RuleBook;
use rust_decimal::Decimal;

fn time(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}

/// What holds for all that happens under these rules.
pub fn settings(rules: &RuleBook) -> String {
    let ledger = if rules.keeps_ledger { "on" } else { "off" };
    let limit = rules.rate_limit.map_or("no limit of queries".to_owned(), |limit| {
        format!("{} queries per {}", limit.requests, time(limit.per))
    });
    let delivery = match rules.delivery {
        DeliveryPolicy::Once => "once",
        DeliveryPolicy::Retrying => "retrying",
        DeliveryPolicy::Twice => "twice",
    };
    format!(
        "accounts open with {}, ledger {ledger}, tokens live {}, of consents {}, {limit}, callbacks \
         {delivery}\n",
        rules.opening_balance,
        time(rules.token_lifetime),
        time(rules.consent_token_lifetime),
    )
}

/// Who has an id.
pub fn holder(rules: &RuleBook, id_type: PartyIdType, id: &str) -> String {
    let holder = rules.account_holder(id_type, id);
    let active = match rules.account_holder_active(id_type, id) {
        Ok(active) => active.to_string(),
        Err(refusal) => format!("refused with {}", answer(&refusal.answer())),
    };
    format!(
        "{} {id}: {}, {}, {}, {}, active {active}, consent {} after {}\n",
        id_type.name(),
        holder.full_name(),
        holder.birthdate,
        holder.gender,
        holder.locale,
        holder.consent.name(),
        time(holder.consent_after),
    )
}

/// What one query of the balance meets.
pub fn balance(told: Result<Decimal, (Fault, Decider)>) -> String {
    match told {
        Ok(available) => available.to_string(),
        Err((told, by)) => format!("{} by rule {}", fault(&told), by.rule.number),
    }
}

/// All that becomes of a transaction.
pub fn plan(plan: &Plan) -> String {
    let mut text = decision(&plan.decided_by);
    if let Some(submit) = &plan.submit {
        let met = submit.fault.as_ref().map_or("202".to_owned(), fault);
        let created = if submit.created { "created" } else { "not created" };
        let _ = write!(text, " | POST after {}: {met}, {created}", time(submit.delay));
    }
    text += " |";
    for stage in &plan.stages {
        let _ = write!(text, " {} {}", time(stage.after), status(&stage.status));
    }
    text += " | callback ";
    text += &callback(&plan.callback);
    let queries: Vec<String> = plan
        .queries
        .iter()
        .map(|query| {
            let met = query.fault.as_ref().map_or("the status".to_owned(), fault);
            format!("after {} {met}", time(query.delay))
        })
        .collect();
    for same in queries.chunk_by(|one, other| one == other) {
        let _ = write!(text, " | GET {}x {}", same.len(), same[0]);
    }
    if let Some(invoice) = plan.invoice.as_deref() {
        let (id, payment) = (invoice.invoice_id, invoice.payment_reference);
        let _ = write!(text, " | invoice {id}, to be paid as {payment}");
    }
    text
}

fn decision(decision: &Decision) -> String {
    let mut text = match &decision.rule {
        Some(origin) => format!("rule {} of {}", origin.number, origin.scenario),
        None => "no rule".to_owned(),
    };
    if let Some(name) = &decision.rule_name {
        let _ = write!(text, " ({name})");
    }
    if let Some(value) = &decision.test_value {
        let _ = write!(text, ", MTN's {value}");
    }
    if let Some(by) = decision.overruled_by.as_deref().map(ForcedFailure::name) {
        let _ = write!(text, ", overruled by {by}");
    }
    text
}

fn status(status: &Status) -> String {
    match status.reason() {
        Some(reason) => format!("{} {reason}", status.name()),
        None => status.name().to_owned(),
    }
}

fn callback(planned: &PlannedCallback) -> String {
    let delivery = match planned {
        PlannedCallback::NotRequested => return "not asked for".to_owned(),
        PlannedCallback::Lost => return "lost".to_owned(),
        PlannedCallback::Several(_) => {
            return "several, as no file of that time asks for".to_owned();
        }
        PlannedCallback::Sent(delivery) => delivery,
    };
    let body = match delivery.body {
        CallbackBody::Status => "status",
        CallbackBody::Malformed => "malformed",
        CallbackBody::UnknownReference => "unknown-reference",
        CallbackBody::UnknownFields => "unknown-fields",
    };
    let claims = delivery.status.as_ref().map(|claimed| format!(" that says {}", status(claimed)));
    format!(
        "{} after {}ms {}x every {}{}, {body}{}",
        delivery.method.name(),
        delivery.delay_ms,
        delivery.times,
        time(delivery.every),
        if delivery.retries { " until it is answered" } else { "" },
        claims.unwrap_or_default(),
    )
}

fn fault(fault: &Fault) -> String {
    match fault {
        Fault::Answer(told) => answer(&told.apply(Answer::empty(202))),
        Fault::Connection(broken) => format!("connection {}", broken.name()),
        Fault::OnTheWay(_) => "a fault on the way, which no file of that time asks for".to_owned(),
    }
}

fn answer(answer: &Answer) -> String {
    let content_type = answer.content_type.unwrap_or("no type");
    let phrase = answer.phrase().map(|phrase| format!(" \"{phrase}\"")).unwrap_or_default();
    let headers = answer.headers.iter().map(|(name, value)| format!(" {name}: {value}"));
    let headers: String = headers.collect();
    format!("{}{phrase} {content_type}{headers} {}", answer.status, answer.body)
}
