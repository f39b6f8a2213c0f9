//! The fate of a request that is no submission, where a rule is about it.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::scenario::matching::{Call, Circumstances, Request};
use crate::scenario::occurrence::{CountedOccurrences, RuleCounts};
use crate::scenario::rule::{Decider, Fault, Rule};
use crate::scenario::rule_book::RuleBook;
use crate::scenario::seed::Purpose;

/// What a call meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFate {
    pub delay: Duration,
    pub fault: Option<Fault>,
    /// Whether what was asked for is done.
    pub is_done: bool,
    pub decided_by: Decider,
}

/// The rule that is for a call.
#[derive(Debug)]
pub struct DecidedCall<'r> {
    /// The rule's number in the rule book.
    pub number: u32,
    pub rule: &'r Rule,
    pub occurrence: NonZeroU32,
}

impl RuleBook {
    /// The first rule that is for a call, and the counts that go on.
    pub fn rule_for_call(
        &self,
        call: Call<'_>,
        circumstances: &Circumstances,
        counts: &RuleCounts,
    ) -> (Option<DecidedCall<'_>>, CountedOccurrences) {
        let mut counted = CountedOccurrences::new();
        for (number, rule) in self.rules_for_call(call.operation) {
            let compared = rule.when.compare(Request::Call(call), circumstances, number, counts);
            let Some((occurrence, one)) = compared.occurrence else { continue };
            counted.push(one);
            if compared.miss.is_none() {
                return (Some(DecidedCall { number, rule, occurrence }), counted);
            }
        }
        (None, counted)
    }
}

impl DecidedCall<'_> {
    /// What the call meets; none where the rule has answers of its own for it, those of a balance.
    pub fn fate(&self, circumstances: &Circumstances) -> Option<CallFate> {
        let submit = self.rule.submit.as_ref()?;
        let purpose = Purpose::AnswerOfCall(self.number);
        let mut rng = circumstances.rng_of_call(self.occurrence, purpose);
        Some(CallFate {
            delay: submit.delay.map(|delay| delay.draw(&mut rng)).unwrap_or_default(),
            fault: submit.fault.clone(),
            is_done: submit.created,
            decided_by: self.decider(),
        })
    }

    pub fn decider(&self) -> Decider {
        Decider { rule: self.rule.origin.clone(), occurrence: Some(self.occurrence) }
    }
}
