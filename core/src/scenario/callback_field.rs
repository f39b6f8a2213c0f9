//! The kind of value that only a callback has: its body.

use serde_json::{Value as Json, json};

use crate::scenario::description::callback_body;
use crate::scenario::field::{FieldKind, OneOf};
use crate::scenario::reader::Reader;
use crate::scenario::rule::CallbackBody;
use crate::scenario::value::{Content, Value};

/// A body: one of the words, or a table that says where it comes from.
pub(super) struct BodyOf(pub(super) OneOf<CallbackBody>);

/// What a body is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadBody<'v> {
    Named(CallbackBody),
    Text(&'v str),
    /// The text of the file of this name beside the scenario.
    File(&'v str),
}

impl FieldKind for BodyOf {
    type Read<'v> = ReadBody<'v>;

    fn schema(&self) -> Json {
        let mut table = callback_body::TABLE.schema();
        table["minProperties"] = json!(1);
        table["maxProperties"] = json!(1);
        json!({"anyOf": [self.0.schema(), table]})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<ReadBody<'v>> {
        let Content::Table(_) = value.content else {
            return self.0.read(to, name, value).map(ReadBody::Named);
        };
        let fields = to.table(&callback_body::TABLE, value)?;
        if fields.has(&callback_body::TEXT) == fields.has(&callback_body::FILE) {
            let help = "write { text = \"…\" } or { file = \"body.json\" }";
            to.note(fields.place, "a table `body` has one field", help);
            return None;
        }
        let text = to.get(&fields, &callback_body::TEXT).map(ReadBody::Text);
        text.or(to.get(&fields, &callback_body::FILE).map(ReadBody::File))
    }
}
