//! The program as it is run from a shell.

mod audit_commands;
mod command_line;
mod demonstration;
mod encodings;
#[cfg(unix)]
mod files;
mod listen;
mod startup_warnings;
