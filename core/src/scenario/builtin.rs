//! The scenarios that ship with the program, found by name.

/// A scenario that ships with the program.
#[derive(Debug)]
pub struct BuiltinScenario {
    /// Its name.
    pub name: &'static str,
    /// The file's text.
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

/// All of them, by name; MTN's test values, which are in force without being asked for, among them.
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

/// The one of that name, with or without its ending.
pub fn named(name: &str) -> Option<&'static BuiltinScenario> {
    let name = name.strip_suffix(".toml").unwrap_or(name);
    BUILTIN.iter().find(|shipped| shipped.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read_scenario::read_scenario;

    #[test]
    fn each_is_good_and_has_the_name_of_its_file() {
        for shipped in BUILTIN {
            let scenario = read_scenario(shipped.name, shipped.text).expect(shipped.name);
            assert_eq!(&*scenario.name, shipped.name);
            assert!(scenario.description.is_some(), "{}", shipped.name);
        }
    }

    #[test]
    fn the_ending_may_be_left_out() {
        assert!(named("lying-500").is_some());
        assert!(named("lying-500.toml").is_some());
        assert!(named("lying").is_none());
    }
}
