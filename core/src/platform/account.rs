//! The merchant's account of one product.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::model::amount::Amount;
use crate::model::ids::ReferenceId;
use crate::model::submission::MoneyFlow;
use crate::scenario::forced_failure::Shortage;

/// A balance, and the part of it that is reserved for payouts which have not settled yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    balance: Decimal,
    reserved: Decimal,
    /// The payouts that it is reserved for, by their acceptances.
    payouts: BTreeMap<u64, ReferenceId>,
}

impl Account {
    pub fn open(balance: Decimal) -> Self {
        Self { balance, reserved: Decimal::ZERO, payouts: BTreeMap::new() }
    }

    /// What can be paid out: the balance without the reserved part.
    pub fn available(&self) -> Decimal {
        self.balance - self.reserved
    }

    /// Whether a transaction of this flow and amount can succeed: a payout needs the money.
    pub fn can_carry(&self, flow: MoneyFlow, amount: Amount) -> bool {
        match flow {
            MoneyFlow::Debit => amount.decimal() <= self.available(),
            MoneyFlow::Credit | MoneyFlow::Nothing => true,
        }
    }

    /// The facts of a payout that it cannot carry.
    pub fn shortage(&self) -> Shortage {
        Shortage {
            available: self.available(),
            reserved: self.reserved,
            payouts: self.payouts.len(),
            named: self.payouts.values().copied().take(Shortage::NAMED_MAX).collect(),
        }
    }

    /// Reserves the amount of an accepted payout.
    pub fn reserve(&mut self, amount: Amount, acceptance: u64, reference_id: ReferenceId) {
        self.reserved += amount.decimal();
        self.payouts.insert(acceptance, reference_id);
    }

    pub fn release(&mut self, amount: Amount, acceptance: u64) {
        self.reserved -= amount.decimal();
        self.payouts.remove(&acceptance);
    }

    /// Books a settled transaction, whose reservation has ended. A balance has room for a million
    /// of the largest amounts, to the last digit.
    pub fn settle(&mut self, flow: MoneyFlow, amount: Amount) {
        match flow {
            MoneyFlow::Credit => self.balance += amount.decimal(),
            MoneyFlow::Debit => self.balance -= amount.decimal(),
            MoneyFlow::Nothing => {}
        }
    }
}
