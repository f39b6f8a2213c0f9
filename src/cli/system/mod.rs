//! What the command line asks of an operating system, where Unix and Windows differ.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::fs::File;

#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;

/// A request to stop, by whom it reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// Sent to this process alone, as by `kill`.
    ThisProcess,
    /// Sent to each process of the terminal or console, as by Ctrl-C.
    AllOfTheConsole,
}

/// A new file that only its owner may read.
#[derive(Debug)]
pub struct OwnersFile {
    /// The file, open to be written.
    pub file: File,
    /// Why others may be able to read it nevertheless.
    pub unprotected: Option<String>,
}
