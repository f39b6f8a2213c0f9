//! The side of Unix: Linux and macOS.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use tokio::process::Child;
use tokio::signal::unix::{self, SignalKind, signal};

use crate::cli::system::{OwnersFile, StopSignal};

/// SIGTERM and SIGINT. From its creation on, neither ends the process by itself.
pub struct StopSignals {
    terminate: unix::Signal,
    interrupt: unix::Signal,
}

impl StopSignals {
    /// # Errors
    ///
    /// The system's error.
    pub fn new() -> io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next request to stop.
    pub async fn next(&mut self) -> StopSignal {
        tokio::select! {
            _ = self.terminate.recv() => StopSignal::ThisProcess,
            _ = self.interrupt.recv() => StopSignal::AllOfTheConsole,
        }
    }
}

/// Sends SIGTERM to the command, unless it has just ended.
pub fn forward_stop(command: &Child) {
    let id = command.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(id) = id {
        let _ = kill_process(id, Signal::TERM);
    }
}

/// The program of this name. The system itself looks for it on PATH when it is started.
///
/// # Errors
///
/// None.
pub fn program_of(name: &str) -> io::Result<PathBuf> {
    Ok(name.into())
}

/// The exit code of a command as a shell has it: 128 plus the number of the signal that ended it.
pub fn exit_code(ended: ExitStatus) -> i32 {
    ended.code().or(ended.signal().map(|signal| 128 + signal)).unwrap_or(1)
}

/// How a command ended, as words that can follow its name.
pub fn end_of(ended: ExitStatus) -> String {
    match (ended.code(), ended.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => format!("ended: {ended}"),
    }
}

/// Creates a file that only its owner may read. A file that exists is emptied.
///
/// # Errors
///
/// The system's error.
pub fn create_for_owner(path: &Path) -> io::Result<OwnersFile> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    Ok(OwnersFile { file, unprotected: None })
}

/// The limits of open files of this process: the one in force, and the most that it may set. No
/// number is no limit.
pub fn open_file_limits() -> (Option<u64>, Option<u64>) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    (current, maximum)
}

/// Sets the limit of open files that is in force.
///
/// # Errors
///
/// The system's error.
pub fn set_open_file_limit(to: u64) -> io::Result<()> {
    let (_, maximum) = open_file_limits();
    Ok(setrlimit(Resource::Nofile, Rlimit { current: Some(to), maximum })?)
}

/// A terminal takes colour as it is.
pub fn takes_colour() -> bool {
    true
}
