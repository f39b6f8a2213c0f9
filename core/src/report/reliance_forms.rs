//! What a run relied on, for the forms of the report.

use std::fmt::Write;

use crate::model::wrapping::wrapped;
use crate::operations::evidence::{Grade, evidence_of};
use crate::report::html::escaped;
use crate::report::reliance::Reliance;

/// The grades that a text lists: those that are weaker than MTN's own documentation.
const WEAK: [Grade; 2] = [Grade::Seen, Grade::Chosen];

/// The indentation of a continued line.
const REST: &str = "            ";

/// Writes the text form: the counts, then each behaviour weaker than documented, with its source.
pub fn text(reliance: &Reliance) -> String {
    let mut text = format!("\n{}", wrapped("", "", &reliance.headline()));
    for grade in WEAK {
        for (behaviour, _) in reliance.of_grade(grade) {
            let source = &evidence_of(behaviour).source;
            let first = format!("  {:<9} ", grade.name());
            text += &wrapped(&first, REST, &format!("{}: {source}", behaviour.id()));
        }
    }
    for (what, times) in &reliance.decided_by_user {
        text += &wrapped("  yours     ", REST, &format!("{what} ({})", times_told(*times)));
    }
    text
}

/// Returns the properties of a JUnit test suite, with their names.
pub fn junit(reliance: &Reliance) -> Vec<(String, String)> {
    let by_grade = reliance.by_grade().map(|(grade, count)| (grade.name(), count));
    let decisions = ("decided_by_scenario", reliance.decisions());
    let all = by_grade.into_iter().chain([decisions]);
    all.map(|(name, count)| (format!("relied_on.{name}"), count.to_string())).collect()
}

/// Writes a section of the page, at this place in it.
pub fn html(reliance: &Reliance, place: &str) -> String {
    let mut html = format!(
        "<section id=\"{place}\"><h2>What the run relied on</h2>\n<p>{}</p>\n<table><thead><tr>\
         <th scope=\"col\">grade<th scope=\"col\">behaviour<th scope=\"col\">date\
         <th scope=\"col\">source</tr></thead><tbody>\n",
        escaped(&reliance.headline())
    );
    for grade in Grade::ALL {
        for (behaviour, _) in reliance.of_grade(grade) {
            let evidence = evidence_of(behaviour);
            let _ = writeln!(
                html,
                "<tr><td>{grade}<td>{}<td>{}<td><small>{}</small></tr>",
                escaped(&behaviour.id()),
                escaped(evidence.date_or_dash()),
                escaped(&evidence.source),
            );
        }
    }
    for (what, times) in &reliance.decided_by_user {
        let times = times_told(*times);
        let _ = writeln!(html, "<tr><td>yours<td>{}<td>-<td>{times}</tr>", escaped(what));
    }
    html.push_str("</tbody></table></section>\n");
    html
}

fn times_told(times: usize) -> String {
    if times == 1 { "once".to_owned() } else { format!("{times} times") }
}
