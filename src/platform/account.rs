//! The merchant's account of one product.

use rust_decimal::Decimal;

use crate::model::amount::Amount;
use crate::model::transaction::MoneyFlow;

/// A balance and what of it is reserved for payouts that have not settled yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    balance: Decimal,
    reserved: Decimal,
}

impl Account {
    /// An account with this opening balance.
    pub fn open(balance: Decimal) -> Self {
        Self { balance, reserved: Decimal::ZERO }
    }

    /// What can be paid out: the balance without what is reserved.
    pub fn available(&self) -> Decimal {
        self.balance - self.reserved
    }

    /// Whether a transaction of this flow and amount can be carried out: a payout needs the money.
    pub fn can_carry(&self, flow: MoneyFlow, amount: Amount) -> bool {
        match flow {
            MoneyFlow::Debit => amount.decimal() <= self.available(),
            MoneyFlow::Credit | MoneyFlow::Nothing => true,
        }
    }

    /// Sets the amount of an accepted payout aside.
    pub fn reserve(&mut self, amount: Amount) {
        self.reserved += amount.decimal();
    }

    /// Gives back what was set aside.
    pub fn release(&mut self, amount: Amount) {
        self.reserved -= amount.decimal();
    }

    /// Carries out a settled transaction; what was set aside for it was released before. The bound
    /// of an amount leaves room for a million of the largest, to the last digit.
    pub fn settle(&mut self, flow: MoneyFlow, amount: Amount) {
        match flow {
            MoneyFlow::Credit => self.balance += amount.decimal(),
            MoneyFlow::Debit => self.balance -= amount.decimal(),
            MoneyFlow::Nothing => {}
        }
    }
}
