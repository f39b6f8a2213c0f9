//! **momo-sandbox**: a local emulator of the MTN MoMo (Mobile Money) Open API.
//!
//! The modules are the floors of the house, bottom to top; a file imports only from floors below
//! its own. `ARCHITECTURE.md` shows one request's way through them.

pub mod callback;
pub mod certificates;
pub mod cli;
pub mod console;
pub mod control;
pub mod demonstration;
pub mod documents;
pub mod emulator;
pub mod engine;
pub mod files;
pub mod gateway;
pub mod parity;
pub mod permits;
pub mod server;
