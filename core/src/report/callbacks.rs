//! Rules about callbacks.

use serde_json::Value;

use crate::model::submission::CallbackMethod;
use crate::operations::status_body::status_fields;
use crate::platform::callback::{Attempt, AttemptResult, DeliveryFailure};
use crate::platform::transaction::Transaction;
use crate::report::check::{Observation, RuleCheck, Terms};
use crate::report::observed::{Observed, TimeLine, is_welcomed};
use crate::report::seen::Seen;

/// Every attempt, with its transaction.
fn attempts<'o, 'a: 'o>(
    observed: &'o Observed<'a>,
) -> impl Iterator<Item = (&'a Transaction, &'o TimeLine<'a>, u64, &'a Attempt)> {
    observed.transactions().flat_map(|(transaction, line)| {
        line.attempts().map(move |(place, attempt)| (transaction, line, place, attempt))
    })
}

/// Both methods were taken.
pub fn accepted_put_and_post(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    let methods = [CallbackMethod::Post, CallbackMethod::Put];
    let of_method = |method| {
        let all = attempts(observed).filter(move |(_, _, _, attempt)| attempt.method == method);
        all.map(|(transaction, _, _, attempt)| (transaction, attempt)).collect::<Vec<_>>()
    };
    let is_taken = |method| of_method(method).iter().any(|(_, attempt)| is_welcomed(attempt));
    for method in methods {
        let other_is_taken = methods.iter().any(|other| *other != method && is_taken(*other));
        for (transaction, attempt) in of_method(method) {
            let AttemptResult::Answered { status, .. } = attempt.result else { continue };
            // Either it says that there is nothing for this method, or only the other one works.
            let is_refused = matches!(status, 404 | 405 | 501)
                || (!is_welcomed(attempt) && other_is_taken && !is_taken(method));
            if is_refused {
                let seen = Seen::MethodNotTaken { method: method.name().to_owned(), status };
                let reference = transaction.submission.reference_id;
                finding.failures.push(Observation::new(reference, attempt.sent_at, seen));
            }
        }
    }
    if methods.iter().all(|method| is_taken(*method)) {
        for method in methods {
            let taken = of_method(method).into_iter().find(|(_, attempt)| is_welcomed(attempt));
            finding.test(taken.map(|(transaction, _)| transaction.submission.reference_id), None);
        }
    }
    finding
}

/// Each was answered within two seconds, with success.
pub fn answered(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    for (transaction, _, _, attempt) in attempts(observed) {
        let failure = match &attempt.result {
            // The rules of delivery forbade it: nothing was sent.
            AttemptResult::Failed { failure: DeliveryFailure::NotAllowed, .. } => continue,
            result if result.is_success() => None,
            other => Some(Seen::callback_not_answered(other)),
        };
        let reference = transaction.submission.reference_id;
        finding.test(
            reference,
            failure.map(|seen| Observation::new(reference, attempt.sent_at, seen)),
        );
    }
    finding
}

/// After each that was taken, the status was asked for.
pub fn confirmed(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    for (transaction, line) in observed.transactions() {
        let verdicts = transaction.verdicts_of_attempts();
        let first = line
            .attempts()
            .zip(&line.callbacks_sent)
            .zip(verdicts)
            .find(|(((_, attempt), _), _)| is_welcomed(attempt));
        let Some((((_, attempt), sent), verdict)) = first else { continue };
        // A merchant who already knows the final status has nothing to confirm.
        if line.told_final().is_some_and(|told| told.place < *sent) {
            continue;
        }
        let reference = transaction.submission.reference_id;
        // A handler may ask before it has answered.
        let is_asked = line
            .queries
            .iter()
            .any(|query| query.place > *sent && query.request.reported_status.is_some());
        finding.test(
            reference,
            (!is_asked).then(|| {
                let verdicts = verdict.verdicts.all().collect();
                let seen = Seen::CallbackNotConfirmed { verdicts };
                Observation::new(reference, attempt.sent_at, seen)
            }),
        );
    }
    finding
}

fn body_of(attempt: &Attempt) -> Option<serde_json::Map<String, Value>> {
    match serde_json::from_str(&attempt.body) {
        Ok(Value::Object(body)) => Some(body),
        Ok(_) | Err(_) => None,
    }
}

fn survived(
    observed: &Observed<'_>,
    is_odd: impl Fn(&Transaction, &serde_json::Map<String, Value>) -> bool,
) -> RuleCheck {
    let mut finding = RuleCheck::default();
    for (transaction, _, _, attempt) in attempts(observed) {
        if body_of(attempt).is_some_and(|body| is_odd(transaction, &body)) {
            let is_failed = match attempt.result {
                _ if attempt.result.is_success() => false,
                // This answer is about the method, not the body.
                AttemptResult::Answered { status: 404 | 405 | 501, .. } => continue,
                AttemptResult::Answered { .. } => true,
                // Another rule covers a callback that did not arrive.
                AttemptResult::Failed { .. } => continue,
            };
            let reference = transaction.submission.reference_id;
            finding.test(
                reference,
                is_failed.then(|| {
                    let seen = Seen::unusual_body_not_taken(&attempt.result);
                    Observation::new(reference, attempt.sent_at, seen)
                }),
            );
        }
    }
    finding
}

/// Fields that no document has did no harm.
pub fn survived_unknown_fields(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    survived(observed, |transaction, body| {
        let known = status_fields(transaction.submission.kind);
        body.keys().any(|name| known.iter().all(|field| field.name != name))
    })
}

/// Nor did a body that does not say which transaction it is about.
pub fn survived_missing_reference(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    survived(observed, |_, body| !body.contains_key("referenceId"))
}
