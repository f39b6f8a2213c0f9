//! The kinds of value that only the answer of a scenario has: its body, and its headers.

use serde_json::{Value as Json, json};

use crate::operations::real_answer::RealAnswer;
use crate::scenario::description::answer_body;
use crate::scenario::field::{AnyField, FieldKind, One, Text};
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::scenario_answer::ANSWER_HEADERS_MAX;
use crate::scenario::value::{Content, Value};

/// Where a body comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodySource<'v> {
    Text(&'v str),
    /// The file of this name beside the scenario.
    File(&'v str),
    Real(RealAnswer),
    OrdinaryHalf,
}

/// A body: a text, or a table that says where it comes from.
pub(super) struct Body;

impl FieldKind for Body {
    type Read<'v> = BodySource<'v>;

    fn schema(&self) -> Json {
        let mut table = answer_body::TABLE.schema();
        table["minProperties"] = json!(1);
        table["maxProperties"] = json!(1);
        json!({"anyOf": [Text.schema(), table]})
    }

    fn read<'v>(
        &self,
        to: &mut Reader,
        name: &str,
        value: &'v Value<'v>,
    ) -> Option<BodySource<'v>> {
        match value.content {
            Content::Text(text) => Some(BodySource::Text(text)),
            Content::Table(_) => {
                let fields = One(&answer_body::TABLE).read(to, name, value)?;
                to.body_source(&fields)
            }
            _ => {
                let expected = "text in quotes, or a table such as { file = \"page.html\" }";
                to.wrong_type(&format!("`{name}`"), expected, value);
                None
            }
        }
    }
}

impl Reader {
    fn body_source<'v>(&mut self, fields: &Fields<'v>) -> Option<BodySource<'v>> {
        let all: [&dyn AnyField; 3] =
            [&answer_body::FILE, &answer_body::REAL, &answer_body::ORDINARY];
        if all.iter().filter(|field| fields.has(**field)).count() != 1 {
            let help = "write one of { file = … }, { real = … } and { ordinary = \"half\" }; a \
                        text stands in quotes: body = \"…\"";
            self.note(fields.place, "a table `body` has one field", help);
            return None;
        }
        let file = self.get(fields, &answer_body::FILE).map(BodySource::File);
        let real = self.get(fields, &answer_body::REAL).map(BodySource::Real);
        let half = self.get(fields, &answer_body::ORDINARY).map(|()| BodySource::OrdinaryHalf);
        file.or(real).or(half)
    }
}

/// The value of a header: printable ASCII.
pub(super) struct HeaderText;

impl FieldKind for HeaderText {
    type Read<'v> = &'v str;

    fn schema(&self) -> Json {
        json!({"type": "string", "pattern": "^[ -~]*$"})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<&'v str> {
        let text = Text.read(to, name, value)?;
        if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Some(text);
        }
        let help = "a head has no line breaks and no other characters: put them in the body";
        to.note(&value.place, &format!("`{name}` is not printable ASCII"), help);
        None
    }
}

/// The headers that say where a body ends and how it is coded, which follow from the body, and
/// those that have a field of their own.
const RESERVED: [(&str, &str); 6] = [
    ("content-length", "leave it out: the length is the body's, and a `connection` cuts it off"),
    ("content-type", "write `content_type` beside `headers`"),
    ("keep-alive", "leave it out"),
    ("trailer", "leave it out"),
    ("transfer-encoding", "leave it out"),
    ("upgrade", "leave it out"),
];

/// Headers: any names, each with a text.
pub(super) struct Headers;

impl FieldKind for Headers {
    /// The names in lower case, each with its value.
    type Read<'v> = Vec<(String, &'v str)>;

    fn schema(&self) -> Json {
        json!({
            "type": "object",
            "additionalProperties": HeaderText.schema(),
            "maxProperties": ANSWER_HEADERS_MAX,
        })
    }

    fn read<'v>(
        &self,
        to: &mut Reader,
        name: &str,
        value: &'v Value<'v>,
    ) -> Option<Self::Read<'v>> {
        let Content::Table(entries) = &value.content else {
            let expected = "a table, such as { Retry-After = \"30\" }";
            to.wrong_type(&format!("`{name}`"), expected, value);
            return None;
        };
        if entries.len() > ANSWER_HEADERS_MAX {
            let message = format!("`{name}` has {} headers", entries.len());
            to.note(&value.place, &message, &format!("have at most {ANSWER_HEADERS_MAX}"));
            return None;
        }
        let mut headers: Self::Read<'v> = Vec::with_capacity(entries.len());
        for entry in entries {
            let lower = entry.name.to_ascii_lowercase();
            let is_name = !lower.is_empty() && lower.bytes().all(is_of_a_name);
            let reserved = RESERVED.iter().find(|(reserved, _)| *reserved == lower);
            if !is_name {
                let message = format!("`{}` is no name of a header", entry.name);
                to.note(&entry.place, &message, "write letters, digits and hyphens");
            } else if let Some((_, help)) = reserved {
                let message = format!("`{name}` cannot have `{}`", entry.name);
                to.note(&entry.place, &message, help);
            } else if headers.iter().any(|(known, _)| *known == lower) {
                let message = format!("the header `{}` is there twice", entry.name);
                to.note(&entry.place, &message, "leave one out: case does not count");
            } else if let Some(text) = HeaderText.read(to, entry.name, &entry.value) {
                headers.push((lower, text));
            }
        }
        Some(headers)
    }
}

/// Whether a name of a header may have this byte, as RFC 9110 says.
fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
