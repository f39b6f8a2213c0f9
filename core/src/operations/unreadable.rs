//! Why a body is no JSON, in words of our own: what its first bytes tell, and where it breaks.

use serde_json::error::Category;

/// The most characters of a text of the request that an explanation quotes.
const QUOTED_CHARACTERS_MAX: usize = 64;

/// The beginning of a text of the request, to be quoted.
pub fn beginning(text: &str) -> &str {
    match text.char_indices().nth(QUOTED_CHARACTERS_MAX) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// Why a body is no JSON, as the rest of a sentence about the body.
pub fn why_not_json(body: &[u8], error: &serde_json::Error) -> String {
    match body {
        [0xef, 0xbb, 0xbf, ..] => "begins with a byte order mark; send UTF-8 without one",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => {
            "is in UTF-16; send it in UTF-8"
        }
        [0x1f, 0x8b, ..] => "is compressed with gzip; send it as it is, without Content-Encoding",
        [b'-', b'-', ..] => "is multipart/form-data; send a JSON object",
        _ if is_form(body) => "is a form; send a JSON object, with Content-Type: application/json",
        _ if std::str::from_utf8(body).is_err() => "is not UTF-8",
        _ => return place_of(error),
    }
    .to_owned()
}

/// Where a body stops being JSON, as the rest of a sentence about the body.
pub fn place_of(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Eof => {
            format!("ends in the middle of its JSON, at line {line}, column {column}")
        }
        Category::Io | Category::Syntax | Category::Data => {
            format!("is not JSON: it cannot be read from line {line}, column {column} on")
        }
    }
}

/// `name=value`, as a form begins.
fn is_form(body: &[u8]) -> bool {
    let name = body.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_');
    let length = name.count();
    length > 0 && body.get(length) == Some(&b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &[u8], expected: &str) {
        let error = serde_json::from_slice::<serde_json::Value>(body).expect_err("no JSON");
        let why = why_not_json(body, &error);
        assert!(why.contains(expected), "{why}");
    }

    #[test]
    fn what_the_first_bytes_tell_is_said() {
        check(b"\xef\xbb\xbf{}", "byte order mark");
        check(b"\xff\xfe{\0}\0", "UTF-16");
        check(b"{\0}\0", "UTF-16");
        check(b"\x1f\x8b\x08", "gzip");
        check(b"amount=5&currency=EUR", "a form");
        check(b"{\"a\":\"\xff\"}", "not UTF-8");
    }

    #[test]
    fn where_it_breaks_is_said_without_the_words_of_a_library() {
        check(b"{\"a\":", "ends in the middle of its JSON, at line 1, column 5");
        check(b"{\n'a': 1}", "cannot be read from line 2, column 1 on");
        check(b"<html>", "cannot be read from line 1, column 1 on");
    }

    #[test]
    fn a_quotation_is_cut_between_two_characters() {
        assert_eq!(beginning(&"\u{e9}".repeat(80)).chars().count(), QUOTED_CHARACTERS_MAX);
    }
}
