//! The statuses of a transaction.

use std::fmt;

use crate::model::reason::Reason;

/// The platform's own number of a successful transaction: 9 or 10 decimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FinancialTransactionId(pub u64);

/// Where a transaction stands. Only [`Status::Successful`] has a financial transaction id, and only
/// [`Status::Failed`] a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Accepted, and not yet shown to the payer; seen for MTN's delayed test number.
    Created,
    /// Waiting for the payer or the platform.
    Pending,
    /// Final: the money moved.
    Successful(FinancialTransactionId),
    /// Final: the money did not move.
    Failed(Reason),
}

/// What a status is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusName {
    /// [`Status::Created`].
    Created,
    /// [`Status::Pending`].
    Pending,
    /// [`Status::Successful`].
    Successful,
    /// [`Status::Failed`].
    Failed,
}

impl StatusName {
    /// The one of that name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Created, Self::Pending, Self::Successful, Self::Failed];
        all.into_iter().find(|one| one.as_str() == name)
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Pending => "PENDING",
            Self::Successful => "SUCCESSFUL",
            Self::Failed => "FAILED",
        }
    }

    /// Whether no other status may follow.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Successful | Self::Failed)
    }
}

impl Status {
    /// What it is called.
    pub fn kind(self) -> StatusName {
        match self {
            Self::Created => StatusName::Created,
            Self::Pending => StatusName::Pending,
            Self::Successful(_) => StatusName::Successful,
            Self::Failed(_) => StatusName::Failed,
        }
    }

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        self.kind().as_str()
    }

    /// Whether no other status may follow.
    pub fn is_final(self) -> bool {
        self.kind().is_final()
    }

    /// The reason, once failed.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Failed(reason) => Some(reason),
            Self::Created | Self::Pending | Self::Successful(_) => None,
        }
    }

    /// The financial transaction id, once successful.
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
