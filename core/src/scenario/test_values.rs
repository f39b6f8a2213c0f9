//! MTN's test values: a scenario that is always in force.

use std::sync::LazyLock;

use crate::model::ids::ApiUserId;
use crate::model::submission::Submission;
use crate::scenario::read_scenario::read_scenario;
use crate::scenario::rule::{Rule, Scenario};
use crate::scenario::rule_index::RuleIndex;

/// The name of the scenario.
pub const NAME: &str = "mtn-test-values";

/// The file's text.
pub const TEXT: &str = include_str!("../../data/mtn-test-values.toml");

/// MTN's own test values: a scenario that is in force without being asked for.
#[derive(Debug)]
pub struct TestValues {
    pub scenario: Scenario,
    /// Finds the rules that may be for a submission: it is compared with those only.
    index: RuleIndex,
}

impl TestValues {
    /// The rules that may be for a submission.
    pub fn rules_for(
        &self,
        submission: &Submission,
        api_user: ApiUserId,
    ) -> impl Iterator<Item = &Rule> + use<'_> {
        let numbers = self.index.for_submission(submission, api_user);
        numbers.filter_map(|number| self.scenario.rules.get(usize::try_from(number).ok()?))
    }
}

/// Returns MTN's test values. They are read once, when the first rule book is made: they are part
/// of the program, and every rule book has them.
pub fn test_values() -> &'static TestValues {
    static TEST_VALUES: LazyLock<TestValues> = LazyLock::new(|| {
        let scenario = read_scenario(NAME, TEXT).expect("a test reads it");
        let index = RuleIndex::of((0..).zip(&scenario.rules));
        TestValues { scenario, index }
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
