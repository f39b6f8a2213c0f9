//! Every row of `core/data/evidence.csv` has a source that its grade allows; recordings are those of
//! `data/recordings.jsonl`.

use std::collections::BTreeMap;

use momo_sandbox_core::operations::evidence::{Evidence, Grade, table};
use serde_json::Value;

const RECORDINGS: &str = include_str!("../../data/recordings.jsonl");

/// The grades of the recordings, by their ids.
fn recordings() -> BTreeMap<String, Grade> {
    let read = |line: &str| {
        let recording: Value = serde_json::from_str(line).expect("a recording");
        let id = recording["id"].as_str().expect("an id").to_owned();
        let grade = recording["grade"].as_str().expect("a grade");
        let grade = grade.strip_suffix("-in-client").unwrap_or(grade);
        (id, grade.parse().expect("a grade of ours"))
    };
    RECORDINGS.lines().map(read).collect()
}

/// What is wrong with the source of a row, if anything. What is behind a semicolon is a note.
fn fault_of(evidence: &Evidence, recordings: &BTreeMap<String, Grade>) -> Option<String> {
    let shown = evidence.source.split(';').next().unwrap_or_default();
    let words = shown.split([' ', ',']);
    let named: Vec<Grade> = words.filter_map(|word| recordings.get(word).copied()).collect();
    let Evidence { grade, date, source } = evidence;
    let has_year = |text: &str| {
        let years = text.split(|character: char| !character.is_ascii_digit());
        years.into_iter().any(|year| year.len() == 4 && year.starts_with("20"))
    };
    match grade {
        Grade::Measured if source.starts_with("recording") => {
            (!named.contains(&Grade::Measured)).then(|| "names no measured recording".to_owned())
        }
        Grade::Measured => (!has_year(source) || date.is_none())
            .then(|| "is measured and names neither a recording nor a year".to_owned()),
        Grade::Chosen => {
            (!source.starts_with("our choice: ")).then(|| "does not say why".to_owned())
        }
        Grade::Documented | Grade::Seen if source.starts_with("recording") => {
            let strongest = named.iter().max();
            (strongest != Some(grade)).then(|| format!("has recordings of {strongest:?}"))
        }
        Grade::Documented | Grade::Seen => None,
    }
}

#[test]
fn every_grade_has_its_source() {
    let recordings = recordings();
    for (behaviour, evidence) in table() {
        let fault = fault_of(evidence, &recordings);
        assert_eq!(fault, None, "{behaviour}: {}", evidence.source);
    }
}

#[test]
fn a_grade_that_is_raised_without_a_source_is_found() {
    let recordings = recordings();
    for (grade, date, source) in [
        (Grade::Measured, Some("2020"), "recording rtp-no-such-thing"),
        (Grade::Measured, Some("2023"), "recording rtp-empty-payer-2023-03"),
        (Grade::Measured, Some("2023"), "somebody saw it"),
        (Grade::Documented, None, "recording rtp-empty-payer-2023-03"),
        (Grade::Chosen, None, "somebody saw it"),
    ] {
        let date = date.map(str::to_owned);
        let evidence = Evidence { grade, date, source: source.to_owned() };
        assert!(fault_of(&evidence, &recordings).is_some(), "{source}");
    }
}
