//! One transaction of a space: its request, plan, history and callback.

use std::time::Duration;

use rust_decimal::Decimal;
use smallvec::SmallVec;
use strum::{Display, EnumString, IntoStaticStr, VariantNames};

use crate::model::amount::Amount;
use crate::model::ids::ReferenceId;
use crate::model::product::Product;
use crate::model::refund::{RefundFault, Unfit, Unfitness};
use crate::model::status::{Status, StatusKind};
use crate::model::submission::{Details, MoneyFlow, Submission, TransactionKind};
use crate::model::time::Timestamp;
use crate::platform::callback::{Attempt, AttemptResult};
use crate::platform::in_flight::Round;
use crate::platform::timers::TimerKey;
use crate::scenario::delivery::pause_after;
use crate::scenario::plan::{Plan, PlannedCallback};

/// A transaction. Whoever holds a space reads it; only `platform::state` changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    pub submission: Submission,
    pub plan: Plan,
    /// The number of its acceptance in its space. No other has it, but a reference may be accepted
    /// again once its transaction was forgotten or evicted.
    pub acceptance: u64,
    pub round: Round,
    pub accepted_at: Timestamp,
    pub next_stage: Option<TimerKey>,
    pub callback: CallbackProgress,
    pub is_callback_scheduled: bool,
    pub status_reads: u64,
    /// The statuses that answers reported to the merchant, in the order of their names.
    pub(super) reported: [bool; 4],
    /// The message that the merchant sent the payer.
    pub delivery_notification: Option<Box<str>>,
    /// Whether its amount is reserved: on the account if it pays out, and at the transaction it
    /// refunds.
    pub reserved: bool,
    /// The payment or payout of this space that it refunds.
    pub refunds: Option<ReferenceId>,
    /// The effect on the merchant's account once successful.
    pub flow: MoneyFlow,
    /// Whether the account books it: a ledger was kept when it was accepted.
    pub is_booked: bool,
    /// The part of its amount that refunds have given back, or have reserved.
    pub refunded: Decimal,
    /// The time at which the merchant cancelled it, if it is an approved preapproval.
    pub cancelled_at: Option<Timestamp>,
    /// The status, and since when. It stands alone because it is read most.
    latest: (Timestamp, Status),
    /// The statuses before.
    earlier: SmallVec<[(Timestamp, Status); 1]>,
}

/// How far a callback came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackProgress {
    NotRequested,
    /// The callback is not due yet.
    Waiting,
    /// The callback was lost, because a scenario asked for it.
    Lost,
    /// The callback was sent: once, or as often as a scenario asked for.
    Sent(Box<Sent>),
}

/// The state of a callback, as the control plane shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum CallbackState {
    /// The submission asked for no callback.
    NotRequested,
    /// The callback is not due yet.
    Waiting,
    /// A scenario made the callback get lost: it was never sent.
    Lost,
    /// The callback was sent, and its attempt has not ended yet.
    Sent,
    /// The last attempt was answered, with whatever status.
    Answered,
    /// The last attempt got no answer.
    Failed,
}

impl CallbackState {
    /// The names of all states, in their order.
    pub const NAMES: &[&str] = Self::VARIANTS;

    /// The name in the control plane's answers.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether a callback that went out can have it.
    fn is_of_one_sent(self) -> bool {
        matches!(self, Self::Sent | Self::Answered | Self::Failed)
    }
}

/// A callback that went out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    pub times: u32,
    pub attempts: Vec<Attempt>,
}

impl CallbackProgress {
    pub fn state(&self) -> CallbackState {
        match self {
            Self::NotRequested => CallbackState::NotRequested,
            Self::Waiting => CallbackState::Waiting,
            Self::Lost => CallbackState::Lost,
            Self::Sent(sent) if sent.attempts.len() < sent.times as usize => CallbackState::Sent,
            Self::Sent(sent) => match sent.attempts.last().map(|attempt| &attempt.result) {
                Some(AttemptResult::Answered { .. }) => CallbackState::Answered,
                Some(AttemptResult::Failed { .. }) | None => CallbackState::Failed,
            },
        }
    }

    /// How long after the last attempt the next one comes, where it is tried until it is answered
    /// with success.
    pub fn next_attempt_after(&self) -> Option<Duration> {
        let attempts = self.attempts();
        if attempts.last()?.result.is_success() {
            return None;
        }
        pause_after(u32::try_from(attempts.len()).unwrap_or(u32::MAX))
    }

    pub fn attempts(&self) -> &[Attempt] {
        match self {
            Self::Sent(sent) => &sent.attempts,
            Self::NotRequested | Self::Waiting | Self::Lost => &[],
        }
    }
}

impl Transaction {
    /// An accepted transaction, in the first stage of its plan.
    pub fn accept(submission: Submission, plan: Plan, acceptance: u64, at: Timestamp) -> Self {
        let first = plan.stages.first().expect("a plan begins with a stage").status;
        // Most end as planned; those that are overtaken make room for one more.
        let earlier = SmallVec::with_capacity(plan.stages.len() - 1);
        let callback = match plan.callback {
            PlannedCallback::NotRequested => CallbackProgress::NotRequested,
            PlannedCallback::Sent(_) | PlannedCallback::Lost => CallbackProgress::Waiting,
        };
        let flow = submission.kind.money_flow();
        Self {
            submission,
            plan,
            acceptance,
            round: 0,
            accepted_at: at,
            next_stage: None,
            callback,
            is_callback_scheduled: false,
            status_reads: 0,
            reported: [false; 4],
            delivery_notification: None,
            reserved: false,
            refunds: None,
            flow,
            is_booked: true,
            refunded: Decimal::ZERO,
            cancelled_at: None,
            latest: (at, first),
            earlier,
        }
    }

    pub fn status(&self) -> Status {
        self.latest.1
    }

    /// Whether the transaction is settled and its callback is done.
    pub fn is_done(&self) -> bool {
        self.status().is_final() && self.is_called_back()
    }

    /// Whether the callback is done, or will never be sent.
    pub(super) fn is_called_back(&self) -> bool {
        match (&self.callback, &self.plan.callback) {
            (CallbackProgress::NotRequested | CallbackProgress::Lost, _) => true,
            (CallbackProgress::Waiting, _) => false,
            (CallbackProgress::Sent(sent), PlannedCallback::Sent(delivery)) => {
                sent.attempts.len() >= delivery.times as usize
                    || (delivery.retries
                        && sent.attempts.len() >= sent.times as usize
                        && self.callback.next_attempt_after().is_none())
            }
            (CallbackProgress::Sent(_), _) => false,
        }
    }

    /// Returns the time at which it became successful, if it did.
    pub fn successful_since(&self) -> Option<Timestamp> {
        let (at, status) = self.latest;
        matches!(status, Status::Successful(_)).then_some(at)
    }

    /// Whether the account pays it out.
    pub fn pays_out(&self) -> bool {
        self.is_booked && self.flow == MoneyFlow::Debit
    }

    /// Whether it paid out what a refund can bring back: a transfer or a deposit of the account
    /// that the refund's money comes back to. Those two were recorded; nothing is known of others.
    pub fn is_refundable_payout(&self) -> bool {
        let is_payout =
            matches!(self.submission.kind, TransactionKind::Transfer | TransactionKind::Deposit);
        is_payout && self.submission.product == Product::Disbursement
    }

    pub fn is_refundable(&self) -> bool {
        self.submission.kind == TransactionKind::RequestToPay || self.is_refundable_payout()
    }

    /// Why these details cannot be a refund of this transaction, if they cannot: it must be
    /// successful, of the same currency, and never give back more than it moved.
    pub fn fault_of_refund(&self, refund: &Details) -> Option<RefundFault> {
        let moved = self.submission.details.amount.map(Amount::decimal).unwrap_or_default();
        let back = refund.amount.map(Amount::decimal).unwrap_or_default();
        let (refunded, currency) = (self.refunded, &self.submission.details.currency);
        let why = if self.successful_since().is_none() {
            Unfitness::NotSuccessful(self.status().kind())
        } else if *currency != refund.currency {
            Unfitness::OtherCurrency(currency.clone())
        } else if refunded + back > moved {
            Unfitness::TooMuch { moved, refunded }
        } else {
            return None;
        };
        let Submission { reference_id, kind, .. } = self.submission;
        Some(RefundFault::Unfit(Unfit { reference_id, kind, why }))
    }

    /// Whether it has this status, or may come to it: by its plan, or because its payer or the
    /// merchant ends it.
    pub fn may_have(&self, status: StatusKind) -> bool {
        let now = self.status().kind();
        let to_come = || self.plan.stages.iter().skip(self.history().count());
        let is_planned = || to_come().any(|stage| stage.status.kind() == status);
        now == status || (!now.is_final() && (status.is_final() || is_planned()))
    }

    /// Whether its callback has this state. One that went out was sent, however its attempt ended.
    pub fn has_callback(&self, state: CallbackState) -> bool {
        let is_out = matches!(self.callback, CallbackProgress::Sent(_));
        self.callback.state() == state || (state == CallbackState::Sent && is_out)
    }

    /// Whether its callback has this state, or may come to it.
    pub fn may_have_callback(&self, state: CallbackState) -> bool {
        self.has_callback(state)
            || match (&self.callback, &self.plan.callback) {
                (CallbackProgress::NotRequested | CallbackProgress::Lost, _) => false,
                (CallbackProgress::Waiting, PlannedCallback::Lost) => state == CallbackState::Lost,
                (CallbackProgress::Waiting, _) => state.is_of_one_sent(),
                (CallbackProgress::Sent(_), _) => state.is_of_one_sent() && !self.is_called_back(),
            }
    }

    /// Whether the merchant was told this status, by an answer that went out whole.
    pub fn was_reported(&self, status: StatusKind) -> bool {
        self.reported[status as usize]
    }

    /// Whether it reserves money once it is to succeed: a payout, or a refund in this space.
    pub(super) fn needs_reservation(&self) -> bool {
        self.flow == MoneyFlow::Debit || self.refunds.is_some()
    }

    /// The statuses, each with the time when it began.
    pub fn history(&self) -> impl Iterator<Item = (Timestamp, Status)> {
        self.earlier.iter().copied().chain([self.latest])
    }

    /// The status, and the time when it began.
    pub fn latest(&self) -> (Timestamp, Status) {
        self.latest
    }

    /// Reaches a status.
    ///
    /// # Panics
    ///
    /// If the status before is final: whoever asks for that has a bug.
    pub(super) fn set_status(&mut self, at: Timestamp, status: Status) {
        assert!(!self.status().is_final(), "a final status never changes");
        self.earlier.push(std::mem::replace(&mut self.latest, (at, status)));
    }
}
