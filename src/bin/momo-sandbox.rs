//! The program by its other name, `momo-sandbox`.

use std::process::ExitCode;

fn main() -> ExitCode {
    momo_sandbox::run_command_line(std::env::args_os())
}
