//! Untrusted text, escaped for a terminal and a log.

/// The text with every character spelt that could begin a line, move the cursor, colour what
/// follows or turn its direction round: `\u{1b}` for an escape.
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        if is_printable(character) {
            printable.push(character);
        } else {
            printable.extend(character.escape_default());
        }
    }
    printable
}

/// Escapes a text of several lines and keeps its line breaks.
pub fn printable_lines(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// The text with each such character replaced by one that takes as many bytes, so that every place
/// in it stays where it is; lines and tabs stay too.
pub fn printable_in_place(text: &str) -> String {
    let shown = |character: char| match character {
        '\n' | '\t' | '\r' => character,
        _ if is_printable(character) => character,
        _ => match character.len_utf8() {
            1 => '?',
            2 => '\u{bf}',
            _ => '\u{203d}',
        },
    };
    text.chars().map(shown).collect()
}

fn is_printable(character: char) -> bool {
    let turns_or_breaks = matches!(
        character,
        '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    );
    !character.is_control() && !turns_or_breaks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_a_line_or_moves_the_cursor_is_spelt() {
        let hostile = "a\r\nb\t\0\u{1b}[2J\u{9b}2J\u{7f}\u{2028}\u{202e}c";
        let expected = r"a\r\nb\t\u{0}\u{1b}[2J\u{9b}2J\u{7f}\u{2028}\u{202e}c";
        assert_eq!(printable(hostile), expected);
        assert_eq!(printable("Grâce à Côté 日本 🙂"), "Grâce à Côté 日本 🙂");
        let in_place = printable_in_place(hostile);
        assert_eq!(in_place, "a\r\nb\t??[2J\u{bf}2J?\u{203d}\u{203d}c");
        assert_eq!(in_place.len(), hostile.len());
        assert_eq!(printable_lines("a\nb\u{1b}"), "a\nb\\u{1b}");
    }
}
