//! The fields of a scenario's tables and the kinds of value that they hold. A kind says in one
//! place how a value is read and how the schema describes it to an editor: the reader and the JSON
//! Schema both follow from a [`Field`].

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::model::ids::parse_uuid;
use crate::model::reason::{Reason, UnseenCode};
use crate::model::spelling::{nearest, suggestion};
use crate::scenario::conditions::Chance;
use crate::scenario::reader::Reader;
use crate::scenario::value::{Content, Value};

/// A table of a scenario.
pub(super) struct Table {
    /// The name of the table in messages: "a rule".
    pub(super) what: &'static str,
    pub(super) fields: &'static [&'static dyn AnyField],
}

pub(super) struct Field<K> {
    pub(super) name: &'static str,
    pub(super) kind: K,
    pub(super) about: &'static str,
    /// How a message calls it where it is missing, and the remedy; `None` if it may be left out.
    pub(super) needed: Option<(&'static str, &'static str)>,
}

pub(super) trait FieldKind: Sync {
    /// What is read of it.
    type Read<'v>;

    fn schema(&self) -> Json;

    /// Reads the value of the field `name`, or notes the problem with it.
    fn read<'v>(
        &self,
        reader: &mut Reader,
        name: &str,
        value: &'v Value<'v>,
    ) -> Option<Self::Read<'v>>;
}

pub(super) trait AnyField: Sync {
    fn name(&self) -> &'static str;
    fn needed(&self) -> Option<(&'static str, &'static str)>;
    fn schema(&self) -> Json;
}

impl<K: FieldKind> AnyField for Field<K> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn needed(&self) -> Option<(&'static str, &'static str)> {
        self.needed
    }

    fn schema(&self) -> Json {
        let mut schema = self.kind.schema();
        schema["description"] = json!(self.about);
        schema
    }
}

impl Table {
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|field| field.name()).collect()
    }

    pub(super) fn schema(&self) -> Json {
        let properties = self.fields.iter().map(|field| (field.name().to_owned(), field.schema()));
        let properties: Map<String, Json> = properties.collect();
        let mut schema = object(&properties);
        let needed = self.fields.iter().filter(|field| field.needed().is_some());
        let needed: Vec<&str> = needed.map(|field| field.name()).collect();
        if !needed.is_empty() {
            schema["required"] = json!(needed);
        }
        schema
    }
}

fn object(properties: &Map<String, Json>) -> Json {
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

pub(super) struct Text;

impl FieldKind for Text {
    type Read<'v> = &'v str;

    fn schema(&self) -> Json {
        json!({"type": "string"})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<&'v str> {
        let Content::Text(text) = value.content else {
            to.wrong_type(&format!("`{name}`"), "text in quotes", value);
            return None;
        };
        Some(text)
    }
}

pub(super) struct Boolean;

impl FieldKind for Boolean {
    type Read<'v> = bool;

    fn schema(&self) -> Json {
        json!({"type": "boolean"})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<bool> {
        let Content::Boolean(yes) = value.content else {
            to.wrong_type(&format!("`{name}`"), "true or false", value);
            return None;
        };
        Some(yes)
    }
}

/// A whole number within these bounds, both included.
pub(super) struct Whole {
    pub(super) from: u32,
    pub(super) to: u32,
}

impl FieldKind for Whole {
    type Read<'v> = u32;

    fn schema(&self) -> Json {
        let mut schema = json!({"type": "integer", "minimum": self.from});
        if self.to < u32::MAX {
            schema["maximum"] = json!(self.to);
        }
        schema
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<u32> {
        let expected = match self.to {
            u32::MAX => format!("a whole number from {}", self.from),
            _ => format!("a whole number from {} to {}", self.from, self.to),
        };
        let Content::Integer { written, value: number } = &value.content else {
            to.wrong_type(&format!("`{name}`"), &expected, value);
            return None;
        };
        let number = number.filter(|number| (self.from..=self.to).contains(number));
        if number.is_none() {
            let message = format!("`{name}` cannot be {written}");
            to.note(&value.place, &message, &format!("write {expected}"));
        }
        number
    }
}

/// A number from 0 to 1.
pub(super) struct Likelihood;

impl FieldKind for Likelihood {
    type Read<'v> = Chance;

    fn schema(&self) -> Json {
        json!({"type": "number", "minimum": 0, "maximum": 1})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<Chance> {
        let digits = digits(to, name, value)?;
        let chance = digits.parse::<f64>().ok().filter(|chance| (0.0..=1.0).contains(chance));
        if chance.is_none() {
            let message = format!("`{name}` cannot be {digits}");
            to.note(&value.place, &message, "write a number from 0 to 1, such as 0.1");
        }
        chance.map(Chance)
    }
}

/// A decimal, in quotes or not.
pub(super) struct Decimal<T: 'static> {
    pub(super) parse: fn(&str) -> Result<T, String>,
    pub(super) remedy: &'static str,
}

impl<T> FieldKind for Decimal<T> {
    type Read<'v> = T;

    fn schema(&self) -> Json {
        json!({"type": ["string", "number"]})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<T> {
        let parsed = (self.parse)(digits(to, name, value)?);
        let note = |error| to.note(&value.place, &format!("`{name}` {error}"), self.remedy);
        parsed.map_err(note).ok()
    }
}

fn digits<'v>(to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<&'v str> {
    match &value.content {
        Content::Text(text) => Some(text),
        Content::Integer { written, .. } | Content::Float(written) => Some(written),
        _ => {
            to.wrong_type(&format!("`{name}`"), "an amount, such as \"100\"", value);
            None
        }
    }
}

/// A date. TOML has dates of its own, which editors show as text.
pub(super) struct Date;

impl FieldKind for Date {
    type Read<'v> = &'v str;

    fn schema(&self) -> Json {
        json!({"type": "string", "format": "date"})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<&'v str> {
        let text = match &value.content {
            Content::Date(date) => date,
            _ => Text.read(to, name, value)?,
        };
        if text.parse::<jiff::civil::Date>().is_ok() && text.len() == "1976-08-13".len() {
            return Some(text);
        }
        let message = format!("`{name}` is not a date: `{text}`");
        to.note(&value.place, &message, "write a date such as \"1976-08-13\"");
        None
    }
}

/// Reads a text that `parse` takes. A text that it does not take is not `what`.
pub(super) fn parsed<T>(
    to: &mut Reader,
    name: &str,
    value: &Value<'_>,
    parse: fn(&str) -> Option<T>,
    (what, help): (&str, &str),
) -> Option<T> {
    let text = Text.read(to, name, value)?;
    let parsed = parse(text);
    if parsed.is_none() {
        to.note(&value.place, &format!("`{name}` is not {what}: `{text}`"), help);
    }
    parsed
}

/// The id of an API user.
pub(super) struct Id;

impl FieldKind for Id {
    type Read<'v> = Uuid;

    fn schema(&self) -> Json {
        json!({"type": "string", "format": "uuid"})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<Uuid> {
        let help = "write the id that the API user was created with";
        parsed(to, name, value, parse_uuid, ("a UUID", help))
    }
}

/// One of these words; each has a value.
pub(super) struct OneOf<T: 'static>(pub(super) fn() -> Vec<(&'static str, T)>);

impl<T: Copy> FieldKind for OneOf<T> {
    type Read<'v> = T;

    fn schema(&self) -> Json {
        let words: Vec<&str> = (self.0)().into_iter().map(|(word, _)| word).collect();
        json!({"type": "string", "enum": words})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<T> {
        let text = Text.read(to, name, value)?;
        let words = (self.0)();
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let message = format!("`{name}` cannot be `{text}`");
            to.note(&value.place, &message, &suggestion(text, &words));
        }
        found.map(|(_, one)| *one)
    }
}

/// One of these words, or a list of them.
pub(super) struct WordOrList<T: 'static>(pub(super) fn() -> Vec<(&'static str, T)>);

impl<T: Copy> FieldKind for WordOrList<T> {
    type Read<'v> = Vec<T>;

    fn schema(&self) -> Json {
        let one = OneOf(self.0).schema();
        json!({"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<Vec<T>> {
        let one = OneOf(self.0);
        let Content::Array(items) = &value.content else {
            return one.read(to, name, value).map(|word| vec![word]);
        };
        if items.is_empty() {
            to.note(&value.place, &format!("`{name}` has no word"), "add one, or leave it out");
        }
        Some(items.iter().filter_map(|item| one.read(to, name, item)).collect())
    }
}

/// `true`, `false` or one of these words.
pub(super) struct BooleanOr<T: 'static>(pub(super) OneOf<T>);

impl<T: Copy> FieldKind for BooleanOr<T> {
    type Read<'v> = Result<bool, T>;

    fn schema(&self) -> Json {
        json!({"anyOf": [Boolean.schema(), self.0.schema()]})
    }

    fn read<'v>(
        &self,
        to: &mut Reader,
        name: &str,
        value: &'v Value<'v>,
    ) -> Option<Result<bool, T>> {
        match value.content {
            Content::Boolean(yes) => Some(Ok(yes)),
            Content::Text(_) => self.0.read(to, name, value).map(Err),
            _ => {
                let expected = "true, false or the code of a refusal in quotes";
                to.wrong_type(&format!("`{name}`"), expected, value);
                None
            }
        }
    }
}

/// The code of a reason: one that MTN was seen to send, or any other, of which a warning says so.
pub(super) struct Code;

impl FieldKind for Code {
    type Read<'v> = Reason;

    fn schema(&self) -> Json {
        let other = json!({"type": "string", "pattern": "^[ -~]{1,64}$"});
        json!({"anyOf": [{"type": "string", "enum": Reason::ALL.map(Reason::code)}, other]})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<Reason> {
        let text = Text.read(to, name, value)?;
        if let Some(known) = Reason::of_code(text) {
            return Some(known);
        }
        match UnseenCode::new(text) {
            Ok(code) => {
                to.warn(&value.place, format!("reason `{text}` was never seen from MTN"), || {
                    match nearest(text, &Reason::ALL.map(Reason::code)) {
                        Some(known) => format!("did you mean `{known}`? It is sent as it stands"),
                        None => "it is sent as it stands".to_owned(),
                    }
                });
                Some(Reason::Unseen(code))
            }
            Err(why) => {
                let help = "write a code such as APPROVAL_REJECTED: /_sandbox/scenario.schema.json \
                            of a running emulator has those that MTN was seen to send";
                to.note(&value.place, &format!("`{name}` {why}: `{text}`"), help);
                None
            }
        }
    }
}

pub(super) struct Texts(pub(super) fn() -> Vec<&'static str>);

impl FieldKind for Texts {
    type Read<'v> = Vec<(&'static str, &'v str)>;

    fn schema(&self) -> Json {
        object(&(self.0)().into_iter().map(|name| (name.to_owned(), Text.schema())).collect())
    }

    fn read<'v>(
        &self,
        to: &mut Reader,
        name: &str,
        value: &'v Value<'v>,
    ) -> Option<Self::Read<'v>> {
        let what = format!("`{name}`");
        let Content::Table(entries) = &value.content else {
            to.wrong_type(&what, "a table, such as { customerReference = \"25677*\" }", value);
            return None;
        };
        let known = (self.0)();
        to.only_known(&what, &known, entries);
        let texts = known.into_iter().filter_map(|name| {
            let entry = entries.iter().find(|entry| entry.name == name)?;
            Text.read(to, name, &entry.value).map(|text| (name, text))
        });
        Some(texts.collect())
    }
}
