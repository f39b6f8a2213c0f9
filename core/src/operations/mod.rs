//! The emulated API as data: the table of operations, the shapes of bodies, the refusals.
//!
//! Pure. [`table`] is the only place where an operation is described; routing, authentication,
//! validation and the documentation read it.

pub mod answer;
pub mod behaviour;
pub mod behaviours;
pub mod evidence;
pub mod general_rule;
pub mod json;
pub mod parse_body;
pub mod possible_refusals;
pub mod real_answer;
pub mod rejection;
pub mod remedy;
pub mod request_schema;
pub mod scalars;
pub mod status_body;
pub mod table;
pub mod unreadable;

pub mod path;
pub mod responses;
