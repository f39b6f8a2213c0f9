//! The behaviours that a run relied on, with the grade of evidence of each.
//!
//! Read off the journal and the transactions: an operation that was answered, a refusal that was
//! met, a status and a reason that were told, a test value that decided, a callback that was sent.
//! What the user's own scenario decided is counted apart: MTN's evidence says nothing about it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::environment::Environment;
use crate::model::ids::ReferenceId;

use crate::model::status::{Status, StatusKind};
use crate::model::submission::TransactionKind;
use crate::operations::behaviour::{Behaviour, MarketTrait};
use crate::operations::evidence::{Grade, evidence_of};
use crate::operations::general_rule::GeneralRule;
use crate::operations::path::OperationPath;
use crate::operations::rejection::RejectionKind;
use crate::operations::status_body::status_fields;
use crate::operations::table::{Operation, OperationKind};
use crate::platform::Platform;
use crate::platform::request::AnsweredRequest;
use crate::platform::request::RefusalCause;
use crate::platform::transaction::Transaction;
use crate::report::decisions::{Decider, deciders_of, holder_decider};

/// The most decisions of scenarios that an audit tells apart; further ones are counted together.
pub const DECISIONS_TOLD_MAX: usize = 10_000;

#[derive(Debug, Clone, Default)]
pub struct Reliance {
    /// The number of requests that were answered.
    pub requests: usize,
    /// The behaviours, by their ids, each with how often it was relied on.
    pub behaviours: BTreeMap<String, (Behaviour, usize)>,
    /// What the user's own scenario or hand decided, and how often.
    pub decided_by_user: BTreeMap<String, usize>,
    /// Whether something was evicted, so that behaviours may be missing.
    pub is_incomplete: bool,
}

impl Reliance {
    /// Returns the behaviours that one space relied on.
    pub fn of(platform: &Platform) -> Self {
        let journal = platform.journal();
        let mut reliance =
            Self { is_incomplete: journal.evicted() + platform.evicted() > 0, ..Self::default() };
        let acted: BTreeSet<ReferenceId> = journal
            .entries()
            .filter(|entry| entry.kind().is_payer_act())
            .filter_map(|entry| entry.reference_id())
            .collect();
        for transaction in platform.transactions().filter(|one| !one.submission.is_manual) {
            let is_acted = acted.contains(&transaction.submission.reference_id);
            for decider in deciders_of(transaction, is_acted) {
                reliance.note(decider);
            }
        }
        for request in journal.entries().filter_map(|entry| entry.request()) {
            reliance.note_request_of(platform, request, &acted);
        }
        reliance
    }

    /// Adds a request of a caller who is nobody known. One that failed in HTTP or TLS reached
    /// nothing that could be relied on.
    pub fn note_stranger(&mut self, request: &AnsweredRequest) {
        if request.is_http_fault() {
            return;
        }
        self.requests += 1;
        self.note_plain(request);
    }

    /// Adds another space's.
    pub fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.is_incomplete |= other.is_incomplete;
        for (id, (behaviour, times)) in other.behaviours {
            self.behaviours.entry(id).or_insert((behaviour, 0)).1 += times;
        }
        for (what, times) in other.decided_by_user {
            self.note_decision_of_user(what, times);
        }
    }

    /// Returns the number of behaviours of each grade, the strongest grade first.
    pub fn by_grade(&self) -> [(Grade, usize); 4] {
        Grade::ALL.map(|grade| (grade, self.count_of(grade)))
    }

    /// Returns the number of behaviours with this grade.
    pub fn count_of(&self, grade: Grade) -> usize {
        self.of_grade(grade).count()
    }

    /// The behaviours of a grade, each with how often it was relied on.
    pub fn of_grade(&self, grade: Grade) -> impl Iterator<Item = &(Behaviour, usize)> {
        self.behaviours.values().filter(move |(one, _)| evidence_of(one).grade == grade)
    }

    /// How often the user's own scenario or hand decided something.
    pub fn decisions(&self) -> usize {
        self.decided_by_user.values().sum()
    }

    /// The counts in a sentence or two.
    pub fn headline(&self) -> String {
        let counts = self.by_grade().map(|(grade, count)| format!("{count} {}", grade.words()));
        let behaviours = match (self.requests, self.behaviours.len()) {
            (0, 0) => "Relied on nothing: the emulator was asked for nothing.".to_owned(),
            (_, 0) => "Relied on no behaviour of MTN's.".to_owned(),
            (_, 1) => format!("Relied on 1 behaviour: {}.", counts.join(", ")),
            (_, many) => format!("Relied on {many} behaviours: {}.", counts.join(", ")),
        };
        let by_user = match self.decisions() {
            0 => "",
            1 => " Decided by your scenario or by you: 1 outcome.",
            many => &format!(" Decided by your scenario or by you: {many} outcomes."),
        };
        let gap = if self.is_incomplete {
            " Something was evicted, so behaviours may be missing: raise --journal-max or \
                 --settled-max."
        } else {
            ""
        };
        format!("{behaviours}{by_user}{gap}")
    }

    fn note(&mut self, decider: Decider) {
        match decider {
            Decider::Behaviour(behaviour) => self.rely_on(behaviour),
            Decider::User(what) => self.note_decision_of_user(what, 1),
        }
    }

    /// Counts it; of very many different ones those that came last are counted together.
    fn note_decision_of_user(&mut self, what: String, times: usize) {
        let is_full = self.decided_by_user.len() >= DECISIONS_TOLD_MAX;
        let what = if is_full && !self.decided_by_user.contains_key(&what) {
            "other rules of scenarios".to_owned()
        } else {
            what
        };
        *self.decided_by_user.entry(what).or_default() += times;
    }

    fn rely_on(&mut self, behaviour: Behaviour) {
        self.behaviours.entry(behaviour.id()).or_insert((behaviour, 0)).1 += 1;
    }

    fn general(&mut self, rule: GeneralRule) {
        self.rely_on(Behaviour::General(rule));
    }

    fn note_request_of(
        &mut self,
        platform: &Platform,
        request: &AnsweredRequest,
        acted: &BTreeSet<ReferenceId>,
    ) {
        self.requests += 1;
        if let Some(operation) = request.operation()
            && let Some(decider) = holder_decider(platform.rules(), operation, request)
        {
            let is_of_the_user = matches!(decider, Decider::User(_));
            self.note(decider);
            if is_of_the_user && request.refusal.is_some() {
                return;
            }
        }
        let rate_limited = RefusalCause::Rejection(RejectionKind::RateLimited);
        let is_rate_limited = request.refused_by() == Some(rate_limited);
        if is_rate_limited
            && platform.rules().scenarios.iter().any(|scenario| scenario.rate_limit.is_some())
        {
            return self.note(Decider::User("the rate limit of a scenario".to_owned()));
        }
        let environment = platform.environment();
        let Some(operation) = self.note_plain(request) else {
            if environment.is_production() && is_rate_limited {
                self.general(GeneralRule::ProductionRate);
            }
            return;
        };
        self.note_market(environment, operation.kind);
        let found = request.reference_id.and_then(|id| platform.transaction(id));
        if let (OperationKind::Status(kind), Some(told), Some(transaction)) =
            (operation.kind, request.reported_status, found)
        {
            if told.is_made_up {
                return self.note(Decider::User("a status that a scenario made up".to_owned()));
            }
            let told = told.kind;
            let is_acted = acted.contains(&transaction.submission.reference_id);
            self.note_fields(kind, told, &platform.status_body(transaction));
            self.note_reported_status(kind, told, transaction, is_acted);
            if environment.is_production() && told == StatusKind::Failed {
                self.general(GeneralRule::ProductionReasons);
            }
        }
    }

    /// Notes what a request relied on whoever sent it. The operation, if it had success.
    fn note_plain(&mut self, request: &AnsweredRequest) -> Option<&'static Operation> {
        if request.fault.is_some() {
            self.note(Decider::User("an answer that a scenario breaks off".to_owned()));
            return None;
        }
        if let Some(cause) = request.refused_by() {
            match cause {
                RefusalCause::Rejection(kind) => self.rely_on(Behaviour::Refusal(kind)),
                RefusalCause::Scenario | RefusalCause::HttpFault(_) => {
                    self.note(Decider::User("an error that a scenario asks for".to_owned()));
                }
            }
            return None;
        }
        let operation = request.operation()?;
        if request.status >= 400 {
            self.note(Decider::User("an error that a scenario asks for".to_owned()));
            return None;
        }
        self.note_path(operation, request.operation_path());
        self.rely_on(Behaviour::Answer(operation.kind));
        if matches!(operation.kind, OperationKind::Balance | OperationKind::BalanceInCurrency) {
            self.general(GeneralRule::Ledger);
        }
        Some(operation)
    }

    /// Notes the operation, and by which of its paths it was called.
    fn note_path(&mut self, operation: &'static Operation, operation_path: Option<OperationPath>) {
        let Some(operation_path) = operation_path else { return };
        match operation_path.product {
            Some(product) if operation.also_under.contains(&product) => {
                self.rely_on(Behaviour::AlsoUnder(operation, product));
            }
            product => self.rely_on(Behaviour::Operation(operation, product)),
        }
        if let Some(alias) =
            operation.aliases.iter().find(|alias| **alias == operation_path.template)
        {
            self.rely_on(Behaviour::Alias(operation, alias));
        }
    }

    fn note_market(&mut self, environment: &'static Environment, kind: OperationKind) {
        if !environment.is_production() || !kind.needs_target_environment() {
            return;
        }
        self.rely_on(Behaviour::Market(environment, MarketTrait::Name));
        if matches!(
            kind,
            OperationKind::Submit(_) | OperationKind::Balance | OperationKind::BalanceInCurrency
        ) {
            self.rely_on(Behaviour::Market(environment, MarketTrait::Currency));
        }
        if matches!(kind, OperationKind::Submit(_)) {
            self.rely_on(Behaviour::Market(environment, MarketTrait::Decimals));
        }
    }

    /// Notes the order of a status body, and the fields that only a final one has.
    fn note_fields(&mut self, kind: TransactionKind, told: StatusKind, body: &Value) {
        self.rely_on(Behaviour::StatusOrder(kind));
        if !told.is_final() {
            return;
        }
        let only_at_the_end = ["financialTransactionId", "reason", "errorReason"];
        for field in status_fields(kind) {
            if only_at_the_end.contains(&field.name) && body.get(field.name).is_some() {
                self.rely_on(Behaviour::StatusField(kind, field.name));
            }
        }
    }

    /// Notes the status in the answer to a query, unless the user's own scenario decided it.
    fn note_reported_status(
        &mut self,
        kind: TransactionKind,
        told: StatusKind,
        transaction: &Transaction,
        is_acted: bool,
    ) {
        if kind != transaction.submission.kind {
            self.general(GeneralRule::OtherKind);
        }
        let decision = &transaction.plan.decided_by;
        let is_of_a_test_value = decision.test_value.is_some();
        let is_of_the_user = decision.rule.is_some() && !is_of_a_test_value;
        if is_acted || is_of_the_user {
            return;
        }
        self.rely_on(Behaviour::ReportedStatus(kind, told));
        if told == StatusKind::Pending && !is_of_a_test_value {
            self.general(GeneralRule::SettleTime);
        }
        if let (StatusKind::Failed, Status::Failed(reason)) = (told, transaction.status()) {
            self.rely_on(Behaviour::Reason(reason));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scenarios come and go, and the audit of a whole run keeps what they decided.
    #[test]
    fn decisions_of_very_many_rules_are_counted_together() {
        let mut all = Reliance::default();
        for number in 0..DECISIONS_TOLD_MAX + 5 {
            let decided_by_user = [(format!("rule {number}"), 2)].into();
            all.merge(Reliance { decided_by_user, ..Reliance::default() });
        }
        assert_eq!(all.decided_by_user.len(), DECISIONS_TOLD_MAX + 1);
        assert_eq!(all.decisions(), 2 * (DECISIONS_TOLD_MAX + 5));
    }
}
