//! Time, locks and wake-ups around the pure spaces. It holds no rules.

pub mod clock;
pub mod feed;
pub mod scheduler;
pub mod spaces;
