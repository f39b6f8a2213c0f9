//! A walk over the tree of a TOML text in which every key and value knows its place: whatever is
//! wrong is noted with its place and remedy, and the walk goes on.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use rust_decimal::Decimal;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::amount::{Amount, parse_balance};
use crate::scenario::duration::{DURATION_REMEDY, read_duration};
use crate::scenario::problem::Problem;
use crate::scenario::spelling::suggestion;

/// A value with its place.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// A walk over the tree; whatever is wrong is noted and the walk goes on.
pub(super) struct Walk<'p> {
    pub(super) problems: &'p mut Vec<Problem>,
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

impl Walk<'_> {
    /// The fields of a value that must be a table.
    pub(super) fn table<'t, 'i>(
        &mut self,
        what: &str,
        value: &'t Value<'i>,
        known: &[&str],
    ) -> Option<Fields<'t, 'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(self.known(table, what, known)),
            other => {
                self.wrong_type(what, "a table, such as { … }", other, value.span());
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

    fn digits(&mut self, field: &str, value: &Value<'_>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.as_str().to_owned()),
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
        self.problems.push(Problem {
            span,
            message: message.to_owned(),
            help: Some(help.to_owned()),
        });
    }
}
