//! The kinds of value that are tables: another table, or several.

use serde_json::{Value as Json, json};

use crate::model::amount::Amount;
use crate::scenario::field::{FieldKind, Table};
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::value::{Content, Value};

/// Another table.
pub(super) struct One(pub(super) &'static Table);

impl FieldKind for One {
    type Read<'v> = Fields<'v>;

    fn schema(&self) -> Json {
        self.0.schema()
    }

    fn read<'v>(&self, to: &mut Reader, _: &str, value: &'v Value<'v>) -> Option<Fields<'v>> {
        to.table(self.0, value)
    }
}

/// A table of bounds of an amount, for which people write the amount itself.
pub(super) struct Bounds(pub(super) &'static Table);

impl FieldKind for Bounds {
    type Read<'v> = Fields<'v>;

    fn schema(&self) -> Json {
        self.0.schema()
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<Fields<'v>> {
        let written = match &value.content {
            Content::Text(text) => text,
            Content::Integer { written, .. } | Content::Float(written) => written.as_str(),
            _ => return to.table(self.0, value),
        };
        let amount = Amount::parse(written).map_or("100", |_| written);
        let message = format!("`{name}` is a table of bounds, not {}", value.content.what());
        to.note(&value.place, &message, &format!("write {{ equals = \"{amount}\" }}"));
        None
    }
}

/// Several tables.
pub(super) struct Many {
    pub(super) table: &'static Table,
    /// What one of them is, and the remedy if there is none; `None` if there may be none.
    pub(super) needs_one: Option<(&'static str, &'static str)>,
    pub(super) most: usize,
}

impl FieldKind for Many {
    type Read<'v> = Vec<Fields<'v>>;

    fn schema(&self) -> Json {
        let mut schema = json!({"type": "array", "items": self.table.schema()});
        if self.needs_one.is_some() {
            schema["minItems"] = json!(1);
        }
        if self.most < usize::MAX {
            schema["maxItems"] = json!(self.most);
        }
        schema
    }

    fn read<'v>(
        &self,
        to: &mut Reader,
        name: &str,
        value: &'v Value<'v>,
    ) -> Option<Vec<Fields<'v>>> {
        let Content::Array(items) = &value.content else {
            to.wrong_type(name, &format!("one or more [[{name}]]"), value);
            return None;
        };
        if let (Some((one, help)), []) = (self.needs_one, &items[..]) {
            to.note(&value.place, &format!("`{name}` has no {one}"), help);
        }
        if items.len() > self.most {
            let message = format!("`{name}` has {} items", items.len());
            to.note(&value.place, &message, &format!("have at most {}", self.most));
            return None;
        }
        Some(items.iter().filter_map(|item| to.table(self.table, item)).collect())
    }
}

/// One table, or a list of one or more.
pub(super) struct OneOrMany(pub(super) Many);

impl FieldKind for OneOrMany {
    type Read<'v> = Vec<Fields<'v>>;

    fn schema(&self) -> Json {
        json!({"anyOf": [self.0.table.schema(), self.0.schema()]})
    }

    fn read<'v>(
        &self,
        to: &mut Reader,
        name: &str,
        value: &'v Value<'v>,
    ) -> Option<Vec<Fields<'v>>> {
        match &value.content {
            Content::Array(_) => self.0.read(to, name, value),
            Content::Table(_) => to.table(self.0.table, value).map(|one| vec![one]),
            _ => {
                let expected = "a table, such as { … }, or a list of them";
                to.wrong_type(&format!("`{name}`"), expected, value);
                None
            }
        }
    }
}
