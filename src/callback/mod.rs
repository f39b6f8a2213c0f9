//! Callbacks on their way out: the rules of delivery, the HTTP client, one attempt each.

pub mod client;
pub mod dispatcher;
pub mod limits;
