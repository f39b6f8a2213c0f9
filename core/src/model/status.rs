//! The statuses of a transaction.

use std::fmt;

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::model::reason::Reason;

/// The id of a money movement: a number of 9 or 10 decimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FinancialTransactionId(pub u64);

/// The kind of a status: its name on the wire, and nothing of its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "UPPERCASE", const_into_str)]
pub enum StatusKind {
    /// Accepted, and not yet shown to the payer; seen for MTN's delayed test number.
    Created,
    /// Waiting for the payer or the platform.
    Pending,
    /// Final: the money moved.
    Successful,
    /// Final: the money did not move.
    Failed,
}

impl StatusKind {
    /// All kinds, in the order in which a transaction comes to them.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Returns the name on the wire.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    /// Whether no other status may follow.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Successful | Self::Failed)
    }
}

/// The status of a transaction, with the data of its kind.
///
/// `Id` is `()` in a rule, which says that a transaction succeeds before there is a transaction
/// that could have an id: see [`RuleStatus`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status<Id = FinancialTransactionId> {
    Created,
    Pending,
    Successful(Id),
    Failed(Reason),
}

/// The status that a rule gives to transactions.
pub type RuleStatus = Status<()>;

impl<Id> Status<Id> {
    pub fn kind(&self) -> StatusKind {
        match self {
            Self::Created => StatusKind::Created,
            Self::Pending => StatusKind::Pending,
            Self::Successful(_) => StatusKind::Successful,
            Self::Failed(_) => StatusKind::Failed,
        }
    }

    /// Returns the name on the wire.
    pub fn name(&self) -> &'static str {
        self.kind().as_str()
    }

    /// Whether no other status may follow.
    pub fn is_final(&self) -> bool {
        self.kind().is_final()
    }

    /// Returns the reason of a failed transaction.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Failed(reason) => Some(*reason),
            Self::Created | Self::Pending | Self::Successful(_) => None,
        }
    }
}

impl RuleStatus {
    /// Returns the same status of a transaction, with its own id if it is successful.
    pub fn with_id(self, id: impl FnOnce() -> FinancialTransactionId) -> Status {
        match self {
            Self::Created => Status::Created,
            Self::Pending => Status::Pending,
            Self::Successful(()) => Status::Successful(id()),
            Self::Failed(reason) => Status::Failed(reason),
        }
    }
}

impl Status {
    /// Returns the financial transaction id of a successful transaction.
    pub fn financial_transaction_id(self) -> Option<FinancialTransactionId> {
        match self {
            Self::Successful(id) => Some(id),
            Self::Created | Self::Pending | Self::Failed(_) => None,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason() {
            Some(reason) => write!(f, "{} ({reason})", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

impl fmt::Display for FinancialTransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_small() {
        assert!(size_of::<Status>() <= 16, "{}", size_of::<Status>());
    }
}
