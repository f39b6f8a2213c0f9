//! How deep the brackets of a TOML text are. The parser calls itself for each that is open, and
//! where brackets do not match it knows no bound: a broken text could use up the stack.

/// The most brackets that may be open at once. The parser refuses valid texts far earlier.
const OPEN_MAX: usize = 200;

/// The beginning of a text up to the first bracket that is one too many; of all but the oddest
/// texts, the whole.
pub(super) fn parsable(text: &str) -> &str {
    let bytes = text.as_bytes();
    let mut open = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        at = match byte {
            b'#' => find(bytes, at, |byte| matches!(byte, b'\r' | b'\n')),
            b'"' | b'\'' => quoted_end(bytes, at),
            b'.' | b'=' | b',' | b' ' | b'\t' | b'\r' | b'\n' => at + 1,
            b'{' | b'[' => {
                if open.len() == OPEN_MAX {
                    return &text[..at];
                }
                open.push(byte);
                at + 1
            }
            // One that matches no other closes none: the parser passes over it.
            b'}' | b']' => {
                let opening = if byte == b'}' { b'{' } else { b'[' };
                open.pop_if(|last| *last == opening);
                at + 1
            }
            // A word; a quote within it begins no text.
            _ => find(bytes, at, |byte| b".=,[]{} \t#\r\n".contains(&byte)),
        };
    }
    text
}

fn find(bytes: &[u8], from: usize, is_end: impl Fn(u8) -> bool) -> usize {
    let found = bytes[from..].iter().position(|byte| is_end(*byte));
    found.map_or(bytes.len(), |index| from + index)
}

/// Where the text ends that the quote at this place begins.
fn quoted_end(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let long = [quote; 3];
    let is_long = bytes[at..].starts_with(&long);
    let mut next = if is_long { at + 3 } else { at + 1 };
    while let Some(byte) = bytes.get(next).copied() {
        match byte {
            b'\\' if quote == b'"' => {
                let is_escaped = matches!(bytes.get(next + 1), Some(b'\\' | b'"'));
                next += 1 + usize::from(is_escaped);
            }
            b'\n' if !is_long => return next,
            _ if byte == quote && !is_long => return next + 1,
            _ if is_long && bytes[next..].starts_with(&long) => {
                // The text itself may end with one or two quotes.
                let more = bytes[next + 3..].iter().take(2).take_while(|one| **one == quote);
                return next + 3 + more.count();
            }
            _ => next += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::body_files::files_named_in;
    use crate::scenario::read_scenario::read_scenario;

    #[test]
    fn a_text_is_cut_before_the_bracket_that_is_one_too_many() {
        let deep = |unit: &str, count: usize| unit.repeat(count);
        assert_eq!(parsable(&deep("[", OPEN_MAX)).len(), OPEN_MAX);
        assert_eq!(parsable(&deep("[", OPEN_MAX + 1)).len(), OPEN_MAX);
        assert_eq!(parsable(&deep("{]", 2 * OPEN_MAX)).len(), 2 * OPEN_MAX);
        for whole in
            ["[[rules]]\n", "a = { b = [1] }\n", "\"{\" # {\n", "'{' a\" \"}\" \n", "\"\\\"{\"\n"]
        {
            let text = deep(whole, OPEN_MAX + 1);
            assert_eq!(parsable(&text), text, "{whole}");
        }
        for whole in ["\"\"\"{\\\"\"\"{\"\"\"\"\"\n", "'''{''''\n", "#{\r\n", "\"{\\"] {
            let text = deep(whole, OPEN_MAX + 1);
            assert_eq!(parsable(&text), text, "{whole}");
        }
        for hidden in ["a\"{\n", "# \r{", "\"{\n{", "'''{'''''{", "\"\"\"\\\\\"\"\"{"] {
            let text = deep(hidden, OPEN_MAX + 1);
            assert!(parsable(&text).len() < text.len(), "{hidden}");
        }
    }

    /// The thread of a test has no larger stack than the emulator's.
    #[test]
    fn no_text_uses_up_the_stack() {
        for unit in
            ["[[rules]]\nwhen = { party = \"1* }\n", "a = {\n", "a = [{", "{]", "a = [ ] ]] {a = ["]
        {
            let text = unit.repeat(600_000 / unit.len()) + "file";
            let problems = read_scenario("a.toml", &text).expect_err("it is broken");
            assert!(problems.count() > 0, "{unit}");
            assert!(files_named_in(&text).is_empty());
        }
    }
}
