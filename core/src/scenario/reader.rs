//! A walk over the tree of a TOML text in which every key and value knows its place: whatever is
//! wrong is noted with its place and remedy, and the walk goes on.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use rust_decimal::Decimal;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use uuid::Uuid;

use crate::model::amount::{Amount, parse_balance, parse_signed_balance};
use crate::model::limits::REPEATED_MAX;
use crate::model::reference::parse_uuid;
use crate::model::spelling::suggestion;
use crate::scenario::description::Table;
use crate::scenario::duration::{DURATION_REMEDY, read_duration};
use crate::scenario::problem::{PROBLEMS_MAX, Problem};
use crate::scenario::rule::Chance;
use crate::scenario::timing::Timing;

/// A value with its place.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// A walk over the tree; whatever is wrong is noted and the walk goes on.
pub(super) struct Reader<'p> {
    pub(super) problems: &'p mut Vec<Problem>,
    pub(super) warnings: &'p mut Vec<Problem>,
}

/// The fields of a table, by name, after the unknown ones were noted.
pub(super) struct Fields<'t, 'i> {
    named: BTreeMap<&'t str, (Range<usize>, &'t Value<'i>)>,
}

impl<'t, 'i> Fields<'t, 'i> {
    pub(super) fn get(&self, name: &str) -> Option<&'t Value<'i>> {
        self.named.get(name).map(|(_, value)| *value)
    }

    pub(super) fn place(&self, name: &str) -> Range<usize> {
        self.named.get(name).map(|(place, _)| place.clone()).unwrap_or_default()
    }
}

impl Reader<'_> {
    /// The fields of a value that must be a table.
    pub(super) fn table<'t, 'i>(
        &mut self,
        spec: &Table,
        value: &'t Value<'i>,
    ) -> Option<Fields<'t, 'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(self.known(table, spec.what, &spec.names())),
            other => {
                self.wrong_type(spec.what, "a table, such as { … }", other, value.span());
                None
            }
        }
    }

    /// The fields of a table; those that are not `known` are noted, with the nearest known name.
    pub(super) fn known<'t, 'i>(
        &mut self,
        table: &'t DeTable<'i>,
        what: &str,
        known: &[&str],
    ) -> Fields<'t, 'i> {
        let mut named = BTreeMap::new();
        for (key, value) in table {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                named.insert(name, (key.span(), value));
            } else {
                self.note(
                    key.span(),
                    &format!("unknown field `{name}` in {what}"),
                    &suggestion(name, known),
                );
            }
        }
        Fields { named }
    }

    /// The items of a value that must be an array of tables.
    pub(super) fn tables<'t, 'i>(&mut self, name: &str, value: &'t Value<'i>) -> &'t [Value<'i>] {
        match value.get_ref() {
            DeValue::Array(items) => items,
            other => {
                let expected = format!("one or more [[{name}]]");
                self.wrong_type(name, &expected, other, value.span());
                &[]
            }
        }
    }

    /// A field's value, if the field is there and holds what it should.
    pub(super) fn read<T>(
        &mut self,
        fields: &Fields<'_, '_>,
        name: &str,
        read: impl FnOnce(&mut Self, &str, &Value<'_>) -> Option<T>,
    ) -> Option<T> {
        fields.get(name).and_then(|value| read(self, name, value))
    }

    /// A whole number from 1.
    pub(super) fn count(&mut self, field: &str, value: &Value<'_>) -> Option<u32> {
        self.number(field, value, 1, u32::MAX)
    }

    /// How often something comes again.
    pub(super) fn repeats(&mut self, field: &str, value: &Value<'_>) -> Option<u32> {
        self.number(field, value, 1, REPEATED_MAX)
    }

    /// A whole number of this range.
    pub(super) fn number(
        &mut self,
        field: &str,
        value: &Value<'_>,
        low: u32,
        high: u32,
    ) -> Option<u32> {
        let expected = match high {
            u32::MAX => format!("a whole number from {low}"),
            _ => format!("a whole number from {low} to {high}"),
        };
        match value.get_ref() {
            DeValue::Integer(number) => {
                let digits = number.as_str().replace('_', "");
                let parsed = u32::from_str_radix(&digits, number.radix()).ok();
                let parsed = parsed.filter(|number| (low..=high).contains(number));
                if parsed.is_none() {
                    let message = format!("`{field}` cannot be {number}");
                    self.note(value.span(), &message, &format!("write {expected}"));
                }
                parsed
            }
            other => {
                self.wrong_type(&format!("`{field}`"), &expected, other, value.span());
                None
            }
        }
    }

    /// A number from 0 to 1.
    pub(super) fn chance(&mut self, field: &str, value: &Value<'_>) -> Option<Chance> {
        let digits = self.digits(field, value)?;
        let chance = digits.parse::<f64>().ok().filter(|chance| (0.0..=1.0).contains(chance));
        if chance.is_none() {
            let message = format!("`{field}` cannot be {digits}");
            self.note(value.span(), &message, "write a number from 0 to 1, such as 0.1");
        }
        chance.map(Chance)
    }

    pub(super) fn uuid(&mut self, field: &str, value: &Value<'_>) -> Option<Uuid> {
        let text = self.text(field, value)?;
        let uuid = parse_uuid(&text);
        if uuid.is_none() {
            let message = format!("`{field}` is not a UUID: `{text}`");
            self.note(value.span(), &message, "write the id that the API user was created with");
        }
        uuid
    }

    /// A duration that may be negative, in milliseconds.
    pub(super) fn signed_duration(&mut self, field: &str, value: &Value<'_>) -> Option<i64> {
        let text = self.text(field, value)?;
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.as_str()),
        };
        match read_duration(rest) {
            Ok(duration) => i64::try_from(duration.as_millis()).ok().map(|millis| sign * millis),
            Err(message) => {
                self.note(value.span(), &format!("`{field}` {message}"), DURATION_REMEDY);
                None
            }
        }
    }

    /// A duration, `{min, max}` or `{median, p99}`.
    pub(super) fn timing(&mut self, field: &str, value: &Value<'_>) -> Option<Timing> {
        const REMEDY: &str = "write { min = \"1s\", max = \"5s\" } or { median = \"1s\", p99 = \
                              \"20s\" }";
        let DeValue::Table(table) = value.get_ref() else {
            return self.duration(field, value).map(Timing::Fixed);
        };
        let what = format!("`{field}`");
        let fields = self.known(table, &what, &["min", "max", "median", "p99"]);
        let mut time = |name| self.read(&fields, name, Self::duration);
        let found = (time("min"), time("max"), time("median"), time("p99"));
        let names = ["min", "max", "median", "p99"].map(|name| fields.get(name).is_some());
        match (names, found) {
            ([true, true, false, false], (Some(min), Some(max), _, _)) if min <= max => {
                Some(Timing::Between { min, max })
            }
            ([false, false, true, true], (_, _, Some(median), Some(p99)))
                if median <= p99 && !median.is_zero() =>
            {
                Some(Timing::Spread { median, p99 })
            }
            ([true, true, false, false], (Some(min), Some(max), _, _)) => {
                let message = format!("`{field}` has a `min` of {min:?} above its `max` {max:?}");
                self.note(value.span(), &message, "swap the two");
                None
            }
            ([false, false, true, true], (_, _, Some(_), Some(_))) => {
                let message = format!("`{field}` has a `median` of zero, or above its `p99`");
                self.note(value.span(), &message, REMEDY);
                None
            }
            // What is wrong with a value was noted with it.
            ([true, true, false, false] | [false, false, true, true], _) => None,
            _ => {
                let message = format!("`{field}` needs `min` and `max`, or `median` and `p99`");
                self.note(value.span(), &message, REMEDY);
                None
            }
        }
    }

    pub(super) fn boolean(&mut self, field: &str, value: &Value<'_>) -> Option<bool> {
        match value.get_ref() {
            DeValue::Boolean(yes) => Some(*yes),
            other => {
                self.wrong_type(&format!("`{field}`"), "true or false", other, value.span());
                None
            }
        }
    }

    pub(super) fn one_of<T: Copy>(
        &mut self,
        field: &str,
        value: &Value<'_>,
        allowed: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(field, value)?;
        let found = allowed.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let names: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
            self.note(
                value.span(),
                &format!("`{field}` cannot be `{text}`"),
                &suggestion(&text, &names),
            );
        }
        found.map(|(_, one)| *one)
    }

    pub(super) fn text(&mut self, field: &str, value: &Value<'_>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            other => {
                self.wrong_type(&format!("`{field}`"), "text in quotes", other, value.span());
                None
            }
        }
    }

    pub(super) fn amount(&mut self, field: &str, value: &Value<'_>) -> Option<Amount> {
        let digits = self.digits(field, value)?;
        match Amount::parse(&digits) {
            Ok(amount) => Some(amount),
            Err(error) => {
                self.note(
                    value.span(),
                    &format!("`{field}` {error}"),
                    "write an amount such as \"100\" or \"12.5\"",
                );
                None
            }
        }
    }

    pub(super) fn balance(&mut self, field: &str, value: &Value<'_>) -> Option<Decimal> {
        let digits = self.digits(field, value)?;
        match parse_balance(&digits) {
            Ok(balance) => Some(balance),
            Err(error) => {
                let message = format!("`{field}` {error}");
                self.note(value.span(), &message, "write a balance such as \"1000\" or \"0\"");
                None
            }
        }
    }

    pub(super) fn signed_balance(&mut self, field: &str, value: &Value<'_>) -> Option<Decimal> {
        let digits = self.digits(field, value)?;
        let balance = parse_signed_balance(&digits);
        if balance.is_none() {
            let message = format!("`{field}` is not a decimal such as \"1000\" or \"-25\"");
            self.note(value.span(), &message, "write a balance, with a minus or without");
        }
        balance
    }

    fn digits(&mut self, field: &str, value: &Value<'_>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.to_string()),
            DeValue::Float(number) => Some(number.as_str().to_owned()),
            other => {
                let expected = "an amount, such as \"100\"";
                self.wrong_type(&format!("`{field}`"), expected, other, value.span());
                None
            }
        }
    }

    pub(super) fn duration(&mut self, field: &str, value: &Value<'_>) -> Option<Duration> {
        let text = self.text(field, value)?;
        match read_duration(&text) {
            Ok(duration) => Some(duration),
            Err(message) => {
                self.note(value.span(), &format!("`{field}` {message}"), DURATION_REMEDY);
                None
            }
        }
    }

    pub(super) fn wrong_type(
        &mut self,
        what: &str,
        expected: &str,
        found: &DeValue<'_>,
        span: Range<usize>,
    ) {
        let found = match found {
            DeValue::String(_) => "text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        self.note(span, &format!("{what} cannot be {found}"), &format!("write {expected}"));
    }

    pub(super) fn note(&mut self, span: Range<usize>, message: &str, help: &str) {
        // One beyond those that are told says that there are more.
        if self.problems.len() > PROBLEMS_MAX {
            return;
        }
        self.problems.push(Problem {
            span,
            message: message.to_owned(),
            help: Some(help.to_owned()),
            is_warning: false,
        });
    }

    /// Notes what is good and yet worth a warning, once for each message.
    pub(super) fn warn(
        &mut self,
        span: Range<usize>,
        message: String,
        help: impl FnOnce() -> String,
    ) {
        let is_new = self.warnings.iter().all(|one| one.message != message);
        if is_new && self.warnings.len() < PROBLEMS_MAX {
            self.warnings.push(Problem { span, message, help: Some(help()), is_warning: true });
        }
    }
}
