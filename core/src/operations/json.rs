//! The JSON of a request body, read where it stands: the members of an object keep their text until
//! somebody asks for one, so that unknown fields cost nothing and numbers keep their digits.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON object; of a name that is there twice, the last counts.
#[derive(Debug, Clone)]
pub struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

#[derive(Debug, Clone)]
pub enum Json<'a> {
    Null,
    Boolean,
    /// A number, as it is written.
    Number(&'a str),
    Text(Cow<'a, str>),
    /// An array, of which nothing is read.
    Array,
    Object(Object<'a>),
}

impl<'a> Object<'a> {
    /// Reads an object.
    ///
    /// # Errors
    ///
    /// What is no JSON, or another value.
    pub fn read(text: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(text)
    }

    /// Whether the value of that name is an object without a member. Its text tells, so that this
    /// costs next to nothing.
    pub fn is_empty_object(&self, name: &str) -> bool {
        let Some(text) = self.text(name).map(str::trim) else { return false };
        let inside = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        inside.is_some_and(|inside| inside.trim_ascii().is_empty())
    }

    /// The text of the value of that name.
    fn text(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().rev().find(|(own, _)| own == name);
        found.map(|(_, value)| value.get())
    }

    /// The value of that name; `null` counts as none.
    ///
    /// # Errors
    ///
    /// A text that is none, such as half of a surrogate pair.
    pub fn get(&self, name: &str) -> serde_json::Result<Option<Json<'a>>> {
        let Some((_, value)) = self.0.iter().rev().find(|(own, _)| own == name) else {
            return Ok(None);
        };
        match Json::read(value)? {
            Json::Null => Ok(None),
            value => Ok(Some(value)),
        }
    }
}

impl<'a> Json<'a> {
    /// Reads a value whose text is known to be JSON.
    ///
    /// # Errors
    ///
    /// A text that is none, such as half of a surrogate pair.
    pub fn read(value: &'a RawValue) -> serde_json::Result<Self> {
        let text = value.get();
        Ok(match text.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b't' | b'f') => Self::Boolean,
            // Without an escape, what is between the quotes is the text.
            Some(b'"') if !text.contains('\\') => {
                Self::Text(Cow::Borrowed(&text[1..text.len() - 1]))
            }
            Some(b'"') => Self::Text(serde_json::from_str::<BorrowedText<'_>>(text)?.0),
            Some(b'[') => Self::Array,
            Some(b'{') => Self::Object(serde_json::from_str(text)?),
            _ => Self::Number(text),
        })
    }

    /// Returns the name of this type of value, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Array => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// A text, borrowed where nothing in it is escaped.
#[derive(Deserialize)]
struct BorrowedText<'a>(#[serde(borrow)] Cow<'a, str>);

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some(BorrowedText(name)) = map.next_key()? {
            members.push((name, map.next_value()?));
        }
        Ok(Object(members))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: &str, expected: &str) {
        let object = Object::read(text.as_bytes()).expect("an object");
        let value = object.get(name).expect("a value");
        assert_eq!(value.map_or("nothing", |value| value.kind()), expected, "{text}");
    }

    #[test]
    fn each_kind_of_value_is_told_apart() {
        for (value, is_empty) in
            [("{}", true), (" { } ", true), ("{\"b\":1}", false), ("[]", false)]
        {
            let text = format!("{{\"a\":{value}}}");
            let object = Object::read(text.as_bytes()).expect("an object");
            assert_eq!(object.is_empty_object("a"), is_empty, "{value}");
            assert!(!object.is_empty_object("b"));
        }
        for (value, kind) in [
            ("null", "nothing"),
            ("true", "a boolean"),
            (" -5.50 ", "a number"),
            ("\"x\"", "text"),
            ("[1]", "an array"),
            ("{\"b\":{}}", "an object"),
        ] {
            check(&format!("{{\"a\":{value}}}"), "a", kind);
        }
        check("{}", "a", "nothing");
    }

    #[test]
    fn of_a_name_that_is_there_twice_the_last_counts_and_escapes_are_read() {
        let object = Object::read(br#"{"a":1,"\u0061":"b\n"}"#).expect("an object");
        assert!(matches!(object.get("a"), Ok(Some(Json::Text(text))) if text == "b\n"));
    }

    #[test]
    fn numbers_keep_their_digits() {
        let object = Object::read(br#"{"a":123456789012.1234567890}"#).expect("an object");
        assert!(matches!(object.get("a"), Ok(Some(Json::Number("123456789012.1234567890")))));
    }

    #[test]
    fn what_is_broken_is_refused_wherever_it_is() {
        for text in ["", "[]", "{\"a\":}", "{\"a\":1} x", "{\"a\":[1,}", "{\"a\":tru}"] {
            assert!(Object::read(text.as_bytes()).is_err(), "{text}");
        }
        let half =
            Object::read(br#"{"a":"\ud800"}"#).and_then(|object| object.get("a").map(|_| ()));
        assert!(half.is_err());
        assert!(Object::read(b"{\"a\":\"\xff\"}").is_err());
    }
}
