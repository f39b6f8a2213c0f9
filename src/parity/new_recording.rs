//! A line of the corpus made from a replay: the answer, without secrets, fit to be shared.

use serde_json::{Map, Value, json};

use crate::parity::comparison::Answer;
use crate::parity::difference::Class;
use crate::parity::recording::Recording;
use crate::parity::replay_result::ReplayResult;
use crate::parity::scrubbing::Scrubber;

/// Between the id of a recording and the day of its replay.
const AGAIN: &str = "-again-";

/// Headers that say something about the API. Others may reveal the caller.
const TELLING: [&str; 9] = [
    "Content-Type",
    "Content-Length",
    "Cache-Control",
    "Pragma",
    "WWW-Authenticate",
    "Location",
    "Retry-After",
    "Request-Context",
    "X-XSS-Protection",
];

/// The line for a replay on that day, such as `2026-11-25`, of a gateway that is called `source`.
/// `None` if it would still contain a secret.
pub fn line_of(
    recording: &Recording,
    (verdict, answer): (&ReplayResult, &Answer),
    (day, source): (&str, &str),
    scrubber: &Scrubber,
) -> Option<String> {
    let mut line = recording.source_line.as_object().cloned().unwrap_or_default();
    line["id"] = json!(format!("{}{AGAIN}{day}", recording.id));
    line["grade"] = json!("measured");
    line["date"] = json!(day);
    line["source"] = json!(source);
    line["response"] = response(recording, answer, scrubber);
    line["note"] = json!(note_of(&recording.id, verdict));
    // The request may come from a user's own file.
    for part in ["request", "before"] {
        if let Some(value) = line.get_mut(part) {
            scrub(value, scrubber);
        }
    }
    let line = Value::Object(line).to_string();
    (!scrubber.leaks(&line)).then_some(line)
}

fn scrub(value: &mut Value, scrubber: &Scrubber) {
    match value {
        Value::String(text) => *text = scrubber.text(text),
        Value::Array(items) => items.iter_mut().for_each(|item| scrub(item, scrubber)),
        Value::Object(members) => members.values_mut().for_each(|value| scrub(value, scrubber)),
        _ => {}
    }
}

fn response(recording: &Recording, answer: &Answer, scrubber: &Scrubber) -> Value {
    let mut headers = Map::new();
    for name in TELLING {
        if let Some(value) = answer.headers.get(name) {
            let value = String::from_utf8_lossy(value.as_bytes());
            headers.insert(name.to_owned(), json!(scrubber.text(&value)));
        }
    }
    let recorded = recording.response.iter().flat_map(|response| &response.headers);
    for (name, _) in recorded {
        // A missing header that was recorded is noted.
        if answer.headers.get(name.as_str()).is_none() {
            headers.insert(name.clone(), Value::Null);
        }
    }
    let mut response = json!({
        "status": answer.status,
        "phrase": scrubber.text(&answer.phrase),
        "headers": headers,
    });
    match scrubber.body(&answer.body, &recording.volatile) {
        Some(text) => {
            response["body_text"] = json!(text);
            response["body_exact"] = json!(true);
        }
        None => response["body_exact"] = json!(false),
    }
    response
}

/// The words of a verdict in a note: what it is about, and no value.
fn note_of(id: &str, verdict: &ReplayResult) -> String {
    let ReplayResult::Differs(differences) = verdict else {
        return format!("A replay of {id}: the same.");
    };
    let mut classes: Vec<Class> = differences.iter().map(|it| it.class()).collect();
    classes.sort_unstable();
    classes.dedup();
    let names: Vec<&str> = classes.into_iter().map(Class::name).collect();
    format!("A replay of {id}: differs in {}.", names.join(", "))
}

/// The recording that an earlier run has replayed, and whether it was the same, from the line that
/// the run wrote.
pub fn replayed_before(recording: &Recording) -> Option<(&str, bool)> {
    let (id, _) = recording.id.rsplit_once(AGAIN)?;
    Some((id, recording.note.ends_with(": the same.")))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::parity::corpus::{BUILTIN, read};
    use crate::parity::difference::Difference;
    use crate::parity::scrubbing::Secret;

    fn recording(id: &str) -> Recording {
        let all = read("f", BUILTIN).expect("the corpus");
        all.into_iter().find(|recording| recording.id == id).expect("it is there")
    }

    fn answer(body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json".parse().expect("a value"));
        headers.insert("set-cookie", "session=5".parse().expect("a value"));
        Answer { status: 200, phrase: "OK".to_owned(), headers, body: body.to_owned() }
    }

    #[test]
    fn a_line_is_read_again_and_knows_what_it_was() {
        let original = recording("balance-503-2020-02-26");
        let verdict = ReplayResult::Differs(vec![
            Difference::Status { received: 200, recorded: 503 },
            Difference::NoCallback,
        ]);
        let answer = answer("{\"availableBalance\":\"1000\",\"currency\":\"EUR\"}");
        let scrubber = Scrubber::new(Vec::new());
        let source = ("2026-11-25", "momo-sandbox compare");
        let line = line_of(&original, (&verdict, &answer), source, &scrubber).expect("a line");
        let read_again = read("out.jsonl", &line).expect("the corpus's own format");
        let [again] = &read_again[..] else { panic!("one line") };
        assert_eq!(again.id, "balance-503-2020-02-26-again-2026-11-25");
        assert_eq!(replayed_before(again), Some(("balance-503-2020-02-26", false)));
        assert_eq!(again.request, original.request, "placeholders, and nothing that was sent");
        assert!(!line.contains("set-cookie") && !line.contains("session=5"), "{line}");
        assert_eq!(replayed_before(&original), None);
        let same =
            line_of(&original, (&ReplayResult::Same, &answer), source, &scrubber).expect("a line");
        let same = read("out.jsonl", &same).expect("the format");
        assert_eq!(replayed_before(&same[0]).map(|(_, is_same)| is_same), Some(true));
    }

    #[test]
    fn a_line_that_would_tell_a_secret_is_not_written() {
        // A planted leak: the scrubber looks at values, and this secret is in the id.
        let original = recording("balance-503-2020-02-26");
        let scrubber = Scrubber::new(vec![Secret::new("balance-503", "api_key")]);
        let source = ("2026-11-25", "momo-sandbox compare");
        let line = line_of(&original, (&ReplayResult::Same, &answer("{}")), source, &scrubber);
        assert_eq!(line, None);
    }
}
