//! The orders of a day in Uganda on which MTN moves to its new platform: some wait for their payer
//! when the legacy platform closes.

use std::fmt::Write;
use std::ops::RangeInclusive;
use std::time::Duration;

use rand::RngExt;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::demonstration::client::PaymentRequest;
use momo_sandbox_core::scenario::seed::{Purpose, Seed};

const ORDERS: u64 = 10;

const MINUTE: Duration = Duration::from_secs(60);

/// The time from opening to the cutover.
pub const CUTOVER_AFTER: Duration = Duration::from_secs(6 * 3600);

/// The orders that wait for their payer at the cutover, by their numbers.
const IN_FLIGHT: RangeInclusive<u64> = 4..=6;

/// The order in flight whose payer refuses it in the end.
const REFUSED: u64 = 5;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketOrder {
    /// Counts from 1.
    pub number: u64,
    /// The time since opening.
    pub after: Duration,
    /// In the market's currency.
    pub amount: Decimal,
    /// How long the payer takes.
    pub payer_takes: Duration,
    pub is_approved: bool,
}

impl MarketOrder {
    pub fn payment(&self) -> PaymentRequest {
        PaymentRequest {
            amount: self.amount,
            external_id: format!("order-{}", self.number),
            payer: format!("25677000{:04}", self.number),
        }
    }

    pub fn is_in_flight_at_the_cutover(&self) -> bool {
        self.after < CUTOVER_AFTER && self.after + self.payer_takes > CUTOVER_AFTER
    }
}

/// Draws the orders of the day, in the order of their times.
pub fn market_orders(seed: Seed) -> Vec<MarketOrder> {
    let mut rng = seed.rng(Uuid::nil(), Purpose::Example(8));
    let order = |number| {
        // The seventh comes just after the cutover, three before it within an hour.
        let (earliest, latest) = match number {
            1..=3 => (number * 80, number * 80 + 40),
            4..=6 => (300 + (number - 4) * 18, 300 + (number - 4) * 18 + 12),
            7 => (362, 370),
            _ => (370 + (number - 7) * 60, 370 + (number - 7) * 60 + 30),
        };
        let after = MINUTE * u32::try_from(rng.random_range(earliest..=latest)).unwrap_or(0);
        let minutes = MINUTE * rng.random_range(2..=30_u32);
        let payer_takes = if IN_FLIGHT.contains(&number) {
            CUTOVER_AFTER - after + 30 * MINUTE + minutes
        } else {
            minutes
        };
        let thousands: i64 = rng.random_range(2..=60);
        MarketOrder {
            number,
            after,
            amount: Decimal::from(thousands * 500),
            payer_takes,
            is_approved: number != REFUSED,
        }
    };
    (1..=ORDERS).map(order).collect()
}

/// The scenario file in which their payers take their time.
pub fn market_scenario(orders: &[MarketOrder]) -> String {
    let mut text = String::from("name = \"slow payers\"\n");
    for order in orders {
        let PaymentRequest { external_id, .. } = order.payment();
        let seconds = order.payer_takes.as_secs();
        let status = if order.is_approved {
            "\"SUCCESSFUL\""
        } else {
            "\"FAILED\", reason = \"APPROVAL_REJECTED\""
        };
        let _ = write!(
            text,
            "\n[[rules]]\nwhen = {{ external_id = \"{external_id}\" }}\nthen = {{ status = \
             {status}, after = \"{seconds}s\" }}\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use momo_sandbox_core::scenario::read_scenario::read_scenario;

    use super::*;

    #[test]
    fn every_seed_has_three_payments_in_flight_at_the_cutover_and_ends_before_closing() {
        for seed in 0..50 {
            let orders = market_orders(Seed(seed));
            assert!(orders.is_sorted_by_key(|order| order.after), "{orders:?}");
            let in_flight: Vec<_> =
                orders.iter().filter(|order| order.is_in_flight_at_the_cutover()).collect();
            assert_eq!(in_flight.len(), 3);
            assert_eq!(in_flight.iter().filter(|order| order.is_approved).count(), 2);
            let last = orders.iter().map(|order| order.after + order.payer_takes).max();
            assert!(last < Some(Duration::from_secs(11 * 3600)), "{last:?}");
            read_scenario("day", &market_scenario(&orders)).expect("a good scenario");
        }
        assert_eq!(market_orders(Seed(1)), market_orders(Seed(1)));
    }
}
