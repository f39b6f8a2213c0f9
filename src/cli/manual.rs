//! `momo-sandbox completions` and `momo-sandbox man`: made from the command line's own definition.

use std::io::Write;

use clap::CommandFactory;

use crate::cli::Failure;
use crate::cli::arguments::{Arguments, Completions};

/// Prints what a shell needs to complete the command line.
///
/// # Errors
///
/// None: whoever closed standard output does not want to read it.
pub fn completions(arguments: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    let name = env!("CARGO_PKG_NAME");
    clap_complete::generate(arguments.shell, &mut Arguments::command(), name, &mut script);
    let _ = std::io::stdout().write_all(&script);
    Ok(())
}

/// Prints the manual page, that of `serve` with it: its flags are those without a command.
///
/// # Errors
///
/// That the page cannot be made.
pub fn man() -> Result<(), Failure> {
    let mut command = Arguments::command();
    command.build();
    let mut page = Vec::new();
    let mut render = |command: &clap::Command| {
        clap_mangen::Man::new(command.clone())
            .render(&mut page)
            .map_err(|error| Failure::environment(format!("the manual cannot be made: {error}")))
    };
    render(&command)?;
    for subcommand in command.get_subcommands() {
        render(subcommand)?;
    }
    let _ = std::io::stdout().write_all(&page);
    Ok(())
}
