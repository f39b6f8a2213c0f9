//! Time, locks and wake-ups around the pure spaces. It holds no rules.

pub mod clock;
pub mod counters;
pub mod feed;
pub mod places;
pub mod resetting;
pub mod scheduler;
pub mod spaces;
