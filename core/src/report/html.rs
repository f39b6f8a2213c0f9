//! The report as one page: no script, nothing loaded.

use std::fmt::Write;

use crate::report::audit::{Audit, JudgedRule, Verdict};
use crate::report::findings::{Case, Finding};
use crate::report::readiness::HEADING;
use crate::report::reliance_forms;
use crate::report::sums::named;

const STYLE: &str = include_str!("report.css");

/// The groups of rules, in the order of the console: what must be mended comes first.
const GROUPS: [(Verdict, &str, &str); 4] = [
    (Verdict::Fail, "failed", "Failed"),
    (Verdict::Incomplete, "incomplete", "Incomplete"),
    (Verdict::Pass, "passed", "Passed"),
    (Verdict::NotExercised, "not-exercised", "Not exercised"),
];

/// The places of the sections that are no group of rules.
const MIGRATION: &str = "migration";
const RELIED_ON: &str = "relied-on";

pub fn render(audit: &Audit) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Merchant audit: {} – momo-sandbox</title>\n<style>\n{STYLE}</style></head><body>\n",
        word(audit.verdict()),
    );
    head(&mut html, audit);
    contents(&mut html, audit);
    html.push_str("<main>\n");
    for (verdict, place, title) in GROUPS {
        group(&mut html, audit, verdict, place, title);
    }
    migration(&mut html, audit);
    for note in audit.notes() {
        let _ = writeln!(html, "<p>{}</p>", prose(&note));
    }
    html.push_str(&reliance_forms::html(&audit.reliance, RELIED_ON));
    html.push_str("</main>\n");
    foot(&mut html, audit);
    html.push_str("</body></html>\n");
    html
}

/// Writes the headline, the run that it is about, and the sums of money.
fn head(html: &mut String, audit: &Audit) {
    let (verdict, headline) = (audit.verdict().name(), escaped(&audit.headline()));
    let _ = writeln!(
        html,
        "<header><h1>Merchant audit</h1>\n<p class=\"headline {verdict}\">\
         {headline}</p>\n<p>{}</p>",
        escaped(&audit.summary()),
    );
    if let Some(run) = &audit.run {
        html.push_str("<dl class=\"facts\">\n");
        for (name, value) in run.facts() {
            let _ = writeln!(html, "<dt>{name}</dt><dd>{}</dd>", escaped(&value));
        }
        html.push_str("</dl>\n");
    }
    html.push_str("<ul class=\"sums\">\n");
    for sums in named(&audit.money) {
        let class = if sums.is_loss && !sums.sums.is_empty() { " class=\"loss\"" } else { "" };
        let (told, name) = (escaped(&sums.told()), escaped(sums.name));
        let _ = writeln!(html, "<li{class}><strong>{told}</strong><small>{name}</small></li>");
    }
    let _ = writeln!(
        html,
        "</ul>\n<p class=\"soft\">{} transactions ({} pending), {} status queries, {} callbacks \
         that did not arrive.</p></header>",
        audit.transactions, audit.pending, audit.queries, audit.missed_callbacks,
    );
}

/// Writes the links to the sections.
fn contents(html: &mut String, audit: &Audit) {
    html.push_str("<nav aria-label=\"Sections\">\n");
    for (verdict, place, title) in GROUPS {
        let count = of_verdict(audit, verdict).count();
        if count > 0 {
            let _ = writeln!(html, "<a href=\"#{place}\">{title} ({count})</a>");
        }
        for judged in of_verdict(audit, verdict).filter(|_| verdict == Verdict::Fail) {
            let name = judged.id.name();
            let _ = writeln!(html, "<a href=\"#{name}\"><code>{name}</code></a>");
        }
    }
    if audit.readiness().is_some() {
        let _ = writeln!(html, "<a href=\"#{MIGRATION}\">{}</a>", escaped(HEADING));
    }
    let _ = writeln!(html, "<a href=\"#{RELIED_ON}\">What the run relied on</a>\n</nav>");
}

fn of_verdict(audit: &Audit, verdict: Verdict) -> impl Iterator<Item = &JudgedRule> {
    audit.rules.iter().filter(move |judged| judged.verdict == verdict)
}

/// Writes the rules that came out so: in full where there is something to do, else as a table.
fn group(html: &mut String, audit: &Audit, verdict: Verdict, place: &str, title: &str) {
    let count = of_verdict(audit, verdict).count();
    if count == 0 {
        return;
    }
    let _ = writeln!(html, "<section id=\"{place}\"><h2>{title} ({count})</h2>");
    if matches!(verdict, Verdict::Fail | Verdict::Incomplete) {
        for judged in of_verdict(audit, verdict) {
            in_full(html, judged);
        }
    } else {
        table(html, of_verdict(audit, verdict));
    }
    html.push_str("</section>\n");
}

fn in_full(html: &mut String, judged: &JudgedRule) {
    let (name, verdict) = (judged.id.name(), judged.verdict);
    let _ = writeln!(
        html,
        "<article class=\"{0}\" id=\"{name}\"><h3><code>{name}</code> <span class=\"badge {0}\">{1}\
         </span></h3>\n<p>A sound merchant {2}.</p>",
        verdict.name(),
        word(verdict),
        prose(judged.id.wants()),
    );
    if verdict == Verdict::Incomplete {
        html.push_str(
            "<p>The journal or transactions were evicted, so nothing can be said; raise \
             <code>--journal-max</code> or <code>--settled-max</code>.</p>\n",
        );
    } else {
        let (failed, exercised) = (judged.failed, judged.exercised.max(judged.failed));
        let _ = writeln!(html, "<p>Broken {failed} of {exercised} times.</p>");
        let _ = writeln!(html, "<p><strong>Remedy:</strong> {}.</p>", prose(judged.id.remedy()));
        findings(html, judged);
    }
    html.push_str("</article>\n");
}

fn findings(html: &mut String, judged: &JudgedRule) {
    html.push_str("<ul class=\"findings\">\n");
    for finding in &judged.failures {
        let (told, whose) = (prose(&finding.described()), escaped(&finding.whose()));
        let _ = writeln!(html, "<li>{told}<br><small>{whose}</small>");
        cases(html, finding);
        html.push_str("</li>\n");
    }
    if judged.hidden() > 0 {
        let _ = writeln!(html, "<li>and {} more of other kinds</li>", judged.hidden());
    }
    html.push_str("</ul>\n");
}

/// Writes the first cases of a finding, where they name a transaction.
fn cases(html: &mut String, finding: &Finding) {
    if finding.cases.iter().all(|case| case.reference_id.is_none()) {
        return;
    }
    html.push_str(
        "<table><thead><tr><th scope=\"col\">time<th scope=\"col\">reference id\
         <th scope=\"col\">external id<th scope=\"col\">party</tr></thead><tbody>\n",
    );
    for Case { at, reference_id, external_id, party } in &finding.cases {
        let reference_id = reference_id.map(|id| id.to_string()).unwrap_or_default();
        let [external_id, party] = [external_id, party].map(|one| one.as_deref().unwrap_or("–"));
        let _ = writeln!(
            html,
            "<tr><td><time>{at}</time><td><code>{reference_id}</code><td>{}<td>{}</tr>",
            escaped(external_id),
            escaped(party),
        );
    }
    html.push_str("</tbody></table>\n");
    let others = finding.times.saturating_sub(finding.cases.len());
    if others > 0 {
        let _ = writeln!(html, "<small>and {others} more like these</small>");
    }
}

fn table<'a>(html: &mut String, rules: impl Iterator<Item = &'a JudgedRule>) {
    html.push_str(
        "<table><thead><tr><th scope=\"col\">rule<th scope=\"col\">a sound merchant\
         <th scope=\"col\">tested</tr></thead><tbody>\n",
    );
    for judged in rules {
        let (name, wants) = (judged.id.name(), prose(judged.id.wants()));
        let trial = judged.id.trial().filter(|_| judged.verdict == Verdict::NotExercised);
        let trial = trial.map(|trial| format!("<br><small>{}</small>", prose(trial)));
        let _ = writeln!(
            html,
            "<tr id=\"{name}\"><td><code>{name}</code><td>{wants}{}<td>{}</tr>",
            trial.unwrap_or_default(),
            times(judged.exercised),
        );
    }
    html.push_str("</tbody></table>\n");
}

/// Writes whether the merchant is ready for MTN's new platform, with links to the rules.
fn migration(html: &mut String, audit: &Audit) {
    let Some(readiness) = audit.readiness() else { return };
    let (heading, summary) = (escaped(HEADING), escaped(&readiness.summary()));
    let _ =
        writeln!(html, "<section id=\"{MIGRATION}\"><h2>{heading}</h2>\n<p>{summary}</p>\n<ul>");
    for judged in audit.of_migration() {
        let (name, verdict) = (judged.id.name(), judged.verdict);
        let _ = writeln!(
            html,
            "<li><a href=\"#{name}\"><code>{name}</code></a> \
             <span class=\"badge {}\">{}</span></li>",
            verdict.name(),
            word(verdict),
        );
    }
    html.push_str("</ul></section>\n");
}

fn foot(html: &mut String, audit: &Audit) {
    html.push_str("<footer>");
    match &audit.run {
        Some(run) => {
            let (version, at) = (escaped(&run.version), run.made_at);
            let _ = write!(html, "Made by momo-sandbox {version} at <time>{at}</time>.");
        }
        None => html.push_str("Made by momo-sandbox."),
    }
    html.push_str(
        " It is an emulator of the MTN MoMo Open API, and not MTN's. This audit judges what the \
         emulator saw of a program.</footer>\n",
    );
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotExercised => "not exercised",
        other => other.name(),
    }
}

fn times(count: usize) -> String {
    match count {
        0 => "–".to_owned(),
        1 => "once".to_owned(),
        several => format!("{several} times"),
    }
}

/// A sentence of ours or of a finding, with what stands between backticks as code.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // A backtick without its twin stays.
    if parts.len().is_multiple_of(2) {
        return escaped(text);
    }
    let parts = parts.into_iter().enumerate().map(|(place, part)| match place % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    });
    parts.collect()
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

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(prose("takes 409 for `<ask>`"), "takes 409 for <code>&lt;ask&gt;</code>");
        assert_eq!(prose("one ` alone"), "one ` alone");
    }
}
