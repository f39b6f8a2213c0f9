//! `momosandbox man`: prints the manual page.

use std::io::Write;

use clap::Command;
use clap_mangen::Man;

use crate::cli::failure::Failure;
use crate::cli::program_name::program_name;

/// Prints the manual page of `program`, followed by those of its commands.
///
/// # Errors
///
/// The page cannot be made.
pub fn run(program: Command) -> Result<(), Failure> {
    let mut program = program.name(program_name());
    program.build();
    let mut page = Vec::new();
    for command in std::iter::once(&program).chain(program.get_subcommands()) {
        Man::new(command.clone())
            .render(&mut page)
            .map_err(|error| Failure::environment(format!("the manual cannot be made: {error}")))?;
    }
    // A closed standard output is no failure.
    let _ = std::io::stdout().write_all(&page);
    Ok(())
}
