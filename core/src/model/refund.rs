//! Why a refund fails.

use rust_decimal::Decimal;

use crate::model::amount::Currency;
use crate::model::reason::Reason;
use crate::model::reference::ReferenceId;
use crate::model::status::StatusKind;
use crate::model::transaction::TransactionKind;

/// Why a refund fails: what is wrong with the transaction that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundFault {
    /// There is none.
    Unknown,
    /// There is one, and yet it cannot be refunded so.
    Unfit(Unfit),
}

/// A transaction that cannot be refunded, as it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Which.
    pub reference_id: ReferenceId,
    /// Its kind.
    pub kind: TransactionKind,
    /// Why not.
    pub why: Unfitness,
}

/// Why a transaction cannot be refunded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfitness {
    /// It is not SUCCESSFUL.
    NotSuccessful(StatusKind),
    /// It is of another currency.
    OtherCurrency(Currency),
    /// The refund is of more than is left.
    TooMuch {
        /// What it moved.
        moved: Decimal,
        /// What refunds have given back of it, or are about to.
        refunded: Decimal,
    },
}

impl RefundFault {
    /// The reason of the failed refund.
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
