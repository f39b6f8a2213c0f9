//! The report of `compare`: a line for each recording, its differences, and totals.

use std::fmt::Write;

use crate::parity::judgement::{Standing, Totals};
use crate::parity::recording::Recording;
use crate::parity::replay_result::ReplayResult;
use crate::parity::scrubbing::Scrubber;
use momo_sandbox_core::model::escape::printable;

/// A recording and the result of its comparison.
#[derive(Debug)]
pub struct ComparedRecording {
    id: String,
    grade: &'static str,
    area: String,
    standing: Standing,
    sentences: Vec<String>,
    is_by_earlier_run: bool,
}

impl ComparedRecording {
    /// A recording that this run replayed.
    pub fn new(recording: &Recording, verdict: &ReplayResult) -> Self {
        let standing = match verdict {
            ReplayResult::Same => Standing::Same,
            ReplayResult::Differs(_) | ReplayResult::NoAnswer(_) => Standing::Different,
            ReplayResult::NotReplayable(_) => Standing::NotReplayable,
        };
        Self::with(recording, standing, verdict.sentences(), false)
    }

    /// A recording that an earlier run replayed.
    pub fn by_earlier_run(recording: &Recording, is_same: bool) -> Self {
        let standing = if is_same { Standing::Same } else { Standing::Different };
        Self::with(recording, standing, Vec::new(), true)
    }

    fn with(
        recording: &Recording,
        standing: Standing,
        sentences: Vec<String>,
        is_by_earlier_run: bool,
    ) -> Self {
        let (id, area) = (recording.id.clone(), recording.area.clone());
        Self { id, grade: recording.grade.name(), area, standing, sentences, is_by_earlier_run }
    }
}

pub fn totals(compared: &[ComparedRecording]) -> Totals {
    let mut totals = Totals::default();
    compared.iter().for_each(|line| totals.count(line.standing));
    totals
}

/// Renders the report. It contains values of the answers, but no secret of this run.
pub fn render(title: &str, compared: &[ComparedRecording], scrubber: &Scrubber) -> String {
    let mut report = format!("{title}\n\n");
    for line in compared {
        let before = if line.is_by_earlier_run { "  (in an earlier run)" } else { "" };
        let (name, grade, id) = (name_of(line.standing), line.grade, &line.id);
        let _ = writeln!(report, "{name:14}  {grade:14}  {id}{before}");
        for sentence in &line.sentences {
            let _ =
                writeln!(report, "{:32}{}", "", printable(&scrubber.without_credentials(sentence)));
        }
    }
    let _ = writeln!(
        report,
        "\n{:26} {:>6} {:>10} {:>15}",
        "area", "same", "different", "not replayable"
    );
    let mut areas: Vec<&str> = Vec::new();
    for line in compared {
        if !areas.contains(&line.area.as_str()) {
            areas.push(&line.area);
        }
    }
    for area in areas {
        let mut totals = Totals::default();
        let own = compared.iter().filter(|line| line.area == area);
        own.for_each(|line| totals.count(line.standing));
        row(&mut report, area, totals);
    }
    let all = totals(compared);
    row(&mut report, &format!("total of {}", all.all()), all);
    report
}

fn row(report: &mut String, name: &str, totals: Totals) {
    let Totals { same, different, not_replayable } = totals;
    let name = printable(name);
    let _ = writeln!(report, "{name:26} {same:>6} {different:>10} {not_replayable:>15}");
}

fn name_of(standing: Standing) -> &'static str {
    match standing {
        Standing::Same => "same",
        Standing::Different => "different",
        Standing::NotReplayable => "not replayable",
    }
}
