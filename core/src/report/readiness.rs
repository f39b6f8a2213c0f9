//! Whether a merchant is ready for MTN's new platform: the rules about the migration, summed up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::audit::{Audit, JudgedRule, Verdict};

/// The heading of the rules about the migration.
pub const HEADING: &str = "Migration to MTN's new platform";

/// How many rules about the migration came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "ReadinessReport")]
pub struct Readiness {
    pub passed: usize,
    pub failed: usize,
    pub incomplete: usize,
    pub not_exercised: usize,
}

impl Audit {
    /// The rules about the migration, summed up; `None` where the new platform is not played.
    pub fn readiness(&self) -> Option<Readiness> {
        let mut readiness = Readiness::default();
        for judged in self.of_migration() {
            *match judged.verdict {
                Verdict::Pass => &mut readiness.passed,
                Verdict::Fail => &mut readiness.failed,
                Verdict::Incomplete => &mut readiness.incomplete,
                Verdict::NotExercised => &mut readiness.not_exercised,
            } += 1;
        }
        (readiness != Readiness::default()).then_some(readiness)
    }

    /// The rules about the migration.
    pub fn of_migration(&self) -> impl Iterator<Item = &JudgedRule> {
        self.rules.iter().filter(|judged| judged.id.is_of_migration())
    }

    /// All other rules.
    pub fn of_all_platforms(&self) -> impl Iterator<Item = &JudgedRule> {
        self.rules.iter().filter(|judged| !judged.id.is_of_migration())
    }
}

impl Readiness {
    /// How the rules came out together.
    pub fn verdict(self) -> Verdict {
        match self {
            Self { failed: 1.., .. } => Verdict::Fail,
            Self { incomplete: 1.., .. } => Verdict::Incomplete,
            Self { passed: 1.., .. } => Verdict::Pass,
            _ => Verdict::NotExercised,
        }
    }

    /// The readiness in a sentence.
    pub fn summary(self) -> String {
        let Self { passed, failed, incomplete, not_exercised } = self;
        let all = passed + failed + incomplete + not_exercised;
        let counts = [(failed, "failed"), (passed, "passed"), (incomplete, "incomplete")];
        let counts = counts.into_iter().chain([(not_exercised, "not exercised")]);
        let mut counts = counts.filter(|(count, _)| *count > 0);
        let first = counts.next().map(|(count, word)| format!("{count} of {all} rules {word}"));
        let others = counts.map(|(count, word)| format!("{count} {word}"));
        let counts: Vec<String> = first.into_iter().chain(others).collect();
        let told = match self.verdict() {
            Verdict::Pass if not_exercised > 0 => {
                "Ready for the new platform as far as it was put to the test"
            }
            Verdict::Pass => "Ready for the new platform",
            Verdict::Fail => "Not ready for the new platform",
            Verdict::Incomplete => "Unknown whether the program is ready for the new platform",
            Verdict::NotExercised => {
                "Nothing shows whether the program is ready for the new platform"
            }
        };
        format!("{told}: {}.", counts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_ready_or_not_and_why() {
        let of = |passed, failed, incomplete, not_exercised| {
            Readiness { passed, failed, incomplete, not_exercised }.summary()
        };
        assert_eq!(
            of(6, 0, 0, 2),
            "Ready for the new platform as far as it was put to the test: 6 of 8 rules passed, 2 \
             not exercised."
        );
        assert_eq!(of(8, 0, 0, 0), "Ready for the new platform: 8 of 8 rules passed.");
        assert_eq!(
            of(5, 1, 1, 1),
            "Not ready for the new platform: 1 of 8 rules failed, 5 passed, 1 incomplete, 1 not \
             exercised."
        );
        assert_eq!(
            of(7, 0, 1, 0),
            "Unknown whether the program is ready for the new platform: 7 of 8 rules passed, 1 \
             incomplete."
        );
        assert_eq!(
            of(0, 0, 0, 8),
            "Nothing shows whether the program is ready for the new platform: 8 of 8 rules not \
             exercised."
        );
    }
}
