//! The kind of value that only the answer of a scenario has: its body.

use serde_json::{Value as Json, json};

use crate::operations::real_answer::RealAnswer;
use crate::scenario::description::answer_body;
use crate::scenario::field::{AnyField, FieldKind, Text};
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::table_fields::One;
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
