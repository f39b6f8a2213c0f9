//! The scenarios that ship with the program, found by name: the files of the folder `scenarios/`,
//! and MTN's test values, which are part of the core.

pub mod answer_files;

use momo_sandbox_core::model::spelling::suggestion;
use momo_sandbox_core::scenario::test_values;

/// A scenario that ships with the program.
#[derive(Debug)]
pub struct BuiltinScenario {
    /// The name of the scenario.
    pub name: &'static str,
    /// The file's text.
    pub text: &'static str,
}

const MTN_TEST_VALUES: BuiltinScenario =
    BuiltinScenario { name: test_values::NAME, text: test_values::TEXT };

/// The file of this name, from the folder `scenarios/`.
macro_rules! shipped {
    ($name:literal) => {
        BuiltinScenario {
            name: $name,
            text: include_str!(concat!("../scenarios/", $name, ".toml")),
        }
    };
}

/// All builtin scenarios, by name.
pub static BUILTIN: &[BuiltinScenario] = &[
    shipped!("before-answer"),
    shipped!("contradicting-callback"),
    shipped!("declined"),
    shipped!("dial-code-approval"),
    shipped!("duplicate-callback"),
    shipped!("duplicate-submit"),
    shipped!("early-callback"),
    shipped!("every-reason"),
    shipped!("expired"),
    shipped!("firewall-page"),
    shipped!("flaky-status"),
    shipped!("forged-callback"),
    shipped!("happy"),
    shipped!("insufficient-funds"),
    shipped!("ip-not-allowed"),
    shipped!("late-callback"),
    shipped!("ledger-refusals"),
    shipped!("lying-500"),
    shipped!("lying-timeout"),
    shipped!("maintenance"),
    shipped!("malformed-callback"),
    shipped!("market-failures"),
    shipped!("missed-callback"),
    MTN_TEST_VALUES,
    shipped!("no-right-to-disburse"),
    shipped!("payout-reversed"),
    shipped!("pending-for-ever"),
    shipped!("random-balance"),
    shipped!("rate-limited"),
    shipped!("slow-approval"),
    shipped!("slow-markets"),
    shipped!("slow-operator"),
    shipped!("slow-tokens"),
    shipped!("status-backwards"),
    shipped!("status-not-found-at-first"),
    shipped!("token-expires-midway"),
    shipped!("token-outage"),
    shipped!("two-requests-of-a-payer"),
    shipped!("unavailable-for-days"),
    shipped!("unknown-fields"),
    shipped!("unknown-reference"),
    shipped!("wrong-verb"),
];

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
    use momo_sandbox_core::scenario::read_scenario::read_scenario;

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
