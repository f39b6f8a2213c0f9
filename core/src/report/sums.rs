//! The sums of money of an audit, in the order in which every form of the report shows them.

use crate::report::money::{Money, Sums};

/// Sums of money, and what they are.
#[derive(Debug, Clone, Copy)]
pub struct NamedSums<'a> {
    pub name: &'static str,
    pub sums: &'a Sums,
    /// Whether this money is lost from sight, or was charged twice.
    pub is_loss: bool,
}

impl NamedSums<'_> {
    /// The sums in words: the amount of each currency, with the number of transactions.
    pub fn told(&self) -> String {
        if self.sums.is_empty() {
            return "0".to_owned();
        }
        let each = self.sums.iter().map(|(currency, sum)| {
            format!("{} {currency} ({})", sum.amount.normalize(), sum.count)
        });
        each.collect::<Vec<_>>().join(", ")
    }
}

/// All sums of an audit.
pub fn named(money: &Money) -> [NamedSums<'_>; 7] {
    let good = |name, sums| NamedSums { name, sums, is_loss: false };
    let loss = |name, sums| NamedSums { name, sums, is_loss: true };
    [
        good("taken from payers", &money.collected),
        good("given back to payers", &money.refunded),
        good("payouts given back", &money.payouts_returned),
        loss("the merchant never found out about", &money.unlearnt),
        loss("charged twice", &money.charged_twice),
        loss("payouts never found out about", &money.unlearnt_payouts),
        loss("payouts given back, never found out about", &money.unlearnt_returns),
    ]
}
