//! Durations as people write them.

use std::time::Duration;

/// What a duration looks like.
pub const DURATION_REMEDY: &str =
    "write a duration such as \"200ms\", \"2s\", \"5m\" or \"1h 30m\"";

/// The longest duration that can be given.
const DURATION_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Reads a duration such as `200ms`, `2s`, `5m` or `1h 30m`: not negative, at most 366 days.
pub fn read_duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|why| format!("{why}: `{text}`"))
}

/// Reads a duration; a mistake is told without the text that has it.
pub fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    let signed: jiff::SignedDuration = text.parse().map_err(|_| "is not a duration")?;
    let duration = Duration::try_from(signed).map_err(|_| "is negative")?;
    if duration > DURATION_MAX {
        return Err("is longer than 366 days");
    }
    Ok(duration)
}
