//! MTN's test values: a scenario that is always in force.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::model::submission::TransactionKind;
use crate::scenario::read_scenario::read_scenario;
use crate::scenario::rule::{Rule, Scenario, Subject};

/// The name of the scenario.
pub const NAME: &str = "mtn-test-values";

/// The file's text.
pub const TEXT: &str = include_str!("../../data/mtn-test-values.toml");

/// MTN's own test values: a scenario that is in force without being asked for.
#[derive(Debug)]
pub struct TestValues {
    pub scenario: Scenario,
    /// The places of the rules that may be for a kind of transaction: every submission is compared
    /// with those only.
    by_kind: BTreeMap<TransactionKind, Vec<usize>>,
}

impl TestValues {
    /// The rules that may be for this kind of transaction.
    pub fn rules_for(&self, kind: TransactionKind) -> impl Iterator<Item = &Rule> {
        let places = self.by_kind.get(&kind).map(Vec::as_slice).unwrap_or_default();
        places.iter().map(|place| &self.scenario.rules[*place])
    }
}

/// Returns MTN's test values. They are read once, when the first rule book is made: they are part
/// of the program, and every rule book has them.
pub fn test_values() -> &'static TestValues {
    static TEST_VALUES: LazyLock<TestValues> = LazyLock::new(|| {
        let scenario = read_scenario(NAME, TEXT).expect("a test reads it");
        let places_for = |kind| {
            let about = |rule: &Rule| rule.when.operation.and_then(Subject::kind);
            let is_for = |rule: &Rule| about(rule).is_none_or(|own| own == kind);
            let rules = scenario.rules.iter().enumerate().filter(|(_, rule)| is_for(rule));
            (kind, rules.map(|(place, _)| place).collect())
        };
        let by_kind = TransactionKind::ALL.map(places_for).into();
        TestValues { scenario, by_kind }
    });
    &TEST_VALUES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_good_and_has_the_name_of_its_file() {
        assert_eq!(&*test_values().scenario.name, NAME);
        assert!(test_values().scenario.description.is_some());
    }
}
