//! OpenAPI documents and evidence, read off the tables that serve the API.
//!
//! The examples are real answers of an emulator.

pub mod evidence;
pub mod examples;
pub mod openapi;
pub mod schemas;
