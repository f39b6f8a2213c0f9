//! The reader of scenarios. It follows the description of their tables, notes every mistake with
//! its place and remedy, and goes on.

use crate::model::spelling::suggestion;
use crate::scenario::body_files::BodyFiles;
use crate::scenario::field::{AnyField, Field, FieldKind, Table};
use crate::scenario::problem::{PROBLEMS_MAX, Problem};
use crate::scenario::value::{Content, Entry, Location, Value};

#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    /// The files that bodies may come from.
    pub(super) files: BodyFiles,
}

/// A table that was found in a scenario. Its unknown and missing fields were noted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'v> {
    pub(super) place: &'v Location,
    pub(super) entries: &'v [Entry<'v>],
}

impl<'v> Fields<'v> {
    fn entry(&self, field: &dyn AnyField) -> Option<&'v Entry<'v>> {
        self.entries.iter().find(|entry| entry.name == field.name())
    }

    /// Whether the field is there, whatever it holds.
    pub(super) fn has(&self, field: &dyn AnyField) -> bool {
        self.entry(field).is_some()
    }

    /// The place of a field's name; of the table, if the field is not there.
    pub(super) fn place_of(&self, field: &dyn AnyField) -> &'v Location {
        self.entry(field).map_or(self.place, |entry| &entry.place)
    }

    /// The place of a field's value; of the table, if the field is not there.
    pub(super) fn place_in(&self, field: &dyn AnyField) -> &'v Location {
        self.entry(field).map_or(self.place, |entry| &entry.value.place)
    }
}

impl Reader {
    /// Reads a value that must be this table, and notes its unknown and missing fields.
    pub(super) fn table<'v>(&mut self, table: &Table, value: &'v Value<'v>) -> Option<Fields<'v>> {
        let Content::Table(entries) = &value.content else {
            self.wrong_type(table.what, "a table, such as { … }", value);
            return None;
        };
        self.only_known(table.what, &table.names(), entries);
        let fields = Fields { place: &value.place, entries };
        for field in table.fields {
            if let Some((missing, help)) = field.needed()
                && !fields.has(*field)
            {
                self.note(fields.place, &format!("{} needs {missing}", table.what), help);
            }
        }
        Some(fields)
    }

    /// Notes the fields of a table that have none of these names, each with the nearest known name.
    pub(super) fn only_known(&mut self, what: &str, known: &[&str], entries: &[Entry<'_>]) {
        for entry in entries.iter().filter(|entry| !known.contains(&entry.name)) {
            let message = format!("unknown field `{}` in {what}", entry.name);
            self.note(&entry.place, &message, &suggestion(entry.name, known));
        }
    }

    /// Reads a field of a table, if it is there and holds what the description says.
    pub(super) fn get<'v, K: FieldKind>(
        &mut self,
        fields: &Fields<'v>,
        field: &Field<K>,
    ) -> Option<K::Read<'v>> {
        let entry = fields.entry(field)?;
        field.kind.read(self, field.name, &entry.value)
    }

    /// Notes that a value is of the wrong type.
    pub(super) fn wrong_type(&mut self, what: &str, expected: &str, value: &Value<'_>) {
        let message = format!("{what} cannot be {}", value.content.what());
        match value.content {
            Content::Null => self.note(&value.place, &message, "leave the field out"),
            _ => self.note(&value.place, &message, &format!("write {expected}")),
        }
    }

    pub(super) fn note(&mut self, place: &Location, message: &str, help: &str) {
        // One more than are shown says that there are more.
        if self.problems.len() <= PROBLEMS_MAX {
            self.problems.push(Problem {
                place: place.clone(),
                message: message.to_owned(),
                help: Some(help.to_owned()),
                is_warning: false,
            });
        }
    }

    /// Notes something good that is worth a warning all the same, once for each message.
    pub(super) fn warn(
        &mut self,
        place: &Location,
        message: String,
        help: impl FnOnce() -> String,
    ) {
        let is_new = self.warnings.iter().all(|one| one.message != message);
        if is_new && self.warnings.len() < PROBLEMS_MAX {
            let place = place.clone();
            self.warnings.push(Problem { place, message, help: Some(help()), is_warning: true });
        }
    }
}
