//! The report for CI: a test suite in which each rule is a test case.
//!
//! Written by hand: `quick-junit` would wrap the suite in `<testsuites>` and so change what is read
//! today, and it brings a date library into the core.

use std::fmt::Write;

use crate::report::audit::{Audit, Verdict};
use crate::report::html::escaped;
use crate::report::reliance_forms;
use crate::report::run::Run;

pub fn render(audit: &Audit) -> String {
    let count = |wanted: &[Verdict]| {
        audit.rules.iter().filter(|judged| wanted.contains(&judged.verdict)).count()
    };
    let checked_nothing = audit.exercised() == 0;
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"momo-sandbox audit\" \
         tests=\"{}\" failures=\"{}\" skipped=\"{}\"{}>\n",
        audit.rules.len() + 1,
        count(&[Verdict::Fail, Verdict::Incomplete]) + usize::from(checked_nothing),
        count(&[Verdict::NotExercised]),
        audit.run.as_ref().map(made_at).unwrap_or_default(),
    );
    xml.push_str(&properties(audit));
    // A suite of nothing but skipped cases is green where it is read.
    xml.push_str("  <testcase classname=\"momo-sandbox\" name=\"something-was-checked\">");
    if checked_nothing {
        let _ = write!(xml, "<failure message=\"{}\"/>", escaped(&audit.summary()));
    }
    xml.push_str("</testcase>\n");
    for judged in &audit.rules {
        let class = if judged.id.is_of_migration() { "migration" } else { "merchant" };
        let name = judged.id.name();
        let _ = write!(xml, "  <testcase classname=\"{class}\" name=\"{name}\">");
        match judged.verdict {
            Verdict::Pass => {}
            Verdict::NotExercised => xml.push_str("<skipped message=\"not exercised\"/>"),
            Verdict::Incomplete => {
                xml.push_str("<failure message=\"incomplete: something was evicted\"/>");
            }
            Verdict::Fail => {
                let message = format!("{} times; {}", judged.failed, judged.id.remedy());
                let _ = writeln!(xml, "<failure message=\"{}\">", escaped(&message));
                for finding in &judged.failures {
                    let told = format!("{}, {}", finding.described(), finding.whose());
                    let _ = writeln!(xml, "{}", escaped(&told));
                    for case in &finding.cases {
                        let about = case.described().unwrap_or_default();
                        let _ = writeln!(xml, "  {} {}", case.at, escaped(&about));
                    }
                }
                xml.push_str("</failure>");
            }
        }
        xml.push_str("</testcase>\n");
    }
    let relied_on = reliance_forms::text(&audit.reliance);
    let readiness = audit.readiness().map(|found| format!("{}\n", found.summary()));
    let readiness = readiness.unwrap_or_default();
    let (summary, headline) = (audit.summary(), audit.headline());
    let out = escaped(&format!("{summary}\n{headline}\n{readiness}{relied_on}"));
    let _ = writeln!(xml, "  <system-out>{out}</system-out>");
    xml.push_str("</testsuite>\n");
    xml
}

/// When the report was made, as an attribute: in UTC, without a zone, as JUnit's schema has it.
fn made_at(run: &Run) -> String {
    let text = run.made_at.to_string();
    text.split_once('.')
        .map_or_else(String::new, |(to_the_second, _)| format!(" timestamp=\"{to_the_second}\""))
}

/// What the report is about, by the names that it has in JSON.
fn of_run(run: &Run) -> [(String, String); 6] {
    [
        ("version", run.version.clone()),
        ("made_at", run.made_at.to_string()),
        ("clock", run.clock.to_string()),
        ("target_environment", run.target_environment.clone()),
        ("scenarios", run.scenario()),
        ("seed", run.seed.to_string()),
    ]
    .map(|(name, value)| (format!("run.{name}"), value))
}

/// The properties of the suite: what the report is about, and what the run relied on.
fn properties(audit: &Audit) -> String {
    let of_run = audit.run.iter().flat_map(of_run);
    let mut xml = String::from("  <properties>\n");
    for (name, value) in of_run.chain(reliance_forms::junit(&audit.reliance)) {
        let (name, value) = (escaped(&name), escaped(&value));
        let _ = writeln!(xml, "    <property name=\"{name}\" value=\"{value}\"/>");
    }
    xml.push_str("  </properties>\n");
    xml
}
