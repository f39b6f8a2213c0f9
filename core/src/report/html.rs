//! The report as one page: no script, nothing loaded.

use std::fmt::Write;

use crate::report::audit::{Audit, JudgedRule, Verdict};
use crate::report::findings::Case;
use crate::report::readiness::HEADING;
use crate::report::reliance_forms;

const STYLE: &str = "\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
body{max-width:60rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}\
table{border-collapse:collapse;width:100%}\
td,th{text-align:left;vertical-align:top;padding:.4rem .6rem;border-top:1px solid #8886}\
.pass{color:#1a7f37}.fail{color:#cf222e;font-weight:bold}.incomplete{color:#9a6700}\
@media(prefers-color-scheme:dark)\
{.pass{color:#3fb950}.fail{color:#ff7b72}.incomplete{color:#d29922}}\
small{overflow-wrap:anywhere}";

pub fn render(audit: &Audit) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>momo-sandbox audit</title><style>{STYLE}</style></head><body>\n\
         <h1>{}</h1>\n<p>{}</p>\n<p>{} transactions ({} pending), {} status queries, {} \
         callbacks that did not arrive.</p>\n\
         ",
        escaped(&audit.headline()),
        escaped(&audit.summary()),
        audit.transactions,
        audit.pending,
        audit.queries,
        audit.missed_callbacks,
    );
    table(&mut html, audit.of_all_platforms());
    if let Some(readiness) = audit.readiness() {
        let (heading, summary) = (escaped(HEADING), escaped(&readiness.summary()));
        let _ = writeln!(html, "<h2>{heading}</h2>\n<p>{summary}</p>");
        table(&mut html, audit.of_migration());
    }
    for note in audit.notes() {
        let _ = writeln!(html, "<p>{}</p>", escaped(&note));
    }
    html.push_str(&reliance_forms::html(&audit.reliance));
    html.push_str("</body></html>\n");
    html
}

fn table<'a>(html: &mut String, rules: impl Iterator<Item = &'a JudgedRule>) {
    html.push_str("<table><thead><tr><th>verdict<th>rule<th>what was seen</tr></thead><tbody>\n");
    for judged in rules {
        row(html, judged);
    }
    html.push_str("</tbody></table>\n");
}

fn row(html: &mut String, judged: &JudgedRule) {
    let word = match judged.verdict {
        Verdict::NotExercised => "not exercised",
        other => other.name(),
    };
    let _ = write!(
        html,
        "<tr><td class=\"{}\">{word}<td>{}<br><small>{}</small><td>",
        judged.verdict.name(),
        judged.id.name(),
        escaped(judged.id.wants()),
    );
    for finding in &judged.failures {
        let (told, whose) = (escaped(&finding.described()), escaped(&finding.whose()));
        let _ = write!(html, "{told}<br><small>{whose}</small><br>");
        for about in finding.cases.iter().filter_map(Case::described) {
            let _ = write!(html, "<small>{}</small><br>", escaped(&about));
        }
    }
    let hidden = judged.hidden();
    if hidden > 0 {
        let _ = write!(html, "and {hidden} more<br>");
    }
    if judged.verdict == Verdict::Fail {
        let _ = write!(html, "<em>{}</em>", escaped(judged.id.remedy()));
    }
    html.push_str("</tr>\n");
}

/// A text in which nothing is markup, for HTML and XML; what XML cannot say is left out.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(character),
            other if other.is_control() => {}
            '\u{fffe}' | '\u{ffff}' => {}
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_is_markup() {
        assert_eq!(
            escaped("<a href=\"x\">'&'\u{7}"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;"
        );
    }
}
