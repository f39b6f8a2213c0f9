//! The three products of the MoMo Open API.

use strum::{Display, EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::model::all_of;

/// A product: it has its own base path, subscription keys, tokens and account.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Display,
    EnumCount,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[strum(serialize_all = "lowercase", const_into_str)]
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
    pub const ALL: [Self; Self::COUNT] = all_of(Self::VARIANTS);

    /// The name in paths and scenario files.
    pub fn name(self) -> &'static str {
        self.into_str()
    }

    /// The product of that name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}
