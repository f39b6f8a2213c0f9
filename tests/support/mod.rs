//! What the tests of the whole program share: an emulator, a merchant, a callback listener.

pub mod attempts;
pub mod books;
pub mod driver;
pub mod emulator;
pub mod http2;
pub mod kinds;
pub mod listener;
pub mod loopback_only;
pub mod merchant;
pub mod program;
pub mod raw;
pub mod stage;
