//! How sure each behaviour is, and how that is known: `core/data/evidence.csv`, read once.
//!
//! The file has one row for each [`Behaviour`]. A row that is missing makes the test in
//! `scenario::behaviours` fail with its name; until it is there the behaviour counts as our choice.
//! A source that begins with `recording` or `recordings` names those that show the behaviour, by
//! their ids in `data/recordings.jsonl`; a note may follow after a semicolon. The source of a
//! choice begins with `our choice: ` and says why.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};

use crate::operations::behaviour::Behaviour;

pub const EVIDENCE_CSV: &str = include_str!("../../data/evidence.csv");

/// How sure a behaviour is. The order is that of strength: [`Grade::Measured`] is the greatest.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Display,
    EnumString,
    IntoStaticStr,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[strum(serialize_all = "lowercase", const_into_str)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Our choice, where nothing better is known.
    Chosen,
    /// What published clients send, expect or report.
    Seen,
    /// What MTN's own documentation says.
    Documented,
    /// A recorded answer of the real gateway.
    Measured,
}

impl Grade {
    /// All grades, the strongest first.
    pub const ALL: [Self; 4] = [Self::Measured, Self::Documented, Self::Seen, Self::Chosen];

    /// The name in the file, in answers and on the command line.
    pub fn name(self) -> &'static str {
        self.into_str()
    }

    /// The words for it in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Seen => "seen in clients",
            other => other.name(),
        }
    }
}

/// What is known about a behaviour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    pub grade: Grade,
    /// The day, month or year of the source, where that is known.
    pub date: Option<String>,
    /// The source: ids of `data/recordings.jsonl`, a document, or the reason of our choice.
    pub source: String,
}

/// A behaviour with its evidence.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "evidence")]
pub struct EvidencedBehaviour {
    pub behaviour: String,
    #[serde(flatten)]
    pub evidence: &'static Evidence,
}

impl From<&Behaviour> for EvidencedBehaviour {
    fn from(behaviour: &Behaviour) -> Self {
        Self { behaviour: behaviour.id(), evidence: evidence_of(behaviour) }
    }
}

impl Evidence {
    pub fn date_or_dash(&self) -> &str {
        self.date.as_deref().unwrap_or("-")
    }
}

/// What is known about a behaviour. One that the file lacks counts as our choice.
pub fn evidence_of(behaviour: &Behaviour) -> &'static Evidence {
    static NONE: LazyLock<Evidence> = LazyLock::new(|| Evidence {
        grade: Grade::Chosen,
        date: None,
        source: "no evidence is recorded yet".to_owned(),
    });
    table().get(behaviour.id().as_str()).unwrap_or(&NONE)
}

/// The file's rows, by the ids of their behaviours.
pub fn table() -> &'static BTreeMap<String, Evidence> {
    static TABLE: LazyLock<BTreeMap<String, Evidence>> =
        LazyLock::new(|| read(EVIDENCE_CSV).expect("it is part of the program and tested"));
    &TABLE
}

/// Reads the text of an evidence file.
///
/// # Errors
///
/// The line of the first bad row, what it has and what is expected.
pub fn read(text: &str) -> Result<BTreeMap<String, Evidence>, String> {
    let mut table = BTreeMap::new();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let expected = ["behaviour", "grade", "date", "source"];
    let header = reader.headers().map_err(|_| "line 1: it is no CSV".to_owned())?;
    if !header.iter().eq(expected) {
        let found: Vec<&str> = header.iter().collect();
        return Err(format!(
            "line 1: the columns are `{}`; expected `{}`",
            found.join(","),
            expected.join(",")
        ));
    }
    let mut rows = reader.records();
    while let Some(row) = rows.next() {
        let line = rows.reader().position().line();
        let row = row.map_err(|_| {
            format!("a row before line {line}: expected four columns, with quotes where needed")
        })?;
        let line = row.position().map_or(line, csv::Position::line);
        let column = |number: usize| row.get(number).unwrap_or_default().trim();
        let (name, grade, date, source) = (column(0), column(1), column(2), column(3));
        let grade: Grade = grade.parse().map_err(|_| {
            let names = Grade::ALL.map(Grade::name).join(", ");
            format!("line {line}: the grade is `{grade}`; expected one of {names}")
        })?;
        if source.is_empty() {
            return Err(format!("line {line}: `{name}` has no source; say how it is known"));
        }
        let date = (!date.is_empty()).then(|| date.to_owned());
        let evidence = Evidence { grade, date, source: source.to_owned() };
        if table.insert(name.to_owned(), evidence).is_some() {
            return Err(format!("line {line}: `{name}` has a row already; keep one"));
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "behaviour,grade,date,source\n";

    #[test]
    fn the_strongest_grade_is_the_greatest() {
        assert!(Grade::ALL.is_sorted_by(|one, next| one > next));
        for grade in Grade::ALL {
            assert_eq!(grade.name().parse(), Ok(grade));
        }
    }

    #[test]
    fn the_file_that_ships_is_good() {
        read(EVIDENCE_CSV).expect("a good file");
    }

    #[test]
    fn a_bad_row_is_told_with_its_line() {
        let refused = |rows: &str| read(&format!("{HEAD}{rows}")).expect_err("a mistake");
        assert!(refused("a,measured,2020,x\nb,sure,2020,x\n").contains("line 3: the grade is"));
        assert!(refused("a,chosen,,\n").contains("line 2: `a` has no source"));
        assert!(refused("a,chosen,,x\na,chosen,,y\n").contains("line 3: `a` has a row already"));
        assert!(refused("a,chosen\n").contains("four columns"));
        assert!(read("name,grade\n").expect_err("a mistake").contains("expected `behaviour,"));
    }
}
