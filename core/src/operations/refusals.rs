//! Which refusals an operation can meet, by what it is: the documents list them, and the tests
//! provoke them (docs/contract.md#order-of-checks).

use crate::model::limits::Limit;
use crate::operations::rejection::{ConsentError, Rejection};
use crate::operations::table::{Authentication, Kind, Method, Operation};

/// One of each refusal that docs/contract.md#order-of-checks has for the operation, in the order of
/// the checks; what they carry for the log is of no account.
pub fn refusals_of(operation: &Operation) -> Vec<Rejection> {
    let kind = operation.kind;
    let mut refusals = Vec::new();
    if operation.method == Method::Post {
        refusals.push(Rejection::LengthRequired(""));
    }
    refusals.push(Rejection::NoSuchPath(String::new()));
    let product = operation.products.first().copied();
    refusals.push(Rejection::SubscriptionKeyMissing(product));
    refusals.push(Rejection::SubscriptionKeyInvalid(product));
    match kind.authentication() {
        Authentication::SubscriptionKeyOnly => {}
        Authentication::Basic => refusals.push(Rejection::LoginFailed(String::new())),
        Authentication::Bearer => refusals.push(Rejection::InvalidToken(String::new())),
        Authentication::BasicOrBearer => {
            refusals.push(Rejection::LoginFailed(String::new()));
            refusals.push(Rejection::InvalidToken(String::new()));
        }
    }
    if kind.needs_target_environment() {
        refusals.push(Rejection::TargetEnvironmentForbidden(String::new()));
    }
    if can_be_malformed(operation) {
        refusals.push(Rejection::malformed("payeeNote", "must not contain an apostrophe"));
    }
    if takes_an_object(kind) {
        refusals.push(Rejection::server_error("the body", "is empty; it must be a JSON object"));
    }
    if kind.takes_callback_url() {
        refusals.push(Rejection::CallbackHost(String::new()));
    }
    if matches!(kind, Kind::Submit(_) | Kind::BalanceInCurrency) {
        let nothing = String::new;
        refusals.push(Rejection::Currency { received: nothing(), expected: nothing() });
    }
    if kind.creates() {
        refusals.push(Rejection::Duplicate(String::new()));
    }
    if names_what_must_exist(kind) {
        refusals.push(Rejection::NotFound(String::new()));
    }
    refusals.extend(refusals_of_its_own(kind));
    refusals
}

/// Whether the request has a part that can break a rule of form.
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

fn refusals_of_its_own(kind: Kind) -> Vec<Rejection> {
    let consent = |errors: &[ConsentError]| {
        errors.iter().map(|error| Rejection::Consent { error: *error, why: "" }).collect()
    };
    match kind {
        Kind::DeliveryNotification => {
            vec![
                Rejection::NotSuccessful(""),
                Rejection::NotifiedBefore,
                Rejection::NotifiedTooLate,
            ]
        }
        Kind::CancelPreApproval => {
            vec![Rejection::NotCancellable { kind: "", status: "", rule: "" }]
        }
        Kind::Status(_) => vec![Rejection::RateLimited { seconds: 1 }],
        // Too many are pending.
        Kind::Submit(_) => vec![Rejection::too_many_pending(0)],
        // What MTN's test values ask for.
        Kind::AccountHolderActive => vec![
            Rejection::NotAllowed(String::new()),
            Rejection::InternalProcessingError(String::new()),
            Rejection::ServiceUnavailable(String::new()),
        ],
        Kind::Authorize => consent(&[ConsentError::UnknownUserId]),
        Kind::UserInfo => consent(&[ConsentError::InsufficientScope]),
        Kind::ConsentToken => consent(&[
            ConsentError::AuthorizationPending,
            ConsentError::AccessDenied,
            ConsentError::ExpiredToken,
            ConsentError::InvalidGrant,
            ConsentError::InvalidRequest,
            ConsentError::UnsupportedGrantType,
        ]),
        Kind::CreateApiUser => {
            vec![Rejection::LimitReached { limit: Limit::ApiUsers, most: 0 }]
        }
        Kind::ReadApiUser
        | Kind::CreateApiKey
        | Kind::Token
        | Kind::CancelInvoice
        | Kind::ListPreApprovals
        | Kind::Balance
        | Kind::BalanceInCurrency
        | Kind::BasicUserInfo => Vec::new(),
    }
}
