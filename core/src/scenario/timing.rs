//! How long something takes: always the same, anything between two bounds, or spread as networks
//! and people are.

use std::time::Duration;

use rand::RngExt;

use crate::model::time::milliseconds;
use crate::scenario::seed::SeededRng;

/// A time that may differ from one transaction to the next: each draws its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    Fixed(Duration),
    /// Anything from `min` to `max`, each as likely.
    Between {
        min: Duration,
        max: Duration,
    },
    /// Half of all take `median` or less, 99 of 100 take `p99` or less: a log-normal distribution.
    Spread {
        /// What half of all stay within.
        median: Duration,
        /// What 99 of 100 stay within.
        p99: Duration,
    },
}

/// How far out the 99th percentile of the normal distribution is, in standard deviations.
const P99_DEVIATIONS: f64 = 2.326_347_874;

/// The longest that a spread timing takes, in medians: a draw of one in a million stays below.
const MEDIANS_MAX: f64 = 1_000.0;

impl Timing {
    /// A draw, in whole milliseconds.
    pub fn draw(self, rng: &mut SeededRng) -> Duration {
        match self {
            Self::Fixed(time) => time,
            Self::Between { min, max } => {
                Duration::from_millis(rng.random_range(milliseconds(min)..=milliseconds(max)))
            }
            Self::Spread { median, p99 } => {
                let sigma = (p99.as_secs_f64() / median.as_secs_f64()).ln() / P99_DEVIATIONS;
                let factor = (sigma * normal(rng)).exp().min(MEDIANS_MAX);
                let drawn = median.as_secs_f64() * factor * 1000.0;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "positive, and below the longest duration of a file in medians"
                )]
                Duration::from_millis(drawn.round() as u64)
            }
        }
    }
}

/// Draws from the standard normal distribution, by the method of Box and Muller. `rand` has no
/// normal distribution, and that of `rand_distr` would give a seed other times.
fn normal(rng: &mut SeededRng) -> f64 {
    let (radius, angle) = (rng.random::<f64>(), rng.random::<f64>());
    // The range is (0, 1], so that the logarithm is finite.
    (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::scenario::seed::{Purpose, Seed};

    fn draws(timing: Timing) -> Vec<Duration> {
        let draw = |number| {
            let mut rng = Seed(7).rng(Uuid::from_u128(number), Purpose::SettleAfter);
            timing.draw(&mut rng)
        };
        let mut draws: Vec<Duration> = (0..10_000).map(draw).collect();
        draws.sort_unstable();
        draws
    }

    #[test]
    fn draws_are_pinned() {
        let second = Duration::from_secs(1);
        let spread = Timing::Spread { median: second, p99: 20 * second };
        let between = Timing::Between { min: second, max: 5 * second };
        for (timing, expected) in [
            (between, [3108, 2648, 1987, 4517, 2410, 4387]),
            (spread, [4807, 3042, 1609, 13973, 303, 434]),
        ] {
            let drawn = |number| {
                let mut rng = Seed(7).rng(Uuid::from_u128(number), Purpose::SettleAfter);
                timing.draw(&mut rng).as_millis()
            };
            assert_eq!([0, 1, 2, 3, 4, 5].map(drawn), expected);
        }
    }

    #[test]
    fn draws_keep_their_bounds_and_their_percentiles() {
        let second = Duration::from_secs(1);
        assert!(draws(Timing::Fixed(second)).iter().all(|drawn| *drawn == second));
        let between = draws(Timing::Between { min: second, max: 3 * second });
        assert!(between[0] < second + second / 100 && between[0] >= second);
        assert!(between[9_999] > 3 * second - second / 100 && between[9_999] <= 3 * second);
        let spread = draws(Timing::Spread { median: second, p99: 10 * second });
        let near = |drawn: Duration, expected: Duration| {
            (drawn.as_secs_f64() / expected.as_secs_f64() - 1.0).abs() < 0.1
        };
        assert!(near(spread[5_000], second), "{:?}", spread[5_000]);
        assert!(near(spread[9_900], 10 * second), "{:?}", spread[9_900]);
    }
}
