//! Time, locks and wake-ups around the pure spaces. It holds no rules.

pub mod accepting;
pub mod advancing;
pub mod clock;
pub mod counters;
pub mod feed;
pub mod held;
pub mod memory;
pub mod places;
pub mod resetting;
mod ruling;
pub mod scheduler;
pub mod spaces;
pub mod telling;
pub mod waiters;
