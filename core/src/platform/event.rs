//! Everything that can happen in a space. An event is the only way to change a space's state.

use uuid::Uuid;

use crate::model::amount::Amount;
use crate::model::reference::ReferenceId;
use crate::model::status::Status;
use crate::model::transaction::Submission;
use crate::platform::callback::Attempt;
use crate::platform::consents::Consent;
use crate::platform::request::AnsweredRequest;
use crate::scenario::plan::Plan;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The API user got a new API key.
    ApiKeyCreated,
    /// A valid POST was accepted, and its fate decided.
    Accepted {
        /// The request.
        submission: Box<Submission>,
        /// Its fate.
        plan: Box<Plan>,
    },
    /// A valid POST met a fault that a scenario asked for, and nothing was created.
    SubmissionFailed {
        /// Its reference, which may be used again.
        reference_id: ReferenceId,
        /// The number of the rule, where its matches are counted.
        counted: Option<u32>,
    },
    /// A transaction reached another status.
    StatusReached {
        /// Which.
        reference_id: ReferenceId,
        /// The status.
        status: Status,
    },
    /// A callback went out.
    CallbackSent {
        /// Of which transaction.
        reference_id: ReferenceId,
    },
    /// A callback was lost, because a scenario asked for it.
    CallbackLost {
        /// Of which transaction.
        reference_id: ReferenceId,
    },
    /// What came of a callback.
    CallbackFinished {
        /// Of which transaction.
        reference_id: ReferenceId,
        /// What came of it.
        attempt: Box<Attempt>,
    },
    /// The merchant asked for the status.
    StatusRead {
        /// Of which transaction.
        reference_id: ReferenceId,
        /// What it was told.
        status: Status,
    },
    /// The merchant sent the payer a message about a successful request to pay.
    DeliveryNotified {
        /// About which transaction.
        reference_id: ReferenceId,
        /// The message.
        message: Box<str>,
    },
    /// The payer answered a pending transaction, by the control plane.
    PayerActed {
        /// Which.
        reference_id: ReferenceId,
        /// What they did.
        act: PayerAct,
    },
    /// A query of the balance met what a rule says.
    BalanceAnswered {
        /// The rule's number in the rule book.
        rule: u32,
    },
    /// Other rules took force.
    RulesPut,
    /// The merchant cancelled an open invoice.
    InvoiceCancelled {
        /// Which.
        reference_id: ReferenceId,
    },
    /// The merchant cancelled an approved preapproval.
    PreApprovalCancelled {
        /// Which.
        reference_id: ReferenceId,
    },
    /// Another API user's refund set an amount aside at a transaction of this one's.
    RefundSetAside {
        /// The transaction.
        reference_id: ReferenceId,
        /// How much.
        amount: Amount,
    },
    /// That refund came to nothing.
    RefundGivenUp {
        /// The transaction.
        reference_id: ReferenceId,
        /// How much.
        amount: Amount,
    },
    /// The merchant asked an account holder for consent.
    ConsentRequested {
        /// The `auth_req_id`.
        id: Uuid,
        /// What was asked, and what comes of it.
        consent: Box<Consent>,
    },
    /// A token was issued for a consent.
    ConsentRedeemed {
        /// The `auth_req_id`.
        id: Uuid,
    },
    /// Another token was issued for a consent.
    ConsentRefreshed {
        /// The `auth_req_id`.
        id: Uuid,
    },
    /// The merchant read what an account holder consented to show.
    UserInfoRead {
        /// The `auth_req_id`.
        id: Uuid,
    },
    /// A request of this API user was answered; what it did is told by events before this one.
    RequestAnswered(AnsweredRequest),
    /// Everything was forgotten.
    Reset,
}

/// What a payer does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayerAct {
    /// They approve.
    Approve,
    /// They decline.
    Decline,
    /// They let it lapse.
    Expire,
}

impl PayerAct {
    /// All of them, by the names of the control plane.
    pub const ALL: [(&'static str, Self); 3] =
        [("approve", Self::Approve), ("decline", Self::Decline), ("expire", Self::Expire)];

    /// The place of its event in [`NAMES`].
    fn number(self) -> usize {
        match self {
            Self::Approve => 8,
            Self::Decline => 9,
            Self::Expire => 10,
        }
    }
}

/// The names of all events in the journal, in the order of [`Event::number`].
pub const NAMES: [&str; 24] = [
    "api_key_created",
    "accepted",
    "submission_failed",
    "status_reached",
    "callback_sent",
    "callback_lost",
    "callback_finished",
    "status_read",
    "payer_approved",
    "payer_declined",
    "payer_let_it_expire",
    "delivery_notified",
    "balance_answered",
    "rules_put",
    "invoice_cancelled",
    "preapproval_cancelled",
    "refund_set_aside",
    "refund_given_up",
    "consent_requested",
    "consent_redeemed",
    "consent_refreshed",
    "user_info_read",
    "request",
    "reset",
];

impl Event {
    /// The name in the journal.
    pub fn name(&self) -> &'static str {
        NAMES[self.number()]
    }

    /// The place of its name in [`NAMES`].
    fn number(&self) -> usize {
        match self {
            Self::ApiKeyCreated => 0,
            Self::Accepted { .. } => 1,
            Self::SubmissionFailed { .. } => 2,
            Self::StatusReached { .. } => 3,
            Self::CallbackSent { .. } => 4,
            Self::CallbackLost { .. } => 5,
            Self::CallbackFinished { .. } => 6,
            Self::StatusRead { .. } => 7,
            Self::DeliveryNotified { .. } => 11,
            Self::PayerActed { act, .. } => act.number(),
            Self::BalanceAnswered { .. } => 12,
            Self::RulesPut => 13,
            Self::InvoiceCancelled { .. } => 14,
            Self::PreApprovalCancelled { .. } => 15,
            Self::RefundSetAside { .. } => 16,
            Self::RefundGivenUp { .. } => 17,
            Self::ConsentRequested { .. } => 18,
            Self::ConsentRedeemed { .. } => 19,
            Self::ConsentRefreshed { .. } => 20,
            Self::UserInfoRead { .. } => 21,
            Self::RequestAnswered(_) => 22,
            Self::Reset => 23,
        }
    }

    /// The transaction that it is about.
    pub fn reference_id(&self) -> Option<ReferenceId> {
        match self {
            Self::ApiKeyCreated
            | Self::BalanceAnswered { .. }
            | Self::RulesPut
            | Self::ConsentRequested { .. }
            | Self::ConsentRedeemed { .. }
            | Self::ConsentRefreshed { .. }
            | Self::UserInfoRead { .. }
            | Self::Reset => None,
            Self::RequestAnswered(request) => request.reference_id,
            Self::Accepted { submission, .. } => Some(submission.reference_id),
            Self::StatusReached { reference_id, .. }
            | Self::SubmissionFailed { reference_id, .. }
            | Self::CallbackSent { reference_id }
            | Self::CallbackLost { reference_id }
            | Self::CallbackFinished { reference_id, .. }
            | Self::StatusRead { reference_id, .. }
            | Self::RefundSetAside { reference_id, .. }
            | Self::RefundGivenUp { reference_id, .. }
            | Self::PayerActed { reference_id, .. }
            | Self::InvoiceCancelled { reference_id }
            | Self::PreApprovalCancelled { reference_id }
            | Self::DeliveryNotified { reference_id, .. } => Some(*reference_id),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_events_have_one_name() {
        assert_eq!(NAMES.into_iter().collect::<BTreeSet<_>>().len(), NAMES.len());
        let acts = PayerAct::ALL.map(|(_, act)| NAMES[act.number()]);
        assert_eq!(acts, ["payer_approved", "payer_declined", "payer_let_it_expire"]);
        assert_eq!(Event::Reset.name(), "reset");
    }
}
