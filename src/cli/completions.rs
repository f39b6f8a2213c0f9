//! `momo-sandbox completions`: prints a shell completion script.

use std::io::Write;

use clap::{Args, Command};

use crate::cli::failure::Failure;

/// The arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Prints the completion script of `program`.
///
/// # Errors
///
/// None.
pub fn run(arguments: &CompletionsArguments, mut program: Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, env!("CARGO_PKG_NAME"), &mut script);
    // A closed standard output is no failure.
    let _ = std::io::stdout().write_all(&script);
    Ok(())
}
