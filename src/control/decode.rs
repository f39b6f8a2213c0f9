//! Deserializes what a call is sent (the body, the query, the parameters of the path) and says what
//! is wrong with it: what came, what is expected, and the nearest known name of a mistyped one.
//!
//! A mistyped field or word is always refused. It would match nothing, and a test that hopes for
//! nothing would pass.

use std::fmt::{self, Display};
use std::marker::PhantomData;

use schemars::{JsonSchema, SchemaGenerator};
use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, Error, Expected, MapAccess,
    SeqAccess, Unexpected, Visitor,
};
use serde_json::{Map, Value};

use crate::control::refusal::Refusal;
use momo_sandbox_core::model::spelling::suggestion;
use momo_sandbox_core::operations::unreadable::beginning;

/// The newtype that takes any JSON as its text; see [`Raw`].
const RAW: &str = "$momo_sandbox::Raw";

/// Reads an object of JSON; `place` names it in refusals.
pub(super) fn object<T: DeserializeOwned>(
    sent: &Map<String, Value>,
    place: &str,
) -> Result<T, Refusal> {
    let fields = sent.iter().map(|(name, value)| (name.as_str(), Sent::Json(value)));
    fields_of(fields, place)
}

/// Reads parameters of a query or a path; `place` names it in refusals.
pub(super) fn parameters<T: DeserializeOwned>(
    sent: &[(String, String)],
    place: &str,
) -> Result<T, Refusal> {
    let is_first = |place: usize, name: &str| sent[..place].iter().all(|(one, _)| one != name);
    let firsts = sent.iter().enumerate().filter(|(place, (name, _))| is_first(*place, name));
    let fields = firsts.map(|(_, (name, _))| {
        let all = sent.iter().filter(|(one, _)| one == name).map(|(_, text)| text.as_str());
        (name.as_str(), Sent::Texts(all.collect()))
    });
    fields_of(fields, place)
}

fn fields_of<'a, T: DeserializeOwned>(
    fields: impl Iterator<Item = (&'a str, Sent<'a>)>,
    place: &str,
) -> Result<T, Refusal> {
    let nodes = fields.map(|(name, sent)| Node { name, sent });
    let read = T::deserialize(MapAccessDeserializer::new(Nodes { nodes, last: None }));
    read.map_err(|wrong| Refusal::bad(wrong.sentence(place, None)))
}

/// The names of the fields of an object.
pub(super) fn names_of<T: JsonSchema>() -> Vec<String> {
    let schema = T::json_schema(&mut SchemaGenerator::default());
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(Map::keys).cloned().collect()
}

/// What was sent as one field.
#[derive(Clone)]
enum Sent<'a> {
    /// A value of JSON.
    Json(&'a Value),
    /// The texts that a query has for one name.
    Texts(Vec<&'a str>),
}

/// A field with its name.
#[derive(Clone)]
struct Node<'a> {
    name: &'a str,
    sent: Sent<'a>,
}

/// What is wrong. [`Node::read`] adds the name of the field.
#[derive(Debug, thiserror::Error)]
pub(super) enum Wrong {
    #[error("unknown field `{name}`")]
    UnknownField { name: String, known: &'static [&'static str] },
    #[error("unknown word `{word}`")]
    UnknownWord { word: String, known: &'static [&'static str] },
    #[error("expected {0}")]
    Type(String),
    #[error("expected {0}")]
    Value(String),
    #[error("`{0}` is required")]
    Missing(&'static str),
    /// What follows the name of the field.
    #[error("{0}")]
    Other(String),
    /// The whole sentence.
    #[error("{0}")]
    Told(String),
}

impl Wrong {
    fn sentence(self, place: &str, sent: Option<&Sent<'_>>) -> String {
        match self {
            Self::UnknownField { name, known } => {
                let help = match known {
                    [] => "it takes none".to_owned(),
                    _ => suggestion(&name, known),
                };
                format!("unknown `{}` in {place}: {help}", beginning(&name))
            }
            Self::UnknownWord { word, known } => {
                format!("{place} cannot be `{}`: {}", beginning(&word), suggestion(&word, known))
            }
            Self::Type(expected) => {
                let sent = sent.map(Sent::to_text).unwrap_or_default();
                format!("{place} must be {expected}, not {}", beginning(&sent))
            }
            Self::Value(expected) => {
                let sent = sent.map(Sent::to_quotation).unwrap_or_default();
                format!("{place} cannot be {sent}: {expected} is expected")
            }
            Self::Missing(field) => format!("`{field}` is required"),
            Self::Other(rest) => format!("{place} {rest}"),
            Self::Told(sentence) => sentence,
        }
    }
}

impl Sent<'_> {
    /// The value as it came.
    fn to_text(&self) -> String {
        match self {
            Self::Json(value) => value.to_string(),
            Self::Texts(texts) => format!("`{}`", texts.join("`, `")),
        }
    }

    /// The value between backticks, if it is text.
    fn to_quotation(&self) -> String {
        match self {
            Self::Json(Value::String(text)) => format!("`{}`", beginning(text)),
            Self::Json(value) => beginning(&value.to_string()).to_owned(),
            Self::Texts(texts) => format!("`{}`", beginning(texts.first().unwrap_or(&""))),
        }
    }
}

/// The words for what serde's own visitors expect.
fn words(expected: &dyn Expected) -> String {
    let words = expected.to_string();
    match words.as_str() {
        "u16" | "u32" | "u64" | "usize" => "a whole number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" => "text".to_owned(),
        _ => words,
    }
}

impl Error for Wrong {
    fn custom<T: Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Type(words(expected))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match unexpected {
            // A number that the type has no room for.
            Unexpected::Signed(_) => Self::Type(words(expected)),
            _ => Self::Value(words(expected)),
        }
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::Type(words(expected))
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        Self::UnknownWord { word: word.to_owned(), known }
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::UnknownField { name: name.to_owned(), known }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}

/// Fields, or the elements of a list. What is wrong with one is told here with its name.
struct Nodes<'a, I> {
    nodes: I,
    last: Option<Node<'a>>,
}

impl<'de, I: Iterator<Item = Node<'de>>> MapAccess<'de> for Nodes<'de, I> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Wrong> {
        self.last = self.nodes.next();
        let name = self.last.as_ref().map(|node| BorrowedStrDeserializer::new(node.name));
        name.map(|name| seed.deserialize(name)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let node = self.last.take().ok_or_else(|| Wrong::custom("has no value"))?;
        node.read(seed)
    }
}

impl<'de, I: Iterator<Item = Node<'de>>> SeqAccess<'de> for Nodes<'de, I> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Wrong> {
        self.nodes.next().map(|node| node.read(seed)).transpose()
    }
}

impl<'de> Node<'de> {
    fn read<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Wrong> {
        seed.deserialize(self.clone()).map_err(|wrong| {
            Wrong::Told(wrong.sentence(&format!("`{}`", self.name), Some(&self.sent)))
        })
    }
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let name = self.name;
        let value = match self.sent {
            Sent::Json(value) => value,
            Sent::Texts(texts) => match texts[..] {
                [text] => return visitor.visit_borrowed_str(text),
                _ => return Err(Wrong::custom("is there twice: leave one out")),
            },
        };
        match value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(is) => visitor.visit_bool(*is),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::Array(list) => {
                let nodes = list.iter().map(|one| Node { name, sent: Sent::Json(one) });
                visitor.visit_seq(Nodes { nodes, last: None })
            }
            Value::Object(fields) => {
                let nodes = fields.iter().map(|(name, one)| Node { name, sent: Sent::Json(one) });
                visitor.visit_map(Nodes { nodes, last: None })
            }
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match &self.sent {
            Sent::Texts(texts) if texts.len() == 1 => match texts[0].parse() {
                Ok(number) => visitor.visit_u64(number),
                Err(_) => Err(Wrong::Type("a whole number".to_owned())),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    /// A field that may be left out is there: `null` is a value like another.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match name {
            RAW => visitor.visit_str(&self.sent.to_text()),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    /// A query repeats a name for a list.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let name = self.name;
        match self.sent {
            Sent::Json(_) => self.deserialize_any(visitor),
            Sent::Texts(texts) => {
                let nodes = texts.into_iter();
                let nodes = nodes.map(|one| Node { name, sent: Sent::Texts(vec![one]) });
                visitor.visit_seq(Nodes { nodes, last: None })
            }
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// Any JSON, as its text: numbers keep their digits.
#[derive(Debug, Clone)]
pub struct Raw(pub String);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RawVisitor;

        impl Visitor<'_> for RawVisitor {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
                Ok(Raw(text.to_owned()))
            }
        }

        deserializer.deserialize_newtype_struct(RAW, RawVisitor)
    }
}

/// Reads a list. `expected` says what is expected instead of another value.
pub(super) fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
) -> Result<Vec<T>, D::Error> {
    let wrong = || D::Error::invalid_type(Unexpected::Unit, &expected);
    list_or_null(deserializer, expected)?.ok_or_else(wrong)
}

/// Reads a list, or `null` as no list.
pub(super) fn list_or_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
) -> Result<Option<Vec<T>>, D::Error> {
    struct ListVisitor<T>(&'static str, PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
        type Value = Option<Vec<T>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(one) = list.next_element()? {
                all.push(one);
            }
            Ok(Some(all))
        }
    }

    deserializer.deserialize_seq(ListVisitor(expected, PhantomData))
}

/// Reads a flag that can only be set.
pub(super) fn only_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    struct TrueVisitor;

    impl Visitor<'_> for TrueVisitor {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("true")
        }

        fn visit_bool<E: Error>(self, is: bool) -> Result<bool, E> {
            is.then_some(true).ok_or_else(|| E::invalid_type(Unexpected::Bool(is), &self))
        }
    }

    deserializer.deserialize_bool(TrueVisitor)
}
