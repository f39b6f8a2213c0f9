//! Inputs as large as any that is read, made to be slow to read: each is done in time.

use std::sync::mpsc::channel;
use std::time::Duration;

use crate::core::fuzzing::{Target, form, request, scenario};

/// The most bytes of a scenario file, and of a body.
const FILE: usize = 1024 * 1024;
const BODY: usize = 64 * 1024;

/// Far more than any of them takes, far less than what grows with the square of an input's length.
const PATIENCE: Duration = Duration::from_secs(60);

#[track_caller]
fn play(what: &str, target: Target, input: Vec<u8>) {
    let (done, is_done) = channel();
    let player = std::thread::spawn(move || {
        target(&input);
        // Whoever lost patience does not want to hear it.
        let _ = done.send(());
    });
    match is_done.recv_timeout(PATIENCE) {
        Ok(()) => {}
        Err(_) if player.is_finished() => panic!("{what} breaks a promise: see the panic above"),
        Err(_) => panic!("{what} takes more than {PATIENCE:?}"),
    }
}

/// Such parts, numbered, until there are so many bytes.
fn parts(length: usize, part: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 0.. {
        let part = part(number);
        if text.len() + part.len() > length {
            break;
        }
        text.push_str(&part);
    }
    text
}

#[test]
fn a_scenario_of_a_megabyte_is_read_in_time_whatever_is_in_it() {
    let rule = "callback = { fate = \"lost\" }\n";
    for (what, text) in [
        ("unknown fields", parts(FILE, |number| format!("a{number} = 1\n"))),
        ("unknown fields in a line", {
            format!("rate_limit = {{ {} }}", parts(FILE - 32, |number| format!("a{number}=1,")))
        }),
        ("rules that match apart", {
            parts(FILE, |number| format!("[[rules]]\nwhen = {{ party = \"{number}*\" }}\n{rule}"))
        }),
        ("rules that hide each other", parts(FILE, |_| format!("[[rules]]\n{rule}"))),
        ("steps of a query", {
            let steps = parts(FILE / 2, |_| "{ times = 1000, delay = \"1s\" },".to_owned());
            format!("[[rules]]\nquery = [{steps}]\n")
        }),
        ("a path of many steps", {
            let step = "{ status = \"PENDING\", lasts = \"8784h\" },";
            let steps = parts(FILE / 2, |_| step.to_owned());
            format!("[[rules]]\nthen = {{ path = [{steps} {{ status = \"SUCCESSFUL\" }}] }}\n")
        }),
        ("a line as long as the file before the problem that is told last", {
            let fields = parts(FILE / 2, |number| format!("a{number}=1,"));
            format!("rate_limit = {{ {fields} }}\n")
        }),
        ("nested arrays", format!("a = {}", "[".repeat(FILE - 4))),
        ("nested tables", format!("a = {}", "{a=".repeat(FILE / 3 - 4))),
        ("a key of many dots", format!("a{} = 1", ".a".repeat(FILE / 2 - 4))),
        ("a long name", format!("{} = 1", "a".repeat(FILE - 4))),
        ("mistakes of syntax", "=\n".repeat(FILE / 2)),
    ] {
        play(what, scenario::run, text.into_bytes());
    }
}

#[test]
fn a_body_as_large_as_any_is_answered_in_time_by_every_operation() {
    for (what, put_in) in [
        ("nested arrays", &b"["[..]),
        ("nested objects", b"{\"a\":"),
        ("digits", b"9"),
        ("many fields", b"\"a\":1,"),
        ("pairs of a form", b"a=b&"),
        ("characters that are escaped", b"%00\\u0000"),
    ] {
        // The whole body goes, and such a one takes its place; 256 numbers meet every way.
        for way in 0..=255_u8 {
            let length = u8::try_from(put_in.len()).expect("short");
            // No scenario; a call of seven numbers, with one edit: of the body, at its beginning.
            let mut input = vec![0, way, 0, way, 0, 0, 0, 1, 0, 0, 0, 255, length];
            input.extend(put_in);
            input.push(16);
            play(what, request::run, input);
        }
        let body = put_in.repeat(BODY / put_in.len());
        play(what, form::run, [b">login_hint=", &body[..]].concat());
        play(what, form::run, [b"grant_type=", &body[..]].concat());
    }
}
