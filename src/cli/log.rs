//! The log of `serve` and `exec`, on standard error: a line, or a JSON object, for each thing that
//! is said.

use std::io::IsTerminal;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

use crate::cli::serve_arguments::{LogFormat, LogLevel};
use crate::engine::payment_log::PAYMENTS;
use momo_sandbox_core::model::printable::printable;

/// The most lines that wait to be written; what comes while so many wait is dropped.
const LINES_WAITING_MAX: usize = 10_000;

/// Starts the log; what waits is written when the guard is dropped. A thread of its own writes it,
/// so that a full disk or a reader that has stopped reading takes nothing but lines of the log.
/// Without a level, each payment is told where somebody watches: on a terminal.
#[must_use = "the log ends with its guard"]
pub fn start(format: LogFormat, level: Option<LogLevel>) -> WorkerGuard {
    let is_terminal = std::io::stderr().is_terminal();
    let level = level.unwrap_or(if is_terminal { LogLevel::Payments } else { LogLevel::Info });
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES_WAITING_MAX)
        .lossy(true)
        .finish(std::io::stderr());
    let layer = fmt::layer()
        .with_writer(writer)
        .with_ansi(is_terminal)
        .with_target(false)
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
            let layer = layer.fmt_fields(fields.delimited(" "));
            registry().with(filter(level)).with(layer).try_init()
        }
        // JSON has an escape for each of them.
        LogFormat::Json => registry().with(filter(level)).with(layer.json()).try_init(),
    };
    guard
}

/// What a level lets through: of the libraries, information at most.
fn filter(level: LogLevel) -> Targets {
    let (own, libraries, payments) = match level {
        LogLevel::Error => (LevelFilter::ERROR, LevelFilter::ERROR, LevelFilter::OFF),
        LogLevel::Warn => (LevelFilter::WARN, LevelFilter::WARN, LevelFilter::OFF),
        LogLevel::Info => (LevelFilter::INFO, LevelFilter::INFO, LevelFilter::OFF),
        LogLevel::Payments => (LevelFilter::INFO, LevelFilter::INFO, LevelFilter::INFO),
        LogLevel::Debug => (LevelFilter::DEBUG, LevelFilter::INFO, LevelFilter::INFO),
    };
    Targets::new()
        .with_default(libraries)
        .with_target(env!("CARGO_CRATE_NAME"), own)
        .with_target(PAYMENTS, payments)
}
