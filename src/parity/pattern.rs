//! Placeholders in recordings, such as `{uuid}`, and the texts that match them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

/// The values of the request's placeholders in one replay.
pub type Names = BTreeMap<String, String>;

/// What the placeholders of answers match.
const PATTERNS: [(&str, &str); 10] = [
    ("uuid", "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"),
    ("hex32", "[0-9a-f]{32}"),
    ("integer", r"\d{8,10}"),
    ("decimal", r"-?\d+(?:\.\d+)?"),
    ("epoch", r"\d{10}"),
    ("datetime", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}"),
    ("text", "[^\"]*"),
    ("token", r"[\w-]+\.[\w-]+\.[\w-]+"),
    ("ip", "[0-9.]+"),
    ("host", "https?://[^/\"]+"),
];

static PLACE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{([a-z_0-9]+)\}").expect("the expression is constant"));

static ORIGIN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("https?://[^/\"]+").expect("the expression is constant"));

static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r":(\{\w+\})").expect("the expression is constant"));

pub fn has_placeholder(text: &str) -> bool {
    PLACE.is_match(text)
}

/// The name of the placeholder that the whole text is.
pub fn only_placeholder(text: &str) -> Option<&str> {
    let name = text.strip_prefix('{')?.strip_suffix('}')?;
    let is_whole = PLACE.find(text).is_some_and(|found| found.len() == text.len());
    is_whole.then_some(name)
}

/// The parts of a text: what is fixed, and the names of placeholders.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut at) = (Vec::new(), 0);
    for found in PLACE.find_iter(text) {
        parts.push(Part::Fixed(&text[at..found.start()]));
        parts.push(Part::Placeholder(&text[found.start() + 1..found.end() - 1]));
        at = found.end();
    }
    parts.push(Part::Fixed(&text[at..]));
    parts
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Fixed(&'a str),
    Placeholder(&'a str),
}

/// Whether a text matches a recorded text with placeholders.
pub fn matches(recorded: &str, names: &Names, received: &str) -> bool {
    let mut expression = String::from(r"\A(?:");
    for part in parts(recorded) {
        match part {
            Part::Fixed(text) => expression.push_str(&regex::escape(text)),
            Part::Placeholder(name) => expression.push_str(&pattern_of(name, names)),
        }
    }
    expression.push_str(r")\z");
    // An expression that is too large matches nothing, and the report shows that.
    Regex::new(&expression).is_ok_and(|expression| expression.is_match(received))
}

fn pattern_of(name: &str, names: &Names) -> String {
    let known = PATTERNS.iter().find(|(known, _)| *known == name);
    match (known, names.get(name)) {
        (Some((_, pattern)), _) => format!("(?:{pattern})"),
        (None, Some(value)) => regex::escape(value),
        (None, None) => "(?:[^\"]*)".to_owned(),
    }
}

/// The text with quotes around each placeholder of a JSON number.
pub fn quoting_placeholders(text: &str) -> String {
    NUMBER.replace_all(text, ":\"$1\"").into_owned()
}

/// The text with each scheme and host replaced by `{host}`: a gateway names itself.
pub fn without_origin(text: &str) -> String {
    ORIGIN.replace_all(text, "{host}").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_matches_what_it_stands_for_and_nothing_else() {
        let names = Names::from([("api_user".to_owned(), "a.b".to_owned())]);
        for (recorded, received, fits) in [
            ("{uuid}", "c0ffee00-1111-4222-8333-444455556666", true),
            ("{uuid}", "c0ffee00-1111-4222-8333-44445555666", false),
            ("{integer}", "12345678", true),
            ("{integer}", "12345678901", false),
            ("{decimal}", "-25.5", true),
            ("{datetime}", "2020-03-05T10:55:21.518", true),
            ("{datetime}", "2020-03-05T10:55:21", false),
            ("{token}", "aa.b-b.c_c", true),
            ("{\"a\":\"{text}\"}", "{\"a\":\"\"}", true),
            ("{\"a\":\"{text}\"}", "{\"a\":\"x\"}\n", false),
            ("{\"a\":\"{text}\"}", "{\"a\":\"x\",\"b\":\"\"}", false),
            ("{api_user}", "a.b", true),
            ("{api_user}", "axb", false),
            ("{nobody}", "anything", true),
            ("(", "(", true),
        ] {
            assert_eq!(matches(recorded, &names, received), fits, "{recorded} {received}");
        }
        assert_eq!(only_placeholder("{uuid}"), Some("uuid"));
        assert_eq!(only_placeholder("{\"a\":1}"), None);
        assert_eq!(only_placeholder("{a}{b}"), None);
        assert_eq!(without_origin("realm=\"https://a.example/x\""), "realm=\"{host}/x\"");
    }
}
