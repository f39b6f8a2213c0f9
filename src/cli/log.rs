//! The log of `serve`, on standard error: a line, or a JSON object, for each thing that is said.

use std::io::IsTerminal;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::debug_fn;

use crate::cli::serve_arguments::LogFormat;
use crate::model::printable::printable;

/// The most lines that wait to be written; what comes while so many wait is dropped.
const LINES_WAITING_MAX: usize = 10_000;

/// Starts the log; what waits is written when the guard is dropped. A thread of its own writes it,
/// so that a full disk or a reader that has stopped reading takes nothing but lines of the log.
#[must_use = "the log ends with its guard"]
pub fn start(format: LogFormat) -> WorkerGuard {
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
        LogFormat::Text => {
            // What a field has in it was sent by a stranger: it stays on the line that it is on.
            let fields = debug_fn(|writer, field, value| match field.name() {
                "message" => write!(writer, "{}", printable(&format!("{value:?}"))),
                name => write!(writer, "{name}={}", printable(&format!("{value:?}"))),
            });
            builder.fmt_fields(fields.delimited(" ")).try_init()
        }
        // JSON has an escape for each of them.
        LogFormat::Json => builder.json().try_init(),
    };
    guard
}
