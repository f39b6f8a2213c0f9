//! How the day is shown: a line an event, each shop with a column of its own.

use std::io::Write;

use momo_sandbox_core::model::time::Timestamp;

/// The width of a shop's column.
const COLUMN: usize = 36;

/// What kind of event a line tells; it decides the sign and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As every day.
    Plain,
    /// Good news.
    Good,
    /// Bad news.
    Bad,
}

/// Where the day is shown.
#[derive(Debug)]
pub struct Show<W> {
    out: W,
    has_colour: bool,
}

impl<W: Write> Show<W> {
    /// Shown there, in colour or not.
    pub fn new(out: W, has_colour: bool) -> Self {
        Self { out, has_colour }
    }

    /// A line of its own. Nobody is left to tell if it cannot be written.
    pub fn say(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
        let _ = self.out.flush();
    }

    /// An event of a shop, the first or the second.
    pub fn tell(&mut self, at: Timestamp, shop: usize, text: &str, mood: Mood) {
        let time = at.to_string();
        let clock = time.get(11..16).unwrap_or_default();
        let sign = match mood {
            Mood::Plain => " ",
            Mood::Good => "✓",
            Mood::Bad => "✗",
        };
        let indent = if shop == 0 { 0 } else { COLUMN };
        let text = match (self.has_colour, mood) {
            (true, Mood::Good) => format!("\u{1b}[32m{sign} {text}\u{1b}[0m"),
            (true, Mood::Bad) => format!("\u{1b}[31m{sign} {text}\u{1b}[0m"),
            _ => format!("{sign} {text}"),
        };
        self.say(&format!("{clock}  {:indent$}{text}", ""));
    }

    /// The heads of the columns.
    pub fn head(&mut self, first: &str, second: &str) {
        let width = COLUMN;
        self.say(&format!("       {first:width$}  {second}"));
    }
}
