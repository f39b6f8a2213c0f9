//! The verdict of the audit without what proves it: for the console, which asks for it often.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::platform::Platform;
use crate::platform::journal::JournalEntry;
use crate::report::audit::{JudgedRule, Verdict};
use crate::report::check::Terms;
use crate::report::exclusions::Exclusions;
use crate::report::observed::Observed;
use crate::report::rules::RuleId;

/// The verdict of the audit, and the rules that were broken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BriefVerdict {
    pub verdict: Verdict,
    pub failed: BTreeSet<RuleId>,
}

impl BriefVerdict {
    /// Judges one space. An excluded space adds nothing.
    pub fn of(platform: &Platform, terms: &Terms) -> Self {
        if Exclusions::default().exclude(platform) {
            return Self::default();
        }
        Self::judged(RuleId::of_audit(terms), &Observed::of(platform), terms)
    }

    /// Judges the requests of callers whose credentials are not known.
    pub fn of_strangers<'a>(
        entries: impl IntoIterator<Item = &'a JournalEntry>,
        is_incomplete: bool,
        terms: &Terms,
    ) -> Self {
        let rules = RuleId::of_audit(terms).filter(|rule| rule.is_of_migration());
        Self::judged(rules, &Observed::of_strangers(entries, is_incomplete), terms)
    }

    fn judged(rules: impl Iterator<Item = RuleId>, observed: &Observed<'_>, terms: &Terms) -> Self {
        let mut brief = Self::default();
        for rule in rules {
            let verdict = JudgedRule::verdict_on(&rule.check(observed, terms), observed);
            brief.verdict = brief.verdict.max(verdict);
            if verdict == Verdict::Fail {
                brief.failed.insert(rule);
            }
        }
        brief
    }

    /// Adds another space's.
    pub fn merge(&mut self, other: Self) {
        self.verdict = self.verdict.max(other.verdict);
        self.failed.extend(other.failed);
    }
}
