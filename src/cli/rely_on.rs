//! `--rely-on`: finds behaviour with weaker evidence than allowed that a run relied on.

use std::fmt::Write;

use momo_sandbox_core::operations::evidence::Grade;
use momo_sandbox_core::report::audit_report::{BehaviourReport, RelianceReport};

/// The most behaviours that a message lists.
const LISTED_MAX: usize = 20;

/// Parses the name of a grade.
///
/// # Errors
///
/// An unknown name, with all known ones.
pub fn parse_grade(name: &str) -> Result<Grade, String> {
    name.parse().map_err(|_| {
        let names = Grade::ALL.map(Grade::name).join(", ");
        format!("unknown grade `{name}`; expected one of {names}")
    })
}

/// The message about a run that relied on a grade below `allowed`, or that relied on no behaviour
/// at all.
pub fn failure(allowed: Grade, relied_on: &RelianceReport) -> Option<String> {
    if relied_on.behaviours.is_empty() {
        return Some(format!(
            "--rely-on {allowed}: the run relied on your scenario alone and on no behaviour of \
             MTN's, so nothing was checked; run it without the scenario too"
        ));
    }
    let behaviours = relied_on.behaviours.iter();
    let weaker: Vec<&BehaviourReport> = behaviours.filter(|one| one.grade < allowed).collect();
    if !weaker.is_empty() {
        return Some(weaker_than(allowed, &weaker));
    }
    let may_lack_some = !relied_on.complete && allowed > Grade::Chosen;
    may_lack_some.then(|| {
        format!(
            "--rely-on {allowed}: entries were evicted, so it is unknown what else the run relied \
             on; raise --journal-max or --settled-max"
        )
    })
}

fn weaker_than(allowed: Grade, weaker: &[&BehaviourReport]) -> String {
    let many = match weaker.len() {
        1 => "1 behaviour whose evidence is".to_owned(),
        count => format!("{count} behaviours whose evidence is"),
    };
    let mut message = format!("--rely-on {allowed}: the run relied on {many} weaker:");
    for behaviour in weaker.iter().take(LISTED_MAX) {
        let BehaviourReport { behaviour: id, grade, source, .. } = behaviour;
        let _ = write!(message, "\n  {grade:<10} {id}: {source}");
    }
    if weaker.len() > LISTED_MAX {
        let _ = write!(message, "\n  and {} more", weaker.len() - LISTED_MAX);
    }
    let weakest = weaker.iter().map(|one| one.grade).min().unwrap_or(Grade::Chosen);
    let _ = write!(
        message,
        "\nTry them on MTN's own sandbox before you trust them, or allow them with --rely-on \
         {weakest}"
    );
    message
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn report(grades: &[&str], complete: bool) -> RelianceReport {
        let of =
            |grade: &&str| json!({"behaviour": "order:transfer", "grade": grade, "source": "x"});
        let behaviours: Vec<Value> = grades.iter().map(of).collect();
        let report = json!({"requests": 7, "complete": complete, "behaviours": behaviours});
        serde_json::from_value(report).expect("a report")
    }

    #[track_caller]
    fn fails(allowed: Grade, report: &RelianceReport, part: &str) {
        let failure = failure(allowed, report).expect("a failure");
        assert!(failure.contains(part), "{failure}");
    }

    #[test]
    fn weaker_evidence_than_allowed_fails_and_is_named() {
        let report = report(&["measured", "seen"], true);
        assert_eq!(failure(Grade::Chosen, &report), None);
        assert_eq!(failure(Grade::Seen, &report), None);
        fails(Grade::Documented, &report, "1 behaviour whose evidence is weaker");
        fails(Grade::Measured, &report, "seen       order:transfer: x");
        fails(Grade::Measured, &report, "--rely-on seen");
    }

    #[test]
    fn a_run_that_relied_on_nothing_fails() {
        fails(Grade::Chosen, &report(&[], true), "your scenario alone");
    }

    #[test]
    fn evicted_entries_leave_the_question_open() {
        fails(Grade::Measured, &report(&["measured"], false), "evicted");
        assert_eq!(failure(Grade::Chosen, &report(&["measured"], false)), None);
    }
}
