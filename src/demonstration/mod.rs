//! Demonstrations: what happens to money when a callback is missed, for people to watch.
//!
//! Two small shops serve the same customers for a day, against an emulator of their own, over real
//! sockets. One trusts callbacks; the other also asks. Every third callback is lost.

pub mod books;
pub mod client;
pub mod day;
pub mod ending;
pub mod shop;
pub mod show;
pub mod stage;
