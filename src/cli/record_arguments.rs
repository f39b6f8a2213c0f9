//! The flag that says which requests are kept to be looked at.

use clap::Args;

use crate::cli::heading;
use crate::engine::recorded::RecordMode;

/// What is recorded.
#[derive(Debug, Clone, Copy, Args)]
pub struct RecordArguments {
    /// Which requests are kept with heads and bodies, for the console and `GET requests`: `refused`
    /// (also broken ones, and callbacks that were not delivered as they should be), `all` (some
    /// 3 us of CPU more for each request) or `none`
    #[arg(
        long,
        help_heading = heading::CONTROL,
        env = "MOMO_SANDBOX_RECORD",
        default_value = "refused",
        value_name = "WHAT",
        value_parser = parse_mode
    )]
    pub record: RecordMode,
}

fn parse_mode(word: &str) -> Result<RecordMode, String> {
    word.parse().map_err(|_| format!("expected one of {}", RecordMode::WORDS.join(", ")))
}
