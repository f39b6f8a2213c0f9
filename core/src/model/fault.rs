//! Faults of a connection that a scenario asks for in the place of an answer.

use schemars::JsonSchema;
use serde::Serialize;
use strum::{IntoStaticStr, VariantArray, VariantNames};

/// A fault of the connection. A scenario file spells it with hyphens, the journal with underscores.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    IntoStaticStr,
    JsonSchema,
    Serialize,
    VariantArray,
    VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "snake_case")]
pub enum ConnectionFault {
    /// The connection is reset.
    Reset,
    /// No answer is sent, for as long as the peer waits.
    Hang,
    /// The connection ends in the middle of the answer.
    CutOff,
}

impl ConnectionFault {
    /// All faults, in the order of [`NAMES`](Self::NAMES).
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The names in a scenario file.
    pub const NAMES: &[&str] = <Self as VariantNames>::VARIANTS;

    /// The name in a scenario file.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenario_files_and_the_journal_keep_their_spellings() {
        assert_eq!(ConnectionFault::NAMES, ["reset", "hang", "cut-off"]);
        let in_journal = serde_json::to_value(ConnectionFault::ALL).expect("three words");
        assert_eq!(in_journal, serde_json::json!(["reset", "hang", "cut_off"]));
    }
}
