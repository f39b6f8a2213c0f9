//! The day: who buys what, and what becomes of it. Drawn from a seed, the same for both shops.

use std::fmt::Write;
use std::time::Duration;

use rand::RngExt;
use rust_decimal::Decimal;
use uuid::Uuid;

use momo_sandbox_core::scenario::seed::{Purpose, Seed};

/// How many customers come.
const CUSTOMERS: u64 = 12;

/// How long the shops are open.
pub const OPEN: Duration = Duration::from_secs(12 * 3600);

/// How long a payer takes to answer.
const APPROVAL: &str = "40s";

/// What one customer buys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The order's number, from 1.
    pub number: u64,
    /// How long after opening.
    pub after: Duration,
    /// What it costs, in EUR.
    pub amount: Decimal,
    /// Whether the payer approves.
    pub is_approved: bool,
    /// Whether the callback is lost.
    pub is_callback_lost: bool,
}

impl Order {
    /// What the shops call it.
    pub fn external_id(&self) -> String {
        format!("order-{}", self.number)
    }

    /// The payer's number: none of MTN's test values.
    pub fn payer(&self) -> String {
        format!("46733124{:03}", self.number)
    }
}

/// The day's orders, in order.
pub fn orders(seed: Seed) -> Vec<Order> {
    let mut rng = seed.rng(Uuid::nil(), Purpose::Example(7));
    let pause = OPEN.as_secs() / (CUSTOMERS + 1);
    let declined = rng.random_range(1..=CUSTOMERS);
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
    (1..=CUSTOMERS).map(order).collect()
}

/// The scenario of the day, as a scenario file.
pub fn scenario(orders: &[Order]) -> String {
    let mut text = String::from("name = \"a lost-callback day\"\n");
    for order in orders {
        let status = if order.is_approved {
            "\"SUCCESSFUL\"".to_owned()
        } else {
            "\"FAILED\", reason = \"APPROVAL_REJECTED\"".to_owned()
        };
        let fate = if order.is_callback_lost { "lost" } else { "sent" };
        let _ = write!(
            text,
            "\n[[rules]]\nwhen = {{ external_id = \"{}\" }}\nthen = {{ status = {status}, after = \
             \"{APPROVAL}\" }}\ncallback = {{ fate = \"{fate}\" }}\n",
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
    fn every_day_has_a_refusal_and_lost_callbacks_and_ends_before_closing() {
        for seed in 0..50 {
            let orders = orders(Seed(seed));
            assert!(orders.is_sorted_by_key(|order| order.after));
            assert!(orders.iter().all(|order| order.after < OPEN - Duration::from_secs(1800)));
            assert_eq!(orders.iter().filter(|order| !order.is_approved).count(), 1);
            assert_eq!(orders.iter().filter(|order| order.is_callback_lost).count(), 4);
            let lost_money = |order: &&Order| order.is_callback_lost && order.is_approved;
            assert!(orders.iter().filter(lost_money).count() >= 3);
            read_scenario("day", &scenario(&orders)).expect("a good scenario");
        }
        assert_eq!(orders(Seed(1)), orders(Seed(1)));
    }
}
