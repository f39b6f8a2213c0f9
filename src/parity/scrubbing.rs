//! Removal of secrets: what this run knows to be secret, what looks like a secret or like personal
//! data, and every text of a JSON answer that was never published.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::parity::corpus::BUILTIN;
use crate::parity::json_text::{Token, rewritten};
use crate::parity::pattern::quoting_placeholders;

/// MTN's published test values, whose numbers belong to no person.
const TEST_PARTIES: &str = include_str!("../../data/test-parties.csv");

/// The fewest characters of a secret. A shorter one would be found everywhere.
const SECRET_BYTES_MIN: usize = 4;

/// The most bytes of a text that is not JSON.
const TEXT_BYTES_MAX: usize = 4096;

/// Members whose texts are the gateway's own words. Only what looks personal is removed from them.
const OWN_WORDS: [&str; 12] = [
    "activityId",
    "code",
    "currency",
    "error",
    "error_description",
    "message",
    "reason",
    "scope",
    "status",
    "targetEnvironment",
    "title",
    "token_type",
];

/// Members that are about a person. Their values are searched for elsewhere in the body too.
const PERSONAL: [&str; 25] = [
    "address",
    "birthdate",
    "city_of_birth",
    "country_of_birth",
    "email",
    "employer_name",
    "family_name",
    "formatted",
    "given_name",
    "identification_value",
    "locality",
    "middle_name",
    "name",
    "nickname",
    "occupation",
    "partyId",
    "payerEmail",
    "payerFirstName",
    "payerIdentificationNumber",
    "payerMsisdn",
    "payerSurName",
    "phone_number",
    "postal_code",
    "preferred_username",
    "street_address",
];

/// Members with numbers about a person, however small.
const PERSONAL_NUMBERS: [&str; 2] = ["availableBalance", "credit_score"];

/// A secret value, and the placeholder that replaces it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    value: String,
    placeholder: &'static str,
}

/// Hides the value.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Secret").field(&self.placeholder).finish()
    }
}

impl Secret {
    pub fn new(value: &str, placeholder: &'static str) -> Self {
        Self { value: value.to_owned(), placeholder }
    }
}

fn regex(expression: &str) -> Regex {
    Regex::new(expression).expect("the expression is constant")
}

/// Expressions for what looks like a secret or like personal data, in the order of the search.
static SHAPES: LazyLock<[(Regex, &str); 9]> = LazyLock::new(|| {
    [
        (regex(r"eyJ[\w-]*\.[\w-]+(?:\.[\w-]+)?|[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}"), "token"),
        (regex(r#"[^\s"<>@:/{}]+@[^\s"<>@{}]+\.[A-Za-z]{2,}"#), "text"),
        (regex(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), "uuid"),
        (regex(r"\b[0-9a-f]{32}\b"), "hex32"),
        (regex(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "ip"),
        (regex(r"(?i)\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}|\b[0-9a-f]{1,4}::[0-9a-f:]+"), "text"),
        (regex(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}"), "datetime"),
        (regex(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?"), "text"),
        (regex(r"\b[A-Za-z0-9+/]{22,}={1,2}"), "text"),
    ]
});

static DATE: LazyLock<Regex> = LazyLock::new(|| regex(r"\b\d{4}-\d\d-\d\d\b"));
static OPAQUE: LazyLock<Regex> = LazyLock::new(|| regex(r"[A-Za-z0-9_-]{24,}"));
static DIGITS: LazyLock<Regex> = LazyLock::new(|| regex(r"\+?\(?\d(?:[ .()-]{0,2}\d){6,}"));
static URL: LazyLock<Regex> = LazyLock::new(|| regex(r#"https?://([^/"\s<>{}]+)"#));
static DECIMAL: LazyLock<Regex> = LazyLock::new(|| regex(r"\A-?\d+(?:\.\d+)?\z"));

const MTNS_HOSTS: [&str; 5] = ["mtn.com", "momo.africa", "azure-api.net", "mtn.co.rw", "w3.org"];

#[derive(Debug)]
pub struct Scrubber {
    /// The longest first, since one may be a part of another.
    secrets: Vec<Secret>,
}

/// Published values: those of the corpus and of MTN's test parties.
struct Published {
    values: BTreeSet<String>,
    numbers: BTreeSet<String>,
}

static PUBLISHED: LazyLock<Published> = LazyLock::new(|| {
    let mut published = Published { values: BTreeSet::new(), numbers: BTreeSet::new() };
    for line in BUILTIN.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_default();
        for part in ["request", "response", "before"] {
            published.learn(&line[part]);
        }
    }
    published.learn_numbers(TEST_PARTIES);
    published
});

impl Published {
    fn learn(&mut self, value: &Value) {
        match value {
            Value::Object(members) => members.values().for_each(|value| self.learn(value)),
            Value::Array(items) => items.iter().for_each(|value| self.learn(value)),
            Value::String(text) => {
                match serde_json::from_str::<Value>(&quoting_placeholders(text)) {
                    Ok(inner @ (Value::Object(_) | Value::Array(_))) => self.learn(&inner),
                    _ => {
                        self.learn_numbers(text);
                        self.values.insert(text.clone());
                    }
                }
            }
            other => {
                self.values.insert(other.to_string());
            }
        }
    }

    fn learn_numbers(&mut self, text: &str) {
        let runs = text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() >= 7);
        self.numbers.extend(runs.map(str::to_owned));
    }

    fn has_number(&self, text: &str) -> bool {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        self.values.contains(text) || self.numbers.contains(&digits)
    }
}

impl Scrubber {
    /// A scrubber that knows these secrets.
    pub fn new(mut secrets: Vec<Secret>) -> Self {
        secrets.retain(|secret| secret.value.len() >= SECRET_BYTES_MIN);
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.value.len()));
        secrets.dedup();
        Self { secrets }
    }

    /// A text without what this run knows to be secret.
    pub fn without_secrets(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            text = replaced(&text, &secret.value, secret.placeholder);
        }
        text
    }

    /// A text for the user of the program: without the run's secrets, and without tokens, whole or
    /// cut, which people would paste with it.
    pub fn without_credentials(&self, text: &str) -> String {
        let (token, placeholder) = &SHAPES[0];
        let text = self.without_secrets(text);
        token.replace_all(&text, format!("{{{placeholder}}}")).into_owned()
    }

    /// A text without secrets, and without what looks like one or like personal data.
    pub fn text(&self, text: &str) -> String {
        let mut text = self.without_secrets(text);
        text = URL.replace_all(&text, |found: &regex::Captures<'_>| known_host(found)).into_owned();
        for (shape, placeholder) in SHAPES.iter() {
            let instead = |found: &regex::Captures<'_>| {
                if PUBLISHED.values.contains(&found[0]) {
                    found[0].to_owned()
                } else {
                    format!("{{{placeholder}}}")
                }
            };
            text = shape.replace_all(&text, instead).into_owned();
        }
        let date = |found: &regex::Captures<'_>| {
            if PUBLISHED.values.contains(&found[0]) {
                found[0].to_owned()
            } else {
                "{text}".to_owned()
            }
        };
        text = DATE.replace_all(&text, date).into_owned();
        text = OPAQUE.replace_all(&text, opaque).into_owned();
        DIGITS.replace_all(&text, digits).into_owned()
    }

    /// A body without anything that was never published; `None` if it is too long to be sure.
    pub fn body(&self, body: &str, volatile: &[String]) -> Option<String> {
        let mut personal = BTreeSet::new();
        let mut change = |token: Token<'_>| {
            let instead = self.instead_of(token, volatile);
            if instead.is_some() && PERSONAL.contains(&token.name) {
                personal.extend(serde_json::from_str::<String>(token.text));
            }
            instead
        };
        let Some(mut text) = rewritten(body, &mut change) else {
            return (body.len() <= TEXT_BYTES_MAX).then(|| self.text(body));
        };
        for value in personal {
            // A name must be a word of its own, since a short one may be a part of other words.
            for word in value.split_whitespace().chain([value.as_str()]) {
                if word.len() >= SECRET_BYTES_MIN && !PUBLISHED.values.contains(word) {
                    text = replaced(&text, word, "text");
                }
            }
        }
        Some(text)
    }

    fn instead_of(&self, token: Token<'_>, volatile: &[String]) -> Option<String> {
        let Ok(text) = serde_json::from_str::<String>(token.text) else {
            return number(token, volatile);
        };
        if text.is_empty() {
            return None;
        }
        let is_volatile = !token.is_name && volatile.iter().any(|it| it == token.pointer);
        let scrubbed = self.text(&text);
        let is_told = token.is_name || OWN_WORDS.contains(&token.name);
        let is_short =
            DECIMAL.is_match(&text) && text.len() <= 7 && !PERSONAL_NUMBERS.contains(&token.name);
        let stays = is_told || PUBLISHED.values.contains(&text) || is_short;
        if scrubbed != text {
            // The rest of an unpublished text may still be personal.
            let instead = if stays { scrubbed } else { whole(&scrubbed, &text) };
            return Some(Value::from(instead).to_string());
        }
        if stays && !is_volatile { None } else { Some(format!("\"{}\"", placeholder_of(&text))) }
    }

    /// Whether a text still has a secret in it that this run knows.
    pub fn leaks(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.secrets.iter().any(|secret| text.contains(&secret.value.to_lowercase()))
    }
}

/// The text with each occurrence of a value replaced, in upper or lower case.
fn replaced(text: &str, value: &str, placeholder: &str) -> String {
    let expression = format!("(?i){}", regex::escape(value));
    match Regex::new(&expression) {
        Ok(found) => found
            .replace_all(text, |_: &regex::Captures<'_>| format!("{{{placeholder}}}"))
            .into_owned(),
        // Too long for an expression, so only the exact value is replaced.
        Err(_) => text.replace(value, &format!("{{{placeholder}}}")),
    }
}

/// The replacement of a scrubbed text: its placeholder if it is only one, or else a general one.
fn whole(scrubbed: &str, text: &str) -> String {
    match crate::parity::pattern::only_placeholder(scrubbed) {
        Some(_) => scrubbed.to_owned(),
        None => placeholder_of(text).to_owned(),
    }
}

/// Whether a host is MTN's own.
pub fn is_mtns(host: &str) -> bool {
    let is_under = |known: &&str| {
        host.strip_suffix(*known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    MTNS_HOSTS.iter().any(is_under)
}

fn known_host(found: &regex::Captures<'_>) -> String {
    let host = found[1].split(':').next().unwrap_or_default();
    let is_published = PUBLISHED.values.iter().any(|value| value.contains(&found[0]));
    if is_mtns(host) || is_published {
        found[0].to_owned()
    } else {
        found[0].replace(&found[1], "{text}")
    }
}

fn opaque(found: &regex::Captures<'_>) -> String {
    let text = &found[0];
    let has = |is: fn(&char) -> bool| text.chars().any(|c| is(&c));
    let is_drawn = has(char::is_ascii_digit) && has(char::is_ascii_alphabetic);
    if is_drawn && !PUBLISHED.values.contains(text) { "{text}".to_owned() } else { text.to_owned() }
}

fn digits(found: &regex::Captures<'_>) -> String {
    let text = &found[0];
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    match (PUBLISHED.has_number(text), is_plain, text.len()) {
        (true, _, _) => text.to_owned(),
        (false, true, 8..=10) => "{integer}".to_owned(),
        _ => "{text}".to_owned(),
    }
}

/// The replacement of a JSON number, or of a word such as `true`.
fn number(token: Token<'_>, volatile: &[String]) -> Option<String> {
    let text = token.text;
    let count = text.bytes().filter(u8::is_ascii_digit).count();
    let is_number = DECIMAL.is_match(text);
    let is_volatile = volatile.iter().any(|pointer| pointer == token.pointer);
    let is_personal = PERSONAL_NUMBERS.contains(&token.name) || count >= 7 || is_volatile;
    let is_published = PUBLISHED.values.contains(text) && !is_volatile;
    if !is_number || !is_personal || is_published {
        return None;
    }
    let is_time = count == 10 && text.starts_with('1');
    Some(if is_time { "{epoch}" } else { "{decimal}" }.to_owned())
}

/// The placeholder that describes a text.
fn placeholder_of(text: &str) -> &'static str {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let shape = SHAPES
        .iter()
        .find(|(shape, _)| shape.find(text).is_some_and(|found| found.len() == text.len()));
    match (shape.map(|(_, name)| *name), is_digits, text.len()) {
        (Some("uuid"), _, _) => "{uuid}",
        (Some("hex32"), _, _) => "{hex32}",
        (Some("token"), _, _) => "{token}",
        (Some("ip"), _, _) => "{ip}",
        (Some("datetime"), _, _) => "{datetime}",
        (_, true, 8..=10) => "{integer}",
        // A longer number may be a telephone number.
        (_, _, 0..=7) if DECIMAL.is_match(text) => "{decimal}",
        _ => "{text}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_shows_no_token_not_even_the_beginning_of_one() {
        let cut = "body `{\"access_token\":\"eyJ0eXAiOiJKV1QifQ.eyJjbGllbnRJZCI6IjdkM2E0Yz…`";
        let scrubbed = scrubber().without_credentials(cut);
        assert_eq!(scrubbed, "body `{\"access_token\":\"{token}…`");
    }

    fn scrubber() -> Scrubber {
        Scrubber::new(vec![
            Secret::new("5f0c2d9e8b7a46139f0e1d2c3b4a5968", "subscription_key"),
            Secret::new("C0FFEE00-1111-4222-8333-444455556666", "api_user"),
            Secret::new("hunter2!", "api_key"),
            Secret::new("shop.example", "callback_host"),
        ])
    }

    #[test]
    fn nothing_secret_or_personal_is_left_in_a_text() {
        for (text, expected) in [
            ("key 5F0C2D9E8B7A46139F0E1D2C3B4A5968.", "key {subscription_key}."),
            ("user c0ffee00-1111-4222-8333-444455556666", "user {api_user}"),
            ("key hunter2!", "key {api_key}"),
            ("host shop.example", "host {callback_host}"),
            ("11112222-1111-4222-8333-444455556666", "{uuid}"),
            ("eyJ0eXAiOiJKV1QifQ.eyJjbGllbnRJZCI6IjEifQ.c2lnbg", "{token}"),
            ("ask grace.nakato@mail.example.", "ask {text}."),
            ("from 41.210.5.7 port 80", "from {ip} port 80"),
            ("from 2001:db8:0:1:2:3:4:5", "from {text}"),
            ("from fe80::1", "from {text}"),
            ("256772123456", "{text}"),
            ("call +256 772 123 456 now", "call {text} now"),
            ("call (0772) 123-456 now", "call {text} now"),
            ("ID:256772123456/MSISDN", "ID:{text}/MSISDN"),
            ("born 1990-02-03", "born {text}"),
            ("until 2026-11-25T23:38:10Z", "until {text}"),
            ("transaction 1884710817", "transaction {integer}"),
            ("YWxhZGRpbjpvcGVuc2VzYW1lMTIz==", "{text}"),
            ("session aB3dE6gH9jK2mN5pQ8sT1vW4", "session {text}"),
            ("https://10.1.2.3:8080/x", "https://{text}/x"),
            ("https://internal.shop2.example/x", "https://{text}/x"),
            ("https://momodeveloper.mtn.com/x", "https://momodeveloper.mtn.com/x"),
            ("46733123450", "46733123450"),
            ("NOT_ALLOWED_TARGET_ENVIRONMENT", "NOT_ALLOWED_TARGET_ENVIRONMENT"),
            ("Rate limit is exceeded. Try again in 12 seconds.", "="),
            ("email@domain.test", "="),
        ] {
            let expected = if expected == "=" { text } else { expected };
            assert_eq!(scrubber().text(text), expected, "{text}");
        }
    }

    #[test]
    fn a_json_answer_keeps_its_form_and_loses_what_was_never_published() {
        let body = concat!(
            "{ \"sub\":\"8812\", \"name\":\"Grace Nakato\",\"given_name\":\"Grace\",",
            "\"family_name\":\"Nakato\",\"birthdate\":\"1990-02-03\",\"locale\":\"sv_SE\",",
            "\"email\":\"g@mail.example\",\"phone_number\":\"256772123456\",\"nick\":\"Gracie\",",
            "\"updated_at\":1678355127,\"credit_score\":612,\"active\":true,",
            "\"amount\":\"12.5\",\"availableBalance\":\"48213\",\"status\":\"SUCCESSFUL\",",
            "\"financialTransactionId\":\"1884710817\",\"256772123457\":1,",
            "\"message\":\"Dear Grace, 256772123456 was asked\",",
            "\"escaped\":\"\\u0047race \\u0032\\u0035\\u0036\\u0037\\u0037\\u0032123456\"}",
        );
        let expected = concat!(
            "{ \"sub\":\"8812\", \"name\":\"{text}\",\"given_name\":\"{text}\",",
            "\"family_name\":\"{text}\",\"birthdate\":\"{text}\",\"locale\":\"sv_SE\",",
            "\"email\":\"{text}\",\"phone_number\":\"{text}\",\"nick\":\"{text}\",",
            "\"updated_at\":{epoch},\"credit_score\":{decimal},\"active\":true,",
            "\"amount\":\"12.5\",\"availableBalance\":\"{decimal}\",\"status\":\"SUCCESSFUL\",",
            "\"financialTransactionId\":\"{integer}\",\"{text}\":1,",
            "\"message\":\"Dear {text}, {text} was asked\",",
            "\"escaped\":\"{text}\"}",
        );
        assert_eq!(scrubber().body(body, &[]).as_deref(), Some(expected));
        let sand_box = "{\"name\":\"Sand Box\",\"birthdate\":\"1976-08-13\",\
                        \"phone_number\":\"46123456789\",\"email\":\"email@domain.test\"}";
        assert_eq!(scrubber().body(sand_box, &[]).as_deref(), Some(sand_box));
        let volatile = ["/availableBalance".to_owned()];
        let balance = scrubber().body("{\"availableBalance\":\"1000\"}", &volatile);
        assert_eq!(balance.as_deref(), Some("{\"availableBalance\":\"{decimal}\"}"));
    }

    #[test]
    fn a_text_that_is_too_long_to_be_sure_is_left_out_and_a_leak_is_found() {
        assert_eq!(scrubber().body(&"x ".repeat(4000), &[]), None);
        let page = "<html><title>Request Rejected</title>support id 1234567890123</html>";
        let scrubbed = scrubber().body(page, &[]).expect("short");
        assert!(scrubbed.contains("support id {text}"), "{scrubbed}");
        assert!(scrubber().leaks("x HUNTER2! y") && !scrubber().leaks(&scrubbed));
    }
}
