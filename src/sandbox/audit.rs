//! The audit of what a merchant's program did.

use std::fmt;

use crate::Verdict;
use momo_sandbox_core::report::{audit, audit_report, html, junit, text};

/// The audit of what a merchant's program did: a verdict for each rule that a sound merchant keeps,
/// and the money that was collected, charged twice, or never learnt about.
///
/// Its `Display` is the report that `momosandbox exec` prints.
#[derive(Debug, Clone)]
pub struct Audit(audit::Audit);

impl Audit {
    pub(super) const fn of(audit: audit::Audit) -> Self {
        Self(audit)
    }

    /// Each rule by its name, with its verdict.
    pub fn rules(&self) -> impl Iterator<Item = (&'static str, Verdict)> + '_ {
        self.0.rules.iter().map(|judged| (judged.id.name(), judged.verdict))
    }

    /// The verdict of the rule of that name; `None` if there is no such rule.
    pub fn verdict(&self, rule: &str) -> Option<Verdict> {
        self.rules().find(|(name, _)| *name == rule).map(|(_, verdict)| verdict)
    }

    /// The names of the rules that were broken.
    pub fn failed(&self) -> Vec<&'static str> {
        let failed = self.rules().filter(|(_, verdict)| *verdict == Verdict::Fail);
        failed.map(|(name, _)| name).collect()
    }

    /// How many rules were put to the test. An audit of nothing fails nothing: check this too.
    pub fn exercised(&self) -> usize {
        self.rules().filter(|(_, verdict)| *verdict != Verdict::NotExercised).count()
    }

    /// The audit as JSON, as `GET /_sandbox/report` answers it.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(audit_report::AuditReport::from(&self.0)).unwrap_or_default()
    }

    /// The audit as JUnit XML, for a CI server.
    pub fn to_junit(&self) -> String {
        junit::render(&self.0)
    }

    /// The audit as a page.
    pub fn to_html(&self) -> String {
        html::render(&self.0)
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(text::render(&self.0).trim_end())
    }
}
