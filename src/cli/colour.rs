//! Colour of reports on a terminal.

use std::io::IsTerminal;

use clap::Args;

use crate::cli::system::takes_colour;

/// The flags that switch colour off.
#[derive(Debug, Clone, Default, Args)]
pub struct ColourArguments {
    /// Print without colour
    #[arg(long)]
    pub plain: bool,

    /// The same, as other programs take it
    #[arg(long, env = "NO_COLOR", hide = true)]
    pub no_color: Option<String>,
}

impl ColourArguments {
    /// Tells whether output to this stream is coloured: on a terminal, unless a flag or `NO_COLOR`
    /// says no.
    pub fn is_wanted(&self, stream: &impl IsTerminal) -> bool {
        stream.is_terminal() && !self.plain && self.no_color.is_none() && takes_colour()
    }

    /// A report for this stream, with coloured marks where colour is wanted.
    pub fn paint(&self, text: String, stream: &impl IsTerminal) -> String {
        if self.is_wanted(stream) { painted(&text) } else { text }
    }
}

/// The marks of a verdict, at the third column of a line, and their colours.
const MARKS: [(&str, &str); 4] =
    [("  pass ", "32"), ("  FAIL ", "1;31"), ("  warn ", "33"), ("  ?    ", "33")];

/// The report with coloured marks.
fn painted(text: &str) -> String {
    let paint = |line: &str| {
        let mark = MARKS.iter().find(|(mark, _)| line.starts_with(mark));
        match mark {
            None => line.to_owned(),
            Some((mark, colour)) => {
                let (mark, rest) = (mark.trim(), &line[2 + mark.trim().len()..]);
                format!("  \u{1b}[{colour}m{mark}\u{1b}[0m{rest}")
            }
        }
    };
    text.split('\n').map(paint).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marks_are_coloured_and_no_text_is_lost() {
        let text = "3 of 15 rules\n  pass  kept\n  FAIL  lost\n  ?     none\n          FAIL\n";
        let coloured = painted(text);
        assert!(coloured.contains("  \u{1b}[32mpass\u{1b}[0m  kept\n"), "{coloured}");
        assert_eq!(coloured.matches("\u{1b}[0m").count(), 3);
        let plain = ["32", "1;31", "33", "0"]
            .iter()
            .fold(coloured, |text, code| text.replace(&format!("\u{1b}[{code}m"), ""));
        assert_eq!(plain, text);
    }
}
