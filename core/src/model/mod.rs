//! The field's own words as types: money, parties, references, reasons, statuses.
//!
//! Pure: no I/O, no clock, no lock, no `async`. These types do not derive `Serialize`; the wire
//! shape of a transaction is written in one place, [`crate::operations::view`].

pub mod account_holder;
pub mod amount;
pub mod api_user;
pub mod callback_url;
pub mod consent;
pub mod environment;
pub mod fault;
pub mod http_fault;
pub mod limits;
pub mod party;
pub mod printable;
pub mod product;
pub mod reason;
pub mod reference;
pub mod refund;
pub mod spelling;
pub mod status;
pub mod time;
pub mod told_variables;
pub mod transaction;
pub mod wrapping;
