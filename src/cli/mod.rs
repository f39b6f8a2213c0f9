//! The command line.
//!
//! Each command has a file with its arguments and its `run`. What several commands share stands in
//! files of its own: groups of flags (`*_arguments.rs`), parsers of values (`parse.rs`), and the
//! error with its exit code (`failure.rs`).

pub mod api_users_file;
pub mod authority_folder;
pub mod banner;
pub mod ca;
pub mod callback_arguments;
pub mod check;
pub mod colour;
pub mod command_line;
pub mod compare;
pub mod compare_report;
pub mod completions;
pub mod control_client;
pub mod demo;
pub mod environment_arguments;
pub mod environment_variables;
pub mod exec;
pub mod failure;
pub mod heading;
pub mod health;
pub mod https_arguments;
pub mod limit_arguments;
pub mod listen;
pub mod log;
pub mod man;
pub mod open_file_limit;
pub mod parse;
pub mod preflight;
pub mod random;
pub mod reload;
pub mod rely_on;
pub mod report;
pub mod report_file;
pub mod requirements;
pub mod runtime;
pub mod scenario_files;
pub mod scenarios;
pub mod serve;
pub mod system;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory;

use crate::cli::command_line::{Command, CommandLine};
use momo_sandbox_core::model::escape::printable_lines;

/// Runs the program with these arguments, the first of which is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if !system::takes_colour() {
        // This fails only where something has set the handler before.
        let _ = miette::set_hook(Box::new(|_| {
            Box::new(miette::MietteHandlerOpts::new().color(false).build())
        }));
    }
    let command = match CommandLine::read(arguments.clone()) {
        Ok(line) => line.command,
        Err(error) => {
            // Help and the version arrive here too. A failure to print them has nowhere to go.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let definition = CommandLine::command();
    if !matches!(command, Command::Health(_) | Command::Completions(_) | Command::Man) {
        for warning in environment_variables::warnings(&definition) {
            let _ = writeln!(std::io::stderr(), "{}", printable_lines(&warning));
        }
    }
    let done = match command {
        Command::Serve(arguments) => serve::run(*arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Scenarios(arguments) => scenarios::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Exec(arguments) => exec::run(*arguments),
        Command::Health(arguments) => health::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments, definition.clone()),
        Command::Man => man::run(definition.clone()),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Listen(arguments) => listen::run(&arguments),
        Command::Preflight(arguments) => preflight::run(&arguments),
        Command::Ca(arguments) => ca::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let message =
                environment_variables::name_variables(&failure.message, &definition, &arguments);
            let _ = writeln!(std::io::stderr(), "{}", printable_lines(&message));
            match u8::try_from(failure.code) {
                Ok(code) => ExitCode::from(code),
                // The exit code of a command on Windows has 32 bits, and `ExitCode` has 8.
                Err(_) => std::process::exit(failure.code),
            }
        }
    }
}
