//! Time, locks and wake-ups around the pure spaces. It holds no rules.

pub mod advance;
pub mod clock;
pub mod counters;
pub mod global_journal;
pub mod held;
pub mod memory;
pub mod payment_log;
pub mod permits;
pub mod refund_across;
pub mod reset;
mod rules_in_force;
pub mod scheduler;
pub mod spaces;
pub mod waiters;
