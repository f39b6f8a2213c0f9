//! The merchant's accounts, one for each product. The API users of a wallet share them.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::model::amount::Amount;
use crate::model::ids::{ApiUserId, ReferenceId};
use crate::model::product::Product;
use crate::model::submission::MoneyFlow;
use crate::model::time::Timestamp;
use crate::scenario::forced_failure::Shortage;

/// The accounts of an API user, or of all API users of a wallet. By default there is none: whoever
/// drives the spaces of a wallet keeps its accounts, and lends them to each space in turn.
#[derive(Debug, Default)]
pub struct Accounts {
    of_products: BTreeMap<Product, Account>,
    /// How many API users have accepted a transaction since they were reset last.
    users: usize,
}

impl Accounts {
    /// Opens all accounts anew, with nothing reserved.
    pub(super) fn open(&mut self, balance: Decimal) {
        let account = Account::open(balance);
        self.of_products = Product::ALL.map(|product| (product, account.clone())).into();
        self.users = 0;
    }

    /// How many API users have accepted a transaction since they were reset last.
    pub(super) fn users(&self) -> usize {
        self.users
    }

    /// Counts an API user that accepts its first transaction.
    pub(super) fn add_user(&mut self) {
        self.users += 1;
    }

    /// Counts an API user no more, whose part was taken back.
    pub(super) fn remove_user(&mut self) {
        self.users -= 1;
    }

    pub(super) fn of(&self, product: Product) -> &Account {
        self.of_products.get(&product).expect("every product has an account")
    }

    pub(super) fn of_mut(&mut self, product: Product) -> &mut Account {
        self.of_products.get_mut(&product).expect("every product has an account")
    }
}

/// A payout that an account reserves money for. They sort by age: two spaces of a wallet number
/// their acceptances each for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Payout {
    pub accepted_at: Timestamp,
    pub api_user: ApiUserId,
    /// The number of its acceptance in the space of the API user.
    pub acceptance: u64,
}

/// A balance, and the part of it that is reserved for payouts which have not settled yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    balance: Decimal,
    reserved: Decimal,
    /// The payouts that it is reserved for, the oldest first.
    payouts: BTreeMap<Payout, ReferenceId>,
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
    pub fn reserve(&mut self, amount: Amount, payout: Payout, reference_id: ReferenceId) {
        self.reserved += amount.decimal();
        self.payouts.insert(payout, reference_id);
    }

    pub fn release(&mut self, amount: Amount, payout: Payout) {
        self.reserved -= amount.decimal();
        self.payouts.remove(&payout);
    }

    /// Books a settled transaction, whose reservation has ended, and returns what it moved. A
    /// balance has room for a million of the largest amounts, to the last digit.
    pub fn settle(&mut self, flow: MoneyFlow, amount: Amount) -> Decimal {
        let moved = match flow {
            MoneyFlow::Credit => amount.decimal(),
            MoneyFlow::Debit => -amount.decimal(),
            MoneyFlow::Nothing => Decimal::ZERO,
        };
        self.balance += moved;
        moved
    }

    /// Takes back what transactions moved that are forgotten.
    pub fn take_back(&mut self, moved: Decimal) {
        self.balance -= moved;
    }
}
