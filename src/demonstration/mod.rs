//! Demonstrations of what happens to a merchant's money. Two shops serve the same customers for a
//! day, against an emulator of their own, over loopback sockets.
//!
//! - *missed callback*: one shop relies on callbacks alone; the other also polls the status. Every
//!   third callback is lost.
//! - *cutover*: MTN moves to its new platform while payments wait for their payers. One shop asks
//!   the new platform for all payments; the other asks the one that each was sent to.

pub mod client;
pub mod cutover;
mod cutover_summary;
pub mod ledger;
mod market_orders;
mod moving_shop;
pub mod orders;
pub mod output;
pub mod run;
pub mod shop;
pub mod summary;
