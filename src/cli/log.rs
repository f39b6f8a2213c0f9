//! The log of `serve` and `exec`, on standard error: one line or JSON object per event.

use std::io::IsTerminal;

use clap::{Args, ValueEnum};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

use crate::cli::heading;
use crate::cli::system::takes_colour;
use crate::engine::payment_log::PAYMENTS;
use momo_sandbox_core::model::escape::printable;

/// The most lines that may wait to be written; beyond it, lines are dropped.
const LINES_WAITING_MAX: usize = 10_000;

/// The flags of the log.
#[derive(Debug, Clone, Args)]
pub struct LogArguments {
    /// `error`, `warn`, `info` (refused requests too), `payments` (also a line for each payment
    /// accepted, settled and called back) or `debug` [default: payments on a terminal, else info]
    #[arg(
        long,
        help_heading = heading::LOG,
        env = "MOMO_SANDBOX_LOG_LEVEL",
        value_name = "LEVEL",
        hide_possible_values = true
    )]
    pub log_level: Option<LogLevel>,

    /// Format of the log, which goes to standard error
    #[arg(
        long,
        help_heading = heading::LOG,
        env = "MOMO_SANDBOX_LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub log_format: LogFormat,
}

/// The value of `--log-level`; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Failures of the emulator.
    Error,
    /// Possible faults, such as a callback that was not delivered.
    Warn,
    /// Refused requests, among others.
    Info,
    /// Each payment.
    Payments,
    /// Every request.
    Debug,
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Human-readable lines.
    Text,
    /// One JSON object per line.
    Json,
}

impl LogArguments {
    /// Starts the log. Lines that wait are written when the guard is dropped.
    ///
    /// A thread writes them, so that a full disk or a reader that has stopped reading costs lines
    /// of the log and nothing else. Without `--log-level`, payments are logged on a terminal only.
    #[must_use = "the log ends with its guard"]
    pub fn start(&self) -> WorkerGuard {
        let is_terminal = std::io::stderr().is_terminal();
        let level =
            self.log_level.unwrap_or(if is_terminal { LogLevel::Payments } else { LogLevel::Info });
        let (writer, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(LINES_WAITING_MAX)
            .lossy(true)
            .finish(std::io::stderr());
        let layer = fmt::layer()
            .with_writer(writer)
            .with_target(false)
            // These go to standard error, and a task that cannot write there panics.
            .log_internal_errors(false);
        // A terminal has colour unless NO_COLOR is set, which the library looks up.
        let layer = if is_terminal && takes_colour() { layer } else { layer.with_ansi(false) };
        // This fails where the process has a log already, as with a second emulator in it.
        let _ = match self.log_format {
            LogFormat::Text => {
                // A client may have sent the text of a field: it must not begin a line of its own.
                let fields = debug_fn(|writer, field, value| match field.name() {
                    "message" => write!(writer, "{}", printable(&format!("{value:?}"))),
                    name => write!(writer, "{name}={}", printable(&format!("{value:?}"))),
                });
                let layer = layer.fmt_fields(fields.delimited(" "));
                registry().with(filter(level)).with(layer).try_init()
            }
            // JSON escapes control characters by itself.
            LogFormat::Json => registry().with(filter(level)).with(layer.json()).try_init(),
        };
        guard
    }
}

/// The filter of a level. Libraries log information at most.
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
