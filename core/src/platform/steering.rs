//! What a test does to a space from outside: time, rules, the payer's part.

use std::sync::Arc;

use crate::model::party::PartyRole;
use crate::model::reason::Reason;
use crate::model::reference::ReferenceId;
use crate::model::status::Status;
use crate::model::time::Timestamp;
use crate::model::transaction::Submission;
use crate::platform::event::{Event, PayerAct};
use crate::platform::in_flight::{InFlight, Round};
use crate::platform::space::Platform;
use crate::platform::transaction::Transaction;
use crate::scenario::plan::{Plan, financial_transaction_id};
use crate::scenario::rule::{Circumstances, Miss, Rule, Subject};
use crate::scenario::rule_book::RuleBook;

/// Why a payer cannot act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotAct {
    /// There is no such transaction.
    #[error("no transaction has the reference id {0}")]
    Unknown(ReferenceId),
    /// It is final.
    #[error("the transaction is {0} already: only a pending one can be approved or declined")]
    Final(&'static str),
    /// Nobody is asked.
    #[error("a {0} asks no payer for approval")]
    NoPayer(&'static str),
}

impl Platform {
    /// Which of its lives it is: a reset begins another.
    pub fn life(&self) -> u64 {
        self.life
    }

    /// The time up to which everything has happened.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Lets everything happen that is due by `target`, but stops when a callback is to be sent.
    /// Returns how far it came.
    pub fn advance_to_callback(&mut self, target: Timestamp) -> Timestamp {
        while self.callbacks.is_empty() {
            if !self.advance_one(target) {
                self.advance(target);
                break;
            }
        }
        self.now
    }

    /// The callbacks of which nobody knows yet what came of them.
    pub fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    /// Begins a round: what is accepted from now on is of this one.
    pub fn begin_round(&mut self, round: Round) {
        self.round = round;
    }

    /// Whether callbacks are still to be sent.
    pub fn has_callbacks_waiting(&self) -> bool {
        self.callbacks_waiting > 0
    }

    /// The rules of loaded scenarios that came before the one that decided a transaction, each with
    /// the condition that did not hold; nothing once other rules are in force.
    pub fn near_misses(&self, transaction: &Transaction) -> Vec<(&Rule, Miss)> {
        if self.in_force_since > transaction.accepted_at {
            return Vec::new();
        }
        let circumstances = Circumstances {
            in_force_for: transaction.accepted_at.since(self.in_force_since),
            ..self.circumstances().0
        };
        let decided_by = transaction.plan.decided_by.rule.as_ref();
        self.rules()
            .loaded_rules()
            .take_while(|(_, rule)| decided_by != Some(&rule.origin))
            .filter(|(_, rule)| rule.when.operation != Some(Subject::Balance))
            .filter_map(|(number, rule)| {
                // What counts its matches has counted on since: it is asked as if it were full.
                let matched = if rule.when.first.is_some() { u32::MAX } else { 0 };
                let miss = rule.when.miss(&transaction.submission, &circumstances, number, matched);
                miss.map(|miss| (rule, miss))
            })
            .collect()
    }

    /// Puts other rules in force, for what is accepted from now on. The accounts are opened anew as
    /// long as nothing has happened to them. Rules of its `own` stay when others take force for
    /// all.
    pub fn put_rules(&mut self, now: Timestamp, rules: Arc<RuleBook>, own: bool) {
        self.advance(now);
        self.settings.rules = rules;
        self.has_own_rules = own;
        self.apply(Event::RulesPut);
        if self.transaction_count() == 0 && self.evicted() == 0 {
            self.open_accounts();
        }
    }

    /// What would be decided for a submission now; nothing happens.
    pub fn preview(&mut self, now: Timestamp, submission: &Submission) -> Plan {
        self.advance(now);
        self.decide(submission, self.payment_to_refund(submission))
    }

    /// Whether its rules were given to it alone.
    pub fn has_own_rules(&self) -> bool {
        self.has_own_rules
    }

    /// Does what the payer of a pending transaction would do.
    ///
    /// # Errors
    ///
    /// If there is none, or nobody to act.
    pub fn act(
        &mut self,
        now: Timestamp,
        reference_id: ReferenceId,
        act: PayerAct,
    ) -> Result<(), CannotAct> {
        self.advance(now);
        let transaction = self.transaction(reference_id);
        let transaction = transaction.ok_or(CannotAct::Unknown(reference_id))?;
        let submission = &transaction.submission;
        if transaction.status().is_final() {
            return Err(CannotAct::Final(transaction.status().name()));
        }
        if submission.kind.party_role() != PartyRole::Payer {
            return Err(CannotAct::NoPayer(submission.kind.name()));
        }
        let status = match act {
            PayerAct::Approve => {
                Status::Successful(financial_transaction_id(submission, &self.circumstances().0))
            }
            PayerAct::Decline => Status::Failed(Reason::ApprovalRejected),
            PayerAct::Expire => Status::Failed(Reason::Expired),
        };
        self.apply(Event::PayerActed { reference_id, act });
        self.apply(Event::StatusReached { reference_id, status });
        self.advance(now);
        Ok(())
    }
}
