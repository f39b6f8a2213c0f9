//! The parity kit: recorded exchanges of the real gateway are replayed against any gateway, and the
//! answers compared. The project's own test and `momosandbox compare` use it.

pub mod access;
pub mod circumstances;
pub mod comparison;
pub mod corpus;
pub mod difference;
pub mod fields;
pub mod gateway;
pub mod json_text;
pub mod judgement;
pub mod known_differences;
pub mod listener;
pub mod new_recording;
pub mod pacing;
pub mod page;
pub mod pattern;
pub mod player;
pub mod recording;
pub mod replay;
pub mod replay_result;
pub mod scrubbing;
