//! The program `momosandbox`: everything is in the library's `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    momo_sandbox::run_command_line(std::env::args_os())
}
