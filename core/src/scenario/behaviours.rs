//! All behaviours of the emulated API: those of its tables, and MTN's test values.

use crate::model::consent::ConsentOutcome;
use crate::operations::behaviour::{Behaviour, Topic};
use crate::operations::behaviours::of_the_tables;
use crate::operations::evidence::{Grade, evidence_of};
use crate::scenario::operation_set::OperationSet;
use crate::scenario::rule::{ActiveRefusal, DeclaredHolder};
use crate::scenario::test_values::test_values;

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
        if rule.when.operations == OperationSet::submissions() {
            continue;
        }
        for kind in rule.when.operations.transaction_kinds() {
            if let Some(use_case) = rule.name.as_deref() {
                add(Behaviour::TestValue(kind.name(), use_case));
            }
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

    use super::*;
    use crate::operations::evidence::{EVIDENCE_CSV, Evidence, read, table};

    /// What is wrong with a file: behaviours without a row, and rows for no behaviour.
    fn gaps(rows: &BTreeMap<String, Evidence>) -> (Vec<String>, Vec<String>) {
        let ids: BTreeSet<String> = all().iter().map(Behaviour::id).collect();
        let without = ids.iter().filter(|id| !rows.contains_key(*id)).cloned().collect();
        let is_for_nothing = |id: &&String| !ids.contains(*id);
        (without, rows.keys().filter(is_for_nothing).cloned().collect())
    }

    #[test]
    fn every_behaviour_has_its_evidence() {
        let (without, for_nothing) = gaps(table());
        assert!(without.is_empty(), "core/data/evidence.csv has no row for {}", without.join(", "));
        let for_nothing = for_nothing.join(", ");
        assert!(
            for_nothing.is_empty(),
            "rows of core/data/evidence.csv for nothing: {for_nothing}"
        );
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
