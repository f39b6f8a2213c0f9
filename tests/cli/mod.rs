//! The program as it is run from a shell.

mod audit_commands;
mod check;
mod command_line;
mod configuration_file;
mod demonstration;
mod encodings;
mod env;
#[cfg(unix)]
mod files;
mod listen;
mod migrate;
mod platforms;
mod program_names;
mod startup_warnings;
