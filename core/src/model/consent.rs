//! An account holder's consent to what a merchant wants to know or do (docs/contract.md#consent).

use crate::model::reason::Reason;

/// The outcome of a request for an account holder's consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentOutcome {
    Granted,
    Rejected,
    Pending,
    /// The request lapses unanswered.
    Expired,
    /// The holder consents, but the consent cannot be refreshed.
    RefreshExpired,
    /// The holder consents, and withdraws the consent after a token was issued.
    Revoked,
    /// The holder consents, but the scope no longer exists.
    ScopeDeleted,
    AlreadyUsed,
    /// The account holder does not exist.
    AccountHolderNotFound,
    /// The holder consents, and transactions submitted with the token fail for this reason.
    Fails(Reason),
}

impl ConsentOutcome {
    /// All outcomes, each with the name that scenario files use and MTN's name of the use case in
    /// its table of test values.
    pub const ALL: [(&'static str, &'static str, Self); 14] = [
        ("granted", "", Self::Granted),
        ("rejected", "ConsentRejected", Self::Rejected),
        ("pending", "ConsentPending", Self::Pending),
        ("expired", "ConsentExpired", Self::Expired),
        ("refresh-expired", "ConsentExpiredRefreshToken", Self::RefreshExpired),
        ("revoked", "ConsentRevoked", Self::Revoked),
        ("scope-deleted", "ConsentDeletedScope", Self::ScopeDeleted),
        ("already-used", "ConsentAlreadyUsed", Self::AlreadyUsed),
        ("account-holder-not-found", "AccountHolderNotFound", Self::AccountHolderNotFound),
        ("no-funds", "FinancialNoFunds", Self::Fails(Reason::NotEnoughFunds)),
        ("payee-not-found", "FinancialPayeeNotFound", Self::Fails(Reason::PayeeNotFound)),
        ("mismatch", "FinancialConsentMismatch", Self::Fails(Reason::NotAllowed)),
        (
            "payer-limit-reached",
            "FinancialPayerLimitReached",
            Self::Fails(Reason::PayerLimitReached),
        ),
        (
            "payee-not-allowed-to-receive",
            "FinancialPayeeNotAllowedToReceive",
            Self::Fails(Reason::PayeeNotAllowedToReceive),
        ),
    ];

    /// The name that scenario files use.
    pub fn name(self) -> &'static str {
        let found = Self::ALL.into_iter().find(|(_, _, outcome)| *outcome == self);
        found.map(|(name, _, _)| name).unwrap_or("fails")
    }

    /// Why a transaction that is submitted with its token must fail, if it must.
    pub fn fault(self) -> Option<Reason> {
        match self {
            Self::Fails(reason) => Some(reason),
            Self::Granted
            | Self::Rejected
            | Self::Pending
            | Self::Expired
            | Self::RefreshExpired
            | Self::Revoked
            | Self::ScopeDeleted
            | Self::AlreadyUsed
            | Self::AccountHolderNotFound => None,
        }
    }
}
