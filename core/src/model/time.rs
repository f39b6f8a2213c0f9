//! Points in time on the emulator's clock. Nothing here reads a clock.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Unexpected};
use serde::ser::{Serialize, Serializer};

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// A time in RFC 3339.
    pub fn parse(text: &str) -> Option<Self> {
        let instant: jiff::Timestamp = text.parse().ok()?;
        Some(Self(instant.as_millisecond()))
    }

    /// This much later; the far end of time where that cannot be written.
    pub fn after(self, wait: Duration) -> Self {
        let millis = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }

    /// This much earlier.
    pub fn before(self, lead: Duration) -> Self {
        let millis = i64::try_from(lead.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis))
    }

    /// The time from `earlier` to this one; zero if that is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Returns the whole seconds since 1970, as in a token's `exp`.
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// `2026-09-01T12:00:00.250`, in UTC: how MTN writes when something ends (recorded 2020 and
    /// 2024).
    pub fn to_millis_text(self) -> String {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => instant.strftime(MILLIS_FORMAT).to_string(),
            Err(_) => self.to_string(),
        }
    }

    /// Reads what [`Self::to_millis_text`] writes.
    pub fn parse_millis_text(text: &str) -> Option<Self> {
        let civil = jiff::civil::DateTime::strptime(MILLIS_FORMAT, text).ok()?;
        let zoned = civil.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self(zoned.timestamp().as_millisecond()))
    }
}

const MILLIS_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.3f";

/// RFC 3339 in UTC with milliseconds: `2026-09-01T12:00:00.250Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

/// RFC 3339, as [`Display`](fmt::Display) writes it.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let expected = &"a time such as 2026-09-01T12:00:00Z";
        let wrong = || D::Error::invalid_value(Unexpected::Str(&text), expected);
        Self::parse(&text).ok_or_else(wrong)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}

/// A duration in whole milliseconds.
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_shown_in_utc_with_milliseconds() {
        assert_eq!(Timestamp(1_788_264_000_250).to_string(), "2026-09-01T12:00:00.250Z");
        let text = Timestamp(1_788_264_000_250).to_millis_text();
        assert_eq!(text, "2026-09-01T12:00:00.250");
        assert_eq!(Timestamp::parse_millis_text(&text), Some(Timestamp(1_788_264_000_250)));
        assert_eq!(Timestamp::parse_millis_text("2026-09-01"), None);
    }

    #[test]
    fn the_far_end_of_time_is_never_passed() {
        assert_eq!(Timestamp(5).after(Duration::MAX), Timestamp(i64::MAX));
        assert_eq!(Timestamp(5).since(Timestamp(9)), Duration::ZERO);
    }
}
