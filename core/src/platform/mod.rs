//! One space: an API user with its transactions, accounts, agenda and journal.
//!
//! Pure: time is an argument, effects are returned. Every change of state passes through one
//! `apply`, which also writes the journal, so the journal is complete by construction. There is no
//! clock, lock, task or socket here; the engine has them.

pub mod account;
pub mod agenda;
pub mod callback;
mod calling_back;
mod cancelling;
mod consenting;
pub mod consents;
pub mod event;
pub mod held;
pub mod in_flight;
pub mod journal;
pub mod keeping;
pub mod labelling;
mod money;
mod prospects;
mod querying;
pub mod request;
mod settings;
mod settling;
mod space;
pub mod steering;
pub mod transaction;

pub use crate::model::limits::Limits;
pub use money::reference_to_refund;
pub use querying::Reading;
pub use settings::Settings;
pub use space::{Acceptance, Platform};
