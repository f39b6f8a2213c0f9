//! Conditions on the time of day and the day of the week, on the emulator's clock.

use serde_json::{Value as Json, json};
use strum::{IntoStaticStr, VariantArray};

use crate::model::time::Timestamp;
use crate::scenario::field::{FieldKind, Text, parsed};
use crate::scenario::reader::Reader;
use crate::scenario::value::{Content, Value};

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;
const DAY_MS: i64 = DAY_MINUTES * MINUTE_MS;

/// How far the clocks of a scenario's people are from UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UtcOffset {
    minutes: i16,
}

impl UtcOffset {
    /// Reads `+03:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_signed = text.starts_with(['+', '-']) && text.len() == "+03:00".len();
        let parsed = jiff::fmt::strtime::parse("%:z", text).ok().filter(|_| is_signed)?;
        let minutes = parsed.offset()?.seconds() / 60;
        i16::try_from(minutes).ok().map(|minutes| Self { minutes })
    }

    /// Milliseconds since 1970 on clocks at this offset.
    pub fn local_millis(self, now: Timestamp) -> i64 {
        now.0.saturating_add(i64::from(self.minutes) * MINUTE_MS)
    }
}

/// A part of each day: from a minute, included, to another, excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    from: u16,
    to: u16,
}

impl Hours {
    /// Whether it is that time; the part may go over midnight.
    pub fn contain(self, now: Timestamp, offset: UtcOffset) -> bool {
        let minute = offset.local_millis(now).rem_euclid(DAY_MS) / MINUTE_MS;
        let (from, to) = (i64::from(self.from), i64::from(self.to));
        if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    pub fn of(now: Timestamp, offset: UtcOffset) -> Self {
        // 1970 began on a Thursday.
        let days = offset.local_millis(now).div_euclid(DAY_MS) + 3;
        let place = usize::try_from(days.rem_euclid(7)).unwrap_or_default();
        Self::VARIANTS[place]
    }
}

/// An offset from UTC, such as `"+03:00"`.
pub(super) struct Offset;

impl FieldKind for Offset {
    type Read<'v> = UtcOffset;

    fn schema(&self) -> Json {
        json!({"type": "string", "pattern": "^[+-][0-9][0-9]:[0-9][0-9]$"})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<UtcOffset> {
        let help = "write hours and minutes, such as \"+03:00\"";
        parsed(to, name, value, UtcOffset::parse, ("an offset from UTC", help))
    }
}

/// Two times of day, such as `["08:00", "18:00"]`.
pub(super) struct TwoTimes;

const TWO_TIMES_REMEDY: &str = "write two times of day, such as [\"08:00\", \"18:00\"]";

impl FieldKind for TwoTimes {
    type Read<'v> = Hours;

    fn schema(&self) -> Json {
        let time = json!({"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"});
        json!({"type": "array", "items": time, "minItems": 2, "maxItems": 2})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<Hours> {
        let Content::Array(items) = &value.content else {
            let message = format!("`{name}` cannot be {}", value.content.what());
            to.note(&value.place, &message, TWO_TIMES_REMEDY);
            return None;
        };
        let [from, end] = &items[..] else {
            let message = format!("`{name}` has {} items", items.len());
            to.note(&value.place, &message, TWO_TIMES_REMEDY);
            return None;
        };
        let [from, end] = [from, end].map(|item| {
            let text = Text.read(to, name, item)?;
            let minute = minute_of(text);
            if minute.is_none() {
                let message = format!("`{name}` has no time of day: `{text}`");
                to.note(&item.place, &message, TWO_TIMES_REMEDY);
            }
            minute
        });
        let (from, end) = (from?, end?);
        if from == end {
            let message = format!("`{name}` begins and ends at the same minute");
            to.note(&value.place, &message, "leave it out for the whole day");
        }
        Some(Hours { from, to: end })
    }
}

/// Reads `08:00`; `24:00` is the end of the day.
fn minute_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str| {
        let is_two_digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u16>().ok().filter(|_| is_two_digits)
    };
    let minute = number(hours)? * 60 + number(minutes).filter(|minutes| *minutes < 60)?;
    (i64::from(minute) <= DAY_MINUTES).then_some(minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a time")
    }

    #[test]
    fn hours_begin_and_end_at_their_minutes_and_may_go_over_midnight() {
        let utc = UtcOffset::default();
        let day = Hours { from: 8 * 60, to: 18 * 60 };
        let holds =
            |hours: Hours, time: &str| hours.contain(at(&format!("2026-11-26T{time}Z")), utc);
        assert!(!holds(day, "07:59:59.999"));
        assert!(holds(day, "08:00:00"));
        assert!(holds(day, "17:59:59.999"));
        assert!(!holds(day, "18:00:00"));
        let night = Hours { from: 22 * 60, to: 6 * 60 };
        assert!(holds(night, "23:00:00") && holds(night, "05:59:00"));
        assert!(!holds(night, "06:00:00") && !holds(night, "21:59:00"));
        let kampala = UtcOffset::parse("+03:00").expect("an offset");
        assert!(day.contain(at("2026-11-26T05:00:00Z"), kampala));
        assert!(!day.contain(at("2026-11-26T15:00:00Z"), kampala));
    }

    #[test]
    fn the_day_of_the_week_is_that_of_the_calendar_there() {
        let utc = UtcOffset::default();
        assert_eq!(Weekday::of(at("1970-01-01T00:00:00Z"), utc), Weekday::Thursday);
        assert_eq!(Weekday::of(at("2026-11-26T12:00:00Z"), utc), Weekday::Thursday);
        assert_eq!(Weekday::of(at("1969-12-31T23:59:59Z"), utc), Weekday::Wednesday);
        let east = UtcOffset::parse("+03:00").expect("an offset");
        assert_eq!(Weekday::of(at("2026-11-29T21:00:00Z"), east), Weekday::Monday);
        let west = UtcOffset::parse("-00:30").expect("an offset");
        assert_eq!(Weekday::of(at("2026-11-26T00:10:00Z"), west), Weekday::Wednesday);
    }

    #[test]
    fn only_whole_times_and_offsets_are_read() {
        assert_eq!(minute_of("08:05"), Some(485));
        assert_eq!(minute_of("24:00"), Some(1440));
        for bad in ["8:00", "08:60", "24:01", "0800", "08:00:00", "+8:00", ""] {
            assert_eq!(minute_of(bad), None, "{bad}");
        }
        for bad in ["3", "+3", "03:00", "+03", "+0300", "+03:00:00", "Z", "UTC"] {
            assert_eq!(UtcOffset::parse(bad), None, "{bad}");
        }
    }
}
