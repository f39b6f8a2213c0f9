//! What is wrong with a scenario file, where, and what would be right.

use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::model::printable::{printable, printable_in_place, printable_lines};

/// One mistake in a scenario file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The bytes of the source that are wrong.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

/// Everything that is wrong with one scenario file, in the order of the file; never empty.
#[derive(Debug, Clone)]
pub struct Problems {
    source: Arc<NamedSource<String>>,
    problems: Vec<Problem>,
}

impl Problems {
    /// The problems of the file `name` with the content `text`.
    pub fn new(name: &str, text: &str, mut problems: Vec<Problem>) -> Self {
        assert!(!problems.is_empty(), "a file without problems has none to report");
        problems.sort_by_key(|problem| problem.span.start);
        // A file may come from a stranger, and is shown on somebody's terminal.
        let source = NamedSource::new(printable(name), printable_in_place(text));
        Self { source: Arc::new(source), problems }
    }

    /// Each with its line and column, from 1.
    pub fn located(&self) -> impl Iterator<Item = (usize, usize, &Problem)> {
        let text = self.source.inner();
        self.problems.iter().map(move |problem| {
            let before = text.get(..problem.span.start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|found| *found != '\n').count() + 1;
            (line, column, problem)
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.problems.len()
    }

    /// One report each, to be printed with its file, line, column and the offending text
    /// underlined.
    pub fn reports(&self) -> impl Iterator<Item = miette::Report> + '_ {
        self.problems.iter().map(|problem| {
            miette::Report::new(Located {
                source: Arc::clone(&self.source),
                problem: problem.clone(),
            })
        })
    }
}

/// A problem with the source that it is in.
#[derive(Debug)]
struct Located {
    source: Arc<NamedSource<String>>,
    problem: Problem,
}

impl std::fmt::Display for Located {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&printable_lines(&self.problem.message))
    }
}

impl std::error::Error for Located {}

impl Diagnostic for Located {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        let help = self.problem.help.as_deref().map(printable_lines);
        help.map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = LabeledSpan::underline(self.problem.span.clone());
        Some(Box::new(std::iter::once(span)))
    }
}
