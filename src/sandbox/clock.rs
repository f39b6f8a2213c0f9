//! How time goes in an emulator.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use momo_sandbox_core::model::time::Timestamp;

use crate::engine::clock;

/// How time goes in an emulator; [`Builder::clock`](crate::Builder::clock) takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Clock {
    /// Time passes as on this machine.
    #[default]
    Real,
    /// Time passes this many times faster than on this machine.
    Times(u32),
    /// Time is paused until [`advance`](crate::Sandbox::advance) moves it. It begins at this time,
    /// or at the machine's time if none is given.
    Manual(Option<SystemTime>),
}

/// Shorthand for a [`Clock::Manual`] that starts at the machine's time.
///
/// With it a test decides when a payment settles, when its callback is due and when a token
/// expires, and never sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ManualClock;

impl From<ManualClock> for Clock {
    fn from(_: ManualClock) -> Self {
        Self::Manual(None)
    }
}

impl Clock {
    pub(super) fn start(self) -> clock::Clock {
        match self {
            Self::Real => clock::Clock::real(),
            Self::Times(factor) => clock::Clock::times(factor.max(1)),
            Self::Manual(None) => clock::Clock::paused_now(),
            Self::Manual(Some(start)) => clock::Clock::manual(timestamp(start)),
        }
    }
}

fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp(0).after(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

pub(super) fn system_time(time: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(time.0).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_begins_at_its_time_and_moves_when_advanced() {
        let start = UNIX_EPOCH + Duration::from_secs(1_788_264_000);
        let clock = Clock::Manual(Some(start)).start();
        assert_eq!(system_time(clock.now()), start);
        clock.advance(Duration::from_secs(60));
        assert_eq!(system_time(clock.now()), start + Duration::from_secs(60));
    }
}
