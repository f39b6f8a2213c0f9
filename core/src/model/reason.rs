//! Why a transaction failed.

use std::fmt;
use std::sync::OnceLock;

use strum::IntoStaticStr;

/// The most codes of reasons that a run keeps beside those that MTN was seen to send: scenarios
/// name them.
const UNSEEN_REASONS_MAX: usize = 1000;

/// The `reason` of a FAILED transaction: the 17 codes of MTN's schema, one of its error page, one
/// that only its test values name, and six more that production was seen to give
/// (docs/contract.md#reasons); or any other that a scenario names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", const_into_str)]
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
    #[strum(serialize = "TRANSFERTYPE_UNKNOWN")]
    TransferTypeUnknown,
    /// Too little money, a limit of the payee, or something that is not allowed: the commonest code
    /// of production.
    LowBalanceOrPayeeLimitReachedOrNotAllowed,
    /// The payer is blocked.
    SenderAccountNotActive,
    /// The platform knows no such transaction.
    TransactionNotFound,
    /// The payee would pass a limit of theirs.
    PayeeLimitReached,
    /// The platform found something wrong with the request.
    ValidationError,
    /// A preapproval of the same payer is pending.
    PreapprovalExistPending,
    /// A code that MTN was never seen to send: a scenario names it.
    Unseen(UnseenCode),
}

impl Reason {
    /// All reasons that MTN was seen to give, in the order of docs/contract.md#reasons.
    pub const ALL: [Self; 25] = [
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
        Self::LowBalanceOrPayeeLimitReachedOrNotAllowed,
        Self::SenderAccountNotActive,
        Self::TransactionNotFound,
        Self::PayeeLimitReached,
        Self::ValidationError,
        Self::PreapprovalExistPending,
    ];

    /// The code on the wire, such as `APPROVAL_REJECTED`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unseen(code) => code.text(),
            seen => seen.into_str(),
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
            Self::LowBalanceOrPayeeLimitReachedOrNotAllowed => {
                "The balance is too low, or the payee's limit is reached, or this is not allowed."
            }
            Self::SenderAccountNotActive => "The sender's account is not active.",
            Self::TransactionNotFound => "The transaction was not found.",
            Self::PayeeLimitReached => "The payee's limit has been breached.",
            Self::ValidationError => "The request did not pass validation.",
            Self::PreapprovalExistPending => "A preapproval is pending already.",
            Self::Unseen(_) => "The transaction failed.",
        }
    }

    /// The reasons for which a request can fail at its payer: the payer refuses it, does not answer
    /// it or cannot pay.
    pub const AT_PAYER: [Self; 12] = [
        Self::ApprovalRejected,
        Self::PaymentNotApproved,
        Self::TransactionCanceled,
        Self::Expired,
        Self::CouldNotPerformTransaction,
        Self::NotEnoughFunds,
        Self::PayerLimitReached,
        Self::LowBalanceOrPayeeLimitReachedOrNotAllowed,
        Self::SenderAccountNotActive,
        Self::PayerNotFound,
        Self::ServiceUnavailable,
        Self::InternalProcessingError,
    ];

    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A code that MTN was never seen to send. A million transactions are held, each with several
/// statuses: a reason is a number, and the texts stand in one table that is only ever added to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UnseenCode(u16);

/// The texts of all unseen codes of this run, the first ones filled.
static UNSEEN: [OnceLock<Box<str>>; UNSEEN_REASONS_MAX] =
    [const { OnceLock::new() }; UNSEEN_REASONS_MAX];

/// Why a text is no code of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoCode {
    /// The text is empty, too long, or has other characters.
    #[error("is not 1 to {LONGEST} printable ASCII characters")]
    Malformed,
    /// The table is full.
    #[error("is one code too many: {UNSEEN_REASONS_MAX} that MTN never sent were named before it")]
    TooMany,
}

/// The most characters of a code.
const LONGEST: usize = 64;

impl UnseenCode {
    /// The code with this text.
    ///
    /// # Errors
    ///
    /// If it does not look like a code, or there are too many.
    pub fn new(text: &str) -> Result<Self, NoCode> {
        let is_plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !is_plain || !(1..=LONGEST).contains(&text.len()) {
            return Err(NoCode::Malformed);
        }
        let place = UNSEEN.iter().position(|place| &**place.get_or_init(|| text.into()) == text);
        let number = place.and_then(|place| u16::try_from(place).ok());
        number.map(Self).ok_or(NoCode::TooMany)
    }

    /// The texts of all that were named so far.
    pub fn texts() -> impl Iterator<Item = &'static str> {
        UNSEEN.iter().map_while(|place| place.get()).map(|text| &**text)
    }

    fn text(self) -> &'static str {
        UNSEEN[usize::from(self.0)].get().expect("a code is made with its text")
    }
}

/// The text: its number depends on what was named before.
impl fmt::Debug for UnseenCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found_by_its_text_and_looks_like_one() {
        for reason in Reason::ALL {
            assert_eq!(Reason::of_code(reason.code()), Some(reason));
            assert!(UnseenCode::new(reason.code()).is_ok() && !reason.message().is_empty());
        }
    }

    #[test]
    fn an_unseen_code_keeps_its_text_and_is_the_same_code_again() {
        let code = |text| UnseenCode::new(text).map(Reason::Unseen);
        let first = code("SIM_SWAPPED").expect("a code");
        assert_eq!(first.code(), "SIM_SWAPPED");
        assert_eq!(code("SIM_SWAPPED"), Ok(first));
        assert_ne!(code("SIM_LOST"), Ok(first));
        for bad in ["", "é", "a\nb", &"A".repeat(65)] {
            assert_eq!(code(bad), Err(NoCode::Malformed), "{bad}");
        }
    }

    #[test]
    fn a_reason_is_small() {
        assert!(size_of::<Option<Reason>>() <= 4, "{}", size_of::<Option<Reason>>());
    }
}
