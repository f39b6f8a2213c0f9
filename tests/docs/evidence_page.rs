//! The evidence of behaviours as Markdown: a table for each topic, and the counts by grade.

use std::fmt::Write;

use momo_sandbox_core::operations::behaviour::{Behaviour, Topic};
use momo_sandbox_core::operations::evidence::{Evidence, evidence_of};
use momo_sandbox_core::scenario::behaviours::{about, all, by_grade};

/// All behaviours with their evidence, grouped by topic. Neighbours that have the same evidence
/// share a row.
pub fn sections() -> String {
    let mut page = String::from(
        "\n# How sure each behaviour is\n\nEach behaviour has a grade, a date and a source. \
         `measured`: an answer of the real gateway was recorded; the ids are those of \
         `data/recordings.jsonl`. `documented`: MTN's own documentation says so. `seen`: published \
         clients send, expect or report it. `chosen`: our choice, where nothing better is known. \
         The rows come from `core/data/evidence.csv`; `GET /_sandbox/operations` serves them.\n\n",
    );
    page.push_str(&by_grade_table());
    for topic in Topic::ALL {
        let _ = write!(
            page,
            "\n## {}\n\n| behaviour | grade | date | source |\n|---|---|---|---|\n",
            topic.name()
        );
        for (behaviours, evidence) in rows(&about(topic)) {
            let Evidence { grade, source, .. } = evidence;
            let _ = writeln!(
                page,
                "| {} | {grade} | {} | {} |",
                names(&behaviours),
                evidence.date_or_dash(),
                cell(source),
            );
        }
    }
    page
}

/// How many behaviours have each grade, by subject and in all: for `docs/parity.md` too.
pub fn by_grade_table() -> String {
    let mut table = String::from(
        "| subject | behaviours | measured | documented | seen | chosen |\n\
         |---|---|---|---|---|---|\n",
    );
    let mut row = |name: &str, behaviours: &[Behaviour]| {
        let counts = by_grade(behaviours).map(|(_, count)| count.to_string());
        let _ = writeln!(table, "| {name} | {} | {} |", behaviours.len(), counts.join(" | "));
    };
    for topic in Topic::ALL {
        row(topic.name(), &about(topic));
    }
    row("all", &all());
    table
}

/// Behaviours that follow each other and have the same evidence, together.
fn rows(behaviours: &[Behaviour]) -> Vec<(Vec<String>, &'static Evidence)> {
    let mut rows: Vec<(Vec<String>, &'static Evidence)> = Vec::new();
    for behaviour in behaviours {
        let (id, evidence) = (behaviour.id(), evidence_of(behaviour));
        match rows.last_mut() {
            Some((ids, last)) if *last == evidence && stem(&ids[0]) == stem(&id) => ids.push(id),
            _ => rows.push((vec![id], evidence)),
        }
    }
    rows
}

/// What is before the last point of an id, or before its colon.
fn stem(id: &str) -> &str {
    let end = id.rfind('.').or(id.find(':')).unwrap_or(id.len());
    &id[..end]
}

/// The first id whole, of the others what differs.
fn names(ids: &[String]) -> String {
    let rest = |id: &String| format!("`{}`", &id[stem(id).len()..]);
    let first = ids.iter().take(1).map(|id| format!("`{id}`"));
    let names: Vec<String> = first.chain(ids.iter().skip(1).map(rest)).collect();
    names.join(", ")
}

/// A text in which nothing ends a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_the_same_evidence_share_a_row() {
        let ids = ["status:transfer.amount", "status:transfer.payee"].map(str::to_owned);
        assert_eq!(names(&ids), "`status:transfer.amount`, `.payee`");
        assert_eq!(
            (stem("order:transfer"), stem("answer:balance.currency")),
            ("order", "answer:balance")
        );
    }

    #[test]
    fn the_counts_add_up() {
        let table = by_grade_table();
        let last = table.lines().last().expect("a row");
        let numbers: Vec<usize> =
            last.split('|').filter_map(|cell| cell.trim().parse().ok()).collect();
        assert_eq!(numbers[0], numbers[1..].iter().sum::<usize>());
        assert_eq!(numbers[0], all().len());
    }
}
