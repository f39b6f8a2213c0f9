//! The documents that are checked in or served say what the code does.

mod documents;
mod evidence;
