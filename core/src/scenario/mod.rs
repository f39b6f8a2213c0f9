//! Scenarios: rules from files and MTN's own test values decide the outcome of a transaction. They
//! are matched and turned into a [`plan::Plan`] once, when the transaction is accepted.
//!
//! Pure. Nothing here reads a file: text comes in, rules or problems go out.

mod answer_fields;
pub mod balance;
pub mod behaviours;
pub mod body_files;
mod broken_toml;
pub mod call;
mod callback_field;
mod condition_fields;
pub mod conditions;
mod contradiction;
pub mod daytime;
pub mod delivery;
pub mod description;
mod duplicate_key;
pub mod duration;
mod field;
pub mod forced_failure;
pub mod glob;
mod header_fields;
mod json_reader;
pub mod matching;
pub mod memory_size;
pub mod occurrence;
pub mod operation_set;
pub mod passed_rules;
pub mod plan;
pub mod planned_callback;
pub mod problem;
mod read_answer;
mod read_balance;
mod read_callback;
mod read_rule;
pub mod read_scenario;
mod read_when;
mod reader;
pub mod redundancy;
pub mod rule;
pub mod rule_book;
mod rule_index;
pub mod scenario_answer;
pub mod seed;
pub mod system_credentials;
mod table_fields;
pub mod telling;
#[cfg(test)]
pub(crate) mod test_requests;
pub mod test_values;
pub mod timing;
mod toml_depth;
mod toml_reader;
mod toml_scan;
pub mod value;
pub mod version;
