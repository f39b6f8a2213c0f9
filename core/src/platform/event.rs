//! Everything that can change a space.
//!
//! A change is an [`Event`], which the journal shows, or [`Bookkeeping`], which it does not.

use std::time::Duration;

use strum::{Display, EnumDiscriminants, EnumString, IntoStaticStr, VariantNames};
use uuid::Uuid;

use crate::model::amount::Amount;
use crate::model::ids::ReferenceId;
use crate::model::status::Status;
use crate::model::time::Timestamp;
use crate::platform::arrival::LateAnswer;
use crate::platform::callback::Attempt;
use crate::platform::callback_verdict::Verdicts;
use crate::platform::consent::Consent;
use crate::platform::in_flight::Round;
use crate::platform::label::Labels;
use crate::platform::request::AnsweredRequest;
use crate::platform::rules_in_force::RulesOfSpace;
use crate::platform::timers::TimerKey;
use crate::platform::transaction::Transaction;
use crate::scenario::occurrence::CountedOccurrence;
use crate::scenario::planned_callback::CallbackNumber;

/// One change of a space's state.
#[derive(Debug)]
pub enum Change {
    Event(Event),
    Bookkeeping(Bookkeeping),
}

impl From<Event> for Change {
    fn from(event: Event) -> Self {
        Self::Event(event)
    }
}

impl From<Bookkeeping> for Change {
    fn from(bookkeeping: Bookkeeping) -> Self {
        Self::Bookkeeping(bookkeeping)
    }
}

/// A change that has an entry in the journal.
#[derive(Debug, EnumDiscriminants)]
#[strum_discriminants(
    name(EventKind),
    doc = "The kind of a journal entry. Its name in the journal is derived from the variant's.",
    derive(Display, EnumString, Hash, IntoStaticStr, VariantNames),
    strum(serialize_all = "snake_case")
)]
pub enum Event {
    /// The API user got a new API key.
    ApiKeyCreated {
        key: Box<str>,
    },
    /// A valid POST was accepted, and its plan decided.
    Accepted(Box<Transaction>),
    /// A valid POST met a fault that a scenario asked for, and nothing was created.
    SubmissionFailed {
        /// The reference, which may be used again.
        reference_id: ReferenceId,
    },
    StatusReached {
        reference_id: ReferenceId,
        status: Status,
    },
    CallbackSent {
        reference_id: ReferenceId,
        number: CallbackNumber,
    },
    /// A callback was lost, because a scenario asked for it.
    CallbackLost {
        reference_id: ReferenceId,
    },
    /// An attempt to deliver a callback ended.
    CallbackFinished {
        reference_id: ReferenceId,
        attempt: Box<Attempt>,
        /// What holds of it.
        verdicts: Verdicts,
    },
    /// The merchant asked for the status.
    StatusRead {
        reference_id: ReferenceId,
    },
    /// The control plane approved a pending transaction in the payer's place.
    PayerApproved {
        reference_id: ReferenceId,
    },
    /// The control plane declined a pending transaction in the payer's place.
    PayerDeclined {
        reference_id: ReferenceId,
    },
    /// The control plane let a pending transaction expire.
    PayerLetItExpire {
        reference_id: ReferenceId,
    },
    /// The merchant sent the payer a message about a successful request to pay.
    DeliveryNotified {
        reference_id: ReferenceId,
        message: Box<str>,
    },
    /// A rule answered a query of the balance.
    BalanceAnswered {
        /// The rule's number in the rule book.
        rule: u32,
    },
    /// Other rules took force.
    RulesPut(Box<RulesOfSpace>),
    /// The merchant cancelled an open invoice.
    InvoiceCancelled {
        reference_id: ReferenceId,
    },
    /// The merchant cancelled an approved preapproval.
    #[strum_discriminants(strum(serialize = "preapproval_cancelled"))]
    PreApprovalCancelled {
        reference_id: ReferenceId,
    },
    /// A refund of another API user reserved an amount of a transaction of this space.
    RefundSetAside {
        reference_id: ReferenceId,
        amount: Amount,
    },
    /// A refund failed, and its amount is no longer reserved.
    RefundGivenUp {
        reference_id: ReferenceId,
        amount: Amount,
    },
    /// The merchant asked an account holder for consent; `id` is the `auth_req_id`.
    ConsentRequested {
        id: Uuid,
        consent: Box<Consent>,
    },
    /// A token was issued for a consent.
    ConsentRedeemed {
        id: Uuid,
    },
    /// Another token was issued for a consent.
    ConsentRefreshed,
    /// The merchant read what an account holder consented to show.
    UserInfoRead,
    /// An answer of one of MTN's two platforms came late, and its client still waited for it.
    AnswerAwaited(Box<LateAnswer>),
    /// The client of a late answer closed its connection before the answer was due.
    AnswerNotAwaited(Box<LateAnswer>),
    /// A request of this API user was answered. Events before this one show what it did.
    Request(AnsweredRequest),
    /// Everything was forgotten.
    Reset,
}

/// A change that has no entry in the journal.
#[derive(Debug)]
pub enum Bookkeeping {
    TimeReached(Timestamp),
    /// A timer fired, at its own time if that is later than the space's.
    TimerFired(TimerKey),
    /// The API key was given at the start.
    ApiKeySet(Box<str>),
    Labelled(Labels),
    /// What comes back later changed; the rules in force are the same.
    RulesToComeBack(Box<RulesOfSpace>),
    /// An advance of time began a round.
    RoundBegun(Round),
    /// A query of a status counts towards the rate limit, whose window is this long.
    QueryCounted {
        window: Duration,
    },
    /// A request was an occurrence of a rule that counts.
    OccurrenceCounted(CountedOccurrence),
    /// Memory was short: the oldest of what can go makes room for this many bytes.
    RoomMade {
        bytes: usize,
    },
}

/// What a payer does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum PayerAct {
    Approve,
    Decline,
    /// The payer lets the request lapse.
    Expire,
}

impl PayerAct {
    pub const ALL: [Self; 3] = [Self::Approve, Self::Decline, Self::Expire];

    /// The words of the control plane.
    pub const NAMES: &[&str] = Self::VARIANTS;

    pub(super) fn event(self, reference_id: ReferenceId) -> Event {
        match self {
            Self::Approve => Event::PayerApproved { reference_id },
            Self::Decline => Event::PayerDeclined { reference_id },
            Self::Expire => Event::PayerLetItExpire { reference_id },
        }
    }
}

impl EventKind {
    /// The names of all kinds, in their order.
    pub const NAMES: &[&str] = Self::VARIANTS;

    /// The name in the journal.
    pub fn name(self) -> &'static str {
        self.into()
    }

    pub fn is_payer_act(self) -> bool {
        matches!(self, Self::PayerApproved | Self::PayerDeclined | Self::PayerLetItExpire)
    }

    pub fn is_of_callback(self) -> bool {
        matches!(self, Self::CallbackSent | Self::CallbackLost | Self::CallbackFinished)
    }

    /// Whether entries of this kind can name a transaction.
    pub fn can_name_transaction(self) -> bool {
        !matches!(
            self,
            Self::ApiKeyCreated
                | Self::BalanceAnswered
                | Self::RulesPut
                | Self::ConsentRequested
                | Self::ConsentRedeemed
                | Self::ConsentRefreshed
                | Self::UserInfoRead
                | Self::Reset
        )
    }
}

impl Event {
    pub fn reference_id(&self) -> Option<ReferenceId> {
        match self {
            Self::ApiKeyCreated { .. }
            | Self::BalanceAnswered { .. }
            | Self::RulesPut(_)
            | Self::ConsentRequested { .. }
            | Self::ConsentRedeemed { .. }
            | Self::ConsentRefreshed
            | Self::UserInfoRead
            | Self::Reset => None,
            Self::AnswerAwaited(late) | Self::AnswerNotAwaited(late) => late.reference_id,
            Self::Request(request) => request.reference_id,
            Self::Accepted(transaction) => Some(transaction.submission.reference_id),
            Self::StatusReached { reference_id, .. }
            | Self::SubmissionFailed { reference_id, .. }
            | Self::CallbackSent { reference_id, .. }
            | Self::CallbackLost { reference_id }
            | Self::CallbackFinished { reference_id, .. }
            | Self::StatusRead { reference_id }
            | Self::PayerApproved { reference_id }
            | Self::PayerDeclined { reference_id }
            | Self::PayerLetItExpire { reference_id }
            | Self::DeliveryNotified { reference_id, .. }
            | Self::InvoiceCancelled { reference_id }
            | Self::PreApprovalCancelled { reference_id }
            | Self::RefundSetAside { reference_id, .. }
            | Self::RefundGivenUp { reference_id, .. } => Some(*reference_id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Merchants' tests compare these words.
    #[test]
    fn the_names_of_the_journal_stay() {
        let names = "api_key_created accepted submission_failed status_reached callback_sent \
                     callback_lost callback_finished status_read payer_approved payer_declined \
                     payer_let_it_expire delivery_notified balance_answered rules_put \
                     invoice_cancelled preapproval_cancelled refund_set_aside refund_given_up \
                     consent_requested consent_redeemed consent_refreshed user_info_read \
                     answer_awaited answer_not_awaited request reset";
        assert_eq!(EventKind::NAMES.join(" "), names);
        assert_eq!("preapproval_cancelled".parse(), Ok(EventKind::PreApprovalCancelled));
        assert_eq!(PayerAct::NAMES, ["approve", "decline", "expire"]);
    }
}
