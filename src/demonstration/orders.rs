//! The orders of the day, drawn from the seed and the same for both shops, and their scenario.

use std::fmt::Write;
use std::time::Duration;

use rand::RngExt;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::demonstration::client::PaymentRequest;
use momo_sandbox_core::scenario::seed::{Purpose, Seed};

const ORDERS: u64 = 12;

/// The time from opening to closing.
pub const OPENING_HOURS: Duration = Duration::from_secs(12 * 3600);

/// The time that a payer takes to approve or refuse.
const PAYER_DELAY: &str = "40s";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Counts from 1.
    pub number: u64,
    /// The time since opening.
    pub after: Duration,
    /// In EUR.
    pub amount: Decimal,
    pub is_approved: bool,
    pub is_callback_lost: bool,
}

impl Order {
    pub fn external_id(&self) -> String {
        format!("order-{}", self.number)
    }

    /// What the shop asks for. The payer has none of MTN's test numbers.
    pub fn payment(&self) -> PaymentRequest {
        PaymentRequest {
            amount: self.amount,
            external_id: self.external_id(),
            payer: format!("46733124{:03}", self.number),
        }
    }
}

/// Draws the orders of the day, in the order of their times.
pub fn orders(seed: Seed) -> Vec<Order> {
    let mut rng = seed.rng(Uuid::nil(), Purpose::Example(7));
    let pause = OPENING_HOURS.as_secs() / (ORDERS + 1);
    let declined = rng.random_range(1..=ORDERS);
    let first_lost = rng.random_range(1..=3_u64);
    let order = |number| {
        let quarter = pause / 4;
        let after = pause * number - quarter + rng.random_range(0..=quarter);
        let quarters: u64 = rng.random_range(10..=100);
        Order {
            number,
            after: Duration::from_secs(after),
            amount: Decimal::new(i64::try_from(quarters * 25).unwrap_or(250), 2),
            is_approved: number != declined,
            is_callback_lost: number % 3 == first_lost % 3,
        }
    };
    (1..=ORDERS).map(order).collect()
}

/// The scenario file in which these orders are paid or refused and their callbacks lost.
pub fn scenario(orders: &[Order]) -> String {
    let mut text = String::from("name = \"lost callbacks\"\n");
    for order in orders {
        let status = if order.is_approved {
            "\"SUCCESSFUL\""
        } else {
            "\"FAILED\", reason = \"APPROVAL_REJECTED\""
        };
        let fate = if order.is_callback_lost { "lost" } else { "sent" };
        let _ = write!(
            text,
            "\n[[rules]]\nwhen = {{ external_id = \"{}\" }}\nthen = {{ status = {status}, after = \
             \"{PAYER_DELAY}\" }}\ncallback = {{ fate = \"{fate}\" }}\n",
            order.external_id()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use momo_sandbox_core::scenario::read_scenario::read_scenario;

    use super::*;

    #[test]
    fn every_seed_has_a_refusal_and_lost_callbacks_and_ends_before_closing() {
        for seed in 0..50 {
            let orders = orders(Seed(seed));
            assert!(orders.is_sorted_by_key(|order| order.after));
            assert!(
                orders.iter().all(|order| order.after < OPENING_HOURS - Duration::from_secs(1800))
            );
            assert_eq!(orders.iter().filter(|order| !order.is_approved).count(), 1);
            assert_eq!(orders.iter().filter(|order| order.is_callback_lost).count(), 4);
            let lost_money = |order: &&Order| order.is_callback_lost && order.is_approved;
            assert!(orders.iter().filter(lost_money).count() >= 3);
            read_scenario("day", &scenario(&orders)).expect("a good scenario");
        }
        assert_eq!(orders(Seed(1)), orders(Seed(1)));
    }
}
