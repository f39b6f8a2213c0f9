//! The command line.
//!
//! Exit codes: 0 done, 1 an environment error (a port in use), 2 a mistake of the user's (a
//! flag, a scenario file).

mod api_users_file;
pub mod arguments;
pub mod audit_arguments;
pub mod ca;
pub mod check;
pub mod colour;
pub mod compare;
pub mod compare_arguments;
pub mod compare_report;
pub mod control_client;
pub mod demands;
pub mod demo;
pub mod environment_arguments;
pub mod environment_variables;
pub mod exec;
pub mod health;
pub mod limit_arguments;
pub mod listen;
pub mod log;
pub mod manual;
pub mod open_files;
pub mod preflight;
pub mod reload;
pub mod rely_on;
pub mod report;
pub mod scenario_files;
pub mod scenarios;
pub mod serve;
pub mod serve_arguments;
pub mod welcome;

use std::ffi::OsString;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;

use crate::cli::arguments::{Arguments, Command};
use momo_sandbox_core::model::escape::printable_lines;

/// Runs the program with these arguments, the first of which is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let said: Vec<OsString> = arguments.into_iter().collect();
    let arguments = match Arguments::read(said.clone()) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too; nobody is left to tell if printing fails.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    if !matches!(arguments.command, Command::Health(_) | Command::Completions(_) | Command::Man) {
        for warning in environment_variables::warnings() {
            let _ = writeln!(std::io::stderr(), "{}", printable_lines(&warning));
        }
    }
    let done = match arguments.command {
        Command::Serve(serve) => serve::serve(*serve),
        Command::Check(check) => check::check(&check),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Report(arguments) => report::report(&arguments),
        Command::Exec(arguments) => exec::exec(*arguments),
        Command::Listen(arguments) => listen::listen(&arguments),
        Command::Preflight(arguments) => preflight::preflight(&arguments),
        Command::Health(arguments) => health::health(&arguments),
        Command::Completions(arguments) => manual::completions(&arguments),
        Command::Man => manual::man(),
        Command::Demo(arguments) => demo::demo(&arguments),
        Command::Ca(arguments) => ca::ca(&arguments),
        Command::Scenarios(arguments) => scenarios::scenarios(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let message = environment_variables::by_their_names(&failure.message, &said);
            let _ = writeln!(std::io::stderr(), "{}", printable_lines(&message));
            ExitCode::from(failure.code)
        }
    }
}

/// What asynchronous work runs on.
fn start_runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::environment(format!("cannot start the runtime: {error}")))
}

/// The address to connect to where an emulator listens on that one: one that means every address
/// leads nowhere.
fn to_connect(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

/// A failure of the program: its exit code and what it says.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// An environment error, such as a port in use: exit code 1.
    pub fn environment(message: impl Into<String>) -> Self {
        Self { code: 1, message: format!("error: {}", message.into()) }
    }

    /// A mistake in a flag or file: exit code 2.
    pub fn user(message: impl Into<String>) -> Self {
        Self { code: 2, message: format!("error: {}", message.into()) }
    }

    /// Mistakes in files that are printed already: exit code 2, and a last line.
    pub fn mistakes(summary: impl Into<String>) -> Self {
        Self { code: 2, message: summary.into() }
    }
}
