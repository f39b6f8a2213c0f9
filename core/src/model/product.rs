//! The three products of the MoMo Open API.

use std::fmt;

/// A product: it has its own base path, subscription keys, tokens and account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// Money comes in: requests to pay, invoices, preapprovals.
    Collection,
    /// Money goes out: transfers, deposits, refunds.
    Disbursement,
    /// Money goes out across borders.
    Remittance,
}

impl Product {
    /// All products, in the order of MTN's documentation.
    pub const ALL: [Self; 3] = [Self::Collection, Self::Disbursement, Self::Remittance];

    /// The name that paths and scenario files use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Collection => "collection",
            Self::Disbursement => "disbursement",
            Self::Remittance => "remittance",
        }
    }

    /// The product of that name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|product| product.name() == name)
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
