//! Text in lines that fit a terminal.

use textwrap::{Options, WordSeparator, WordSplitter};

/// The columns of a terminal that nobody has widened.
pub const COLUMNS: usize = 80;

/// Where a line may end: at a space only, so that an address, a name or an id can be copied.
pub const SEPARATOR: WordSeparator = WordSeparator::AsciiSpace;

/// How a word is broken: not at all.
pub const SPLITTER: WordSplitter = WordSplitter::NoHyphenation;

/// The text in lines of 80 columns at most, each with its end: `first` stands before the first,
/// `rest` before each further one. A word is never broken.
pub fn wrapped(first: &str, rest: &str, text: &str) -> String {
    let options = Options::new(COLUMNS)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_separator(SEPARATOR)
        .word_splitter(SPLITTER);
    let mut lines = textwrap::fill(text, options);
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_words_stay_whole() {
        let id = "6f9619ff-8b86-4011-b42d-00c04fc964ff";
        let text = wrapped("  - ", "    ", &format!("{id}, {id}, {id} and {}", "x".repeat(90)));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], format!("  - {id}, {id},"));
        assert_eq!(lines[1], format!("    {id} and"));
        assert!(lines.iter().all(|line| line.len() <= COLUMNS || line.contains("xxx")), "{text}");
        assert!(text.contains(&"x".repeat(90)) && text.ends_with('\n'), "{text}");
    }
}
