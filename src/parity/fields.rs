//! A reader of a JSON object, which takes its members one by one. Its errors name the place of a
//! member that is missing, of another type or unknown.

use serde_json::{Map, Value};

/// The members of an object that were not read yet.
#[derive(Debug)]
pub struct Fields {
    place: String,
    members: Map<String, Value>,
}

impl Fields {
    /// A reader of a value that must be an object; `place` says where it is, such as `response`.
    pub fn of(place: &str, value: Value) -> Result<Self, String> {
        match value {
            Value::Object(members) => Ok(Self { place: place.to_owned(), members }),
            other => Err(format!("{place} is {}; expected an object", kind_of(&other))),
        }
    }

    fn expected(&self, name: &str, found: Option<&Value>, expected: &str) -> String {
        let place = &self.place;
        match found {
            None => format!("{place} has no `{name}`; expected {expected}"),
            Some(found) => {
                format!("`{name}` of {place} is {}; expected {expected}", kind_of(found))
            }
        }
    }

    /// The member with this name, of any type.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.members.shift_remove(name)
    }

    /// A member that must be there.
    pub fn required(&mut self, name: &str) -> Result<Value, String> {
        self.take(name).ok_or_else(|| self.expected(name, None, "a value or null"))
    }

    /// A text that must be there.
    pub fn text(&mut self, name: &str) -> Result<String, String> {
        match self.take(name) {
            Some(Value::String(text)) => Ok(text),
            other => Err(self.expected(name, other.as_ref(), "a text")),
        }
    }

    /// A text that may be missing, but not null.
    pub fn optional_text(&mut self, name: &str) -> Result<Option<String>, String> {
        if self.members.contains_key(name) { self.text(name).map(Some) } else { Ok(None) }
    }

    /// A text or null, which must be there.
    pub fn nullable_text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            other => Err(self.expected(name, other.as_ref(), "a text or null")),
        }
    }

    /// A boolean; `false` where it is missing.
    pub fn flag(&mut self, name: &str) -> Result<bool, String> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(other) => Err(self.expected(name, Some(&other), "true or false")),
        }
    }

    /// A whole number that may be missing.
    pub fn optional_number(&mut self, name: &str) -> Result<Option<u32>, String> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let wrong = || self.expected(name, Some(&value), "a whole number");
        number.map(Some).ok_or_else(wrong)
    }

    /// A list of texts, which must be there.
    pub fn required_texts(&mut self, name: &str) -> Result<Vec<String>, String> {
        if self.members.contains_key(name) {
            self.texts(name)
        } else {
            Err(self.expected(name, None, "a list of texts"))
        }
    }

    /// A list of texts; none where it is missing.
    pub fn texts(&mut self, name: &str) -> Result<Vec<String>, String> {
        let Some(value) = self.take(name) else { return Ok(Vec::new()) };
        let texts = value.as_array().map(|items| {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        texts.flatten().ok_or_else(|| self.expected(name, Some(&value), "a list of texts"))
    }

    /// Checks that every member was read.
    ///
    /// # Errors
    ///
    /// The members that were not read.
    pub fn end(self) -> Result<(), String> {
        let left: Vec<String> = self.members.keys().map(|name| format!("`{name}`")).collect();
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!(
                "{} has {}, which this program does not know; take it out, or use the version of \
             momo-sandbox that the file was written for",
                self.place,
                left.join(", ")
            ))
        }
    }
}

/// The type of a JSON value, in words.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
