//! What is wrong with a scenario file, where, and what would be right.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};

use crate::model::escape::{printable, printable_in_place, printable_lines};
use crate::scenario::value::Location;

/// One mistake in a scenario file, or something in it that is worth a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub place: Location,
    pub message: String,
    pub help: Option<String>,
    /// Whether the file is good all the same.
    pub is_warning: bool,
}

impl Problem {
    /// The bytes of the text that are wrong; of one in JSON, none.
    fn span(&self) -> Range<usize> {
        match &self.place {
            Location::Bytes(span) => span.clone(),
            Location::Path(_) => 0..0,
        }
    }
}

/// The position of a problem, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Position<'p> {
    /// A line and a column of a TOML text, both from 1.
    Line { line: usize, column: usize },
    /// A path in a JSON document.
    Path(&'p str),
}

impl fmt::Display for Position<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line, column } => write!(f, "in line {line}, column {column}"),
            Self::Path(path) => write!(f, "in `{path}`"),
        }
    }
}

/// The most problems of one file that are reported: nobody reads more at once.
pub const PROBLEMS_MAX: usize = 100;

/// The most characters of a message or its help: a file may have a name as long as itself.
const CHARACTERS_MAX: usize = 1000;

/// The most bytes of the text that are shown with a problem; where they would be more, the place is
/// told in words.
const SHOWN_BYTES_MAX: usize = 8000;

/// Everything that is wrong with one scenario file, or worth a warning, in the order of the file;
/// never empty. Of more than [`PROBLEMS_MAX`] problems the last says that there are more.
#[derive(Debug, Clone)]
pub struct Problems {
    source: Arc<NamedSource<String>>,
    problems: Vec<Problem>,
}

impl Problems {
    /// The problems of the file `name` with the content `text`.
    pub fn new(name: &str, text: &str, mut problems: Vec<Problem>) -> Self {
        assert!(!problems.is_empty(), "a file without problems has none to report");
        let has_more = problems.len() > PROBLEMS_MAX;
        problems.truncate(PROBLEMS_MAX);
        problems.sort_by_key(|problem| problem.span().start);
        if has_more {
            problems.push(Problem {
                place: Location::Bytes(text.len()..text.len()),
                message: format!("there are more problems than these {PROBLEMS_MAX}"),
                help: Some("mend these first, then look again".to_owned()),
                is_warning: false,
            });
        }
        for problem in &mut problems {
            if let Location::Path(path) = &mut problem.place {
                shorten(path);
            }
            shorten(&mut problem.message);
            problem.help.as_mut().map(shorten);
        }
        // A file may be untrusted, and its text is shown on a terminal.
        let source = NamedSource::new(printable(name), printable_in_place(text));
        Self { source: Arc::new(source), problems }
    }

    pub fn located(&self) -> impl Iterator<Item = (Position<'_>, &Problem)> {
        let text = self.source.inner();
        self.problems.iter().map(move |problem| {
            let span = match &problem.place {
                Location::Bytes(span) => span,
                Location::Path(path) => return (Position::Path(path), problem),
            };
            let before = text.get(..span.start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|found| *found != '\n').count() + 1;
            (Position::Line { line, column }, problem)
        })
    }

    pub fn count(&self) -> usize {
        self.problems.len()
    }

    /// One report each, to be printed with its file, line, column and the offending text
    /// underlined.
    pub fn reports(&self) -> impl Iterator<Item = miette::Report> + '_ {
        self.located().map(|(position, problem)| {
            let mut problem = problem.clone();
            let is_in_text = matches!(problem.place, Location::Bytes(_));
            let is_short = surroundings(self.source.inner(), &problem.span()) <= SHOWN_BYTES_MAX;
            let is_shown = is_in_text && is_short;
            if !is_shown {
                problem.message.insert_str(0, &format!("{position}: "));
            }
            let source = Arc::clone(&self.source);
            miette::Report::new(Located { source, problem, is_shown })
        })
    }
}

/// Returns the bytes of the lines of a span, with the line before and the line after.
fn surroundings(text: &str, span: &Range<usize>) -> usize {
    let (bytes, end) = (text.as_bytes(), span.end.clamp(span.start, text.len()));
    let is_newline = |byte: &u8| *byte == b'\n';
    let before = bytes[..span.start.min(end)].rsplitn(3, is_newline).take(2);
    let after = bytes[end..].splitn(3, is_newline).take(2);
    let length = |lines: usize, line: &[u8]| lines + line.len() + 1;
    let outside = after.fold(before.fold(0, length), length);
    outside + end.saturating_sub(span.start)
}

fn shorten(text: &mut String) {
    if let Some((at, _)) = text.char_indices().nth(CHARACTERS_MAX) {
        text.truncate(at);
        text.push('…');
    }
}

/// A problem with the source that it is in.
#[derive(Debug)]
struct Located {
    source: Arc<NamedSource<String>>,
    problem: Problem,
    is_shown: bool,
}

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable_lines(&self.problem.message))
    }
}

impl std::error::Error for Located {}

impl Diagnostic for Located {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.problem.help.as_deref().map(printable_lines);
        help.map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<Severity> {
        Some(if self.problem.is_warning { Severity::Warning } else { Severity::Error })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.is_shown.then_some(&*self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if !self.is_shown {
            return None;
        }
        let span = LabeledSpan::underline(self.problem.span());
        Some(Box::new(std::iter::once(span)))
    }
}
