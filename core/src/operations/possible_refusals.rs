//! The refusals that an operation can meet: the documents list them, and the tests provoke them
//! (docs/contract.md#order-of-checks).

use crate::model::mtn_platform::{MtnPlatform, PlayedPlatforms};
use crate::operations::answer::Answer;
use crate::operations::behaviour::Behaviour;
use crate::operations::rejection::{ConsentError, RejectionKind};
use crate::operations::table::{Authentication, Method, Operation, OperationKind};

/// A refusal that an operation can meet. Those of a consent are told apart by their errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PossibleRefusal {
    /// A refusal of this kind, which is not [`RejectionKind::Consent`].
    Of(RejectionKind),
    Consent(ConsentError),
}

impl PossibleRefusal {
    /// The answer on the wire, with examples where a request adds something.
    pub fn answer(self) -> Answer {
        match self {
            Self::Of(kind) => kind.answer(),
            Self::Consent(error) => error.answer(),
        }
    }

    /// The behaviour that the evidence has a row for.
    pub fn behaviour(self) -> Behaviour {
        match self {
            Self::Of(kind) => Behaviour::Refusal(kind),
            Self::Consent(error) => Behaviour::ConsentRefusal(error),
        }
    }
}

impl Operation {
    /// Each refusal that docs/contract.md has for the operation, in the order of the checks.
    pub fn possible_refusals(&self) -> Vec<PossibleRefusal> {
        let kinds = kinds_of(self).into_iter().map(PossibleRefusal::Of);
        let errors = consent_errors_of(self.kind).iter().copied();
        kinds.chain(errors.map(PossibleRefusal::Consent)).collect()
    }
}

impl Operation {
    /// Each refusal that the operation can meet beside where MTN's platforms of production are told
    /// apart (docs/contract.md#new-platform).
    pub fn possible_refusals_on(&self, played: PlayedPlatforms) -> Vec<PossibleRefusal> {
        let takes_credentials = matches!(
            self.kind.authentication(),
            Authentication::Basic | Authentication::BasicOrBearer
        );
        let plays_new = played.plays(MtnPlatform::New);
        let plays_both = played == PlayedPlatforms::Both;
        let names_a_transaction = names_what_must_exist(self.kind)
            && !matches!(
                self.kind,
                OperationKind::ReadApiUser
                    | OperationKind::CreateApiKey
                    | OperationKind::AccountHolderActive
            );
        [
            (plays_new, RejectionKind::UserAgentBlocked),
            (plays_new && self.kind.issues_tokens(), RejectionKind::TokenEnvironment),
            (plays_new && takes_credentials, RejectionKind::InvalidClient),
            (plays_new && takes_credentials, RejectionKind::EncodedCredentials),
            (plays_both && names_a_transaction, RejectionKind::OtherPlatform),
            (
                plays_both && matches!(self.kind, OperationKind::Submit(_)),
                RejectionKind::LegacyClosed,
            ),
            (plays_both, RejectionKind::PlatformGone),
        ]
        .into_iter()
        .filter_map(|(can, kind)| can.then_some(PossibleRefusal::Of(kind)))
        .collect()
    }
}

fn kinds_of(operation: &Operation) -> Vec<RejectionKind> {
    let kind = operation.kind;
    let mut refusals = Vec::new();
    let mut add_if = |applies: bool, refusal| refusals.extend(applies.then_some(refusal));
    let authentication = kind.authentication();
    let is_either = authentication == Authentication::BasicOrBearer;
    add_if(operation.method == Method::Post, RejectionKind::LengthRequired);
    add_if(true, RejectionKind::NoSuchPath);
    add_if(true, RejectionKind::SubscriptionKeyMissing);
    add_if(true, RejectionKind::SubscriptionKeyInvalid);
    add_if(is_either || authentication == Authentication::Basic, RejectionKind::LoginFailed);
    add_if(is_either || authentication == Authentication::Bearer, RejectionKind::InvalidToken);
    add_if(kind.needs_target_environment(), RejectionKind::TargetEnvironmentForbidden);
    add_if(can_be_malformed(operation), RejectionKind::Malformed);
    add_if(takes_an_object(kind), RejectionKind::ServerError);
    add_if(kind.takes_callback_url(), RejectionKind::CallbackHost);
    add_if(
        matches!(kind, OperationKind::Submit(_) | OperationKind::BalanceInCurrency),
        RejectionKind::Currency,
    );
    add_if(kind.creates(), RejectionKind::Duplicate);
    add_if(names_what_must_exist(kind), RejectionKind::NotFound);
    refusals.extend(refusals_of_its_own(kind));
    refusals
}

/// Whether a part of the request can break a rule of form.
fn can_be_malformed(operation: &Operation) -> bool {
    let kind = operation.kind;
    operation.path.contains('{') || kind.needs_reference_id() || kind == OperationKind::Authorize
}

/// Whether an empty body breaks the platform.
fn takes_an_object(kind: OperationKind) -> bool {
    matches!(
        kind,
        OperationKind::CreateApiUser
            | OperationKind::Submit(_)
            | OperationKind::DeliveryNotification
            | OperationKind::Authorize
    )
}

fn names_what_must_exist(kind: OperationKind) -> bool {
    match kind {
        OperationKind::ReadApiUser
        | OperationKind::CreateApiKey
        | OperationKind::Status(_)
        | OperationKind::CancelInvoice
        | OperationKind::CancelPreApproval
        | OperationKind::DeliveryNotification
        | OperationKind::AccountHolderActive => true,
        OperationKind::CreateApiUser
        | OperationKind::Token
        | OperationKind::ConsentToken
        | OperationKind::Authorize
        | OperationKind::UserInfo
        | OperationKind::Submit(_)
        | OperationKind::ListPreApprovals
        | OperationKind::Balance
        | OperationKind::BalanceInCurrency
        | OperationKind::BasicUserInfo => false,
    }
}

fn refusals_of_its_own(kind: OperationKind) -> &'static [RejectionKind] {
    match kind {
        OperationKind::DeliveryNotification => &[
            RejectionKind::NotSuccessful,
            RejectionKind::NotifiedBefore,
            RejectionKind::NotifiedTooLate,
        ],
        OperationKind::CancelPreApproval => &[RejectionKind::NotCancellable],
        OperationKind::Status(_) => &[RejectionKind::RateLimited],
        // Too many are pending, or there are too many API users.
        OperationKind::Submit(_) | OperationKind::CreateApiUser => &[RejectionKind::LimitReached],
        // What MTN's test values ask for.
        OperationKind::AccountHolderActive => &[
            RejectionKind::NotAllowed,
            RejectionKind::InternalProcessingError,
            RejectionKind::ServiceUnavailable,
        ],
        OperationKind::Authorize
        | OperationKind::UserInfo
        | OperationKind::ConsentToken
        | OperationKind::ReadApiUser
        | OperationKind::CreateApiKey
        | OperationKind::Token
        | OperationKind::CancelInvoice
        | OperationKind::ListPreApprovals
        | OperationKind::Balance
        | OperationKind::BalanceInCurrency
        | OperationKind::BasicUserInfo => &[],
    }
}

fn consent_errors_of(kind: OperationKind) -> &'static [ConsentError] {
    match kind {
        OperationKind::Authorize => &[ConsentError::UnknownUserId],
        OperationKind::UserInfo => &[ConsentError::InsufficientScope],
        OperationKind::ConsentToken => &[
            ConsentError::AuthorizationPending,
            ConsentError::AccessDenied,
            ConsentError::ExpiredToken,
            ConsentError::InvalidGrant,
            ConsentError::InvalidRequest,
            ConsentError::UnsupportedGrantType,
        ],
        _ => &[],
    }
}
