//! Reading recordings: JSON lines, each a recorded exchange.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::parity::fields::Fields;
use crate::parity::recording::{
    Before, Decoded, Grade, Headers, Message, RecordedBody, Recording, Response,
};
use momo_sandbox_core::model::environment::Environment;

/// The corpus that ships with the program.
pub const BUILTIN: &str = include_str!("../../data/recordings.jsonl");

pub const SHIPPED_NAME: &str = "data/recordings.jsonl";

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorpusError {
    pub file: String,
    pub line: usize,
    pub what: String,
}

impl fmt::Display for CorpusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

impl std::error::Error for CorpusError {}

/// Reads all recordings of a text with the name `file`. Empty lines are skipped.
///
/// # Errors
///
/// The first line that cannot be read.
pub fn read(file: &str, text: &str) -> Result<Vec<Recording>, CorpusError> {
    let mut recordings = Vec::new();
    let mut ids = BTreeSet::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |what| CorpusError { file: file.to_owned(), line: index + 1, what };
        let recording = read_line(line).map_err(wrong)?;
        if !ids.insert(recording.id.clone()) {
            let what = format!("the id `{}` stands on an earlier line too", recording.id);
            return Err(wrong(what));
        }
        recordings.push(recording);
    }
    Ok(recordings)
}

fn read_line(line: &str) -> Result<Recording, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| {
        format!("the line is not JSON from column {} on; expected one object", error.column())
    })?;
    let mut fields = Fields::of("the line", value.clone())?;
    let recording = Recording {
        id: fields.text("id")?,
        grade: grade(&fields.text("grade")?)?,
        is_production: is_production(&fields.text("environment")?)?,
        market: market(fields.nullable_text("market")?)?,
        date: fields.nullable_text("date")?,
        source: fields.text("source")?,
        area: fields.text("area")?,
        operation: fields.text("operation")?,
        request: nullable(fields.required("request")?, message)?,
        response: nullable(fields.required("response")?, response)?,
        volatile: pointers("volatile", fields.required_texts("volatile")?)?,
        note: fields.text("note")?,
        before: before(fields.take("before"))?,
        body_partial: fields.flag("body_partial")?,
        absent: pointers("absent", fields.texts("absent")?)?,
        decoded: decoded(fields.take("decoded"))?,
        needs_keys: fields.flag("needs_keys")?,
        one_user: fields.flag("one_user")?,
        draws: fields.optional_number("draws")?,
        consent: fields.optional_text("consent")?,
        circumstance: fields.optional_text("circumstance")?,
        api_user_host: fields.optional_text("api_user_host")?,
        source_line: value,
    };
    fields.end()?;
    match (recording.is_callback(), &recording.request, &recording.response) {
        (false, Some(_), Some(_)) | (true, _, None) => Ok(recording),
        (false, _, _) => Err("an exchange has a `request` and a `response`".to_owned()),
        (true, _, Some(_)) => Err("a callback has no `response`: what is sent is the `request`; \
                                   write null"
            .to_owned()),
    }
}

fn nullable<T>(
    value: Value,
    read: impl Fn(Value) -> Result<T, String>,
) -> Result<Option<T>, String> {
    match value {
        Value::Null => Ok(None),
        value => read(value).map(Some),
    }
}

fn grade(name: &str) -> Result<Grade, String> {
    let found = Grade::ALL.into_iter().find(|(known, _)| *known == name);
    let names = Grade::ALL.map(|(name, _)| name).join(", ");
    found.map(|(_, grade)| grade).ok_or(format!("unknown grade `{name}`; expected one of {names}"))
}

fn is_production(name: &str) -> Result<bool, String> {
    match name {
        "sandbox" => Ok(false),
        "production" => Ok(true),
        other => Err(format!("unknown environment `{other}`; expected sandbox or production")),
    }
}

fn market(name: Option<String>) -> Result<Option<String>, String> {
    match name {
        Some(name) if Environment::named(&name).is_none() => Err(format!(
            "unknown market `{name}`; expected a target environment such as mtnuganda, or null"
        )),
        name => Ok(name),
    }
}

/// JSON pointers, which begin with a slash.
fn pointers(field: &str, pointers: Vec<String>) -> Result<Vec<String>, String> {
    match pointers.iter().find(|pointer| !pointer.starts_with('/')) {
        Some(wrong) => {
            Err(format!("`{field}` has `{wrong}`; a JSON pointer begins with /, such as /status"))
        }
        None => Ok(pointers),
    }
}

fn headers(place: &str, value: Value) -> Result<Headers, String> {
    let Value::Object(headers) = value else {
        return Err(format!("`headers` of {place} must be an object"));
    };
    let read = |(name, value)| match value {
        Value::Null => Ok((name, None)),
        Value::String(text) => Ok((name, Some(text))),
        _ => Err(format!("the header `{name}` of {place} must be a text, or null for absent")),
    };
    headers.into_iter().map(read).collect()
}

/// The recorded part of a body. An exact one is a text with each byte.
fn body(place: &str, fields: &mut Fields) -> Result<RecordedBody, String> {
    let (is_exact, value) = (fields.flag("body_exact")?, fields.take("body"));
    match (fields.optional_text("body_text")?, value, is_exact) {
        (Some(text), None, true) => Ok(RecordedBody::Exact(text)),
        (None, Some(value), false) => Ok(RecordedBody::Value(value)),
        (None, None, false) => Ok(RecordedBody::Unknown),
        (None, _, true) => Err(format!("{place} is `body_exact` but has no `body_text`")),
        (Some(_), None, false) => {
            Err(format!("{place} has a `body_text` but is not `body_exact`: write a `body`"))
        }
        (Some(_), Some(_), _) => {
            Err(format!("{place} has a `body` and a `body_text`: one of both"))
        }
    }
}

fn message(value: Value) -> Result<Message, String> {
    let mut fields = Fields::of("`request`", value)?;
    let message = Message {
        method: fields.text("method")?,
        path: fields.text("path")?,
        headers: headers("`request`", fields.required("headers")?)?,
        body: body("`request`", &mut fields)?,
    };
    fields.end().map(|()| message)
}

fn response(value: Value) -> Result<Response, String> {
    let mut fields = Fields::of("`response`", value)?;
    let status = fields.optional_number("status")?;
    let status = status.and_then(|number| u16::try_from(number).ok());
    let known = status.filter(|status| (100..1000).contains(status));
    let response = Response {
        status: known.ok_or("`response` has no `status`; expected a number of three digits")?,
        phrase: fields.optional_text("phrase")?,
        headers: headers("`response`", fields.required("headers")?)?,
        body: body("`response`", &mut fields)?,
    };
    fields.end().map(|()| response)
}

fn before(value: Option<Value>) -> Result<Vec<Before>, String> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let Value::Array(items) = value else {
        return Err("`before` must be a list of requests".to_owned());
    };
    let read = |value| {
        let mut fields = Fields::of("a request of `before`", value)?;
        let name = fields.take("as").filter(|name| !name.is_null());
        let one = Before {
            operation: fields.text("operation")?,
            method: fields.text("method")?,
            path: fields.text("path")?,
            body: fields.required("body")?,
            name: match name {
                None => None,
                Some(Value::String(name)) => Some(name),
                Some(_) => return Err("`as` must be the name of a placeholder".to_owned()),
            },
            waits: match fields.optional_text("wait")?.as_deref() {
                None | Some("final") => true,
                Some("none") => false,
                Some(other) => {
                    return Err(format!("unknown `wait` `{other}`; expected final or none"));
                }
            },
            has_callback: fields.optional_text("callback")?.is_some(),
        };
        fields.end().map(|()| one)
    };
    items.into_iter().map(read).collect()
}

fn decoded(value: Option<Value>) -> Result<Vec<(String, Decoded)>, String> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let Value::Object(tokens) = value else {
        return Err(
            "`decoded` must be an object: a JSON pointer, and what the token holds".to_owned()
        );
    };
    let read = |(pointer, value): (String, Value)| {
        let mut fields = Fields::of("a token of `decoded`", value)?;
        let (header, payload) = (fields.required("header")?, fields.required("payload")?);
        fields.end()?;
        Ok((pointer, Decoded { header, payload }))
    };
    tokens.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"id":"a","grade":"measured","environment":"sandbox","market":null,
        "date":"2026","source":"s","area":"token","operation":"POST /token/","request":
        {"method":"POST","path":"/collection/token/","headers":{"Content-Length":null}},
        "response":{"status":411,"headers":{},"body_exact":false},"volatile":[],"note":""}"#;

    fn line() -> String {
        LINE.replace('\n', " ")
    }

    #[test]
    fn every_line_that_ships_is_read() {
        let recordings = read(SHIPPED_NAME, BUILTIN).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(recordings.len(), BUILTIN.lines().count());
        assert_eq!(recordings.len(), 147);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_told_with_its_number_and_what_is_wrong() {
        assert_eq!(read("f", &line()).map(|all| all.len()), Ok(1));
        for (part, instead, expected) in [
            ("\"id\":\"a\",", "", "the line has no `id`; expected a text"),
            ("\"note\":\"\"", "\"note\":\"\",\"notes\":\"\"", "the line has `notes`, which"),
            ("\"note\":\"\"", "\"note\":null", "`note` of the line is null; expected a text"),
            ("measured", "guessed", "unknown grade `guessed`; expected one of measured, doc"),
            ("\"sandbox\"", "\"moon\"", "unknown environment `moon`"),
            ("\"market\":null", "\"market\":\"mtnmoon\"", "unknown market `mtnmoon`"),
            ("411", "\"411\"", "`status` of `response` is a text; expected a whole number"),
            ("411", "4110", "expected a number of three digits"),
            ("\"body_exact\":false", "\"body_exact\":true", "is `body_exact` but has no"),
            ("\"volatile\":[]", "\"volatile\":[\"a\"]", "a JSON pointer begins with /"),
            ("\"path\":\"/collection/token/\",", "", "`request` has no `path`"),
            ("\"Content-Length\":null", "\"A\":1", "the header `A` of `request` must be a text"),
            ("\"volatile\":[],", "", "the line has no `volatile`"),
            ("\"headers\":{}", "\"headers\":{},\"x\":1", "`response` has `x`, which this"),
            ("\"POST /token/\"", "\"callback\"", "a callback has no `response`"),
            ("\"area\"", "area", "is not JSON from column"),
        ] {
            let broken = line().replacen(part, instead, 1);
            assert_ne!(broken, line(), "{part}");
            let error = read("f.jsonl", &format!("\n{broken}\n")).expect_err(expected);
            assert_eq!((&*error.file, error.line), ("f.jsonl", 2));
            assert!(error.to_string().starts_with("f.jsonl:2: "), "{error}");
            assert!(error.what.contains(expected), "{part}: {error}");
        }
        let twice = format!("{}\n{}\n", line(), line());
        let error = read("f", &twice).expect_err("the same id");
        assert_eq!((error.line, &*error.what), (2, "the id `a` stands on an earlier line too"));
    }
}
