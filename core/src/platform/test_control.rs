//! What a test does to a space by the control plane: rules, labels, resets, the payer's part.

use std::sync::Arc;

use crate::model::ids::ReferenceId;
use crate::model::party::PartyRole;
use crate::model::reason::Reason;
use crate::model::status::Status;
use crate::model::submission::Submission;
use crate::platform::Platform;
use crate::platform::event::{Bookkeeping, Event, PayerAct};
use crate::platform::label::Labels;
use crate::platform::rules_in_force::{Lasting, RulesOfAll};
use crate::platform::transaction::Transaction;
use crate::scenario::matching::{Circumstances, Miss, Request};
use crate::scenario::occurrence::RuleCounts;
use crate::scenario::plan::financial_transaction_id;
use crate::scenario::planned_callback::CallbackNumber;
use crate::scenario::rule::Rule;
use crate::scenario::rule_book::RuleBook;
use crate::scenario::seed::Purpose;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotAct {
    #[error("no transaction has the reference id {0}")]
    Unknown(ReferenceId),
    #[error("the transaction is {0} already: only a pending one can be approved or declined")]
    Final(&'static str),
    #[error("a {0} asks no payer for approval")]
    NoPayer(&'static str),
}

/// Why no callback can be sent by hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotCallBack {
    #[error("no transaction has the reference id {0}")]
    Unknown(ReferenceId),
    #[error("the request had no callback URL, so there is nowhere to send a callback")]
    NoUrl,
    #[error("the transaction is {0}: a callback is sent once the status is final")]
    NotFinal(&'static str),
    #[error("a callback that was sent by hand is still on its way: wait until it has ended")]
    OnItsWay,
}

impl Platform {
    /// The rules of loaded scenarios that came before the one that decided a transaction, each with
    /// the condition that did not hold; nothing once other rules are in force.
    pub fn near_misses(&self, transaction: &Transaction) -> Vec<(&Rule, Miss)> {
        if self.in_force_since() > transaction.accepted_at {
            return Vec::new();
        }
        let circumstances = Circumstances {
            now: transaction.accepted_at,
            in_force_for: transaction.accepted_at.since(self.in_force_since()),
            ..self.circumstances()
        };
        let decided_by = transaction.plan.decided_by.rule.as_ref();
        let counts = RuleCounts::default();
        let request = Request::Submission(&transaction.submission);
        self.rules()
            .loaded_rules()
            .take_while(|(_, rule)| decided_by != Some(&rule.origin))
            .filter(|(_, rule)| rule.when.operations.has_submissions())
            .filter_map(|(number, rule)| {
                let compared = rule.when.compare(request, &circumstances, number, &counts);
                // What counts has counted on since, and came to another number then.
                let counting = compared.occurrence.and_then(|_| rule.when.counting_condition());
                let miss = counting.map(|condition| Miss { condition }).or(compared.miss);
                miss.map(|miss| (rule, miss))
            })
            .collect()
    }

    /// Puts rules of its own in force, for good or for a time: for what is accepted from now on.
    /// The accounts are opened anew as long as nothing has happened to them.
    pub fn put_own_rules(&mut self, rules: Arc<RuleBook>, lasting: Lasting) {
        let mut all = self.rules_of_space().clone();
        all.put_own(rules, lasting);
        self.apply(Event::RulesPut(Box::new(all)));
    }

    /// Ends its own rules for a time, if there are any.
    pub fn end_own_rules_for_a_time(&mut self) {
        let mut all = self.rules_of_space().clone();
        if all.end_own() {
            self.apply(Event::RulesPut(Box::new(all)));
        }
    }

    /// Puts the rules of all spaces in force in the place of its own.
    pub fn follow_rules_of_all(&mut self, of_all: RulesOfAll) {
        self.apply(Event::RulesPut(Box::new(of_all.into())));
    }

    /// Begins with the rules of all spaces, those that come back among them.
    pub fn begin_with_rules_of_all(&mut self, of_all: RulesOfAll) {
        self.apply(Bookkeeping::RulesToComeBack(Box::new(of_all.into())));
    }

    /// Takes the rules of all spaces, which are in force unless it has its own.
    pub fn put_rules_of_all(&mut self, of_all: RulesOfAll) {
        if self.has_own_rules() {
            let mut all = self.rules_of_space().clone();
            all.of_all = of_all;
            self.apply(Bookkeeping::RulesToComeBack(Box::new(all)));
        } else {
            self.follow_rules_of_all(of_all);
        }
    }

    /// Labels the space, in the owner's words.
    pub fn set_labels(&mut self, labels: Labels) {
        self.apply(Bookkeeping::Labelled(labels));
    }

    /// Forgets all transactions, balances and the journal. The API user, its key, its labels and
    /// the rules stay.
    pub fn reset(&mut self) {
        self.apply(Event::Reset);
    }

    /// Answers a pending transaction in its payer's place.
    ///
    /// # Errors
    ///
    /// If there is none, or if it asks no payer.
    pub fn act_as_payer(
        &mut self,
        reference_id: ReferenceId,
        act: PayerAct,
    ) -> Result<(), CannotAct> {
        let submission = &self.asking_payer(reference_id)?.submission;
        let status = match act {
            PayerAct::Approve => {
                Status::Successful(financial_transaction_id(submission, &self.circumstances()))
            }
            PayerAct::Decline => Status::Failed(Reason::ApprovalRejected),
            PayerAct::Expire => Status::Failed(Reason::Expired),
        };
        self.end_at_payer(reference_id, act, status);
        Ok(())
    }

    /// Lets a pending transaction fail at its payer for this reason, one of [`Reason::AT_PAYER`].
    ///
    /// # Errors
    ///
    /// If there is none, or if it asks no payer.
    pub fn decline_as_payer(
        &mut self,
        reference_id: ReferenceId,
        reason: Reason,
    ) -> Result<(), CannotAct> {
        self.asking_payer(reference_id)?;
        self.end_at_payer(reference_id, PayerAct::Decline, Status::Failed(reason));
        Ok(())
    }

    /// The pending transaction, which asks a payer.
    fn asking_payer(&self, reference_id: ReferenceId) -> Result<&Transaction, CannotAct> {
        let transaction = self.transaction(reference_id);
        let transaction = transaction.ok_or(CannotAct::Unknown(reference_id))?;
        if transaction.status().is_final() {
            return Err(CannotAct::Final(transaction.status().name()));
        }
        let kind = transaction.submission.kind;
        if kind.party_role() != PartyRole::Payer {
            return Err(CannotAct::NoPayer(kind.name()));
        }
        Ok(transaction)
    }

    fn end_at_payer(&mut self, reference_id: ReferenceId, act: PayerAct, status: Status) {
        self.apply(act.event(reference_id));
        self.apply(Event::StatusReached { reference_id, status });
        self.catch_up();
    }

    /// The request of a transaction, to be submitted again by hand, under that reference id or a
    /// new one.
    pub fn replay_of(
        &self,
        reference_id: ReferenceId,
        wanted: Option<ReferenceId>,
    ) -> Option<Submission> {
        let found = &self.transaction(reference_id)?.submission;
        let purpose = Purpose::Replay(self.acceptances());
        let drawn = || ReferenceId(self.seed().uuid(reference_id.0, purpose));
        let reference_id = wanted.unwrap_or_else(drawn);
        let payment_elsewhere = None;
        Some(Submission { reference_id, payment_elsewhere, is_manual: true, ..found.clone() })
    }

    /// Sends the callback of a final transaction by hand, at once and in one attempt.
    ///
    /// # Errors
    ///
    /// If there is no such transaction, it asked for no callback or is not final, or another
    /// callback by hand is on its way.
    pub fn call_back_by_hand(&mut self, reference_id: ReferenceId) -> Result<(), CannotCallBack> {
        let transaction = self.transaction(reference_id);
        let transaction = transaction.ok_or(CannotCallBack::Unknown(reference_id))?;
        let status = transaction.status();
        if transaction.submission.callback_url.is_none() {
            return Err(CannotCallBack::NoUrl);
        }
        if !status.is_final() {
            return Err(CannotCallBack::NotFinal(status.name()));
        }
        if transaction.by_hand.as_ref().is_some_and(|by_hand| by_hand.is_on_its_way) {
            return Err(CannotCallBack::OnItsWay);
        }
        let is_sent = |(entry, delivery): (u16, Option<_>)| delivery.is_some().then_some(entry);
        let entry = transaction.plan.callback.entries().find_map(is_sent).unwrap_or_default();
        let number = CallbackNumber::by_hand(entry);
        self.apply(Event::CallbackSent { reference_id, number });
        Ok(())
    }
}
