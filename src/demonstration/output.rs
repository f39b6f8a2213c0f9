//! The output of the demonstration: a line for each event, with a column for each shop.

use std::io::Write;

use momo_sandbox_core::model::time::Timestamp;

/// The width of a shop's column.
const COLUMN: usize = 36;

/// The sign and colour of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineStyle {
    Plain,
    Good,
    Bad,
}

#[derive(Debug)]
pub struct Output<W> {
    out: W,
    has_colour: bool,
}

impl<W: Write> Output<W> {
    pub fn new(out: W, has_colour: bool) -> Self {
        Self { out, has_colour }
    }

    pub fn line(&mut self, text: &str) {
        // A closed output is no failure.
        let _ = writeln!(self.out, "{text}");
        let _ = self.out.flush();
    }

    /// Writes an event of the first or second shop, by its index.
    pub fn event(&mut self, at: Timestamp, shop: usize, text: &str, style: LineStyle) {
        let time = at.to_string();
        let clock = time.get(11..16).unwrap_or_default();
        let (sign, colour) = match style {
            LineStyle::Plain => (" ", None),
            LineStyle::Good => ("✓", Some("32")),
            LineStyle::Bad => ("✗", Some("31")),
        };
        let indent = if shop == 0 { 0 } else { COLUMN };
        let text = match colour.filter(|_| self.has_colour) {
            Some(colour) => format!("\u{1b}[{colour}m{sign} {text}\u{1b}[0m"),
            None => format!("{sign} {text}"),
        };
        self.line(&format!("{clock}  {:indent$}{text}", ""));
    }

    /// Writes what happens to both shops.
    pub fn moment(&mut self, at: Timestamp, text: &str) {
        let time = at.to_string();
        let clock = time.get(11..16).unwrap_or_default();
        self.line(&format!("{clock}  - {text}"));
    }

    pub fn headings(&mut self, first: &str, second: &str) {
        let width = COLUMN;
        self.line(&format!("       {first:width$}  {second}"));
    }
}
