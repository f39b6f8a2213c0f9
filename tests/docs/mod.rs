//! The documents that are checked in or served say what the code does.

mod architecture;
mod command_line_page;
mod contract;
mod documents;
mod errors_page;
mod evidence;
pub mod evidence_page;
mod evidence_sources;
mod examples;
mod fault_matrix;
mod pages;
mod played_examples;
