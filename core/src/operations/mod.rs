//! The emulated API as data: the table of operations, the shapes of bodies, the refusals.
//!
//! Pure. [`table`] is the only place where an operation is described; routing, authentication,
//! validation and the documentation read it.

pub mod answer;
pub mod behaviour;
pub mod behaviours;
pub mod body;
pub mod evidence;
pub mod general_rule;
pub mod json;
pub mod possible_refusals;
pub mod reading;
pub mod rejection;
pub mod scalars;
pub mod table;
pub mod unreadable;
pub mod view;
pub mod way;
pub mod wire;
