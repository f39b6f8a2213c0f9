//! A shop's own record of its orders.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

/// The state of an order as its shop knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderState {
    Pending,
    Paid,
    Refused,
    /// The API did not know its payment, so the shop gave it up.
    Cancelled,
}

impl OrderState {
    /// The state by a final status of the API; `None` for any other status.
    pub fn by_final_status(status: &str) -> Option<Self> {
        match status {
            "SUCCESSFUL" => Some(Self::Paid),
            "FAILED" => Some(Self::Refused),
            _ => None,
        }
    }
}

/// A number of payments and the sum of their amounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    pub count: usize,
    pub amount: Decimal,
}

impl Total {
    pub fn of(amounts: impl Iterator<Item = Decimal>) -> Self {
        amounts.fold(Self::default(), |total, amount| Self {
            count: total.count + 1,
            amount: total.amount + amount,
        })
    }
}

/// The orders of a shop by their numbers.
#[derive(Debug, Default)]
pub struct OrderLedger(BTreeMap<u64, (Decimal, OrderState)>);

impl OrderLedger {
    pub fn add(&mut self, number: u64, amount: Decimal) {
        self.0.insert(number, (amount, OrderState::Pending));
    }

    pub fn state(&self, number: u64) -> Option<OrderState> {
        self.0.get(&number).map(|(_, state)| *state)
    }

    pub fn set_state(&mut self, number: u64, new: OrderState) {
        if let Some((_, state)) = self.0.get_mut(&number) {
            *state = new;
        }
    }

    pub fn total(&self, wanted: OrderState) -> Total {
        let orders = self.0.values().filter(|(_, state)| *state == wanted);
        Total::of(orders.map(|(amount, _)| *amount))
    }
}
