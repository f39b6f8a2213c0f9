//! What decided a transaction or an answer: a behaviour of the API, or the user.

use percent_encoding::percent_decode_str;

use crate::model::consent::ConsentOutcome;
use crate::model::party::PartyIdType;
use crate::model::status::Status;
use crate::model::submission::CallbackMethod;
use crate::operations::behaviour::Behaviour;
use crate::operations::general_rule::GeneralRule;
use crate::operations::table::{OPERATIONS, Operation, OperationKind};
use crate::operations::unreadable::beginning;
use crate::platform::callback::{Attempt, AttemptResult, DeliveryFailure};
use crate::platform::request::AnsweredRequest;
use crate::platform::transaction::{CallbackProgress, Transaction};
use crate::scenario::behaviours::{ACTIVE, active_use_case, consent_use_case};
use crate::scenario::forced_failure::ForcedFailure;
use crate::scenario::plan::Decision;
use crate::scenario::planned_callback::{Delivery, PlannedCallback};
use crate::scenario::rule::{CallbackBody, Origin};
use crate::scenario::{rule_book::RuleBook, test_values::test_values};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decider {
    Behaviour(Behaviour),
    /// The user's own scenario, or the user by the control plane.
    User(String),
}

/// What decided a transaction and its callback.
pub fn deciders_of(transaction: &Transaction, is_acted: bool) -> Vec<Decider> {
    let mut deciders = vec![of_ending(transaction, is_acted)];
    deciders.extend(of_callback(transaction));
    deciders
}

fn general(rule: GeneralRule) -> Decider {
    Decider::Behaviour(Behaviour::General(rule))
}

fn of_rule(origin: &Origin) -> Decider {
    let scenario = beginning(&origin.scenario);
    Decider::User(format!("rule {} of the scenario `{scenario}`", origin.number))
}

fn of_ending(transaction: &Transaction, is_acted: bool) -> Decider {
    let Decision { rule, test_value, overruled_by, .. } = &transaction.plan.decided_by;
    let kind = transaction.submission.kind;
    if is_acted {
        return Decider::User("the payer's part, played through the control plane".to_owned());
    }
    if let Some(overruling) = overruled_by {
        return match &**overruling {
            ForcedFailure::ShortOfFunds(_) => general(GeneralRule::Ledger),
            ForcedFailure::Refund(_) => general(GeneralRule::RefundChecked),
            ForcedFailure::Validity => general(GeneralRule::Validity),
            ForcedFailure::Consent => of_consent(transaction),
        };
    }
    if let Some(use_case) = test_value {
        let own = test_values().scenario.rules.iter().filter_map(|rule| rule.name.as_deref());
        let mut names = own.filter(|name| *name == &**use_case);
        if let Some(name) = names.next() {
            return Decider::Behaviour(Behaviour::TestValue(kind.name(), name));
        }
    }
    match rule {
        Some(origin) => of_rule(origin),
        None => general(GeneralRule::Settles),
    }
}

/// The test value of a consent whose token makes a transaction fail.
fn of_consent(transaction: &Transaction) -> Decider {
    let fault = match transaction.status() {
        Status::Failed(reason) => Some(reason),
        _ => transaction.submission.consent_fault,
    };
    let outcomes = ConsentOutcome::ALL.into_iter();
    let mut outcomes = outcomes.filter(|(_, _, outcome)| outcome.fault() == fault);
    let behaviour = outcomes.find_map(|(_, _, outcome)| consent_use_case(outcome));
    match behaviour {
        Some(behaviour) => Decider::Behaviour(behaviour),
        None => Decider::User("the consent of an account holder of a scenario".to_owned()),
    }
}

fn of_callback(transaction: &Transaction) -> Vec<Decider> {
    let kind = transaction.submission.kind;
    let by_scenario = || match &transaction.plan.decided_by.rule {
        Some(origin) => of_rule(origin),
        None => Decider::User("the delivery of callbacks that you asked for".to_owned()),
    };
    let delivery = match (&transaction.callback, &transaction.plan.callback) {
        (CallbackProgress::Lost, _) => return vec![by_scenario()],
        (CallbackProgress::Sent(_), PlannedCallback::Sent(delivery)) => Some(delivery),
        (CallbackProgress::Sent(_), PlannedCallback::Several(_)) => None,
        _ => return Vec::new(),
    };
    let mut deciders = Vec::new();
    if transaction.callback.attempts().iter().any(is_kept_by_https) {
        deciders.push(general(GeneralRule::CallbackHttpsSandbox));
        return deciders;
    }
    let usual = delivery.filter(|delivery| is_usual(delivery));
    match usual.and_then(|delivery| submitted_by(transaction, delivery)) {
        Some(operation) => {
            deciders.push(Decider::Behaviour(Behaviour::CallbackMethod(operation)));
            deciders.push(Decider::Behaviour(Behaviour::CallbackBody(kind)));
            deciders.push(general(GeneralRule::CallbackOnce));
        }
        None => deciders.push(by_scenario()),
    }
    let is_of_approval = |attempt: &Attempt| {
        matches!(attempt.result, AttemptResult::Failed { failure: DeliveryFailure::Approval, .. })
    };
    if transaction.callback.attempts().iter().any(is_of_approval) {
        deciders.push(general(GeneralRule::CallbackApproved));
    }
    deciders
}

/// Whether an https callback was kept back, as the sandbox's rules say.
fn is_kept_by_https(attempt: &Attempt) -> bool {
    attempt.url.as_str().starts_with("https:")
        && matches!(
            attempt.result,
            AttemptResult::Failed { failure: DeliveryFailure::NotAllowed, .. }
        )
}

/// Whether a callback is sent as MTN sends it, so that no scenario had a part in it.
fn is_usual(delivery: &Delivery) -> bool {
    delivery.times == 1
        && !delivery.retries
        && delivery.delay_ms == 0
        && delivery.status.is_none()
        && delivery.body == CallbackBody::Status
}

/// The operation that submitted it, if the method of its callback is that of one.
fn submitted_by(transaction: &Transaction, delivery: &Delivery) -> Option<&'static Operation> {
    let submission = &transaction.submission;
    OPERATIONS.iter().find(|operation| {
        operation.kind == OperationKind::Submit(submission.kind)
            && operation.products.contains(&submission.product)
            && CallbackMethod::of_path(operation.path) == submission.callback_method
            && delivery.method == submission.callback_method
    })
}

/// What decided an answer about an account holder, where somebody is declared with that id.
pub fn holder_decider(
    rules: &RuleBook,
    operation: &'static Operation,
    request: &AnsweredRequest,
) -> Option<Decider> {
    if !matches!(operation.kind, OperationKind::AccountHolderActive | OperationKind::BasicUserInfo)
    {
        return None;
    }
    let path = request.path();
    let mut parts = path.split('/').skip_while(|part| *part != "accountholder").skip(1);
    let mut next = || parts.find(|part| !part.is_empty());
    let id_type = PartyIdType::named(next()?, &PartyIdType::IN_PATHS)?;
    let id = percent_decode_str(next()?).decode_utf8_lossy();
    let (scenario, declared) = rules.declared_holder(id_type, &id)?;
    if scenario.name == test_values().scenario.name {
        let is_active = operation.kind == OperationKind::AccountHolderActive;
        let use_case = is_active.then(|| active_use_case(declared)).flatten()?;
        return Some(Decider::Behaviour(Behaviour::TestValue(ACTIVE, use_case)));
    }
    Some(Decider::User(format!("an account holder of the scenario `{}`", scenario.name)))
}
