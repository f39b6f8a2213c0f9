//! A name that is in its table of a TOML text twice, and where it is first.

use std::ops::Range;

use crate::scenario::toml_scan::{Open, Scanner, is_header, line_end, line_start};

/// A name that is in its table twice.
pub(super) struct Twice<'t> {
    name: &'t str,
    /// Where it is first, if that is found.
    first: Option<usize>,
    /// Whether it is in the header of a table.
    pub(super) is_header: bool,
}

impl<'t> Twice<'t> {
    /// Looks for the name at this place. `open` is what is open there.
    pub(super) fn of(text: &'t str, second: &Range<usize>, open: &Open) -> Self {
        let line = line_start(text, second.start);
        let own = text[line..line_end(text, line)].trim();
        let name = &text[second.clone()];
        let is_header = own.starts_with('[') && open.brackets.is_empty();
        let same = is_header.then(|| lines(text, line).filter(|(_, line)| *line == own).last());
        let same = same.flatten().map(|(at, _)| at);
        let first = same.or_else(|| first_in_table(text, second, open));
        Self { name, first, is_header }
    }

    pub(super) fn message(&self, text: &str) -> String {
        let name = self.name;
        match self.first.map(|at| text[..at].matches('\n').count() + 1) {
            Some(line) => format!("`{name}` is there already, in line {line}"),
            None => format!("`{name}` is there already"),
        }
    }

    pub(super) fn help(&self) -> &'static str {
        if self.is_header {
            "leave one of the two out; a further rule begins with a [[rules]] of its own"
        } else {
            "leave one of the two out"
        }
    }
}

/// The lines before a place, each with where it begins.
fn lines(text: &str, until: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text[..until].split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim())
    })
}

/// The first place of a name in the same table: from its header on, or from its bracket.
fn first_in_table(text: &str, second: &Range<usize>, open: &Open) -> Option<usize> {
    let line = line_start(text, second.start);
    let header = || lines(text, line).filter(|(_, line)| is_header(line)).last();
    let begin = match open.brackets.last() {
        Some(bracket) => *bracket,
        None => header().map_or(0, |(at, _)| at),
    };
    let mut scanner = Scanner::new(text, begin);
    let is_in_same =
        |one: &Open| one.quote.is_none() && one.brackets.last() == open.brackets.last();
    let name = &text[second.clone()];
    let mut found = text[begin..second.start].match_indices(name).map(|(index, _)| begin + index);
    found.find(|at| {
        let after = text[at + name.len()..].trim_start();
        let before = text[..*at].trim_end_matches([' ', '\t']);
        let is_whole = before.is_empty() || before.ends_with(['\n', '{', ',', '.', '[']);
        is_whole && after.starts_with(['=', '.', ']']) && is_in_same(scanner.open_at(*at))
    })
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use crate::scenario::broken_toml::mistakes;
    use crate::scenario::problem::{Position, Problems};

    #[track_caller]
    fn one(text: &str, expected: &str) {
        let (_, errors) = DeTable::parse_recoverable(text);
        let problems = Problems::new("a.toml", text, mistakes(text, errors));
        let told: Vec<_> = problems.located().collect();
        let [(Position::Line { line, column }, problem)] = told[..] else { panic!("{told:?}") };
        let help = problem.help.as_deref().expect("a remedy");
        let told = format!("{line}:{column} {} / {help}", problem.message);
        assert!(told.starts_with(expected), "found    {told}\nexpected {expected}");
    }

    #[test]
    fn a_name_that_is_there_twice_is_told_with_the_line_of_the_first() {
        let first =
            |line: usize| format!("is there already, in line {line} / leave one of the two");
        one("name = \"a\"\n\nname = \"b\"\n", &format!("3:1 `name` {}", first(1)));
        let rules =
            "[[rules]]\nname = \"a\"\n[[rules]]\nname = \"b\"\ncallback = {}\nname = \"c\"\n";
        one(rules, &format!("6:1 `name` {}", first(4)));
        let step = "a = { answer = { status = 2 },\n  status = 1,\n  status = 3 }\n";
        one(step, &format!("3:3 `status` {}", first(2)));
        let tables = "[[rules]]\n[rules.then]\nafter = \"1s\"\n[rules.then]\nafter = \"2s\"\n";
        one(tables, &format!("4:8 `then` {}", first(2)));
        one("rules = []\n[[rules]]\ncallback = {}\n", &format!("2:3 `rules` {}", first(1)));
        one("a.b = 1 # a.b = 0\na.b = 2\n", &format!("2:3 `b` {}", first(1)));
        one("a = { b = 1 }\na.c = 2\n", "2:1 `a` is complete already / write all of it in one");
    }
}
