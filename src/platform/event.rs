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

    fn event_name(self) -> &'static str {
        match self {
            Self::Approve => "payer_approved",
            Self::Decline => "payer_declined",
            Self::Expire => "payer_let_it_expire",
        }
    }
}

impl Event {
    /// The name in the journal.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ApiKeyCreated => "api_key_created",
            Self::Accepted { .. } => "accepted",
            Self::SubmissionFailed { .. } => "submission_failed",
            Self::StatusReached { .. } => "status_reached",
            Self::CallbackSent { .. } => "callback_sent",
            Self::CallbackLost { .. } => "callback_lost",
            Self::CallbackFinished { .. } => "callback_finished",
            Self::StatusRead { .. } => "status_read",
            Self::DeliveryNotified { .. } => "delivery_notified",
            Self::PayerActed { act, .. } => act.event_name(),
            Self::BalanceAnswered { .. } => "balance_answered",
            Self::RulesPut => "rules_put",
            Self::InvoiceCancelled { .. } => "invoice_cancelled",
            Self::PreApprovalCancelled { .. } => "preapproval_cancelled",
            Self::RefundSetAside { .. } => "refund_set_aside",
            Self::RefundGivenUp { .. } => "refund_given_up",
            Self::ConsentRequested { .. } => "consent_requested",
            Self::ConsentRedeemed { .. } => "consent_redeemed",
            Self::ConsentRefreshed { .. } => "consent_refreshed",
            Self::UserInfoRead { .. } => "user_info_read",
            Self::RequestAnswered(_) => "request",
            Self::Reset => "reset",
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
