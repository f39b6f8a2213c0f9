//! The mistakes of a text that is not TOML, each broken place once: what follows from an earlier
//! mistake goes, and each has a remedy of its own.

use std::ops::Range;

use toml::de::{DeTable, Error};

use crate::scenario::duplicate_key::Twice;
use crate::scenario::problem::{PROBLEMS_MAX, Problem};
use crate::scenario::toml_scan::{
    Open, Scanner, indentation, is_header, line_end, line_start, runaway, said_end, statement,
};
use crate::scenario::value::Location;

/// The remedy where there is no better one.
const OTHER_REMEDY: &str =
    "a scenario file is TOML: `momosandbox scenarios declined` prints one to compare with";

const TOO_DEEP: &str = "too many brackets are open here";

const TOO_DEEP_REMEDY: &str = "no field of a scenario is this deep: take the brackets away";

/// How often a text is parsed anew behind a bracket that was left open.
const PARTS_MAX: usize = 20;

/// A mistake, and where the parser is right again.
struct Mistake {
    place: Range<usize>,
    message: String,
    help: String,
    goes_on: GoesOn,
}

/// What is still to be believed of the parser after a mistake.
enum GoesOn {
    AtOnce,
    /// The rest of the line follows from the mistake; so does all that an open bracket takes in.
    NextLine,
    /// The same from this line on, because a bracket before it was never closed.
    ThisLine,
    /// The same for all lines up to the next that begins anew.
    NextStatement,
    /// What the rest of the table gives follows from the mistake.
    NextHeader,
    /// As with `NextLine`, but the parser does not know whose names follow.
    NextLineOfSomeTable,
    Nowhere,
}

/// Returns the mistakes of a text for which the parser gave these errors; without any, the text is
/// too deep for the parser.
pub(super) fn mistakes(text: &str, errors: Vec<Error>) -> Vec<Problem> {
    let mut found = Vec::new();
    if errors.is_empty() {
        let place = Location::Bytes(text.len()..text.len());
        let message = TOO_DEEP.to_owned();
        let help = Some(TOO_DEEP_REMEDY.to_owned());
        return vec![Problem { place, message, help, is_warning: false }];
    }
    let mut begin = 0;
    let mut errors = errors;
    for _ in 0..PARTS_MAX {
        let rest = &text[begin..];
        let next = of_part(rest, &errors, begin > 0, &mut |mut mistake| {
            mistake.place = begin + mistake.place.start..begin + mistake.place.end;
            found.push(Problem {
                place: Location::Bytes(mistake.place),
                message: mistake.message,
                help: Some(mistake.help),
                is_warning: false,
            });
            // One more than are shown says that there are more.
            found.len() <= PROBLEMS_MAX
        });
        let Some(next) = next else { return found };
        begin += next;
        (_, errors) = DeTable::parse_recoverable(&text[begin..]);
    }
    found
}

/// Tells the mistakes of a part of a text, and returns where the next part begins: where a bracket
/// was left open, the parser takes in all that follows.
fn of_part(
    text: &str,
    errors: &[Error],
    is_rest: bool,
    tell: &mut dyn FnMut(Mistake) -> bool,
) -> Option<usize> {
    let mut errors: Vec<(Range<usize>, &str)> = errors
        .iter()
        .map(|error| (within(text, error.span().unwrap_or_default()), error.message()))
        .collect();
    errors.sort_by_key(|(span, message)| (span.start, message.starts_with("unclosed")));
    let mut scanner = Scanner::new(text, 0);
    let mut from = 0;
    // The names before a rest are unknown to the parser.
    let mut knows_names = !is_rest;
    for (span, message) in errors {
        if span.start < from || (is_about_names(message) && !knows_names) {
            continue;
        }
        let open = scanner.open_at(span.start).clone();
        let mistake = mistake(text, &span, message, &open);
        knows_names &= !matches!(mistake.goes_on, GoesOn::NextLineOfSomeTable);
        let looks_from = match mistake.goes_on {
            GoesOn::AtOnce => None,
            GoesOn::NextLine | GoesOn::NextStatement | GoesOn::NextLineOfSomeTable => {
                Some(line_end(text, span.start))
            }
            GoesOn::ThisLine => Some(line_start(text, span.start)),
            GoesOn::NextHeader => Some(before_header(text, span.end)),
            GoesOn::Nowhere => Some(text.len()),
        };
        let lacks_bracket = matches!(mistake.goes_on, GoesOn::NextStatement);
        if !tell(mistake) {
            return None;
        }
        let Some(looks_from) = looks_from else { continue };
        let end = scanner.open_at(looks_from);
        let outermost = open.brackets.first().or(end.brackets.first()).unwrap_or(&span.start);
        if end.brackets.is_empty() && !lacks_bracket {
            from = looks_from + 1;
            continue;
        }
        let indentation = indentation(&text[line_start(text, *outermost)..]);
        return statement(text, looks_from, indentation).filter(|next| *next > 0);
    }
    None
}

/// The same range, if it is one of the text.
fn within(text: &str, range: Range<usize>) -> Range<usize> {
    let floor = |at: usize| {
        let at = at.min(text.len());
        (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
    };
    let start = floor(range.start);
    start..floor(range.end).max(start)
}

/// The end of the line before the next header.
fn before_header(text: &str, from: usize) -> usize {
    let mut at = line_end(text, from);
    while at < text.len() && !is_header(&text[at + 1..line_end(text, at + 1)]) {
        at = line_end(text, at + 1);
    }
    at
}

fn is_about_names(message: &str) -> bool {
    message == "duplicate key" || message.starts_with("cannot extend")
}

/// Says what is wrong in our words, where the beginning of it is, and what to do.
fn mistake(text: &str, span: &Range<usize>, message: &str, open: &Open) -> Mistake {
    let at = span.start;
    if message == "duplicate key" {
        let twice = Twice::of(text, span, open);
        let goes_on = if twice.is_header { GoesOn::NextHeader } else { GoesOn::AtOnce };
        return new(span.clone(), &twice.message(text), twice.help(), goes_on);
    }
    if message.starts_with("cannot extend") {
        let message = format!("`{}` is complete already", &text[span.clone()]);
        return new(span.clone(), &message, "write all of it in one place", GoesOn::AtOnce);
    }
    if message.starts_with("missing opening quote") {
        let end = text[at..line_end(text, at)].find(['"', '\'']).map_or(span.end, |end| at + end);
        return opening_quote(text, at..end, GoesOn::NextLine);
    }
    if !open.brackets.is_empty() && is_header(&text[line_start(text, at)..line_end(text, at)]) {
        return bracket(text, span, message, open);
    }
    if let Some(mistake) = bare_word(text, span, message) {
        return mistake;
    }
    if let Some(quote) = open.quote.filter(|_| message.contains("multi-line")) {
        let place = quote..line_end(text, quote);
        let quotes = &text[quote..quote + 3];
        let help = format!("write {quotes} where it ends");
        return new(place, "this text has no end", &help, GoesOn::NextLine);
    }
    if text[..at].trim().is_empty() && text[at..].starts_with('{') {
        let help = "a file is TOML, the control plane takes JSON: `momosandbox scenarios declined` \
                    prints a file to compare with";
        return new(at..at + 1, "this is JSON", help, GoesOn::Nowhere);
    }
    if message.starts_with("cannot recurse") {
        return new(span.clone(), TOO_DEEP, TOO_DEEP_REMEDY, GoesOn::NextLine);
    }
    if let Some(place) = runaway(text, at) {
        return closing_quote(text, place);
    }
    structural(text, span, message, open)
}

/// Says what is wrong outside of texts and values.
fn structural(text: &str, span: &Range<usize>, message: &str, open: &Open) -> Mistake {
    let at = span.start;
    if message.starts_with("missing escaped value") {
        let help = "write \\\\ for a backslash, or put the text in single quotes: '…'";
        return new(
            span.clone(),
            "nothing is written like this with a backslash",
            help,
            GoesOn::AtOnce,
        );
    }
    if message.starts_with("missing comma")
        || message.starts_with("unclosed inline table")
        || message.starts_with("unclosed array,")
        || message.starts_with("missing key for")
    {
        return bracket(text, span, message, open);
    }
    if message.contains("unclosed table") || message.contains("unclosed array table") {
        return header(text, at);
    }
    let is_item = text[line_start(text, at)..].trim_start().starts_with("- ");
    let is_colon = is_item || text[at..].starts_with(':') || text[..at].trim_end().ends_with(':');
    if is_colon && (message.contains("unquoted key") || message.contains("expected `=`")) {
        let help = "write `=` between a name and its value; a scenario file is TOML, not YAML";
        let message = format!("`{}` is not known here", if is_item { '-' } else { ':' });
        return new(span.clone(), &message, help, GoesOn::NextLine);
    }
    if message.contains("expected `=`") {
        let said = text[line_start(text, at)..at].trim_end();
        let name = said.rsplit([' ', '{', ',', '\t']).next().unwrap_or(said);
        let told = format!("`{name}` has no `=`");
        let help = format!("write {name} = …, with a value behind it");
        let is_recovered = message.starts_with("missing assignment");
        let goes_on = if is_recovered { GoesOn::AtOnce } else { GoesOn::NextLine };
        return new(span.clone(), &told, &help, goes_on);
    }
    if message.starts_with("unexpected key or value") {
        let is_header = text[line_start(text, at)..].trim_start().starts_with('[');
        if is_header {
            return header(text, at);
        }
        let help = "begin a new line; within a text in double quotes, write \\\" for a quote";
        let end = said_end(text, at).max(span.end);
        return new(at..end, "something follows the value", help, GoesOn::NextLine);
    }
    new(span.clone(), message, OTHER_REMEDY, GoesOn::NextStatement)
}

fn new(place: Range<usize>, message: &str, help: &str, goes_on: GoesOn) -> Mistake {
    Mistake { place, message: message.to_owned(), help: help.to_owned(), goes_on }
}

/// A text with a quote before it only.
fn closing_quote(text: &str, place: Range<usize>) -> Mistake {
    let quote = &text[place.start..=place.start];
    let end = text[place.end..].trim_start();
    let is_apostrophe = quote == "'" && end.starts_with(char::is_alphabetic);
    let help = if is_apostrophe {
        "write a text that has a ' in it between double quotes".to_owned()
    } else {
        format!("write {quote} where the text ends")
    };
    new(place, "this text has no closing quote", &help, GoesOn::NextLine)
}

/// A text with a quote behind it only.
fn opening_quote(text: &str, word: Range<usize>, goes_on: GoesOn) -> Mistake {
    let help = format!("write \"{}\"", &text[word.clone()]);
    new(word, "this text has no opening quote", &help, goes_on)
}

/// Something without quotes that is no number, date or boolean.
fn bare_word(text: &str, span: &Range<usize>, message: &str) -> Option<Mistake> {
    const BEGINNINGS: [&str; 7] = [
        "string values must be quoted",
        "invalid boolean",
        "invalid integer",
        "invalid float",
        "invalid date-time",
        "unexpected leading zero",
        "invalid string",
    ];
    if !BEGINNINGS.iter().any(|begin| message.starts_with(begin)) {
        return None;
    }
    let line = line_start(text, span.start);
    let before = text[line..span.start].rfind([' ', '=', '[', '{', ',', '\t']);
    let start = before.map_or(line, |index| line + index + 1);
    let line_rest = &text[start..line_end(text, start)];
    let end = line_rest.find([',', '}', ']', '=', '#', '"', '\'']).unwrap_or(line_rest.len());
    let end = (start + line_rest[..end].trim_end().len()).max(start);
    let word = text[start..end].to_owned();
    if word.is_empty() {
        let name = text[line..start].trim_end_matches(['=', ' ', '\t']).trim_start();
        let told = format!("`{name}` has no value");
        return Some(new(start..end, &told, "write one behind the =", GoesOn::NextStatement));
    }
    let follows = text[end..].trim_start_matches([' ', '\t']).chars().next();
    Some(match follows {
        Some('"' | '\'') => opening_quote(text, start..end, GoesOn::NextLine),
        Some('=') => {
            let message = format!("a `{{` is missing before `{word}`");
            let help = "put the fields of a table between { and }";
            new(start..end, &message, help, GoesOn::NextStatement)
        }
        _ => {
            let plain = word.trim_matches(['“', '”', '‘', '’', '„', '«', '»']);
            let lower = word.to_lowercase();
            let (message, help) = if lower == "true" || lower == "false" {
                (format!("`{word}` is no boolean"), format!("write {lower}"))
            } else if plain.len() < word.len() {
                ("these are no straight quotes".to_owned(), format!("write \"{plain}\""))
            } else {
                ("text needs quotes around it".to_owned(), format!("write \"{word}\""))
            };
            new(start..end, &message, &help, GoesOn::AtOnce)
        }
    })
}

/// A bracket that was not closed, or a comma that lacks.
fn bracket(text: &str, span: &Range<usize>, message: &str, open: &Open) -> Mistake {
    let at = span.start;
    let Some(innermost) = open.brackets.last() else {
        return new(span.clone(), message, OTHER_REMEDY, GoesOn::NextLine);
    };
    let line = line_start(text, at);
    let is_first = text[line..at].trim_matches(['[', ' ', '\t']).is_empty();
    let allowed = indentation(&text[line_start(text, open.brackets[0])..]);
    let begins_another = is_first && statement(text, line, allowed) == Some(line);
    if message.starts_with("unclosed") || begins_another {
        let closing = if text[*innermost..].starts_with('{') { '}' } else { ']' };
        let opening = &text[*innermost..=*innermost];
        let message = format!("this `{opening}` is never closed");
        let help = format!("write {closing} where it ends");
        let goes_on = if begins_another { GoesOn::ThisLine } else { GoesOn::NextLine };
        return new(*innermost..innermost + 1, &message, &help, goes_on);
    }
    // The comma belongs behind what was said before.
    let said = text[..at].trim_end().len();
    let help = "write , between two fields or values";
    new(said..said.max(span.end), "a comma is missing", help, GoesOn::NextLine)
}

/// The header of a table whose brackets do not fit.
fn header(text: &str, at: usize) -> Mistake {
    let start = line_start(text, at);
    let start = start + indentation(&text[start..]);
    let end = said_end(text, start).max(start);
    let name = text[start..end].trim_matches(['[', ']', ' ']);
    let help = match name {
        "rules" | "account_holders" | "rules.query" => format!("write [[{name}]]"),
        _ => format!("write [{name}], or [[{name}]] for one of several"),
    };
    new(start..end, "the brackets of this header do not match", &help, GoesOn::NextLineOfSomeTable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::problem::{Position, Problems};

    /// The mistakes of a text as `line:column message / help`.
    fn told(text: &str) -> Vec<String> {
        let (_, errors) = DeTable::parse_recoverable(text);
        assert!(!errors.is_empty(), "this is TOML: {text}");
        let problems = Problems::new("a.toml", text, mistakes(text, errors));
        let told = problems.located().map(|(position, problem)| {
            let Position::Line { line, column } = position else { panic!("{position}") };
            let help = problem.help.as_deref().expect("a remedy");
            format!("{line}:{column} {} / {help}", problem.message)
        });
        told.collect()
    }

    #[track_caller]
    fn one(text: &str, expected: &str) {
        let told = told(text);
        assert_eq!(told.len(), 1, "{text}\n{told:#?}");
        assert!(told[0].starts_with(expected), "found    {}\nexpected {expected}", told[0]);
    }

    #[test]
    fn a_missing_quote_gives_one_mistake_at_its_text() {
        let closing = "this text has no closing quote / write \" where the text ends";
        let rule = |line: &str| format!("[[rules]]\n{line}\nthen = {{ after = \"2s\" }}\n");
        one("name = \"a\ndescription = \"d\"\n", &format!("1:8 {closing}"));
        one(&rule("when = { party = \"1*, operation = \"refund\" }"), &format!("2:18 {closing}"));
        one(&rule("when = { party = \"1* }"), &format!("2:18 {closing}"));
        one(&rule("when = { party = \"1*,\n  currency = \"EUR\" }"), &format!("2:18 {closing}"));
        one("[[rules]]\ncallback = { fate = \"lost", &format!("2:21 {closing}"));
        one("name = \"x", &format!("1:8 {closing}"));
        one("name = \"\"\"a\nb = \"c\"\n", "1:8 this text has no end / write \"\"\" where it ends");
        one("name = 'it's'\n", "1:8 this text has no closing quote / write a text that has a ' in");
        let opening = "this text has no opening quote / write \"25677*\"";
        one(&rule("when = { party = 25677*\", currency = \"EUR\" }"), &format!("2:18 {opening}"));
        one("name = a\"\n", "1:8 this text has no opening quote / write \"a\"");
        one("name = FAILED\"\n", "1:8 this text has no opening quote / write \"FAILED\"");
        one("name = a b\n", "1:8 text needs quotes around it / write \"a b\"");
        one("name = “a”\n", "1:8 these are no straight quotes / write \"a\"");
        one("ledger = True\n", "1:10 `True` is no boolean / write true");
    }

    #[test]
    fn a_bracket_a_comma_and_a_sign_that_lack_give_one_mistake_each() {
        let rule = |line: &str| format!("[[rules]]\n{line}\ncallback = {{ fate = \"lost\" }}\n");
        let unclosed = "this `{` is never closed / write } where it ends";
        one(&rule("when = { amount = { equals = 5 }"), &format!("2:8 {unclosed}"));
        one(&(rule("when = { party = \"1\"") + &rule("")), &format!("2:8 {unclosed}"));
        one("rate_limit = { requests = 1", &format!("1:14 {unclosed}"));
        one(&rule("query = [{ delay = \"1s\" }"), "2:9 this `[` is never closed / write ] where");
        one(&rule("when = party = \"1\" }"), "2:8 a `{` is missing before `party` / put");
        one(
            &rule("when = { party = \"1\" currency = \"EUR\" }"),
            "2:21 a comma is missing / write",
        );
        one(&rule("when = { party = \"1\"\n  currency = \"EUR\" }"), "2:21 a comma is missing");
        for header in ["[[rules]", "[rules]]", "[[rules"] {
            let text = format!("{header}\ncallback = {{}}\n");
            one(&text, "1:1 the brackets of this header do not match / write [[rules]]");
        }
        one(&rule("name \"x\""), "2:6 `name` has no `=` / write name = …");
        one("[[rules]]\ncallback = { fate \"lost\" }\n", "2:19 `fate` has no `=`");
        one("callback: { fate = \"lost\" }\n", "1:9 `:` is not known here / write `=` between");
        one("name = \"it is \"so\"\"\n", "1:16 something follows the value / begin a new line");
        one("name = \"a\\q\"\n", "1:11 nothing is written like this with a backslash / write \\\\");
        one("{\"rules\": []}\n", "1:1 this is JSON / a file is TOML");
        one(&format!("a = {}", "[".repeat(200)), "1:85 too many brackets are open here");
    }

    #[test]
    fn each_broken_place_is_told_also_behind_an_open_bracket() {
        let text = "[[rules]]\nwhen = { party = \"1* }\nthen = { after = 3s }\n\n\
                    [[rules]]\nname \"x\"\nquery = [{ times = 2 }\n\n[[rules]]\ncallback = {\n";
        let told = told(text);
        let places: Vec<&str> = told.iter().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(places, ["2:18", "3:18", "6:6", "7:9", "10:12"], "{told:#?}");
    }

    /// A scenario with most forms of TOML.
    const WHOLE: &str = r#"
name = "é" # a "comment"
rate_limit = { requests = 1, per = '1s' }

[[rules]]
name = "one"
when = { party = "1*", amount = { equals = "5" },
         currency = "EUR" }
query = [
    { times = 2, delay = "1s" },
    { delay = "2s" },
]

[[rules]]
[rules.then]
status = "FAILED"
reason = "EXPIRED"
"#;

    #[test]
    fn any_character_that_is_taken_out_gives_one_mistake_at_most() {
        for (at, taken) in WHOLE.char_indices() {
            let text = format!("{}{}", &WHOLE[..at], &WHOLE[at + taken.len_utf8()..]);
            let (_, errors) = DeTable::parse_recoverable(&text);
            if !errors.is_empty() {
                assert_eq!(told(&text).len(), 1, "without {taken:?} at {at}:\n{:#?}", told(&text));
            }
        }
    }

    #[test]
    fn any_beginning_of_a_text_has_its_mistakes_without_a_panic() {
        for (at, _) in WHOLE.char_indices() {
            for end in ["", "\"", "é", "{", "]", "\n=", "\u{0}"] {
                let text = format!("{}{end}", &WHOLE[..at]);
                let (_, errors) = DeTable::parse_recoverable(&text);
                if !errors.is_empty() {
                    assert!(!mistakes(&text, errors).is_empty(), "{text}");
                }
            }
        }
    }
}
