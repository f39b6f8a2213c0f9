//! The documents that are checked in or served say what the code does.

mod documents;
mod evidence;
pub mod evidence_page;
mod examples;
mod pages;
mod played_examples;
