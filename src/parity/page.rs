//! The results of all replays as a page of Markdown.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::parity::judgement::{Judgement, Row, Standing, Totals};
use crate::parity::scrubbing::Scrubber;

const MADE: &str = "<!-- Made from the replay: MOMO_SANDBOX_UPDATE_DOCS=1 cargo test parity -->\n";

/// The totals in a sentence, which the README quotes.
pub fn sentence(totals: Totals) -> String {
    format!(
        "Of {} recorded exchanges the emulator answers {} as recorded; {} differ and {} cannot be \
         replayed, each for a reason that is listed.",
        totals.all(),
        totals.same,
        totals.different,
        totals.not_replayable,
    )
}

/// The page; `behaviours` is the part about the grades of behaviours, in Markdown.
pub fn parity_page(judgement: &Judgement<'_>, behaviours: Option<&str>) -> String {
    let mut page = format!(
        "{MADE}\n# Parity with the real gateway\n\n{}\n\n\
         The recordings are `data/recordings.jsonl`: answers of MTN's gateway that were published \
         between 2020 and 2026, each with its source. `cargo test parity` replays each of them \
         against emulators of three set-ups: a sandbox with a subscription key for each product, a \
         sandbox that takes any key and settles at once (`--settle-after 0ms`), and each market \
         that was recorded, with callbacks over TLS. Both sandboxes keep no ledger \
         (`--ledger off`), as MTN's does not. The recorded balances, which MTN draws at random, \
         are asked for with the scenario `random-balance`. Status, reason phrase, recorded headers \
         and body are compared, the order of fields included. A recording that differs in one \
         set-up alone counts as the same, and is listed too. `momosandbox compare` does the same \
         with any other gateway (`docs/compare.md`).\n\n## By area\n\n\
         | area | recorded | same | different | not replayable | why |\n\
         |---|---|---|---|---|---|\n",
        sentence(judgement.totals()),
    );
    for (area, rows) in by_area(judgement) {
        let mut totals = Totals::default();
        rows.iter().for_each(|row| totals.count(row.standing));
        line(&mut page, area, totals, &reasons(&rows));
    }
    line(&mut page, "**all**", judgement.totals(), "");
    page.push_str("\n## What differs, and why\n\n");
    let is_told = |row: &&Row<'_>| row.standing != Standing::Same || !row.known.is_empty();
    let others: Vec<&Row<'_>> = judgement.rows.iter().filter(is_told).collect();
    if others.is_empty() {
        page.push_str("Nothing.\n");
    }
    for row in others {
        about(&mut page, row);
    }
    if let Some(behaviours) = behaviours {
        let _ = write!(page, "\n## Behaviours by grade\n\n{}\n", behaviours.trim());
    }
    page
}

/// The areas in the corpus' order.
fn by_area<'a>(judgement: &'a Judgement<'a>) -> Vec<(&'a str, Vec<&'a Row<'a>>)> {
    let mut areas: Vec<(&str, Vec<&Row<'_>>)> = Vec::new();
    for row in &judgement.rows {
        let area = row.recording.area.as_str();
        match areas.iter_mut().find(|(name, _)| *name == area) {
            Some((_, rows)) => rows.push(row),
            None => areas.push((area, vec![row])),
        }
    }
    areas
}

fn line(page: &mut String, area: &str, totals: Totals, why: &str) {
    let Totals { same, different, not_replayable } = totals;
    let all = totals.all();
    let _ = writeln!(page, "| {area} | {all} | {same} | {different} | {not_replayable} | {why} |");
}

/// The kinds of reasons of an area, counted.
fn reasons(rows: &[&Row<'_>]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.standing != Standing::Same) {
        let words = row.known.first().map_or("not explained yet", |known| known.kind.words());
        *counts.entry(words).or_default() += 1;
    }
    let counted = counts.into_iter().map(|(words, count)| format!("{words}: {count}"));
    counted.collect::<Vec<_>>().join("; ")
}

fn about(page: &mut String, row: &Row<'_>) {
    let recording = row.recording;
    let date = recording.date.as_deref().unwrap_or("no date");
    let (id, grade, source) = (&recording.id, recording.grade.name(), &recording.source);
    let _ = write!(page, "- `{id}` ({grade}, {date}; {source})");
    for known in &row.known {
        let _ = write!(page, ": {}", known.kind.words());
        if let Some(stands) = &known.stands {
            let _ = write!(page, ", `{stands}`");
        }
        if let Some(set_up) = known.set_up {
            let _ = write!(page, ", in the set-up {}", set_up.name());
        }
        let _ = write!(page, ". {}", known.why.trim());
    }
    if row.known.is_empty() {
        page.push_str(": not explained yet.");
    }
    page.push('\n');
    // Without ids and times, which differ with each replay.
    let scrubber = Scrubber::new(Vec::new());
    let mut written: Vec<String> = Vec::new();
    for sentence in &row.sentences {
        let sentence = in_one_line(&scrubber.text(sentence));
        if !written.contains(&sentence) {
            let _ = writeln!(page, "  - {sentence}");
            written.push(sentence);
        }
    }
}

/// A sentence as an item of Markdown: one line, with an answer's mark-up escaped.
fn in_one_line(sentence: &str) -> String {
    sentence.split_whitespace().collect::<Vec<_>>().join(" ").replace('<', "&lt;")
}
