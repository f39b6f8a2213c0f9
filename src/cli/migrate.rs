//! `momosandbox migrate`: `exec` with both of MTN's platforms and the audit of the migration.

use clap::Args;

use crate::cli::exec::{self, ExecArguments};
use crate::cli::failure::Failure;

/// The arguments of `migrate`: those of `exec` with other defaults.
#[derive(Debug, Args)]
#[command(mut_arg("platform", |platform| platform.default_value("both")))]
#[command(mut_arg("audit", |audit| audit.default_value("migration")))]
pub struct MigrateArguments {
    #[command(flatten)]
    pub exec: ExecArguments,
}

/// Runs the command as `exec` does.
///
/// # Errors
///
/// No market is named, and the errors of [`exec::run`].
pub fn run(arguments: MigrateArguments) -> Result<(), Failure> {
    let environment = arguments.exec.serve.environment.environment()?;
    if !environment.is_production() {
        return Err(Failure::user(
            "migrate rehearses a market's move to MTN's new platform, and the target environment \
             is sandbox, which is not part of that. Name a market, for example \
             --target-environment mtnuganda; for the sandbox there is `momosandbox exec`",
        ));
    }
    exec::run(arguments.exec)
}
