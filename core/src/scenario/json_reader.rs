//! A scenario in JSON: the same tables and fields as in TOML.

use serde_json::{Map, Value};

/// The TOML of the same content. It goes through the values that both have: the mistakes of a JSON
/// scenario are told at their places in the TOML that it becomes.
///
/// # Errors
///
/// What TOML has no value for.
pub fn to_toml(object: Map<String, Value>) -> Result<String, String> {
    let value = toml_value(Value::Object(object))?;
    toml::to_string(&value).map_err(|error| format!("this is no scenario: {error}"))
}

fn toml_value(value: Value) -> Result<toml::Value, String> {
    Ok(match value {
        Value::Null => return Err("null has no place in a scenario: leave the field out".into()),
        Value::Bool(yes) => toml::Value::Boolean(yes),
        Value::String(text) => toml::Value::String(text),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => toml::Value::Integer(whole),
            (None, Some(fraction)) if fraction.to_string() == number.to_string() => {
                toml::Value::Float(fraction)
            }
            // A float would lose digits; where a number may have so many, its text is read too.
            (None, _) => toml::Value::String(number.to_string()),
        },
        Value::Array(items) => {
            toml::Value::Array(items.into_iter().map(toml_value).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => toml::Value::Table(
            fields
                .into_iter()
                .map(|(name, value)| toml_value(value).map(|value| (name, value)))
                .collect::<Result<_, _>>()?,
        ),
    })
}
