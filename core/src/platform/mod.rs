//! One space: an API user with its transactions, accounts, timers and journal.
//!
//! Pure: time is an argument, effects are returned. `state` has the state and the one function
//! that changes it, which also writes the journal, so the journal is complete by construction. The
//! other files decide: each takes inputs of one kind and applies the changes that follow.

mod accept;
mod access;
pub mod account;
pub mod arrival;
pub mod callback;
pub mod callback_judgement;
pub mod callback_verdict;
mod cancel;
pub mod consent;
mod decide;
pub mod event;
pub mod footprint;
pub mod in_flight;
pub mod journal;
pub mod label;
pub mod preview;
mod query;
mod refund;
pub mod request;
pub mod rules_in_force;
mod state;
pub mod test_control;
mod time;
mod timers;
pub mod transaction;
pub mod transaction_store;
mod view;

pub use accept::Acceptance;
pub use query::Reading;
pub use refund::reference_to_refund;
pub use state::{Platform, Settings};
