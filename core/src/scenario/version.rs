//! The version of the format of scenarios, which a file may name.

use serde_json::{Value as Json, json};

use crate::scenario::field::FieldKind;
use crate::scenario::reader::Reader;
use crate::scenario::value::{Content, Value};

/// The version that this program reads.
pub const VERSION: u32 = 1;

/// The version of a scenario; it decides nothing, because there is one only.
pub(super) struct Version;

impl FieldKind for Version {
    type Read<'v> = ();

    fn schema(&self) -> Json {
        json!({"type": "integer", "const": VERSION})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<()> {
        let Content::Integer { written, value: number } = &value.content else {
            to.wrong_type(&format!("`{name}`"), &VERSION.to_string(), value);
            return None;
        };
        if *number == Some(VERSION) {
            return Some(());
        }
        let message = format!("this momosandbox reads version {VERSION}, not {written}");
        let help = format!("write {VERSION}, or take a momosandbox that reads version {written}");
        to.note(&value.place, &message, &help);
        None
    }
}
