//! Callbacks on their way out: the rules of delivery, the HTTP client, one attempt each.

pub mod client;
pub mod connections;
pub mod connector;
pub mod dispatcher;
mod heard;
pub mod keep_alive;
pub mod limits;
pub mod listener_queue;
pub mod listener_stream;
#[cfg(test)]
#[path = "../../tests/support/loopback_only.rs"]
mod loopback_only;
pub mod overrides;
pub mod redirect;
pub mod resolver;
pub mod rules;
pub mod settings;
pub mod sources;
pub mod window;
