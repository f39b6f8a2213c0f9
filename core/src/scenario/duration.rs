//! Durations as people write them.

use std::time::Duration;

/// What a duration looks like.
pub const DURATION_REMEDY: &str =
    "write a duration such as \"200ms\", \"2s\", \"5m\" or \"1h 30m\"";

/// The longest duration that can be given.
const DURATION_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Reads a duration such as `200ms`, `2s`, `5m` or `1h 30m`: not negative, at most 366 days.
pub fn read_duration(text: &str) -> Result<Duration, String> {
    let signed: jiff::SignedDuration =
        text.parse().map_err(|_| format!("is not a duration: `{text}`"))?;
    let duration = Duration::try_from(signed).map_err(|_| format!("is negative: `{text}`"))?;
    if duration > DURATION_MAX {
        return Err(format!("is longer than 366 days: `{text}`"));
    }
    Ok(duration)
}
