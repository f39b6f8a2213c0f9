//! Durations as people write them: `200ms`, `5m`, `1h 30m`.

use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use momo_sandbox_core::scenario::duration::{DURATION_REMEDY, read_duration};

/// A duration that is sent as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
pub struct DurationText(#[schemars(schema_with = "shape")] pub Duration);

fn shape(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "pattern": "^[1-9][0-9]{0,3}(ms|s|m|h)$"})
}

impl<'de> Deserialize<'de> for DurationText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(&String::deserialize(deserializer)?)
    }
}

fn read<E: Error>(text: &str) -> Result<DurationText, E> {
    let wrong = |why| E::custom(format_args!("{why}; {DURATION_REMEDY}"));
    read_duration(text).map(DurationText).map_err(wrong)
}

/// Reads a duration, and shows an example where another type came.
pub(super) fn read_or_show_an_example<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DurationText>, D::Error> {
    struct ExampleVisitor;

    impl Visitor<'_> for ExampleVisitor {
        type Value = DurationText;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("text such as \"5m\"")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<DurationText, E> {
            read(text)
        }
    }

    deserializer.deserialize_str(ExampleVisitor).map(Some)
}
