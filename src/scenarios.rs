//! The scenarios that ship with the program, found by name: the files of the folder `scenarios/`,
//! and MTN's test values, which are part of the core.

pub mod answer_files;

use momo_sandbox_core::model::spelling::suggestion;
use momo_sandbox_core::scenario::read_scenario::read_scenario;
use momo_sandbox_core::scenario::test_values;
use strum::{IntoStaticStr, VariantArray};

/// A scenario that ships with the program.
#[derive(Debug)]
pub struct BuiltinScenario {
    /// The name of the scenario.
    pub name: &'static str,
    /// The file's text.
    pub text: &'static str,
    /// What goes wrong; `None` where nothing in particular does.
    pub kind: Option<FaultKind>,
}

/// What goes wrong in a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum FaultKind {
    /// Payments fail, or stay PENDING.
    Payment,
    /// Callbacks are lost, wrong, early, late or doubled.
    Callback,
    /// Requests meet an error, a lie, or no answer.
    Answer,
    /// Tokens expire, or are not to be had.
    Token,
    /// All takes long.
    Time,
}

impl FaultKind {
    pub const ALL: &[Self] = Self::VARIANTS;

    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl BuiltinScenario {
    /// What it does, in a sentence.
    pub fn description(&self) -> Option<String> {
        read_scenario(self.name, self.text).ok()?.description
    }
}

const MTN_TEST_VALUES: BuiltinScenario =
    BuiltinScenario { name: test_values::NAME, text: test_values::TEXT, kind: None };

/// The file of this name, from the folder `scenarios/`.
macro_rules! shipped {
    ($name:literal) => {
        BuiltinScenario {
            name: $name,
            text: include_str!(concat!("../scenarios/", $name, ".toml")),
            kind: None,
        }
    };
    ($name:literal, $kind:ident) => {
        BuiltinScenario { kind: Some(FaultKind::$kind), ..shipped!($name) }
    };
}

/// All builtin scenarios, by name.
pub static BUILTIN: &[BuiltinScenario] = &[
    shipped!("before-answer", Callback),
    shipped!("contradicting-callback", Callback),
    shipped!("declined", Payment),
    shipped!("dial-code-approval", Payment),
    shipped!("duplicate-callback", Callback),
    shipped!("duplicate-submit", Answer),
    shipped!("early-callback", Callback),
    shipped!("every-reason", Payment),
    shipped!("expired", Payment),
    shipped!("firewall-page", Answer),
    shipped!("flaky-status", Answer),
    shipped!("forged-callback", Callback),
    shipped!("happy"),
    shipped!("insufficient-funds", Payment),
    shipped!("ip-not-allowed", Answer),
    shipped!("late-callback", Callback),
    shipped!("ledger-refusals", Payment),
    shipped!("lying-500", Answer),
    shipped!("lying-timeout", Answer),
    shipped!("maintenance", Answer),
    shipped!("malformed-callback", Callback),
    shipped!("market-failures", Payment),
    shipped!("missed-callback", Callback),
    MTN_TEST_VALUES,
    shipped!("no-right-to-disburse", Answer),
    shipped!("payout-reversed", Callback),
    shipped!("pending-for-ever", Payment),
    shipped!("random-balance", Answer),
    shipped!("rate-limited", Answer),
    shipped!("slow-approval", Time),
    shipped!("slow-markets", Time),
    shipped!("slow-operator", Time),
    shipped!("slow-tokens", Time),
    shipped!("status-backwards", Answer),
    shipped!("status-not-found-at-first", Answer),
    shipped!("token-expires-midway", Token),
    shipped!("token-outage", Token),
    shipped!("two-requests-of-a-payer", Payment),
    shipped!("unavailable-for-days", Answer),
    shipped!("unknown-fields", Callback),
    shipped!("unknown-reference", Callback),
    shipped!("wrong-verb", Callback),
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
