//! What the tests of the whole program share: an emulator, a merchant, a callback listener.

pub mod attempts;
pub mod balances;
pub mod emulator;
pub mod http2;
pub mod listener;
pub mod listener_kinds;
pub mod loopback_only;
pub mod merchant;
pub mod program;
pub mod provisioned_caller;
pub mod raw_requests;
pub mod requests;
pub mod sources;
pub mod two_platforms;
