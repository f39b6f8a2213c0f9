//! The pure core of **momo-sandbox**: what the emulated MTN MoMo API means, and what happens in it.
//!
//! Nothing here reads a clock, a file or a socket, waits, or takes a lock. Time is an argument, and
//! effects are returned. The crate's `Cargo.toml` holds this: it has no library that could.
//!
//! The `momo-sandbox` crate is the public face; the items here change with it, without notice.
//! The modules build on each other in this order:
//!
//! 1. [`model`]: the things of the API, such as amounts, parties and statuses.
//! 2. [`operations`]: the table of operations, their bodies, answers and refusals.
//! 3. [`scenario`]: scenario files, rules, and the plan that decides a transaction.
//! 4. [`platform`]: one space, which is all that one API user sees.
//! 5. [`report`]: the audit of what a merchant's program did.

pub mod model;
pub mod operations;
pub mod platform;
pub mod report;
pub mod scenario;
