//! A rough look at a TOML text that cannot be parsed: its lines, quotes and open brackets. It finds
//! the beginning of a mistake, where the parser notices only what follows from it.

use std::ops::Range;

/// What is open at a place in a text.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Open {
    /// The places of the brackets, the outermost first.
    pub(super) brackets: Vec<usize>,
    /// The place of the quote that begins the text around it.
    pub(super) quote: Option<usize>,
}

/// Reads a text from the beginning of a statement on, and never back.
#[derive(Debug)]
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
    begins_line: bool,
    open: Open,
    /// Where the text in quotes at this place ends, and whether by a quote.
    text_end: Option<(usize, bool)>,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str, from: usize) -> Self {
        Self { text, at: from, begins_line: true, open: Open::default(), text_end: None }
    }

    /// Returns what is open at a place. A place before the one of last time counts as that.
    pub(super) fn open_at(&mut self, to: usize) -> &Open {
        while self.at < to {
            if let Some((end, is_closed)) = self.text_end {
                if to < end || (to == end && !is_closed) {
                    break;
                }
                (self.at, self.text_end, self.open.quote) = (end, None, None);
            } else {
                self.step();
            }
        }
        &self.open
    }

    fn step(&mut self) {
        match self.text.as_bytes()[self.at] {
            b'\n' => self.begins_line = true,
            b'#' => return self.at = line_end(self.text, self.at),
            // The header of a table, which has brackets of its own.
            b'[' if self.begins_line && self.open.brackets.is_empty() => {
                return self.at = line_end(self.text, self.at);
            }
            b'"' | b'\'' => {
                self.text_end = Some(quoted(self.text, self.at));
                self.open.quote = Some(self.at);
                self.begins_line = false;
                return;
            }
            byte => {
                self.begins_line &= byte.is_ascii_whitespace();
                match byte {
                    b'{' | b'[' => self.open.brackets.push(self.at),
                    b'}' | b']' => drop(self.open.brackets.pop()),
                    _ => {}
                }
            }
        }
        self.at += 1;
    }
}

/// Where the text that a quote begins ends, and whether a quote ends it. A text of one line ends
/// with the line at the latest.
fn quoted(text: &str, at: usize) -> (usize, bool) {
    let rest = &text[at..];
    let quote = &rest[..1];
    let long = quote.repeat(3);
    if let Some(inside) = rest.strip_prefix(&long) {
        let end = inside.find(&long).map(|end| at + 3 + end + 3);
        return end.map_or((text.len(), false), |end| (end, true));
    }
    let mut is_escaped = false;
    for (index, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'\n' => return (at + index, false),
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = quote == "\"",
            byte if byte == quote.as_bytes()[0] => return (at + index + 1, true),
            _ => {}
        }
    }
    (text.len(), false)
}

pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The end of a line, without its newline.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline)
}

/// The end of what a line says, without space and comment.
pub(super) fn said_end(text: &str, at: usize) -> usize {
    let (start, end) = (line_start(text, at), line_end(text, at));
    let comment = text[start..end].match_indices('#').map(|(index, _)| start + index);
    let mut scanner = Scanner::new(text, start);
    let mut comment = comment.filter(|index| scanner.open_at(*index).quote.is_none());
    let end = comment.next().unwrap_or(end);
    start + text[start..end].trim_end().len()
}

/// The text in quotes that lacks its closing quote, in a line where a quote is one too few: the
/// first that another word follows at once, or else the last.
pub(super) fn runaway(text: &str, at: usize) -> Option<Range<usize>> {
    let end = line_end(text, at);
    let mut next = line_start(text, at);
    let mut found = None;
    while let Some(begin) = text[next..end].find(['"', '\'', '#']).map(|index| next + index) {
        let is_long = ["\"\"\"", "'''"].iter().any(|long| text[begin..].starts_with(long));
        if is_long || text[begin..].starts_with('#') {
            return None;
        }
        let (close, is_closed) = quoted(text, begin);
        let follows = text[close..end].trim_start().chars().next();
        let is_good = is_closed && follows.is_none_or(|follows| ",}]=.#".contains(follows));
        if !is_good && found.is_none() {
            let comma = text[begin..close].find(',').filter(|_| is_closed);
            let until = comma.map_or(close, |comma| begin + comma);
            found = Some(begin..begin + text[begin..until].trim_end().len());
        }
        if !is_closed {
            return found;
        }
        next = close;
    }
    None
}

/// The first line from here on that begins a statement, and is indented no more than this.
pub(super) fn statement(text: &str, from: usize, indentation: usize) -> Option<usize> {
    let mut at = line_start(text, from);
    while at < text.len() {
        let line = &text[at..line_end(text, at)];
        if at >= from && self::indentation(line) <= indentation && begins_statement(line) {
            return Some(at);
        }
        at += line.len() + 1;
    }
    None
}

/// The spaces before what a line says.
pub(super) fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_name(text: &str) -> bool {
    let is_of_name = |one: char| one.is_ascii_alphanumeric() || "_-.\" ".contains(one);
    !text.trim().is_empty() && text.chars().all(is_of_name)
}

/// Whether a line is the header of a table.
pub(super) fn is_header(line: &str) -> bool {
    let line = line.trim();
    let name = line.strip_prefix("[[").or(line.strip_prefix('['));
    let name = name.and_then(|rest| rest.split_once(']'));
    name.is_some_and(|(name, _)| is_name(name) && !name.contains('"')) && !line.ends_with(',')
}

/// Whether a line is a table's header, or begins with a name and an `=` and does not go on.
fn begins_statement(line: &str) -> bool {
    let line = line.trim();
    if line.starts_with('[') {
        return is_header(line);
    }
    line.split_once('=').is_some_and(|(name, _)| is_name(name)) && !line.ends_with(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_at_a_place_leaves_out_texts_comments_and_headers() {
        let text = "[[rules]\na = { b = \"}\" } # {\nc = [ { d = 'x\\', e = \"y";
        let at = |what: &str| text.find(what).expect("it is there");
        let open = |what: &str| Scanner::new(text, 0).open_at(at(what)).clone();
        assert_eq!(open("c = "), Open::default());
        assert_eq!(open(", e").brackets, [at("[ { d"), at("{ d")]);
        assert_eq!(open("y").quote, Some(at("\"y")));
        assert_eq!(open("}\"").quote, Some(at("\"}")));
    }

    #[test]
    fn a_text_that_runs_on_is_found_up_to_its_own_end() {
        let found = |line: &str| runaway(line, 0).map(|range| line[range].to_owned());
        assert_eq!(found("a = \"b\", c = 'd' # \""), None);
        assert_eq!(found("{ a = \"b, c = \"d\" }").as_deref(), Some("\"b"));
        assert_eq!(found("{ a = \"b }").as_deref(), Some("\"b }"));
        assert_eq!(found("a = \"b\\\" c\""), None);
    }

    #[test]
    fn a_statement_is_told_from_the_rest_of_one() {
        for line in ["a = 1", "a.b = { c = 1", "[[rules]]", "[rules.then] # x", "\"a b\" = 2"] {
            assert!(begins_statement(line), "{line}");
        }
        for line in
            ["a = 1,", "{ a = 1 }", "[\"08:00\"],", "", "# a = 1", "}", "[[1, 2],", "[\"a\"]"]
        {
            assert!(!begins_statement(line), "{line}");
        }
        assert_eq!(statement("x = {\n  a = 1\nb = 2\n", 1, 0), Some(14));
    }
}
