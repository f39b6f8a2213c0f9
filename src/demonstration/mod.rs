//! The demonstration of a missed callback: what happens to a merchant's money.
//!
//! Two shops serve the same customers for a day, against an emulator of their own, over loopback
//! sockets. One relies on callbacks alone; the other also polls the status. Every third callback is
//! lost.

pub mod client;
pub mod ledger;
pub mod orders;
pub mod output;
pub mod run;
pub mod shop;
pub mod summary;
