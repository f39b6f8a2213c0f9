//! The values of a scenario in JSON, which has the same tables and fields as one in TOML; each with
//! its path.

use serde_json::{Map, Number, Value as Json};

use crate::scenario::value::{Content, Entry, Location, Value};

/// Returns the whole document as a table.
pub(super) fn document(object: &Map<String, Json>) -> Value<'_> {
    Value { place: Location::Path(String::new()), content: table("", object) }
}

fn value(path: String, json: &Json) -> Value<'_> {
    let content = match json {
        Json::Null => Content::Null,
        Json::Bool(yes) => Content::Boolean(*yes),
        Json::String(text) => Content::Text(text),
        Json::Number(number) => self::number(number),
        Json::Array(items) => {
            let item = |(index, item)| value(format!("{path}[{index}]"), item);
            Content::Array(items.iter().enumerate().map(item).collect())
        }
        Json::Object(fields) => table(&path, fields),
    };
    Value { place: Location::Path(path), content }
}

/// A number as it was written: reading it as a double would lose digits.
fn number(number: &Number) -> Content<'static> {
    let written = number.to_string();
    if written.contains(['.', 'e', 'E']) {
        Content::Float(written)
    } else {
        Content::Integer { value: written.parse().ok(), written }
    }
}

fn table<'t>(path: &str, fields: &'t Map<String, Json>) -> Content<'t> {
    let entry = |(name, field): (&'t String, &'t Json)| {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        Entry { name, place: Location::Path(path.clone()), value: value(path, field) }
    };
    Content::Table(fields.iter().map(entry).collect())
}

/// Returns the same scenario in TOML: the text that is shown of it.
pub(super) fn to_toml(object: &Map<String, Json>) -> Result<String, String> {
    let table = object.iter().map(|(name, value)| Ok((name.clone(), toml_value(value)?)));
    let table: toml::Table = table.collect::<Result<_, String>>()?;
    toml::to_string(&table).map_err(|error| format!("this is no scenario: {error}"))
}

fn toml_value(value: &Json) -> Result<toml::Value, String> {
    Ok(match value {
        Json::Null => return Err("a scenario has no null".to_owned()),
        Json::Bool(yes) => toml::Value::Boolean(*yes),
        Json::String(text) => toml::Value::String(text.clone()),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => toml::Value::Integer(whole),
            (None, Some(fraction)) if fraction.to_string() == number.to_string() => {
                toml::Value::Float(fraction)
            }
            // A float would lose digits. A field that needs them all reads the text too.
            (None, _) => toml::Value::String(number.to_string()),
        },
        Json::Array(items) => {
            toml::Value::Array(items.iter().map(toml_value).collect::<Result<_, _>>()?)
        }
        Json::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| Ok((name.clone(), toml_value(value)?)));
            toml::Value::Table(fields.collect::<Result<_, String>>()?)
        }
    })
}
