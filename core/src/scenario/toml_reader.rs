//! Reads the values of a TOML text, each with its bytes in the text.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::scenario::value::{Content, Entry, Location, Value};

/// Returns the whole document as a table.
pub(super) fn document<'t>(document: &'t Spanned<DeTable<'_>>) -> Value<'t> {
    Value { place: Location::Bytes(document.span()), content: table(document.get_ref()) }
}

fn value<'t>(value: &'t Spanned<DeValue<'_>>) -> Value<'t> {
    let content = match value.get_ref() {
        DeValue::String(text) => Content::Text(text),
        DeValue::Integer(number) => {
            let digits = number.as_str().replace('_', "");
            let value = u32::from_str_radix(&digits, number.radix()).ok();
            Content::Integer { written: number.to_string(), value }
        }
        DeValue::Float(number) => Content::Float(number.as_str().to_owned()),
        DeValue::Boolean(yes) => Content::Boolean(*yes),
        DeValue::Datetime(date) => Content::Date(date.to_string()),
        DeValue::Array(items) => Content::Array(items.iter().map(self::value).collect()),
        DeValue::Table(fields) => table(fields),
    };
    Value { place: Location::Bytes(value.span()), content }
}

fn table<'t>(fields: &'t DeTable<'_>) -> Content<'t> {
    let entry = |(name, field): (&'t Spanned<_>, &'t Spanned<DeValue<'_>>)| {
        let text: &'t std::borrow::Cow<'_, str> = name.get_ref();
        Entry { name: text, place: Location::Bytes(name.span()), value: value(field) }
    };
    Content::Table(fields.iter().map(entry).collect())
}
