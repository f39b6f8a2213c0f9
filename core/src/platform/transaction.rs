//! One transaction of a space: its request, plan, history and callback.

use rust_decimal::Decimal;
use smallvec::SmallVec;
use strum::{Display, EnumString, IntoStaticStr, VariantNames};

use crate::model::amount::Amount;
use crate::model::ids::{ApiUserId, ReferenceId};
use crate::model::product::Product;
use crate::model::refund::{RefundFault, Unfit, Unfitness};
use crate::model::status::{Status, StatusKind};
use crate::model::submission::{Details, MoneyFlow, Submission, TransactionKind};
use crate::model::time::Timestamp;
use crate::platform::account::Payout;
use crate::platform::callback::{Attempt, AttemptResult};
use crate::platform::in_flight::Round;
use crate::platform::timers::TimerKey;
use crate::scenario::plan::{Plan, PlannedQuery};
use crate::scenario::planned_callback::{CallbackNumber, PlannedCallback};

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
    /// What became of callbacks that somebody sent by hand. They stand apart: whatever is judged by
    /// the automatic ones is not changed by them.
    pub by_hand: Option<Box<SentByHand>>,
    /// How often its status was asked for.
    pub status_reads: u32,
    /// How many of the planned queries are over.
    queries_met: u32,
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
    /// The callback was sent: once, or as often as a scenario asked for. Of several, one was sent
    /// or lost.
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
    /// How many went out: none, if those of several that were due are lost.
    pub times: u32,
    /// How many attempts are still to be recorded, and lost ones of several to be noted.
    pub to_come: u32,
    pub attempts: Vec<Attempt>,
}

/// The callbacks that were sent by hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SentByHand {
    /// Whether one has gone out whose attempt has not ended yet.
    pub is_on_its_way: bool,
    /// The last ones that ended, at most [`BY_HAND_MAX`].
    pub attempts: Vec<Attempt>,
}

/// The most attempts by hand that a transaction keeps.
pub const BY_HAND_MAX: usize = 20;

impl CallbackProgress {
    pub fn state(&self) -> CallbackState {
        match self {
            Self::NotRequested => CallbackState::NotRequested,
            Self::Waiting => CallbackState::Waiting,
            Self::Sent(sent) if sent.times == 0 => CallbackState::Waiting,
            Self::Lost => CallbackState::Lost,
            Self::Sent(sent) if sent.attempts.len() < sent.times as usize => CallbackState::Sent,
            Self::Sent(sent) => match sent.attempts.last().map(|attempt| &attempt.result) {
                Some(AttemptResult::Answered { .. }) => CallbackState::Answered,
                Some(AttemptResult::Failed { .. }) | None => CallbackState::Failed,
            },
        }
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
        let callback = match &plan.callback {
            PlannedCallback::NotRequested => CallbackProgress::NotRequested,
            PlannedCallback::Sent(_) | PlannedCallback::Lost | PlannedCallback::Several(_) => {
                CallbackProgress::Waiting
            }
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
            by_hand: None,
            status_reads: 0,
            queries_met: 0,
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
        match &self.callback {
            CallbackProgress::NotRequested | CallbackProgress::Lost => true,
            CallbackProgress::Waiting => false,
            CallbackProgress::Sent(sent) => sent.to_come == 0,
        }
    }

    /// The attempts to deliver callbacks that were sent by hand.
    pub fn attempts_by_hand(&self) -> &[Attempt] {
        self.by_hand.as_ref().map_or(&[], |by_hand| &by_hand.attempts)
    }

    /// The attempt that ended last: of the callbacks by hand if that number is of one, else of the
    /// automatic ones.
    pub fn last_attempt_beside(&self, number: CallbackNumber) -> Option<&Attempt> {
        let attempts =
            if number.is_by_hand() { self.attempts_by_hand() } else { self.callback.attempts() };
        attempts.last()
    }

    /// Notes an attempt to deliver a callback that was sent by hand.
    pub(super) fn note_by_hand(&mut self, attempt: Attempt) {
        let by_hand = self.by_hand.get_or_insert_default();
        by_hand.is_on_its_way = false;
        if by_hand.attempts.len() == BY_HAND_MAX {
            by_hand.attempts.remove(0);
        }
        by_hand.attempts.push(attempt);
    }

    /// How many attempts of its callbacks are still to be recorded, and lost ones of several to be
    /// noted.
    pub(super) fn callbacks_to_come(&self) -> u32 {
        match &self.callback {
            CallbackProgress::NotRequested | CallbackProgress::Lost => 0,
            CallbackProgress::Waiting => {
                self.plan.callback.times() + self.plan.callback.lost_of_several()
            }
            CallbackProgress::Sent(sent) => sent.to_come,
        }
    }

    /// What became of its callbacks, from the first of them on.
    pub(super) fn sent_mut(&mut self) -> &mut Sent {
        if self.callback == CallbackProgress::Waiting {
            let to_come = self.callbacks_to_come();
            self.callback = CallbackProgress::Sent(Box::new(Sent { to_come, ..Sent::default() }));
        }
        match &mut self.callback {
            CallbackProgress::Sent(sent) => sent,
            _ => unreachable!("a callback that is sent was waiting for it"),
        }
    }

    /// The planned query that a GET at this time meets, with its place; `None` for the truth.
    pub(super) fn query_at(&self, now: Timestamp) -> Option<(u32, &PlannedQuery)> {
        let since = now.since(self.accepted_at);
        let to_come = (0..).zip(&self.plan.queries).skip(self.queries_met as usize);
        let mut open = to_come.skip_while(|(_, query)| query.until.is_some_and(|end| since >= end));
        open.next()
    }

    /// Whether a GET that is still to come may tell this status, whatever the transaction's is.
    pub fn may_make_up(&self, status: StatusKind, now: Timestamp) -> bool {
        let since = now.since(self.accepted_at);
        let to_come = self.plan.queries.iter().skip(self.queries_met as usize);
        let mut open = to_come.filter(|query| query.until.is_none_or(|end| since < end));
        open.any(|query| query.status.is_some_and(|told| told.kind() == status))
    }

    /// Takes note of a GET of the status.
    pub(super) fn note_status_read(&mut self, now: Timestamp) {
        self.status_reads = self.status_reads.saturating_add(1);
        let met = self.query_at(now).map(|(place, query)| match query.until {
            Some(_) => place,
            None => place + 1,
        });
        self.queries_met = met.unwrap_or(self.queries_met);
    }

    /// Returns the time at which it became successful, if it did.
    pub fn successful_since(&self) -> Option<Timestamp> {
        let (at, status) = self.latest;
        matches!(status, Status::Successful(_)).then_some(at)
    }

    /// Its name at the account that pays it out, if one does; `api_user` is whose it is.
    pub fn payout(&self, api_user: ApiUserId) -> Option<Payout> {
        let Self { accepted_at, acceptance, .. } = *self;
        let pays_out = self.is_booked && self.flow == MoneyFlow::Debit;
        pays_out.then_some(Payout { accepted_at, api_user, acceptance })
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
        let is_out = matches!(&self.callback, CallbackProgress::Sent(sent) if sent.times > 0);
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
