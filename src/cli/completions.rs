//! `momosandbox completions`: prints a shell completion script.

use std::io::Write;

use clap::{Args, Command};

use crate::cli::failure::Failure;
use crate::cli::program_name::program_name;

/// The arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Prints the completion script of `program` for the name by which it was started.
///
/// # Errors
///
/// None.
pub fn run(arguments: &CompletionsArguments, mut program: Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, program_name(), &mut script);
    // A closed standard output is no failure.
    let _ = std::io::stdout().write_all(&script);
    Ok(())
}
