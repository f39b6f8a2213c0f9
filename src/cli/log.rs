//! The log, on standard error.

use std::io::IsTerminal;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::LevelFilter;

use crate::cli::serve_arguments::LogFormat;

/// The most lines that wait to be written; what comes while so many wait is dropped.
const LINES_WAITING_MAX: usize = 10_000;

/// Starts the log; what waits is written when the guard is dropped. A thread of its own writes it,
/// so that a full disk or a reader that has stopped reading takes nothing but lines of the log.
#[must_use = "the log ends with its guard"]
pub(super) fn start(format: LogFormat) -> WorkerGuard {
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES_WAITING_MAX)
        .lossy(true)
        .finish(std::io::stderr());
    let builder = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .with_max_level(LevelFilter::INFO)
        // It would be told on standard error, and a task that cannot write there panics.
        .log_internal_errors(false);
    // Refused where a log was started before, as by a second emulator in one process.
    let _ = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    guard
}
