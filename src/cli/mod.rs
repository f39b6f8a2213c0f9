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
pub mod configuration_arguments;
pub mod configuration_file;
pub mod control_client;
pub mod credentials;
pub mod demo;
pub mod drawn_credentials;
pub mod emulator_arguments;
pub mod env;
pub mod environment_arguments;
pub mod environment_variables;
pub mod exec;
pub mod explain;
pub mod failure;
pub mod heading;
pub mod health;
pub mod https_arguments;
pub mod limit_arguments;
pub mod listen;
pub mod log;
pub mod man;
pub mod migrate;
pub mod open_file_limit;
pub mod other_program;
pub mod parse;
pub mod platform_arguments;
pub mod platform_lines;
pub mod preflight;
pub mod print_configuration;
pub mod program_name;
pub mod random;
pub mod record_arguments;
pub mod reload;
pub mod rely_on;
pub mod report;
pub mod report_file;
pub mod requirements;
pub mod runtime;
pub mod scenario_files;
pub mod scenarios;
pub mod serve;
pub mod shell;
pub mod system;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use crate::cli::command_line::{Command, CommandLine};
use crate::cli::configuration_file::Settings;
use crate::cli::failure::Failure;
use crate::cli::program_name::spelled;
use momo_sandbox_core::model::escape::printable_lines;
use momo_sandbox_core::model::wrapping::{SEPARATOR, SPLITTER};

/// Runs the program with these arguments, the first of which is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // This fails only where something has set the handler before.
    let _ = miette::set_hook(Box::new(|_| Box::new(report_handler())));
    program_name::note(&arguments);
    let (command, settings) = match read(&arguments) {
        Ok(read) => read,
        Err(code) => return code,
    };
    let definition = CommandLine::definition();
    if !matches!(command, Command::Health(_) | Command::Completions(_) | Command::Man) {
        let of_file = settings.as_ref().and_then(|settings| settings.warning(&definition));
        for warning in environment_variables::warnings(&definition).into_iter().chain(of_file) {
            print(&warning);
        }
    }
    let done = match command {
        Command::Serve(arguments) => serve::run(*arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Scenarios(arguments) => scenarios::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Exec(arguments) => exec::run(*arguments),
        Command::Migrate(arguments) => migrate::run(*arguments),
        Command::Env(arguments) => env::run(&arguments),
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
            let settings = settings.as_ref();
            let message = environment_variables::name_sources(
                &failure.message,
                &definition,
                &arguments,
                settings,
            );
            print(&message);
            exit_code(failure.code)
        }
    }
}

/// How reports are printed: no word is broken, so that a name or path can be copied.
fn report_handler() -> miette::MietteHandler {
    let options = miette::MietteHandlerOpts::new()
        .break_words(false)
        .word_separator(SEPARATOR)
        .word_splitter(SPLITTER);
    if system::takes_colour() { options.build() } else { options.color(false).build() }
}

/// The command, and what the configuration file says, if the command reads one and there is one.
fn read(arguments: &[OsString]) -> Result<(Command, Option<Settings>), ExitCode> {
    let refused = |error: clap::Error| {
        match other_program::explanation(&error, arguments) {
            Some(explanation) => drop(writeln!(std::io::stderr(), "{explanation}")),
            // Help and the version arrive here too. A failure to print them has nowhere to go.
            None => drop(error.print()),
        }
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    };
    let refused_file = |failure: Failure| {
        print(&failure.message);
        exit_code(failure.code)
    };
    let command = CommandLine::read(arguments.to_vec()).map_err(refused)?.command;
    let Some(named) = command.configuration_file() else { return Ok((command, None)) };
    let found = configuration_file::find(named, &CommandLine::definition());
    let Some(settings) = found.map_err(refused_file)? else { return Ok((command, None)) };
    let line = CommandLine::read_with(Some(&settings), arguments.to_vec()).map_err(refused)?;
    Ok((line.command, Some(settings)))
}

/// Ends the process itself for the exit code of a command on Windows, which has 32 bits.
fn exit_code(code: i32) -> ExitCode {
    u8::try_from(code).map_or_else(|_| std::process::exit(code), ExitCode::from)
}

/// Prints on standard error. A closed one is no failure.
fn print(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable_lines(&spelled(text)));
}
