//! Callbacks on their way out: the rules of delivery, the HTTP client, one attempt each.

pub mod client;
pub mod connections;
pub mod connector;
pub mod dispatcher;
pub mod keeping;
pub mod lanes;
pub mod line;
#[cfg(test)]
#[path = "../../tests/support/loopback_only.rs"]
mod loopback_only;
pub mod redirect;
pub mod resolver;
pub mod routes;
pub mod rules;
pub mod settings;
pub mod window;
