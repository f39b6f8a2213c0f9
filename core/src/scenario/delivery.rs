//! How often a callback is tried, where a scenario does not say it: once, unless asked otherwise.

use std::time::Duration;

use strum::{EnumString, IntoStaticStr, VariantArray, VariantNames};

/// A named delivery policy (docs/contract.md#callbacks: once is the documented one; the others were
/// seen, or promised by an older version of MTN's page).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    EnumString,
    IntoStaticStr,
    VariantArray,
    VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum DeliveryPolicy {
    /// One attempt, whatever its result.
    #[default]
    Once,
    /// Again until it is answered with success: 20 times every second, 30 times every 2 minutes,
    /// then every hour.
    Retrying,
    /// A second callback after 3 minutes, although the first was answered.
    Twice,
}

/// The time between the two callbacks of [`DeliveryPolicy::Twice`].
pub const TWICE_AFTER: Duration = Duration::from_secs(180);

const EVERY_SECOND: u32 = 20;
const EVERY_TWO_MINUTES: u32 = 30;
/// MTN's page names no end; a day of hourly attempts is ours, so that memory is bounded.
const EVERY_HOUR: u32 = 24;

/// The most attempts of [`DeliveryPolicy::Retrying`], the first included.
pub const ATTEMPTS_MAX: u32 = 1 + EVERY_SECOND + EVERY_TWO_MINUTES + EVERY_HOUR;

impl DeliveryPolicy {
    pub const NAMES: &[&str] = <Self as VariantNames>::VARIANTS;

    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// Returns the time until the next attempt after `attempts` failed ones, if there is one.
pub fn pause_after(attempts: u32) -> Option<Duration> {
    match attempts {
        0 => None,
        attempts if attempts <= EVERY_SECOND => Some(Duration::from_secs(1)),
        attempts if attempts <= EVERY_SECOND + EVERY_TWO_MINUTES => Some(Duration::from_secs(120)),
        attempts if attempts < ATTEMPTS_MAX => Some(Duration::from_secs(3600)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_every_second_then_every_two_minutes_then_every_hour_for_a_day() {
        let pauses: Vec<u64> = (1..).map_while(pause_after).map(|pause| pause.as_secs()).collect();
        let count = |seconds| pauses.iter().filter(|pause| **pause == seconds).count();
        assert_eq!((count(1), count(120), count(3600)), (20, 30, 24));
        assert!(pauses.is_sorted());
        assert_eq!(pauses.len() + 1, ATTEMPTS_MAX as usize);
    }
}
