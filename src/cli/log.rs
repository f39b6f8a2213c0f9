//! The log of `serve`, on standard error: a line, or a JSON object, for each thing that is said.

use std::io::IsTerminal;

use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::debug_fn;

use crate::cli::serve_arguments::LogFormat;
use crate::model::printable::printable;

/// Starts it.
pub fn start(format: LogFormat) {
    let builder = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .with_max_level(LevelFilter::INFO);
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
}
