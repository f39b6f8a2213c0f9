//! What a shop believes.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::demonstration::day::Order;

/// What a shop believes of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belief {
    /// The payer was asked, and nothing is known since.
    Waiting,
    /// It is paid.
    Paid,
    /// The payer refused.
    Refused,
}

impl Belief {
    /// What a status says; nothing where it is not final.
    pub fn of_status(status: &str) -> Option<Self> {
        match status {
            "SUCCESSFUL" => Some(Self::Paid),
            "FAILED" => Some(Self::Refused),
            _ => None,
        }
    }
}

/// A shop's books.
#[derive(Debug, Default)]
pub struct Books(BTreeMap<u64, (Decimal, Belief)>);

impl Books {
    /// Writes an order down.
    pub fn open(&mut self, order: &Order) {
        self.0.insert(order.number, (order.amount, Belief::Waiting));
    }

    /// What is believed of an order.
    pub fn belief(&self, number: u64) -> Option<Belief> {
        self.0.get(&number).map(|(_, belief)| *belief)
    }

    /// Believes something of an order.
    pub fn believe(&mut self, number: u64, belief: Belief) {
        if let Some((_, believed)) = self.0.get_mut(&number) {
            *believed = belief;
        }
    }

    /// How many orders are believed so, and how much they are.
    pub fn sum(&self, belief: Belief) -> (usize, Decimal) {
        let all = self.0.values().filter(|(_, believed)| *believed == belief);
        all.fold((0, Decimal::ZERO), |(count, sum), (amount, _)| (count + 1, sum + *amount))
    }
}
