//! The kind of value that only a callback has: its body.

use serde_json::{Value as Json, json};

use crate::scenario::field::{Field, FieldKind, OneOf, Table, Text};
use crate::scenario::reader::Reader;
use crate::scenario::rule::CallbackBody;
use crate::scenario::value::{Content, Value};

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
