//! Durations as people write them, and the fields of a scenario that hold them.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::scenario::field::{Field, FieldKind, Text};
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::rule::CallbackDelay;
use crate::scenario::timing::Timing;
use crate::scenario::value::{Content, Value};

pub const DURATION_REMEDY: &str =
    "write a duration such as \"200ms\", \"2s\", \"5m\" or \"1h 30m\"";

const DURATION_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Reads a duration such as `200ms`, `2s`, `5m`, `1h 30m` or `30d`: not negative, at most 366 days.
pub fn read_duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|why| format!("{why}: `{text}`"))
}

/// Reads a duration; the text is not in the message of a mistake.
pub fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    let signed: jiff::SignedDuration =
        text.parse().or_else(|_| with_days(text)).map_err(|_| "is not a duration")?;
    let duration = Duration::try_from(signed).map_err(|_| "is negative")?;
    if duration > DURATION_MAX { Err("is longer than 366 days") } else { Ok(duration) }
}

/// Reads a duration that has days in it, each of 24 hours.
fn with_days(text: &str) -> Result<jiff::SignedDuration, jiff::Error> {
    text.parse::<jiff::Span>()?.to_duration(jiff::SpanRelativeTo::days_are_24_hours())
}

/// The text of a duration. A number without a unit is a mistake, whose remedy has the unit.
fn text_of<'v>(to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<&'v str> {
    let number = match &value.content {
        Content::Integer { written, .. } | Content::Float(written) => written.as_str(),
        Content::Text(text) if is_number(text) => text,
        _ => return Text.read(to, name, value),
    };
    if !is_number(number) {
        return Text.read(to, name, value);
    }
    let message = format!("`{name}` needs a unit: `{number}` is a number");
    let help = format!("write \"{number}s\", or \"{number}ms\" if it is in milliseconds");
    to.note(&value.place, &message, &help);
    None
}

/// Whether a text is a number as people write it.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.chars().all(|one| one.is_ascii_digit() || one == '.')
}

/// A duration such as `2s`.
pub(super) struct Period;

impl FieldKind for Period {
    type Read<'v> = Duration;

    fn schema(&self) -> Json {
        json!({"type": "string", "pattern": "^[0-9]"})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<Duration> {
        let parsed = read_duration(text_of(to, name, value)?);
        let note = |error| to.note(&value.place, &format!("`{name}` {error}"), DURATION_REMEDY);
        parsed.map_err(note).ok()
    }
}

/// A duration that may be negative; it is read in milliseconds.
pub(super) struct SignedPeriod;

impl FieldKind for SignedPeriod {
    type Read<'v> = i64;

    fn schema(&self) -> Json {
        json!({"type": "string", "pattern": "^-?[0-9]"})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<i64> {
        let text = text_of(to, name, value)?;
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        match read_duration(rest) {
            Ok(duration) => i64::try_from(duration.as_millis()).ok().map(|millis| sign * millis),
            Err(error) => {
                to.note(&value.place, &format!("`{name}` {error}"), DURATION_REMEDY);
                None
            }
        }
    }
}

/// A duration that may be negative, `{min, max}` or `{median, p99}`.
pub(super) struct SignedTime;

impl FieldKind for SignedTime {
    type Read<'v> = CallbackDelay;

    fn schema(&self) -> Json {
        let mut schema = Time.schema();
        schema["anyOf"][0] = SignedPeriod.schema();
        schema
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<CallbackDelay> {
        if let Content::Table(_) = value.content {
            return Time.read(to, name, value).map(CallbackDelay::Drawn);
        }
        SignedPeriod.read(to, name, value).map(CallbackDelay::Fixed)
    }
}

/// A duration, `{min, max}` or `{median, p99}`.
pub(super) struct Time;

const fn bound(name: &'static str) -> Field<Period> {
    Field { name, kind: Period, about: "", needed: None }
}

static MIN: Field<Period> = bound("min");
static MAX: Field<Period> = bound("max");
static MEDIAN: Field<Period> = bound("median");
static P99: Field<Period> = bound("p99");

/// The pairs of fields that a table of a time has.
static PAIRS: [[&Field<Period>; 2]; 2] = [[&MIN, &MAX], [&MEDIAN, &P99]];

const TIME_REMEDY: &str =
    "write { min = \"1s\", max = \"5s\" } or { median = \"1s\", p99 = \"20s\" }";

impl FieldKind for Time {
    type Read<'v> = Timing;

    fn schema(&self) -> Json {
        let pair = |[low, high]: [&Field<Period>; 2]| {
            json!({
                "type": "object",
                "required": [low.name, high.name],
                "properties": {low.name: low.kind.schema(), high.name: high.kind.schema()},
                "additionalProperties": false,
            })
        };
        json!({"anyOf": [Period.schema(), pair(PAIRS[0]), pair(PAIRS[1])]})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<Timing> {
        let Content::Table(entries) = &value.content else {
            return Period.read(to, name, value).map(Timing::Fixed);
        };
        let names = PAIRS.as_flattened().iter().map(|field| field.name).collect::<Vec<_>>();
        to.only_known(&format!("`{name}`"), &names, entries);
        let fields = Fields { place: &value.place, entries };
        let [[min, max], [median, p99]] =
            PAIRS.map(|pair| pair.map(|field| to.get(&fields, field)));
        match PAIRS.map(|pair| pair.map(|field| fields.has(field))) {
            [[true, true], [false, false]] => {
                let (min, max) = (min?, max?);
                if min <= max {
                    return Some(Timing::Between { min, max });
                }
                let message = format!("`{name}` has a `min` of {min:?} above its `max` {max:?}");
                to.note(&value.place, &message, "swap the two");
            }
            [[false, false], [true, true]] => {
                let (median, p99) = (median?, p99?);
                if median <= p99 && !median.is_zero() {
                    return Some(Timing::Spread { median, p99 });
                }
                let message = format!("`{name}` has a `median` of zero, or above its `p99`");
                to.note(&value.place, &message, TIME_REMEDY);
            }
            _ => {
                let message = format!("`{name}` needs `min` and `max`, or `median` and `p99`");
                to.note(&value.place, &message, TIME_REMEDY);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::value::Location;

    /// What is wrong with a value, where a duration is expected.
    fn told<K: FieldKind>(kind: &K, content: Content<'static>) -> Vec<String> {
        let value = Value { place: Location::Bytes(0..0), content };
        let mut reader = Reader::default();
        let _ = kind.read(&mut reader, "after", &value);
        let told = |problem: crate::scenario::problem::Problem| {
            format!("{} / {}", problem.message, problem.help.unwrap_or_default())
        };
        reader.problems.into_iter().map(told).collect()
    }

    #[test]
    fn a_number_without_a_unit_is_told_with_its_units() {
        let whole = |number: &str| Content::Integer { written: number.to_owned(), value: None };
        let expected = |number: &str| {
            let units = format!("\"{number}s\", or \"{number}ms\" if it is in milliseconds");
            vec![format!("`after` needs a unit: `{number}` is a number / write {units}")]
        };
        assert_eq!(told(&Period, whole("3")), expected("3"));
        assert_eq!(told(&Time, whole("3")), expected("3"));
        assert_eq!(told(&Time, Content::Text("500")), expected("500"));
        assert_eq!(told(&SignedPeriod, whole("-3")), expected("-3"));
        assert_eq!(told(&Time, Content::Float("0.5".to_owned())), expected("0.5"));
        for suggested in ["3s", "500ms", "0.5s", "0.5ms"] {
            assert_eq!(told(&Time, Content::Text(suggested)), Vec::<String>::new(), "{suggested}");
        }
        assert_eq!(told(&SignedPeriod, Content::Text("-3s")), Vec::<String>::new());
        // What has a remedy of its own now was no duration before.
        for number in ["0", "3", "0.5", "10"] {
            assert_eq!(parse_duration(number), Err("is not a duration"), "{number}");
        }
        let odd = Content::Float("inf".to_owned());
        assert_eq!(told(&Period, odd), ["`after` cannot be a number / write text in quotes"]);
    }
}
