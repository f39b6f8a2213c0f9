//! The mix-up with another program called `momo-sandbox`, which npm's `mtn-momo` installs.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::program_name::{UNAMBIGUOUS, program_name};

/// The flags of the other program, of which this one has none without a command.
const ITS_FLAGS: [&str; 4] = ["--host", "-x", "--primary-key", "-p"];

/// Explains the mix-up, if this error is about a flag of the other program, which has no commands.
pub fn explanation(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    let first = arguments.get(1).map(|first| first.to_string_lossy());
    let is_without_command = first.is_some_and(|first| first.starts_with('-'));
    if error.kind() != ErrorKind::UnknownArgument || !is_without_command {
        return None;
    }
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return None };
    let flag = ITS_FLAGS.into_iter().find(|one| one == flag)?;
    let started_as = program_name();
    Some(format!(
        "error: `{flag}` is a flag of another program called momo-sandbox

This is momo-sandbox {version}, a local emulator of the MTN MoMo API. It was started as
`{started_as}`; its unambiguous name, which no other package has, is `{UNAMBIGUOUS}`.
`{UNAMBIGUOUS} --help` lists its commands; its README says how to install it.

The other program comes with the npm package `mtn-momo` and creates credentials at MTN's hosted
sandbox. `npm install mtn-momo` installs it; in that project it runs as
  npx --package mtn-momo momo-sandbox --host HOST --primary-key KEY
To create credentials at this emulator instead, while it serves:
  {UNAMBIGUOUS} env --callback-host HOST",
        version = env!("CARGO_PKG_VERSION"),
    ))
}
