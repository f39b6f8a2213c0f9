//! Time, locks and wake-ups around the pure spaces. It holds no rules.

pub mod advance;
pub mod capacity;
pub mod clock;
#[cfg(test)]
mod cost_tests;
mod cutover;
mod eviction;
pub mod global_journal;
pub mod held;
mod journal_reader;
mod late_answers;
pub mod masking;
pub mod memory;
pub mod message;
pub mod metrics;
pub mod payment_log;
pub mod recorded;
mod reference_index;
pub mod refund_across;
mod registry;
pub mod reset;
mod rules_in_force;
pub mod scheduler;
mod shared;
pub mod space;
pub mod spaces;
pub mod waiters;
mod wake_ups;
mod wallets;
