//! The report to read on a terminal.

use std::fmt::Write;

use crate::report::audit::{Audit, Verdict};
use crate::report::reliance_forms;

/// How many failures of a rule are shown.
const SHOWN_MAX: usize = 5;

/// The report as text, at most 100 columns where the evidence allows it.
pub fn render(audit: &Audit) -> String {
    let mut text = format!("{}\n{}\n\n", audit.summary(), audit.headline());
    for judged in &audit.rules {
        let rule = judged.rule;
        let mark = match judged.verdict {
            Verdict::Pass => "pass",
            Verdict::Fail => "FAIL",
            Verdict::NotExercised => "-   ",
            Verdict::Incomplete => "?   ",
        };
        let _ = writeln!(text, "  {mark}  {:<27}{}", rule.name, rule.wants);
        for (_, evidence) in judged.failures.iter().take(SHOWN_MAX) {
            let reference = evidence.reference_id.map(|id| format!("{id}: ")).unwrap_or_default();
            let _ = writeln!(text, "          {reference}{}", evidence.seen);
        }
        let hidden = judged.failed.saturating_sub(SHOWN_MAX);
        if hidden > 0 {
            let _ = writeln!(text, "          and {hidden} more");
        }
        if judged.verdict == Verdict::Fail {
            let _ = writeln!(text, "          -> {}", rule.remedy);
        }
    }
    let _ = writeln!(
        text,
        "\n{} transactions ({} pending), {} status queries, {} callbacks that did not arrive.",
        audit.transactions, audit.pending, audit.queries, audit.missed_callbacks
    );
    if audit.rules.iter().any(|judged| judged.verdict == Verdict::Incomplete) {
        text.push_str(
            "`?`: the journal or transactions were evicted, so nobody can tell; raise \
             --journal-max or --settled-max.\n",
        );
    }
    for note in audit.notes() {
        let _ = writeln!(text, "{note}");
    }
    text.push_str(&reliance_forms::text(&audit.reliance));
    text
}
