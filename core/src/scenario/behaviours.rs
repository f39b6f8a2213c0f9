//! All behaviours of the emulated API: those of its tables, and MTN's test values.

use crate::model::consent::ConsentOutcome;
use crate::operations::behaviour::{Behaviour, Topic};
use crate::operations::behaviours::of_the_tables;
use crate::operations::evidence::{Grade, evidence_of};
use crate::scenario::builtin::test_values;
use crate::scenario::rule::{ActiveRefusal, DeclaredHolder};

/// The name of the operation that MTN's table of test values gives to consents.
pub const CONSENT: &str = "oauth2-consent";

/// The name of the operation that MTN's table of test values gives to `active`.
pub const ACTIVE: &str = "account-holder-active";

pub fn all() -> Vec<Behaviour> {
    let mut all = of_the_tables();
    all.extend(of_test_values());
    all
}

/// What MTN's test values do, each use case of an operation once.
pub fn of_test_values() -> Vec<Behaviour> {
    let mut all: Vec<Behaviour> = Vec::new();
    let mut add = |behaviour| {
        if !all.contains(&behaviour) {
            all.push(behaviour);
        }
    };
    for rule in &test_values().scenario.rules {
        let kind = rule.when.operation.and_then(|subject| subject.kind());
        if let (Some(kind), Some(use_case)) = (kind, rule.name.as_deref()) {
            add(Behaviour::TestValue(kind.name(), use_case));
        }
    }
    for declared in &test_values().scenario.account_holders {
        if let Some(use_case) = active_use_case(declared) {
            add(Behaviour::TestValue(ACTIVE, use_case));
        }
        if let Some(behaviour) = consent_use_case(declared.holder.consent) {
            add(behaviour);
        }
    }
    all
}

/// MTN's name of what asking whether this test value is active meets, if it is one for that.
pub fn active_use_case(declared: &DeclaredHolder) -> Option<&'static str> {
    match declared.active_refusal {
        Some(ActiveRefusal::ResourceNotFound) => Some("NotFound"),
        Some(ActiveRefusal::NotAllowed) => Some("NotAllowed"),
        Some(ActiveRefusal::NotAllowedTargetEnvironment) => Some("NotAllowedTargetEnvironment"),
        Some(ActiveRefusal::InternalProcessingError) => Some("InternalProcessingError"),
        Some(ActiveRefusal::ServiceUnavailable) => Some("ServiceUnavailable"),
        None => (!declared.holder.active).then_some("NotActive"),
    }
}

/// What one of MTN's test values does to a consent, if the outcome is one of theirs.
pub fn consent_use_case(outcome: ConsentOutcome) -> Option<Behaviour> {
    let found = ConsentOutcome::ALL.into_iter().find(|(_, _, one)| *one == outcome);
    let use_case = found.map(|(_, use_case, _)| use_case).filter(|name| !name.is_empty());
    use_case.map(|use_case| Behaviour::TestValue(CONSENT, use_case))
}

/// Returns the number of these behaviours of each grade, the strongest grade first.
pub fn by_grade(behaviours: &[Behaviour]) -> [(Grade, usize); 4] {
    Grade::ALL.map(|grade| {
        let of_grade = behaviours.iter().filter(|one| evidence_of(one).grade == grade);
        (grade, of_grade.count())
    })
}

pub fn about(topic: Topic) -> Vec<Behaviour> {
    all().into_iter().filter(|behaviour| behaviour.topic() == topic).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;
    use crate::operations::evidence::{EVIDENCE_CSV, Evidence, read, table};

    const RECORDINGS: &str = include_str!("../../../data/recordings.jsonl");

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

    /// What is wrong with a file: behaviours without a row, and rows for no behaviour.
    fn gaps(rows: &BTreeMap<String, Evidence>) -> (Vec<String>, Vec<String>) {
        let ids: BTreeSet<String> = all().iter().map(Behaviour::id).collect();
        let without = ids.iter().filter(|id| !rows.contains_key(*id)).cloned().collect();
        let is_for_nothing = |id: &&String| !ids.contains(*id);
        (without, rows.keys().filter(is_for_nothing).cloned().collect())
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
            Grade::Measured if source.starts_with("recording") => (!named
                .contains(&Grade::Measured))
            .then(|| "names no measured recording".to_owned()),
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
    fn every_behaviour_has_its_evidence() {
        let (without, for_nothing) = gaps(table());
        assert!(without.is_empty(), "data/evidence.csv has no row for {}", without.join(", "));
        let for_nothing = for_nothing.join(", ");
        assert!(for_nothing.is_empty(), "rows of data/evidence.csv for nothing: {for_nothing}");
    }

    #[test]
    fn a_row_that_is_taken_out_or_too_many_is_named() {
        for gone in ["order:transfer", "refusal:login_failed", "test-value:requesttopay.Failed"] {
            let begin = format!("{gone},");
            let rows = EVIDENCE_CSV.lines().filter(|line| !line.starts_with(&begin));
            let text: Vec<&str> = rows.chain(["order:barter,chosen,,our choice: x"]).collect();
            let (without, for_nothing) = gaps(&read(&text.join("\n")).expect("a good file"));
            assert_eq!(without, [gone]);
            assert_eq!(for_nothing, ["order:barter"]);
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

    #[test]
    fn each_behaviour_has_one_grade_and_one_id() {
        let all = all();
        let counted: usize = by_grade(&all).iter().map(|(_, count)| count).sum();
        assert_eq!(counted, all.len());
        let ids: BTreeSet<String> = all.iter().map(Behaviour::id).collect();
        assert_eq!(ids.len(), all.len());
        let by_topic: usize = Topic::ALL.map(|topic| about(topic).len()).iter().sum();
        assert_eq!(by_topic, all.len());
    }
}
