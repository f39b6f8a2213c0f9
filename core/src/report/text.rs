//! The report to read on a terminal.

use std::fmt::Write;

use crate::model::escape::printable_lines;
use crate::model::wrapping::wrapped;
use crate::report::audit::{Audit, JudgedRule, Verdict};
use crate::report::findings::Finding;
use crate::report::readiness::HEADING;
use crate::report::reliance_forms;
use crate::report::sums::named;

/// The most findings of a rule that are shown, and the most cases of each.
const FINDINGS_MAX: usize = 5;
const CASES_MAX: usize = 3;

/// The columns of a rule's name, with a space after the longest.
const NAME_WIDTH: usize = 27;
const NAME_WIDTH_OF_MIGRATION: usize = 36;

/// The report as text, in lines of at most 80 columns.
pub fn render(audit: &Audit) -> String {
    let mut text = wrapped("", "", &audit.summary());
    text += &wrapped("", "", &audit.headline());
    text.push('\n');
    say_sums(&mut text, audit);
    for judged in audit.of_all_platforms() {
        say_rule(&mut text, judged, NAME_WIDTH);
    }
    if let Some(readiness) = audit.readiness() {
        let _ = writeln!(text, "\n{HEADING}\n");
        for judged in audit.of_migration() {
            say_rule(&mut text, judged, NAME_WIDTH_OF_MIGRATION);
        }
        text.push('\n');
        text += &wrapped("", "", &readiness.summary());
    }
    let counts = format!(
        "{}, {}, {}.",
        counted(audit.transactions, "transaction", &format!(" ({} pending)", audit.pending)),
        counted(audit.queries, "status query", ""),
        counted(audit.missed_callbacks, "callback", " that did not arrive"),
    );
    text.push('\n');
    text += &wrapped("", "", &counts);
    if audit.rules.iter().any(|judged| judged.verdict == Verdict::Incomplete) {
        text += &wrapped(
            "",
            "",
            "`?`: the journal or transactions were evicted, so these rules are inconclusive; raise \
             --journal-max or --settled-max.",
        );
    }
    for note in audit.notes() {
        text += &wrapped("", "", &note);
    }
    text += &reliance_forms::text(&audit.reliance);
    say_run(&mut text, audit);
    // Merchants chose some of it.
    printable_lines(&text)
}

/// Writes a count with its noun.
fn counted(count: usize, what: &str, more: &str) -> String {
    let many = || match what.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{what}s"),
    };
    let what = if count == 1 { what.to_owned() } else { many() };
    format!("{count} {what}{more}")
}

/// Writes the sums of money, if there are any.
fn say_sums(text: &mut String, audit: &Audit) {
    let all: Vec<_> = named(&audit.money).into_iter().filter(|one| !one.sums.is_empty()).collect();
    let width = all.iter().map(|one| one.name.len()).max().unwrap_or_default();
    for one in &all {
        let first = format!("  {:<width$}  ", one.name);
        *text += &wrapped(&first, &" ".repeat(first.len()), &one.told());
    }
    if !all.is_empty() {
        text.push('\n');
    }
}

/// Writes what is known of the run, if the program said so.
fn say_run(text: &mut String, audit: &Audit) {
    let Some(run) = &audit.run else { return };
    let facts = run.facts().into_iter().map(|(name, value)| format!("{name} {value}"));
    let _ = writeln!(text);
    *text += &wrapped("", "", &format!("{}.", facts.collect::<Vec<_>>().join("; ")));
}

fn say_rule(text: &mut String, judged: &JudgedRule, width: usize) {
    let mark = match judged.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "FAIL",
        Verdict::NotExercised => "-   ",
        Verdict::Incomplete => "?   ",
    };
    let first = format!("  {mark}  {:<width$}", judged.id.name());
    *text += &wrapped(&first, &" ".repeat(first.len()), judged.id.wants());
    for finding in judged.failures.iter().take(FINDINGS_MAX) {
        say_finding(text, finding);
    }
    let shown: usize = judged.failures.iter().take(FINDINGS_MAX).map(|one| one.times).sum();
    let hidden = judged.failed.saturating_sub(shown);
    if hidden > 0 {
        let _ = writeln!(text, "          and {hidden} more");
    }
    let advice = match judged.verdict {
        Verdict::Fail => Some(judged.id.remedy()),
        Verdict::NotExercised => judged.id.trial(),
        Verdict::Pass | Verdict::Incomplete => None,
    };
    if let Some(advice) = advice {
        *text += &wrapped("          -> ", "             ", advice);
    }
}

fn say_finding(text: &mut String, finding: &Finding) {
    *text += &wrapped("          ", "          ", &finding.described());
    for case in finding.cases.iter().take(CASES_MAX) {
        let reference_id = case.reference_id.map(|id| id.to_string());
        for line in reference_id.into_iter().chain(case.order()) {
            *text += &wrapped("            ", "              ", &line);
        }
    }
    *text += &wrapped("            ", "              ", &finding.whose());
}
