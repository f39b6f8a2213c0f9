//! Callbacks on their way out: the rules of delivery, the HTTP client, one attempt each.

pub mod client;
pub mod connections;
pub mod connector;
pub mod dispatcher;
pub mod keeping;
pub mod line;
pub mod listener_queue;
#[cfg(test)]
#[path = "../../tests/support/loopback_only.rs"]
mod loopback_only;
pub mod overrides;
pub mod redirect;
pub mod resolver;
pub mod rules;
pub mod settings;
pub mod window;
