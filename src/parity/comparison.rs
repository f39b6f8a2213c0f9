//! Comparison of an answer or a callback with the recorded one: status, phrase, headers, body.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::HeaderMap;
use serde_json::{Map, Value};
use std::borrow::Cow;

use crate::parity::difference::{Difference, shown};
use crate::parity::pattern::{self, Names};
use crate::parity::recording::{Headers, RecordedBody, Recording, Response};

/// Headers that hold a URL of the gateway's own, or placeholders.
const WITH_PLACEHOLDERS: [&str; 3] = ["Location", "WWW-Authenticate", "Request-Context"];

/// The most characters of a body that are shown.
const BODY_SHOWN_MAX: usize = 160;

/// The most characters of a value that are shown.
const VALUE_SHOWN_MAX: usize = 80;

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub phrase: String,
    pub headers: HeaderMap,
    /// The body; bytes that are not UTF-8 are replaced.
    pub body: String,
}

/// A recording, and the values of its placeholders in this replay.
#[derive(Debug)]
pub struct Comparison<'a> {
    pub recording: &'a Recording,
    pub names: &'a Names,
    /// The currency that replaces the recorded one, in another market.
    pub currency: Option<&'a str>,
}

impl Comparison<'_> {
    /// How an answer differs from the recorded one.
    pub fn of_answer(&self, recorded: &Response, answer: &Answer) -> Vec<Difference> {
        let mut found = Vec::new();
        let (received, status) = (answer.status, recorded.status);
        if received != status {
            found.push(Difference::Status { received, recorded: status });
        }
        if let Some(phrase) = recorded.phrase.as_ref().filter(|phrase| **phrase != answer.phrase) {
            let (received, recorded) = (answer.phrase.clone(), phrase.clone());
            found.push(Difference::Phrase { received, recorded });
        }
        let exact = match &recorded.body {
            RecordedBody::Exact(text) => Some(text),
            _ => None,
        };
        let has_fixed_length = exact.is_some_and(|text| !pattern::has_placeholder(text));
        let answers = (&answer.headers, &*answer.body);
        found.extend(self.of_headers(&recorded.headers, answers, has_fixed_length));
        if received == status {
            found.extend(self.of_body(&recorded.body, &answer.body));
        } else if exact.is_some_and(|text| *text != answer.body) {
            let received = shown(&answer.body, BODY_SHOWN_MAX);
            found.push(Difference::Body { received, recorded: "that of another status" });
        }
        found
    }

    /// How headers differ from the recorded ones. If the length of the recorded body varies,
    /// `Content-Length` must be that of the received body.
    pub fn of_headers(
        &self,
        recorded: &Headers,
        (received, body): (&HeaderMap, &str),
        has_fixed_length: bool,
    ) -> Vec<Difference> {
        let of_one = |(name, recorded): &(String, Option<String>)| {
            let found = received.get(name.as_str());
            let found = found.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            let name = name.clone();
            match (recorded, found) {
                (None, None) => None,
                (None, Some(received)) => Some(Difference::HeaderUnexpected { name, received }),
                (Some(recorded), None) => {
                    Some(Difference::HeaderMissing { name, recorded: recorded.clone() })
                }
                (Some(_), Some(received)) if name == "Content-Length" && !has_fixed_length => {
                    let bytes = body.len();
                    let is_right = received == bytes.to_string();
                    (!is_right).then_some(Difference::Length { received, bytes })
                }
                (Some(recorded), Some(received)) => (!self.fits(&name, recorded, &received))
                    .then(|| Difference::Header { name, received, recorded: recorded.clone() }),
            }
        };
        recorded.iter().filter_map(of_one).collect()
    }

    fn fits(&self, name: &str, recorded: &str, received: &str) -> bool {
        if WITH_PLACEHOLDERS.contains(&name) {
            pattern::matches(&pattern::without_origin(recorded), self.names, received)
        } else {
            recorded == received
        }
    }

    /// How a body differs from the recorded one.
    pub fn of_body(&self, recorded: &RecordedBody, received: &str) -> Vec<Difference> {
        let mut found = match recorded {
            RecordedBody::Unknown => return Vec::new(),
            RecordedBody::Exact(text) => self.of_exact_body(text, received),
            RecordedBody::Value(value) => self.of_json(value, received),
        };
        if found.is_empty() {
            for (pointer, token) in &self.recording.decoded {
                found.extend(self.of_token(pointer, [&token.header, &token.payload], received));
            }
        }
        found
    }

    fn of_exact_body(&self, recorded: &str, received: &str) -> Vec<Difference> {
        let recorded = &*self.in_our_currency(recorded);
        if pattern::matches(recorded, self.names, received) {
            return Vec::new();
        }
        let body = |recorded| {
            vec![Difference::Body { received: shown(received, BODY_SHOWN_MAX), recorded }]
        };
        if recorded.is_empty() {
            return body("empty");
        }
        // The placeholder of a number has no quotes there, so the text is not JSON.
        let quoted = pattern::quoting_placeholders(recorded);
        let Ok(value) = serde_json::from_str(&quoted) else { return body("another text") };
        let found = self.of_json(&value, received);
        if found.is_empty() { body("the same JSON, spaced or written otherwise") } else { found }
    }

    /// A recorded text with the replaced currency.
    fn in_our_currency<'t>(&self, recorded: &'t str) -> Cow<'t, str> {
        const MEMBER: &str = "\"currency\":\"";
        let Some(own) = self.currency else { return Cow::Borrowed(recorded) };
        match recorded.split_once(MEMBER).and_then(|(before, rest)| {
            rest.split_once('"').map(|(_, after)| format!("{before}{MEMBER}{own}\"{after}"))
        }) {
            Some(replaced) => Cow::Owned(replaced),
            None => Cow::Borrowed(recorded),
        }
    }

    fn of_json(&self, recorded: &Value, received: &str) -> Vec<Difference> {
        let Ok(value) = serde_json::from_str::<Value>(received) else {
            let received = shown(received, BODY_SHOWN_MAX);
            return vec![Difference::Body { received, recorded: "JSON" }];
        };
        let mut walk = Walk { comparison: self, is_token: false, found: Vec::new() };
        walk.value(recorded, &value, "");
        let is_there = |pointer: &&String| value.pointer(pointer).is_some();
        let present = self.recording.absent.iter().filter(is_there);
        walk.found.extend(present.map(|pointer| Difference::Present { at: pointer.clone() }));
        walk.found
    }

    fn of_token(&self, pointer: &str, recorded: [&Value; 2], body: &str) -> Vec<Difference> {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let token = body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let mut walk = Walk { comparison: self, is_token: true, found: Vec::new() };
        let mut parts = token.split('.');
        for (name, recorded) in ["header", "payload"].into_iter().zip(recorded) {
            let bytes = parts.next().map(|part| BASE64_URL_SAFE_NO_PAD.decode(part));
            let bytes = bytes.and_then(Result::ok).unwrap_or_default();
            match serde_json::from_slice::<Value>(&bytes) {
                Ok(value) => walk.value(recorded, &value, &format!("JWT {name}")),
                Err(_) => return vec![Difference::NoToken { at: pointer.to_owned() }],
            }
        }
        walk.found
    }
}

/// Two JSON values side by side.
struct Walk<'a> {
    comparison: &'a Comparison<'a>,
    /// Whether they are a token's claims, of which none is volatile and none may be missing.
    is_token: bool,
    found: Vec<Difference>,
}

impl Walk<'_> {
    fn value(&mut self, recorded: &Value, received: &Value, at: &str) {
        match (recorded, received) {
            (Value::Object(recorded), Value::Object(received)) => {
                self.object(recorded, received, at);
            }
            (Value::Object(_), other) => self.differs(at, other, "an object".to_owned()),
            (recorded, received) => self.leaf(recorded, received, at),
        }
    }

    fn object(&mut self, recorded: &Map<String, Value>, received: &Map<String, Value>, at: &str) {
        let is_partial = self.comparison.recording.body_partial && !self.is_token;
        let without = |one: &Map<String, Value>, other: &Map<String, Value>| -> Vec<String> {
            one.keys().filter(|name| !other.contains_key(*name)).cloned().collect()
        };
        let both = |one: &Map<String, Value>, other: &Map<String, Value>| -> Vec<String> {
            one.keys().filter(|name| other.contains_key(*name)).cloned().collect()
        };
        let missing = without(recorded, received);
        if !missing.is_empty() {
            self.found.push(Difference::Missing { at: at.to_owned(), names: missing });
        }
        let more = without(received, recorded);
        if !more.is_empty() && !is_partial {
            self.found.push(Difference::More { at: at.to_owned(), names: more });
        }
        if both(recorded, received) != both(received, recorded) && !is_partial {
            self.found.push(Difference::Order {
                at: at.to_owned(),
                received: received.keys().cloned().collect(),
                recorded: recorded.keys().cloned().collect(),
            });
        }
        for (name, value) in recorded {
            if let Some(found) = received.get(name) {
                self.value(value, found, &format!("{at}/{name}"));
            }
        }
    }

    fn leaf(&mut self, recorded: &Value, received: &Value, at: &str) {
        let comparison = self.comparison;
        if let Some(name) = recorded.as_str().and_then(pattern::only_placeholder) {
            let text = match received {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            };
            let recorded = recorded.as_str().unwrap_or_default();
            let is_of_its_kind = received.is_number() == (name == "epoch");
            let fits = text.is_some_and(|it| pattern::matches(recorded, comparison.names, &it));
            if !fits || !is_of_its_kind {
                self.differs(at, received, format!("{{{name}}}"));
            }
            return;
        }
        if !self.is_token && comparison.recording.volatile.iter().any(|pointer| pointer == at) {
            if kind_of(recorded) != kind_of(received) {
                self.differs(at, received, format!("a {}", kind_of(recorded)));
            }
            return;
        }
        let replaced = comparison.currency.filter(|_| at == "/currency").map(Value::from);
        let recorded = replaced.as_ref().unwrap_or(recorded);
        if recorded != received {
            self.differs(at, received, shown_value(recorded));
        }
    }

    fn differs(&mut self, at: &str, received: &Value, recorded: String) {
        let received = shown_value(received);
        self.found.push(Difference::Value { at: at.to_owned(), received, recorded });
    }
}

fn shown_value(value: &Value) -> String {
    shown(&value.to_string(), VALUE_SHOWN_MAX)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::corpus::{BUILTIN, read};

    /// How an answer differs from a recorded one whose body or response is changed before.
    fn found(id: &str, change: impl Fn(&mut Answer)) -> Vec<String> {
        let all = read("f", BUILTIN).expect("the corpus");
        let recording = all.iter().find(|one| one.id == id).expect("a recording");
        let recorded = recording.response.as_ref().expect("an answer");
        let mut headers = HeaderMap::new();
        for (name, value) in &recorded.headers {
            if let Some(value) = value {
                let name: http::HeaderName = name.parse().expect("a name");
                headers.insert(name, value.parse().expect("a value"));
            }
        }
        let body = match &recorded.body {
            RecordedBody::Unknown => String::new(),
            RecordedBody::Exact(text) => text.clone(),
            RecordedBody::Value(value) => value.to_string(),
        };
        let phrase = recorded.phrase.clone().unwrap_or_default();
        let mut answer = Answer { status: recorded.status, phrase, headers, body };
        change(&mut answer);
        let names = Names::from([("reference_id".to_owned(), "r".to_owned())]);
        let comparison = Comparison { recording, names: &names, currency: None };
        let found = comparison.of_answer(recorded, &answer);
        found.iter().map(Difference::to_string).collect()
    }

    #[test]
    fn what_comes_as_recorded_is_the_same() {
        for id in ["active-collection-2020-03-05", "balance-503-2020-02-26", "active-450-2023-03"] {
            assert_eq!(found(id, |_| {}), Vec::<String>::new(), "{id}");
        }
        let id = "basicuserinfo-collection-2023-03-09";
        let at_a_time = |answer: &mut Answer| {
            answer.body = answer.body.replace("{epoch}", "1678355127");
        };
        assert_eq!(found(id, at_a_time), Vec::<String>::new());
    }

    #[test]
    fn each_kind_of_difference_is_told_in_a_sentence() {
        const ID: &str = "balance-503-2020-02-26";
        const JSON: &str = "balance-1000-2026-06-24";
        let body = |from: &'static str, to: &'static str| {
            move |answer: &mut Answer| {
                assert!(answer.body.contains(from), "{}", answer.body);
                answer.body = answer.body.replace(from, to);
                let length = answer.body.len().to_string();
                answer.headers.insert("Content-Length", length.parse().expect("a value"));
            }
        };
        let differences = found(ID, |answer| answer.status = 500);
        assert_eq!(differences, ["status 500, recorded 503"]);
        let differences = found(ID, |answer| answer.phrase = "Unavailable".to_owned());
        assert_eq!(differences, ["reason phrase `Unavailable`, recorded `Service Unavailable`"]);
        let differences = found(ID, |answer| drop(answer.headers.remove("Content-Type")));
        let expected = "no header Content-Type, recorded `application/json;charset=utf-8`";
        assert_eq!(differences, [expected]);
        let empty = |answer: &mut Answer| {
            answer.headers.insert("Content-Type", "text/plain".parse().expect("a value"));
            answer.body = "{}".to_owned();
        };
        assert_eq!(
            found("rtp-empty-body-2020-02-26", empty),
            [
                "header Content-Type is `text/plain`, recorded as absent",
                "body `{}`, recorded empty",
            ]
        );
        let swapped = r#"{"currency":"EUR","availableBalance":"1000"}"#;
        let differences = found(JSON, |answer| answer.body = swapped.to_owned());
        let expected = "body: order of fields currency, availableBalance; recorded \
                        availableBalance, currency";
        assert_eq!(differences, [expected]);
        let differences = found(JSON, body("\"1000\"", "\"7\""));
        assert_eq!(differences, ["/availableBalance is `\"7\"`, recorded `\"1000\"`"]);
        let differences = found(JSON, body("\"1000\"", "1000"));
        assert_eq!(differences, ["/availableBalance is `1000`, recorded `\"1000\"`"]);
        let differences = found(JSON, body("\"currency\"", "\"unit\""));
        let expected = ["body: recorded but missing: currency", "body: more than recorded: unit"];
        assert_eq!(differences, expected);
        let spaced = found(ID, body("\",\"code", "\", \"code"));
        assert!(
            spaced.iter().any(|differences| differences.ends_with("spaced or written otherwise"))
        );
    }
}
