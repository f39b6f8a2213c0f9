//! A value of a scenario and its place, whichever form the scenario is written in.

use std::ops::Range;

/// The place of something in a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A range of bytes of a TOML text.
    Bytes(Range<usize>),
    /// This path in a JSON document, such as `rules[2].when.amount`.
    Path(String),
}

/// The form that a scenario is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Toml,
    Json,
}

#[derive(Debug)]
pub(super) struct Value<'t> {
    pub(super) place: Location,
    pub(super) content: Content<'t>,
}

/// What a value can be in TOML or in JSON.
#[derive(Debug)]
pub(super) enum Content<'t> {
    Text(&'t str),
    Boolean(bool),
    /// A whole number; it has no value if 32 bits are too few, or if it is negative.
    Integer {
        written: String,
        value: Option<u32>,
    },
    Float(String),
    Date(String),
    Null,
    Array(Vec<Value<'t>>),
    Table(Vec<Entry<'t>>),
}

/// A field of a table in a scenario: its name, the place of the name, and the value.
#[derive(Debug)]
pub(super) struct Entry<'t> {
    pub(super) name: &'t str,
    pub(super) place: Location,
    pub(super) value: Value<'t>,
}

impl Content<'_> {
    /// Returns the name of this type of value, for messages.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Integer { .. } | Self::Float(_) => "a number",
            Self::Boolean(_) => "a boolean",
            Self::Date(_) => "a date",
            Self::Null => "null",
            Self::Array(_) => "an array",
            Self::Table(_) => "a table",
        }
    }
}
