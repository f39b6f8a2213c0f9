//! Deserializes what is sent to a call: the body, the query, the parameters of the path. A refusal
//! says what came, what is expected, and the nearest known name to a mistyped one.
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
    read(sent, false, place)
}

/// Reads parameters of a query or a path; `place` names it in refusals.
pub(super) fn parameters<T: DeserializeOwned>(
    sent: &[(String, String)],
    place: &str,
) -> Result<T, Refusal> {
    let mut by_name = Map::new();
    for (name, text) in sent {
        match by_name.get_mut(name) {
            None => drop(by_name.insert(name.clone(), text.as_str().into())),
            Some(Value::Array(texts)) => texts.push(text.as_str().into()),
            Some(first) => *first = vec![first.take(), text.as_str().into()].into(),
        }
    }
    read(&by_name, true, place)
}

fn read<T: DeserializeOwned>(
    sent: &Map<String, Value>,
    is_text: bool,
    place: &str,
) -> Result<T, Refusal> {
    let nodes = sent.iter().map(|(name, value)| Node { name, value, is_text });
    let read = T::deserialize(MapAccessDeserializer::new(Nodes { nodes, last: None }));
    read.map_err(|wrong| Refusal::bad(wrong.sentence(place, None)))
}

/// The names of the fields of an object.
pub(super) fn names_of<T: JsonSchema>() -> Vec<String> {
    let schema = T::json_schema(&mut SchemaGenerator::default());
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(Map::keys).cloned().collect()
}

/// A field with its name, or an element of a list with the name of the list.
#[derive(Clone, Copy)]
struct Node<'a> {
    name: &'a str,
    value: &'a Value,
    /// Whether the value came as text, in a query or a path. There a repeated name is a list.
    is_text: bool,
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
    Sentence(String),
}

impl Wrong {
    fn sentence(self, place: &str, node: Option<Node<'_>>) -> String {
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
                let sent = node.map(Node::shown).unwrap_or_default();
                format!("{place} must be {expected}, not {}", beginning(&sent))
            }
            Self::Value(expected) => {
                let sent = node.map(Node::quoted).unwrap_or_default();
                format!("{place} cannot be {sent}: {expected} is expected")
            }
            Self::Missing(field) => format!("`{field}` is required"),
            Self::Other(rest) => format!("{place} {rest}"),
            Self::Sentence(sentence) => sentence,
        }
    }
}

impl Node<'_> {
    /// The value as it was sent.
    fn shown(self) -> String {
        if self.is_text { self.quoted() } else { self.value.to_string() }
    }

    /// The value between backticks, if it is text.
    fn quoted(self) -> String {
        match self.value.as_str() {
            Some(text) => format!("`{}`", beginning(text)),
            None => beginning(&self.value.to_string()).to_owned(),
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
            // A number that is too large for the type.
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

/// Fields, or the elements of a list. An error in one gets its name here.
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
    fn visit_list<V: Visitor<'de>>(
        self,
        list: &'de [Value],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let nodes = list.iter().map(|value| Node { value, ..self });
        visitor.visit_seq(Nodes { nodes, last: None })
    }

    fn read<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Wrong> {
        let named = |wrong: Wrong| wrong.sentence(&format!("`{}`", self.name), Some(self));
        seed.deserialize(self).map_err(|wrong| Wrong::Sentence(named(wrong)))
    }
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.value {
            Value::Array(_) if self.is_text => Err(Wrong::custom("is there twice: leave one out")),
            Value::Null => visitor.visit_unit(),
            Value::Bool(is) => visitor.visit_bool(*is),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::Array(list) => self.visit_list(list, visitor),
            Value::Object(fields) => {
                let nodes = fields.iter().map(|(name, value)| Node { name, value, ..self });
                visitor.visit_map(Nodes { nodes, last: None })
            }
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.value {
            Value::String(text) if self.is_text => match text.parse() {
                Ok(number) => visitor.visit_u64(number),
                Err(_) => Err(Wrong::Type("a whole number".to_owned())),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.value {
            Value::String(text) if self.is_text => match text.as_str() {
                "true" => visitor.visit_bool(true),
                "false" => visitor.visit_bool(false),
                _ => Err(Wrong::Type("true or false".to_owned())),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    /// An optional field is present: `null` is a value too.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match name {
            RAW => visitor.visit_str(&self.value.to_string()),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    /// A query repeats a name for a list.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.value {
            Value::Array(list) => self.visit_list(list, visitor),
            one if self.is_text => self.visit_list(std::slice::from_ref(one), visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 f64 char str string bytes byte_buf unit
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
