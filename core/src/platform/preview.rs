//! What would be decided for requests that nobody has sent: nothing happens.

use crate::model::submission::Submission;
use crate::platform::Platform;
use crate::scenario::call::CallFate;
use crate::scenario::matching::{Call, Request};
use crate::scenario::passed_rules::PassedRule;
use crate::scenario::plan::Plan;
use crate::scenario::rule::{Decider, ReportedBalance};

/// The plan of one of several requests that are the same, and the rules that are not for it.
#[derive(Debug)]
pub struct PreviewedPlan {
    pub plan: Plan,
    pub passed: Vec<PassedRule>,
}

/// What one of several calls that are the same meets, and the rules that are not for it.
#[derive(Debug)]
pub struct PreviewedCall {
    pub fate: Option<CallFate>,
    /// The answer of a rule that has answers of its own, those of a balance.
    pub balance: Option<ReportedBalance>,
    pub decided_by: Option<Decider>,
    pub passed: Vec<PassedRule>,
}

impl Platform {
    /// What would be decided for a submission now.
    pub fn preview(&self, submission: &Submission) -> Plan {
        self.decide(submission, self.payment_to_refund(submission), self.counts()).0
    }

    /// What would be decided for so many submissions like this, one after the other. They have the
    /// same reference, and so the same draws. Only what rules count goes on between them: the
    /// account is for each as it is now, and no other payment is pending.
    pub fn preview_occurrences(&self, submission: &Submission, number: u32) -> Vec<PreviewedPlan> {
        let mut counts = self.counts().clone();
        let circumstances = self.circumstances_of(submission);
        let payment = self.payment_to_refund(submission);
        let occurrences = (0..number).map(|_| {
            let (plan, counted) = self.decide(submission, payment, &counts);
            let request = Request::Submission(submission);
            let decided_by = plan.decided_by.rule.as_ref();
            let passed = self.rules().passed_rules(request, &circumstances, &counts, decided_by);
            counted.into_iter().for_each(|one| counts.count(one));
            PreviewedPlan { plan, passed }
        });
        occurrences.collect()
    }

    /// What so many calls like this would meet, one after the other.
    pub fn preview_calls(&self, call: Call<'_>, number: u32) -> Vec<PreviewedCall> {
        let mut counts = self.counts().clone();
        let circumstances = self.circumstances();
        let occurrences = (0..number).map(|_| {
            let (decided, counted) = self.rules().rule_for_call(call, &circumstances, &counts);
            let decided_by = decided.as_ref().map(|decided| decided.decider());
            let rule = decided_by.as_ref().map(|decider| &decider.rule);
            let request = Request::Call(call);
            let passed = self.rules().passed_rules(request, &circumstances, &counts, rule);
            let fate = decided.as_ref().and_then(|decided| decided.fate(&circumstances));
            let balance = decided.as_ref().filter(|_| fate.is_none());
            let balance = balance.and_then(|decided| decided.balance_answer(&circumstances));
            let balance = balance.cloned();
            counted.into_iter().for_each(|one| counts.count(one));
            PreviewedCall { fate, balance, decided_by, passed }
        });
        occurrences.collect()
    }
}
