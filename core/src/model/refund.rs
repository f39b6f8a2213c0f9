//! Why a refund fails.

use rust_decimal::Decimal;

use crate::model::amount::Currency;
use crate::model::ids::ReferenceId;
use crate::model::reason::Reason;
use crate::model::status::StatusKind;
use crate::model::submission::TransactionKind;

/// The fault of the transaction that a failed refund names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundFault {
    Unknown,
    /// The transaction exists, but cannot be refunded in this way.
    Unfit(Unfit),
}

/// A transaction that cannot be refunded, as it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    pub reference_id: ReferenceId,
    pub kind: TransactionKind,
    pub why: Unfitness,
}

/// Why a transaction cannot be refunded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfitness {
    NotSuccessful(StatusKind),
    OtherCurrency(Currency),
    /// The refund is of more than is left.
    TooMuch {
        moved: Decimal,
        /// What refunds have given back of it, or are about to.
        refunded: Decimal,
    },
}

impl RefundFault {
    pub fn reason(&self) -> Reason {
        match self {
            Self::Unknown => Reason::ResourceNotFound,
            Self::Unfit(unfit) => match unfit.why {
                Unfitness::NotSuccessful(_) => Reason::PaymentNotApproved,
                Unfitness::OtherCurrency(_) => Reason::InvalidCurrency,
                Unfitness::TooMuch { .. } => Reason::NotAllowed,
            },
        }
    }
}
