//! The fields of a callback that say what it looks like: its body and its headers.

use http::{HeaderName, HeaderValue};
use serde_json::{Value as Json, json};

use crate::scenario::field::{Field, FieldKind, OneOf, Table, Text};
use crate::scenario::reader::Reader;
use crate::scenario::rule::CallbackBody;
use crate::scenario::value::{Content, Value};

/// Headers that the connection, the URL or the body decides, each with what to do instead.
const NOT_FREE: &[(&str, &str)] = &[
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

/// A body: one of the words, or a text.
pub(super) struct BodyOf(pub(super) OneOf<CallbackBody>);

/// What a body is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadBody<'v> {
    Named(CallbackBody),
    Text(&'v str),
}

static TEXT: Field<Text> =
    Field { name: "text", kind: Text, about: "The body, as it stands.", needed: Some(NEEDED) };
static TABLE: Table = Table { what: "`body`", fields: &[&TEXT] };
const NEEDED: (&str, &str) = ("a `text`", "write { text = \"…\" }");

impl FieldKind for BodyOf {
    type Read<'v> = ReadBody<'v>;

    fn schema(&self) -> Json {
        json!({"anyOf": [self.0.schema(), TABLE.schema()]})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<ReadBody<'v>> {
        if let Content::Table(_) = value.content {
            let fields = to.table(&TABLE, value)?;
            return to.get(&fields, &TEXT).map(ReadBody::Text);
        }
        self.0.read(to, name, value).map(ReadBody::Named)
    }
}

/// The value of a header.
pub(super) struct HeaderText;

impl FieldKind for HeaderText {
    type Read<'v> = &'v str;

    fn schema(&self) -> Json {
        json!({"type": "string", "pattern": "^[ -~]*$"})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<&'v str> {
        let text = Text.read(to, name, value)?;
        let is_ascii = text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
        if is_ascii && HeaderValue::from_str(text).is_ok() {
            return Some(text);
        }
        let message = format!("`{name}` is no value of a header: `{text}`");
        to.note(&value.place, &message, "write printable ASCII characters in one line");
        None
    }
}

/// Headers by their names.
pub(super) struct Headers;

impl FieldKind for Headers {
    type Read<'v> = Vec<(&'v str, &'v str)>;

    fn schema(&self) -> Json {
        json!({"type": "object", "additionalProperties": HeaderText.schema()})
    }

    fn read<'v>(
        &self,
        to: &mut Reader,
        name: &str,
        value: &'v Value<'v>,
    ) -> Option<Self::Read<'v>> {
        let Content::Table(entries) = &value.content else {
            let expected = "a table, such as { X-Signature = \"abc\" }";
            to.wrong_type(&format!("`{name}`"), expected, value);
            return None;
        };
        let mut headers: Vec<(&str, &str)> = Vec::new();
        for entry in entries {
            let header = entry.name;
            let help = if HeaderName::try_from(header).is_err() {
                Some("write letters, digits and hyphens, such as X-Signature")
            } else if headers.iter().any(|(before, _)| before.eq_ignore_ascii_case(header)) {
                Some("leave one of the two out: the case of letters makes no difference")
            } else {
                let own = NOT_FREE.iter().find(|(own, _)| own.eq_ignore_ascii_case(header));
                own.map(|(_, help)| *help)
            };
            if let Some(help) = help {
                let message = format!("a callback cannot have the header `{header}` here");
                to.note(&entry.place, &message, help);
                continue;
            }
            headers.extend(HeaderText.read(to, header, &entry.value).map(|text| (header, text)));
        }
        Some(headers)
    }
}
