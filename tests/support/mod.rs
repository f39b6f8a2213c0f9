//! What the tests of the whole program share: an emulator, a merchant, a callback listener.

pub mod emulator;
pub mod listener;
pub mod merchant;
