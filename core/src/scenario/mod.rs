//! What becomes of a transaction: rules from scenario files and MTN's own test values, matched and
//! turned into a [`plan::Plan`] once, when the transaction is accepted.
//!
//! Pure. Nothing here reads a file: text comes in, rules or problems go out.

pub mod balance;
pub mod behaviours;
pub mod delivery;
pub mod duration;
pub mod file;
pub mod format;
pub mod glob;
pub mod ineffective;
pub mod json_form;
pub mod overruling;
pub mod plan;
pub mod problem;
pub mod rule;
pub mod rule_book;
mod rule_file;
pub mod seed;
pub mod shipped;
pub mod timing;
mod walk;
pub mod weighing;
