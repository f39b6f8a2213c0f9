//! The merchant audit: what a merchant's program did with callbacks, status queries, references and
//! tokens, and above all whether money was taken that it never learnt of.
//!
//! Read off the journal and the transactions of a space; nothing is guessed. What was evicted
//! cannot be judged: then a rule is `incomplete`, never `pass`.

pub mod access;
pub mod audit;
pub mod audit_report;
pub mod brief;
pub mod callbacks;
pub mod check;
pub mod decisions;
pub mod exclusions;
pub mod findings;
pub mod headline;
pub mod html;
pub mod junit;
pub mod migration;
pub mod money;
pub mod observed;
pub mod polling;
pub mod readiness;
pub mod reliance;
pub mod reliance_forms;
pub mod rules;
pub mod run;
pub mod seen;
pub mod submitting;
pub mod sums;
pub mod text;
