//! The audit of one space or several: a verdict for each rule, and the money.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::model::ids::ReferenceId;
use crate::platform::Platform;
use crate::platform::journal::JournalEntry;
use crate::report::check::{RuleCheck, Terms};
use crate::report::exclusions::{Excluded, Exclusions};
use crate::report::findings::{self, Finding};
use crate::report::money::Money;
use crate::report::observed::{Moment, Observed};
use crate::report::reliance::Reliance;
use crate::report::rules::RuleId;
use crate::report::run::Run;

/// The most proofs that are kept of a rule.
const PROOFS_MAX: usize = 20;

/// How a rule came out, in the order of importance: of two spaces' verdicts the greater counts.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    IntoStaticStr,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[strum(serialize_all = "snake_case", const_into_str)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No event tested the rule.
    #[default]
    NotExercised,
    /// The rule was put to the test and kept.
    Pass,
    /// Something was evicted that might tell.
    Incomplete,
    /// The rule was broken.
    Fail,
}

impl Verdict {
    /// The name in the report.
    pub fn name(self) -> &'static str {
        self.into_str()
    }
}

/// A rule's verdict, with what proves it.
#[derive(Debug, Clone)]
pub struct JudgedRule {
    pub id: RuleId,
    pub verdict: Verdict,
    /// How often it was put to the test.
    pub exercised: usize,
    /// The transactions that show that it was kept.
    pub proofs: Vec<ReferenceId>,
    /// The breaches of the rule, with their spaces. Equal findings are merged.
    pub failures: Vec<Finding>,
    /// The number of all failures.
    pub failed: usize,
}

#[derive(Debug, Clone)]
pub struct Audit {
    pub rules: Vec<JudgedRule>,
    pub money: Money,
    pub spaces: usize,
    pub transactions: usize,
    pub pending: usize,
    pub queries: usize,
    /// The number of transactions whose callback did not reach the merchant.
    pub missed_callbacks: usize,
    /// The number of submissions whose reference id is not a UUID of version 4.
    pub other_versions: usize,
    /// The behaviours that were relied on.
    pub reliance: Reliance,
    /// The spaces that were left out.
    pub excluded: Excluded,
    /// How often a space was reset, at most.
    pub resets: u64,
    /// Whether what happened before a reset is in it too.
    pub covers_resets: bool,
    /// What the program knows of the run, if it said so.
    pub run: Option<Run>,
}

impl Default for Audit {
    /// Returns the audit of no space, without rules.
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            money: Money::default(),
            spaces: 0,
            transactions: 0,
            pending: 0,
            queries: 0,
            missed_callbacks: 0,
            other_versions: 0,
            reliance: Reliance::default(),
            excluded: Excluded::default(),
            resets: 0,
            covers_resets: false,
            run: None,
        }
    }
}

impl JudgedRule {
    /// A rule that nothing put to the test.
    fn not_exercised(id: RuleId) -> Self {
        let (verdict, proofs, failures) = (Verdict::NotExercised, Vec::new(), Vec::new());
        Self { id, verdict, exercised: 0, proofs, failures, failed: 0 }
    }

    /// Judges what was observed in a space, or of callers that are in none.
    fn of(id: RuleId, observed: &Observed<'_>, platform: Option<&Platform>, terms: &Terms) -> Self {
        let check = id.check(observed, terms);
        let (verdict, failed) = (Self::verdict_on(&check, observed), check.failures.len());
        let failures = findings::grouped(platform, check.failures);
        let proofs = check.proofs.into_iter().take(PROOFS_MAX).collect();
        Self { id, verdict, exercised: check.exercised, proofs, failures, failed }
    }

    /// The verdict on a rule by what its check found.
    pub fn verdict_on(check: &RuleCheck, observed: &Observed<'_>) -> Verdict {
        match (check.failures.len(), check.exercised) {
            (0, _) if observed.is_incomplete => Verdict::Incomplete,
            (0, 0) => Verdict::NotExercised,
            (0, _) => Verdict::Pass,
            _ => Verdict::Fail,
        }
    }

    /// Adds another space's.
    fn merge(&mut self, other: Self) {
        self.verdict = self.verdict.max(other.verdict);
        self.exercised += other.exercised;
        self.failed += other.failed;
        findings::merge(&mut self.failures, other.failures);
        let room = PROOFS_MAX.saturating_sub(self.proofs.len());
        self.proofs.extend(other.proofs.into_iter().take(room));
    }

    /// Returns the number of failures beyond those that are kept.
    pub fn hidden(&self) -> usize {
        let kept: usize = self.failures.iter().map(|finding| finding.times).sum();
        self.failed.saturating_sub(kept)
    }
}

impl Audit {
    /// The audit of no space, with the rules that these terms ask for.
    pub fn of_nothing(terms: &Terms) -> Self {
        let rules = RuleId::of_audit(terms).map(JudgedRule::not_exercised).collect();
        Self { rules, ..Self::default() }
    }

    /// Audits the requests of callers whose credentials are not known, which are in no space, by
    /// the rules of the migration.
    pub fn of_strangers<'a>(
        entries: impl IntoIterator<Item = &'a JournalEntry>,
        is_incomplete: bool,
        terms: &Terms,
    ) -> Self {
        let observed = Observed::of_strangers(entries, is_incomplete);
        let rules = RuleId::of_audit(terms).filter(|rule| rule.is_of_migration());
        let rules = rules.map(|rule| JudgedRule::of(rule, &observed, None, terms)).collect();
        Self { rules, ..Self::default() }
    }

    /// Audits one space. An excluded space adds only the behaviours that it relied on.
    pub fn unless_excluded(platform: &Platform, terms: &Terms, exclusions: &Exclusions) -> Self {
        if exclusions.exclude(platform) {
            Self {
                reliance: Reliance::of(platform),
                resets: platform.generation(),
                excluded: Excluded::of(platform),
                ..Self::default()
            }
        } else {
            Self::of(platform, terms)
        }
    }

    pub fn of(platform: &Platform, terms: &Terms) -> Self {
        let observed = Observed::of(platform);
        let judge = |id| JudgedRule::of(id, &observed, Some(platform), terms);
        let missed = observed.transactions().filter(|(_, line)| line.is_callback_missed());
        Self {
            rules: RuleId::of_audit(terms).map(judge).collect(),
            money: Money::of(&observed),
            spaces: 1,
            transactions: observed.transactions().count(),
            pending: observed.pending,
            queries: observed.queries.len(),
            missed_callbacks: missed.count(),
            other_versions: observed.submissions.iter().filter(|one| is_of_other(one)).count(),
            reliance: Reliance::of(platform),
            excluded: Excluded::default(),
            resets: platform.generation(),
            covers_resets: false,
            run: None,
        }
    }

    /// Adds another space's.
    pub fn merge(&mut self, other: Self) {
        for other in other.rules {
            match self.rules.binary_search_by_key(&other.id, |own| own.id) {
                Ok(place) => self.rules[place].merge(other),
                Err(place) => self.rules.insert(place, other),
            }
        }
        self.money.merge(&other.money);
        self.spaces += other.spaces;
        self.transactions += other.transactions;
        self.pending += other.pending;
        self.queries += other.queries;
        self.missed_callbacks += other.missed_callbacks;
        self.other_versions += other.other_versions;
        self.reliance.merge(other.reliance);
        self.resets = self.resets.max(other.resets);
        self.excluded.merge(other.excluded);
    }

    /// What is worth knowing and breaks no rule, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let others = self.note_of_resets().into_iter().chain(self.note_of_versions());
        self.excluded.notes().into_iter().chain(others).collect()
    }

    fn note_of_resets(&self) -> Option<String> {
        let times = match self.resets {
            0 => return None,
            1 => "once".to_owned(),
            several => format!("{several} times"),
        };
        let coverage = if self.covers_resets {
            "this audit covers what happened before, too"
        } else {
            "this audit covers only what happened since"
        };
        Some(format!("The emulator was reset {times}: {coverage}."))
    }

    fn note_of_versions(&self) -> Option<String> {
        let (submissions, have) = match self.other_versions {
            0 => return None,
            1 => ("1 submission".to_owned(), "has"),
            several => (format!("{several} submissions"), "have"),
        };
        Some(format!(
            "{submissions} {have} a reference id that is not a UUID of version 4. MTN's documents \
             ask for version 4; nobody recorded a refusal of another."
        ))
    }

    /// Returns the number of rules that were exercised.
    pub fn exercised(&self) -> usize {
        self.rules.iter().filter(|judged| judged.exercised + judged.failed > 0).count()
    }

    /// Returns the number of exercised rules and their verdicts: the first line of a report.
    pub fn summary(&self) -> String {
        let (all, exercised) = (self.rules.len(), self.exercised());
        if self.reliance.requests == 0 && exercised == 0 {
            return format!("No request was made: 0 of {all} rules exercised, nothing checked.");
        }
        let outcomes = [
            (Verdict::Pass, "passed"),
            (Verdict::Fail, "failed"),
            (Verdict::Incomplete, "incomplete"),
        ];
        let outcomes = outcomes.into_iter().filter_map(|(verdict, word)| {
            let count = self.rules.iter().filter(|judged| judged.verdict == verdict).count();
            (count > 0).then(|| format!("{count} {word}"))
        });
        let outcomes: Vec<String> = outcomes.collect();
        if outcomes.is_empty() {
            format!("0 of {all} rules exercised: nothing was checked.")
        } else {
            format!("{exercised} of {all} rules exercised: {}.", outcomes.join(", "))
        }
    }

    /// Whether the audit found no broken rule.
    pub fn verdict(&self) -> Verdict {
        self.rules.iter().map(|judged| judged.verdict).max().unwrap_or_default()
    }
}

/// Whether a submission has a reference id of another version than 4.
fn is_of_other(moment: &Moment<'_>) -> bool {
    moment.request.reference_id.is_some_and(|id| !id.is_version_4())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_verdicts_the_worse_counts() {
        use Verdict::{Fail, Incomplete, NotExercised, Pass};
        for (one, other, both) in [
            (Pass, Fail, Fail),
            (Incomplete, Pass, Incomplete),
            (NotExercised, Pass, Pass),
            (Incomplete, Fail, Fail),
            (NotExercised, NotExercised, NotExercised),
        ] {
            assert_eq!((one.max(other), other.max(one)), (both, both));
        }
    }
}
