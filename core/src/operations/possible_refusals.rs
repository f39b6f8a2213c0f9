//! The refusals that an operation can meet: the documents list them, and the tests provoke them
//! (docs/contract.md#order-of-checks).

use crate::operations::answer::Answer;
use crate::operations::behaviour::Behaviour;
use crate::operations::rejection::{ConsentError, RejectionKind};
use crate::operations::table::{Authentication, Kind, Method, Operation};

/// A refusal that an operation can meet. Those of a consent are told apart by their errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PossibleRefusal {
    /// A refusal of this kind, which is not [`RejectionKind::Consent`].
    Of(RejectionKind),
    /// A refusal of a consent.
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
    add_if(matches!(kind, Kind::Submit(_) | Kind::BalanceInCurrency), RejectionKind::Currency);
    add_if(kind.creates(), RejectionKind::Duplicate);
    add_if(names_what_must_exist(kind), RejectionKind::NotFound);
    refusals.extend(refusals_of_its_own(kind));
    refusals
}

/// Whether a part of the request can break a rule of form.
fn can_be_malformed(operation: &Operation) -> bool {
    let kind = operation.kind;
    operation.path.contains('{') || kind.needs_reference_id() || kind == Kind::Authorize
}

/// Whether an empty body breaks the platform.
fn takes_an_object(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::CreateApiUser | Kind::Submit(_) | Kind::DeliveryNotification | Kind::Authorize
    )
}

fn names_what_must_exist(kind: Kind) -> bool {
    match kind {
        Kind::ReadApiUser
        | Kind::CreateApiKey
        | Kind::Status(_)
        | Kind::CancelInvoice
        | Kind::CancelPreApproval
        | Kind::DeliveryNotification
        | Kind::AccountHolderActive => true,
        Kind::CreateApiUser
        | Kind::Token
        | Kind::ConsentToken
        | Kind::Authorize
        | Kind::UserInfo
        | Kind::Submit(_)
        | Kind::ListPreApprovals
        | Kind::Balance
        | Kind::BalanceInCurrency
        | Kind::BasicUserInfo => false,
    }
}

fn refusals_of_its_own(kind: Kind) -> &'static [RejectionKind] {
    match kind {
        Kind::DeliveryNotification => &[
            RejectionKind::NotSuccessful,
            RejectionKind::NotifiedBefore,
            RejectionKind::NotifiedTooLate,
        ],
        Kind::CancelPreApproval => &[RejectionKind::NotCancellable],
        Kind::Status(_) => &[RejectionKind::RateLimited],
        // Too many are pending, or there are too many API users.
        Kind::Submit(_) | Kind::CreateApiUser => &[RejectionKind::LimitReached],
        // What MTN's test values ask for.
        Kind::AccountHolderActive => &[
            RejectionKind::NotAllowed,
            RejectionKind::InternalProcessingError,
            RejectionKind::ServiceUnavailable,
        ],
        Kind::Authorize
        | Kind::UserInfo
        | Kind::ConsentToken
        | Kind::ReadApiUser
        | Kind::CreateApiKey
        | Kind::Token
        | Kind::CancelInvoice
        | Kind::ListPreApprovals
        | Kind::Balance
        | Kind::BalanceInCurrency
        | Kind::BasicUserInfo => &[],
    }
}

fn consent_errors_of(kind: Kind) -> &'static [ConsentError] {
    match kind {
        Kind::Authorize => &[ConsentError::UnknownUserId],
        Kind::UserInfo => &[ConsentError::InsufficientScope],
        Kind::ConsentToken => &[
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
