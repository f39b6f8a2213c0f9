//! The callbacks of a plan: which are sent, when, and what they look like.

use std::sync::Arc;
use std::time::Duration;

use crate::model::status::Status;
use crate::model::submission::{CallbackMethod, Submission};
use crate::model::time::milliseconds;
use crate::scenario::delivery::{ATTEMPTS_MAX, DeliveryPolicy, TWICE_AFTER};
use crate::scenario::matching::Circumstances;
use crate::scenario::plan::financial_transaction_id;
use crate::scenario::rule::{
    CallbackBody, CallbackContent, CallbackDelay, CallbackFate, CallbackRule,
};
use crate::scenario::seed::Purpose;
use crate::scenario::timing::Timing;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlannedCallback {
    /// The POST had no callback URL.
    NotRequested,
    Sent(Delivery),
    Lost,
    /// The list of a rule, in its order, at least one of which is sent; or one that the rule writes
    /// out. It stands apart, so that a plan without it is no larger.
    Several(Box<[PlannedEntry]>),
}

/// One of several callbacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedEntry {
    /// How it is sent; `None` if it is lost.
    pub delivery: Option<Delivery>,
    /// What the rule writes out of it.
    pub content: Option<Arc<CallbackContent>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// The time after the final status, in milliseconds; negative is before it.
    pub delay_ms: i64,
    pub method: CallbackMethod,
    pub times: u32,
    pub every: Duration,
    /// Whether it is tried again until it is answered with success, as
    /// [`DeliveryPolicy::Retrying`] says; then `times` is how often at most.
    pub retries: bool,
    pub body: CallbackBody,
    /// The status that it claims, if not the transaction's.
    pub status: Option<Status>,
}

/// Which of the callbacks of a transaction one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallbackNumber {
    /// The place of its entry in the list of the rule, from 0.
    pub entry: u16,
    /// How often that entry has been sent with this one, from 1; 0 of one that is sent by hand.
    pub time: u16,
}

impl CallbackNumber {
    /// The first of an entry.
    pub fn first(entry: u16) -> Self {
        Self { entry, time: 1 }
    }

    /// One of that entry that somebody sends by hand, beside those that are planned.
    pub fn by_hand(entry: u16) -> Self {
        Self { entry, time: 0 }
    }

    pub fn is_by_hand(self) -> bool {
        self.time == 0
    }

    /// The next of the same entry.
    pub fn next(self) -> Self {
        Self { time: self.time + 1, ..self }
    }
}

impl Delivery {
    /// One that tells the transaction's status, once.
    pub fn of_the_status(method: CallbackMethod) -> Self {
        Self {
            delay_ms: 0,
            method,
            times: 1,
            every: Duration::ZERO,
            retries: false,
            body: CallbackBody::Status,
            status: None,
        }
    }
}

impl PlannedCallback {
    /// The entries, each with its place in the list: how it is sent, or `None` if it is lost.
    pub fn entries(&self) -> impl Iterator<Item = (u16, Option<&Delivery>)> {
        let (one, several): (_, &[PlannedEntry]) = match self {
            Self::NotRequested => (None, &[]),
            Self::Sent(delivery) => (Some(Some(delivery)), &[]),
            Self::Lost => (Some(None), &[]),
            Self::Several(entries) => (None, entries),
        };
        let several = several.iter().map(|entry| entry.delivery.as_ref());
        (0..).zip(one.into_iter().chain(several))
    }

    /// The callbacks that are sent.
    pub fn deliveries(&self) -> impl Iterator<Item = &Delivery> {
        self.entries().filter_map(|(_, delivery)| delivery)
    }

    /// How the entry of that place is sent, if it is.
    pub fn delivery(&self, entry: u16) -> Option<&Delivery> {
        match self {
            Self::NotRequested | Self::Lost => None,
            Self::Sent(delivery) => Some(delivery),
            Self::Several(entries) => entries.get(usize::from(entry))?.delivery.as_ref(),
        }
    }

    /// What the rule writes out of the entry of that place.
    pub fn content(&self, entry: u16) -> Option<&Arc<CallbackContent>> {
        match self {
            Self::NotRequested | Self::Lost | Self::Sent(_) => None,
            Self::Several(entries) => entries.get(usize::from(entry))?.content.as_ref(),
        }
    }

    /// How many callbacks are sent at most.
    pub fn times(&self) -> u32 {
        self.deliveries().map(|delivery| delivery.times).sum()
    }

    /// How many of a list are lost.
    pub fn lost_of_several(&self) -> u32 {
        match self {
            Self::NotRequested | Self::Lost | Self::Sent(_) => 0,
            Self::Several(_) => {
                let lost = self.entries().filter(|(_, delivery)| delivery.is_none());
                u32::try_from(lost.count()).unwrap_or(u32::MAX)
            }
        }
    }
}

/// The callbacks of a submission by these rules, as this policy has them tried.
pub(super) fn planned_callback(
    policy: DeliveryPolicy,
    submission: &Submission,
    circumstances: &Circumstances,
    rules: &[CallbackRule],
) -> PlannedCallback {
    if submission.callback_url.is_none() {
        return PlannedCallback::NotRequested;
    }
    let usual = CallbackRule::default();
    let rules = if rules.is_empty() { std::slice::from_ref(&usual) } else { rules };
    let planned = |rule, entry| delivery(policy, submission, circumstances, rule, entry);
    match rules {
        _ if rules.iter().all(|rule| rule.fate == CallbackFate::Lost) => PlannedCallback::Lost,
        [rule] if rule.content.is_none() => PlannedCallback::Sent(planned(rule, 0)),
        several => {
            let entries = several.iter().zip(0..).map(|(rule, entry)| PlannedEntry {
                delivery: (rule.fate == CallbackFate::Sent).then(|| planned(rule, entry)),
                content: rule.content.clone(),
            });
            PlannedCallback::Several(entries.collect())
        }
    }
}

fn delivery(
    policy: DeliveryPolicy,
    submission: &Submission,
    circumstances: &Circumstances,
    rule: &CallbackRule,
    entry: u32,
) -> Delivery {
    let (times, every, retries) = match policy {
        // A rule that says how often goes before the policy.
        _ if rule.times > 1 => (rule.times, rule.every, false),
        DeliveryPolicy::Once => (1, rule.every, false),
        DeliveryPolicy::Twice => (2, TWICE_AFTER, false),
        DeliveryPolicy::Retrying => (ATTEMPTS_MAX, Duration::ZERO, true),
    };
    let drawn = |timing: Timing| {
        let purpose = Purpose::CallbackAfter(entry);
        timing.draw(&mut circumstances.seed.rng(submission.reference_id.0, purpose))
    };
    let delay_ms = match rule.delay {
        CallbackDelay::Fixed(delay_ms) => delay_ms,
        CallbackDelay::Drawn(timing) => {
            i64::try_from(milliseconds(drawn(timing))).unwrap_or(i64::MAX)
        }
    };
    let id = || financial_transaction_id(submission, circumstances);
    Delivery {
        delay_ms,
        method: rule.method.unwrap_or(submission.callback_method),
        times,
        every,
        retries,
        body: rule.body,
        status: rule.status.map(|status| status.with_id(id)),
    }
}
