//! Why a transaction failed.

use std::fmt;

/// The `reason` of a FAILED transaction: the 17 codes of MTN's schema, one of its error page, and
/// one that only its test values name (contract, section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No account holder of the payee's id.
    PayeeNotFound,
    /// No account holder of the payer's id.
    PayerNotFound,
    /// The API user may not do this.
    NotAllowed,
    /// The target environment is not the API user's.
    NotAllowedTargetEnvironment,
    /// The callback URL's host is not the registered one.
    InvalidCallbackUrlHost,
    /// The currency is not the environment's.
    InvalidCurrency,
    /// The platform is down.
    ServiceUnavailable,
    /// Anything else on the platform's side.
    InternalProcessingError,
    /// The paying side has too little money.
    NotEnoughFunds,
    /// The payer would pass a limit of theirs.
    PayerLimitReached,
    /// The payee may not receive.
    PayeeNotAllowedToReceive,
    /// The payer did not approve.
    PaymentNotApproved,
    /// Something that the request names does not exist.
    ResourceNotFound,
    /// The payer declined.
    ApprovalRejected,
    /// The payer did not answer in time.
    Expired,
    /// The transaction was cancelled.
    TransactionCanceled,
    /// The reference is in use.
    ResourceAlreadyExist,
    /// The payer did not approve within five minutes.
    CouldNotPerformTransaction,
    /// The kind of transfer is unknown: only MTN's test value `TransfertypeUnknown` has it.
    TransferTypeUnknown,
}

impl Reason {
    /// All reasons, in the contract's order.
    pub const ALL: [Self; 19] = [
        Self::PayeeNotFound,
        Self::PayerNotFound,
        Self::NotAllowed,
        Self::NotAllowedTargetEnvironment,
        Self::InvalidCallbackUrlHost,
        Self::InvalidCurrency,
        Self::ServiceUnavailable,
        Self::InternalProcessingError,
        Self::NotEnoughFunds,
        Self::PayerLimitReached,
        Self::PayeeNotAllowedToReceive,
        Self::PaymentNotApproved,
        Self::ResourceNotFound,
        Self::ApprovalRejected,
        Self::Expired,
        Self::TransactionCanceled,
        Self::ResourceAlreadyExist,
        Self::CouldNotPerformTransaction,
        Self::TransferTypeUnknown,
    ];

    /// The code on the wire, such as `APPROVAL_REJECTED`.
    pub fn code(self) -> &'static str {
        match self {
            Self::PayeeNotFound => "PAYEE_NOT_FOUND",
            Self::PayerNotFound => "PAYER_NOT_FOUND",
            Self::NotAllowed => "NOT_ALLOWED",
            Self::NotAllowedTargetEnvironment => "NOT_ALLOWED_TARGET_ENVIRONMENT",
            Self::InvalidCallbackUrlHost => "INVALID_CALLBACK_URL_HOST",
            Self::InvalidCurrency => "INVALID_CURRENCY",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            Self::InternalProcessingError => "INTERNAL_PROCESSING_ERROR",
            Self::NotEnoughFunds => "NOT_ENOUGH_FUNDS",
            Self::PayerLimitReached => "PAYER_LIMIT_REACHED",
            Self::PayeeNotAllowedToReceive => "PAYEE_NOT_ALLOWED_TO_RECEIVE",
            Self::PaymentNotApproved => "PAYMENT_NOT_APPROVED",
            Self::ResourceNotFound => "RESOURCE_NOT_FOUND",
            Self::ApprovalRejected => "APPROVAL_REJECTED",
            Self::Expired => "EXPIRED",
            Self::TransactionCanceled => "TRANSACTION_CANCELED",
            Self::ResourceAlreadyExist => "RESOURCE_ALREADY_EXIST",
            Self::CouldNotPerformTransaction => "COULD_NOT_PERFORM_TRANSACTION",
            Self::TransferTypeUnknown => "TRANSFERTYPE_UNKNOWN",
        }
    }

    /// The sentence that goes with the code where a reason is an object; the words are ours.
    pub fn message(self) -> &'static str {
        match self {
            Self::PayeeNotFound => "Payee does not exist.",
            Self::PayerNotFound => "Payer does not exist.",
            Self::NotAllowed => "Authorization failed. Insufficient permissions.",
            Self::NotAllowedTargetEnvironment => "Access to target environment is forbidden.",
            Self::InvalidCallbackUrlHost => "Callback URL does not match the configured value.",
            Self::InvalidCurrency => "Currency not supported.",
            Self::ServiceUnavailable => "Service temporarily unavailable, try again later.",
            Self::InternalProcessingError => "An internal error occurred while processing.",
            Self::NotEnoughFunds => "The payer does not have enough funds.",
            Self::PayerLimitReached => "The payer's limit has been breached.",
            Self::PayeeNotAllowedToReceive => "Payee is unable to receive the funds.",
            Self::PaymentNotApproved => "Payment was not approved.",
            Self::ResourceNotFound => "Requested resource was not found.",
            Self::ApprovalRejected => "The payer rejected the approval.",
            Self::Expired => "The transaction expired.",
            Self::TransactionCanceled => "The transaction was cancelled.",
            Self::ResourceAlreadyExist => "Duplicated reference id. Creation of resource failed.",
            Self::CouldNotPerformTransaction => "The payer did not approve in time.",
            Self::TransferTypeUnknown => "The type of transfer is unknown.",
        }
    }

    /// The reason of that code, if there is one.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
