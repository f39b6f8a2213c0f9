//! The kinds of value that are headers: of an answer, and of a callback.

use serde_json::{Value as Json, json};

use crate::scenario::field::{FieldKind, Text};
use crate::scenario::reader::Reader;
use crate::scenario::value::{Content, Value};

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

/// The headers that an answer cannot set: they say where the body ends and how it is coded, which
/// follows from the body, or have a field of their own. Each has its remedy.
pub(super) const OF_ANSWERS: Reserved = &[
    ("content-length", "leave it out: the length is the body's, and a `connection` cuts it off"),
    ("content-type", "write `content_type` beside `headers`"),
    ("keep-alive", "leave it out"),
    ("trailer", "leave it out"),
    ("transfer-encoding", "leave it out"),
    ("upgrade", "leave it out"),
];

/// The headers that a callback cannot set: the connection, the URL or the body decides them.
pub(super) const OF_CALLBACKS: Reserved = &[
    ("content-type", "write it as `content_type`"),
    ("content-length", "leave it out: it is the length of the body"),
    ("transfer-encoding", "leave it out: the body is sent whole, with its length"),
    ("host", "leave it out: it is the host of the callback URL"),
    ("connection", "leave it out: it is about the connection, not the callback"),
    ("keep-alive", "leave it out: it is about the connection, not the callback"),
    ("proxy-connection", "leave it out: it is about the connection, not the callback"),
    ("te", "leave it out: it is about the connection, not the callback"),
    ("trailer", "leave it out: it is about the connection, not the callback"),
    ("upgrade", "leave it out: it is about the connection, not the callback"),
    ("expect", "leave it out: the body is sent without waiting"),
];

/// Names of headers in lower case, each with a remedy.
type Reserved = &'static [(&'static str, &'static str)];

/// The most headers of an answer or a callback.
pub(super) const HEADERS_MAX: usize = 100;

/// Headers: any names but the reserved ones, each with a text.
pub(super) struct Headers(pub(super) Reserved);

impl FieldKind for Headers {
    type Read<'v> = Vec<(&'v str, &'v str)>;

    fn schema(&self) -> Json {
        json!({
            "type": "object",
            "additionalProperties": HeaderText.schema(),
            "maxProperties": HEADERS_MAX,
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
        if entries.len() > HEADERS_MAX {
            let message = format!("`{name}` has {} headers", entries.len());
            to.note(&value.place, &message, &format!("have at most {HEADERS_MAX}"));
            return None;
        }
        let mut headers: Self::Read<'v> = Vec::with_capacity(entries.len());
        for entry in entries {
            let lower = entry.name.to_ascii_lowercase();
            let is_name = !lower.is_empty() && lower.bytes().all(is_of_a_name);
            let reserved = self.0.iter().find(|(reserved, _)| *reserved == lower);
            if !is_name {
                let message = format!("`{}` is no name of a header", entry.name);
                to.note(&entry.place, &message, "write letters, digits and hyphens");
            } else if let Some((_, help)) = reserved {
                let message = format!("`{name}` cannot have `{}`", entry.name);
                to.note(&entry.place, &message, help);
            } else if headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(entry.name)) {
                let message = format!("the header `{}` is there twice", entry.name);
                to.note(&entry.place, &message, "leave one out: case does not count");
            } else if let Some(text) = HeaderText.read(to, entry.name, &entry.value) {
                headers.push((entry.name, text));
            }
        }
        Some(headers)
    }
}

/// Whether a name of a header may have this byte, as RFC 9110 says.
fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
