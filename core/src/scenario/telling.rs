//! A plan in words, for people who ask what would become of a request.

use std::sync::Arc;
use std::time::Duration;

use crate::model::escape::printable;
use crate::model::status::Status;
use crate::operations::answer::Answer;
use crate::scenario::call::CallFate;
use crate::scenario::plan::{Decision, Plan, PlannedQuery};
use crate::scenario::planned_callback::{Delivery, PlannedCallback};
use crate::scenario::rule::{CallbackBody, CallbackContent, Fault, Origin, ReportedBalance};
use crate::scenario::scenario_answer::{AnswerBody, ScenarioAnswer};

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

/// What becomes of each callback.
pub fn told_callbacks(plan: &Plan) -> Vec<String> {
    if plan.callback == PlannedCallback::NotRequested {
        return vec!["none: the POST names no URL".to_owned()];
    }
    let is_final = plan.last().status.is_final();
    let callbacks = plan.callback.entries().map(|(entry, delivery)| match delivery {
        None => "lost".to_owned(),
        Some(one) if !is_final && one.status.is_none() => {
            "none, as long as the status is not final".to_owned()
        }
        Some(one) => told_delivery(one, plan.callback.content(entry)),
    });
    callbacks.collect()
}

fn told_delivery(delivery: &Delivery, content: Option<&Arc<CallbackContent>>) -> String {
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
    let text = content.and_then(|content| content.body.as_deref());
    if let Some(text) = text {
        told.push_str(&format!(", with {}", beginning(text)));
    } else if delivery.body != CallbackBody::Status {
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
        let query = &same[0];
        let last = first + same.len() - 1;
        let which = match query.until {
            Some(until) => format!("until {} after acceptance", told_time(until)),
            None if first == last => format!("{first}"),
            None => format!("{first} to {last}"),
        };
        let tells = match query.status {
            Some(status) => format!("the status {}", told_status(status)),
            None => "the status".to_owned(),
        };
        told.push(format!("{which}: {}", told_answer(query.fault.as_ref(), query.delay, &tells)));
        first = last + 1;
    }
    told.push(if told.is_empty() {
        "the status".to_owned()
    } else {
        "then: the status".to_owned()
    });
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
        ReportedBalance::Failed(fault) => told_fault(fault, "the account's balance"),
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
    let told = fault.map_or_else(|| ordinary.to_owned(), |fault| told_fault(fault, ordinary));
    if delay.is_zero() { told } else { format!("{told} after {}", told_time(delay)) }
}

fn told_fault(fault: &Fault, ordinary: &str) -> String {
    let answer = fault.answer().map(|answer| told_scenario_answer(answer, ordinary));
    let pace = fault.pace();
    let mut told = match (answer, fault.connection()) {
        (Some(answer), None) => answer,
        (None, None) => ordinary.to_owned(),
        (answer, Some(connection)) => {
            let after = match (answer, pace.after_bytes) {
                (answer, Some(bytes)) => {
                    let of = answer.unwrap_or_else(|| ordinary.to_owned());
                    format!(" after {bytes} bytes of {of}")
                }
                (_, None) => String::new(),
            };
            format!("no whole answer: connection {}{after}", connection.name())
        }
    };
    if let Some(rate) = pace.bytes_per_second {
        told.push_str(&format!(", at {rate} bytes per second"));
    }
    told
}

fn told_scenario_answer(answer: &ScenarioAnswer, ordinary: &str) -> String {
    let status = answer.status.map(|status| format!("a {status}"));
    let status = status.unwrap_or_else(|| ordinary.to_owned());
    let body = match &answer.body {
        AnswerBody::Ordinary => String::new(),
        AnswerBody::OrdinaryHalf => ", its body cut in half".to_owned(),
        AnswerBody::Text(text) if text.is_empty() => " without a body".to_owned(),
        AnswerBody::Text(text) => format!(" with {}", beginning(text)),
        AnswerBody::Error { .. } | AnswerBody::Real(_) => {
            let whole = answer.apply(Answer::empty(200));
            return match whole.body.as_str() {
                "" => format!("a {} without a body", whole.status),
                body => format!("a {} with {}", whole.status, beginning(body)),
            };
        }
    };
    let head = answer.head.as_ref().map_or("", |_| ", with headers of its own");
    format!("{status}{body}{head}")
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

#[cfg(test)]
mod tests {

    use super::*;
    use crate::model::callback_url::CallbackUrl;

    use crate::model::submission::{Submission, TransactionKind};

    use crate::scenario::occurrence::RuleCounts;
    use crate::scenario::plan::plan;
    use crate::scenario::read_scenario::read_scenario;
    use crate::scenario::rule_book::{Defaults, RuleBook};

    use crate::scenario::test_requests::{circumstances, submission};

    /// The plan of a request to pay under one rule.
    fn planned(rule: &str) -> Plan {
        let text = format!("[[rules]]\n{rule}\n");
        let scenario = read_scenario("mine.toml", &text).expect("a good file");
        let settle_after = Duration::from_millis(1500);
        let rules = RuleBook::new(vec![scenario], Defaults::settling_after(settle_after));
        let submission = Submission {
            callback_url: CallbackUrl::parse("http://localhost/").ok(),
            ..submission(TransactionKind::RequestToPay, "25677", "o1", "5")
        };
        plan(&rules, &submission, &circumstances(0, 0), &RuleCounts::default()).0
    }

    #[track_caller]
    fn submit(part: &str, expected: &str) {
        assert_eq!(told_submit(&planned(&format!("submit = {{ {part} }}"))), expected);
    }

    #[test]
    fn what_the_post_meets_is_told_with_its_time_and_whether_it_is_done() {
        submit("delay = \"90s\"", "the ordinary 202 after 1m 30s");
        submit(
            "answer = { status = 500, code = \"X\", message = \"m\" }, created = true",
            "a 500 with {\"message\":\"m\",\"code\":\"X\"}; the transaction exists all the same",
        );
        submit(
            "answer = { status = 503, body = \"\" }",
            "a 503 without a body; no transaction exists",
        );
        submit(
            "connection = \"reset\"",
            "no whole answer: connection reset; the transaction exists all the same",
        );
        submit(
            "answer = { body = { ordinary = \"half\" } }, bytes_per_second = 20",
            "the ordinary 202, its body cut in half, at 20 bytes per second; the transaction \
             exists all the same",
        );
        submit(
            "answer = { body = \"<p>\" }, connection = \"cut-off\", after_bytes = 2",
            "no whole answer: connection cut-off after 2 bytes of the ordinary 202 with <p>; no \
             transaction exists",
        );
    }

    #[test]
    fn statuses_callbacks_and_queries_are_told_in_their_order() {
        let plan = planned(
            "then = { status = \"FAILED\", reason = \"EXPIRED\" }\n\
             callback = [{ delay = \"-3s\", method = \"PUT\", status = \"SUCCESSFUL\" },\n\
             { body = { text = \"<p>\" } }, { fate = \"lost\" },\n\
             { times = 2, every = \"3m\", body = \"malformed\" }]\n\
             query = [{ times = 2, answer = { status = 503, body = \"\" } },\n\
             { connection = \"reset\" },\n\
             { lasts = \"30s\", status = \"PENDING\", delay = \"1s\" }]",
        );
        assert_eq!(told_stages(&plan), "PENDING, FAILED (EXPIRED) after 1s 500ms");
        assert_eq!(
            told_callbacks(&plan),
            [
                "sent 3s before the final status, by PUT, says SUCCESSFUL",
                "sent with the final status, by POST, with <p>",
                "lost",
                "sent with the final status, by POST, its body is malformed, 2 times, 3m apart",
            ]
        );
        assert_eq!(
            told_queries(&plan),
            [
                "1 to 2: a 503 without a body",
                "3: no whole answer: connection reset",
                "until 30s after acceptance: the status PENDING after 1s",
                "then: the status",
            ]
        );
        assert_eq!(told_decision(&plan.decided_by), "rule 1 of `mine` decides");
    }

    #[test]
    fn what_stays_pending_has_no_callback_unless_one_lies() {
        let pending = planned("then = { status = \"PENDING\" }");
        assert_eq!(told_stages(&pending), "PENDING, for good");
        assert_eq!(told_callbacks(&pending), ["none, as long as the status is not final"]);
        let lies = "callback = { delay = \"2s\", status = \"SUCCESSFUL\" }";
        let forged = planned(&format!("then = {{ status = \"PENDING\" }}\n{lies}"));
        let told = told_callbacks(&forged);
        assert!(told[0].ends_with(", by POST, says SUCCESSFUL"), "{told:?}");
        let counted = planned("when = { first = 2 }\nname = \"n\"\ncallback = {}");
        assert_eq!(
            told_decision(&counted.decided_by),
            "rule 1 of `mine` (n) decides, occurrence 1"
        );
    }
}
