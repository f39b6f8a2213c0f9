//! What is written about the API, made from what serves it: OpenAPI documents and pages of tables.
//!
//! The table of operations, the shapes of bodies and the refusals are read; the examples are real
//! answers, which an emulator of their own gave.

pub mod evidence;
pub mod examples;
pub mod openapi;
pub mod schemas;
