//! The scenarios that ship with the program, found by name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::model::spelling::suggestion;
use crate::model::submission::TransactionKind;
use crate::scenario::read_scenario::read_scenario;
use crate::scenario::rule::{Rule, Scenario, Subject};

/// A scenario that ships with the program.
#[derive(Debug)]
pub struct BuiltinScenario {
    pub name: &'static str,
    pub text: &'static str,
}

/// The files named, from the folder `scenarios/`.
macro_rules! builtin {
    ($($name:literal),* $(,)?) => {
        &[$(BuiltinScenario {
            name: $name,
            text: include_str!(concat!("../../../scenarios/", $name, ".toml")),
        }),*]
    };
}

/// All built-in scenarios, by name, with MTN's test values, which are always in force.
pub static BUILTIN: &[BuiltinScenario] = builtin![
    "contradicting-callback",
    "declined",
    "duplicate-callback",
    "duplicate-submit",
    "early-callback",
    "expired",
    "flaky-status",
    "forged-callback",
    "happy",
    "insufficient-funds",
    "late-callback",
    "lying-500",
    "lying-timeout",
    "maintenance",
    "malformed-callback",
    "missed-callback",
    "mtn-test-values",
    "pending-for-ever",
    "random-balance",
    "rate-limited",
    "slow-approval",
    "slow-operator",
    "token-expires-midway",
    "unknown-fields",
    "unknown-reference",
    "wrong-verb",
];

/// MTN's own test values: a builtin scenario that is in force without being asked for.
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
        let builtin = named("mtn-test-values").expect("it is part of the program");
        let scenario = read_scenario(builtin.name, builtin.text).expect("a test reads it");
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

/// Returns the builtin scenario with this name, with or without its ending.
pub fn named(name: &str) -> Option<&'static BuiltinScenario> {
    let name = name.strip_suffix(".toml").unwrap_or(name);
    BUILTIN.iter().find(|builtin| builtin.name == name)
}

/// What to write instead of a name that no builtin scenario has: the nearest, or all of them.
pub fn suggested_names(name: &str) -> String {
    let names: Vec<&str> = BUILTIN.iter().map(|builtin| builtin.name).collect();
    suggestion(name, &names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_good_and_has_the_name_of_its_file() {
        for builtin in BUILTIN {
            let scenario = read_scenario(builtin.name, builtin.text).expect(builtin.name);
            assert_eq!(&*scenario.name, builtin.name);
            assert!(scenario.description.is_some(), "{}", builtin.name);
        }
    }

    #[test]
    fn the_ending_may_be_left_out() {
        assert!(named("lying-500").is_some());
        assert!(named("lying-500.toml").is_some());
        assert!(named("lying").is_none());
    }
}
