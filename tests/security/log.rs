//! What strangers send stays on the line of the log that it is on, in text and in JSON.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use base64::Engine;
use serde_json::Value;

use super::program::Program;

/// A line break, a line that would look like one of the log's, and what paints a terminal.
const HOSTILE: &str = "x\\r\\nINJECTED  INFO all is well\\u001b[2J\\u0000\\u009b2J\\u2028\\u202e";

/// The same in a path or a form.
const ENCODED: &str = "x%0d%0aINJECTED%1b%5b2J%00%c2%9b%ff";

/// Sends a request and reads the heads of its answer; it may be refused.
fn send(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(bytes).expect("sent");
    stream.shutdown(std::net::Shutdown::Write).expect("half closed");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

struct Attack<'a> {
    address: &'a str,
    authorization: String,
}

impl Attack<'_> {
    /// A request with these headers and this body, as an API user with a token; its whole answer.
    fn request(&self, line: &str, fields: &str, body: &str) -> String {
        let head = format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\nOcp-Apim-Subscription-Key: key\r\n\
             Authorization: {}\r\nContent-Length: {}\r\n",
            self.authorization,
            body.len()
        );
        send(self.address, &[head.as_bytes(), fields.as_bytes(), b"\r\n", body.as_bytes()].concat())
    }
}

fn body_of(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    serde_json::from_str(body).expect("JSON")
}

const USER: &str = "7d3a4c1e-52b8-4f0a-9e6d-0c1b2a394857";
const SANDBOX: &str = "X-Target-Environment: sandbox\r\n";

/// Everything that a stranger can put anywhere; returns all answers.
#[expect(clippy::too_many_lines, reason = "one request after another")]
fn attack(address: &str) -> Vec<String> {
    let mut caller = Attack { address, authorization: "none".to_owned() };
    let user = format!("X-Reference-Id: {USER}\r\n");
    caller.request("POST /v1_0/apiuser", &user, r#"{"providerCallbackHost":"127.0.0.1"}"#);
    let key = body_of(&caller.request(&format!("POST /v1_0/apiuser/{USER}/apikey"), "", ""));
    let key = key["apiKey"].as_str().expect("a key");
    let basic = base64::prelude::BASE64_STANDARD.encode(format!("{USER}:{key}"));
    caller.authorization = format!("Basic {basic}");
    let token = body_of(&caller.request("POST /collection/token/", "", ""));
    let token = token["access_token"].as_str().expect("a token").to_owned();
    let login = format!("login_hint=ID:{ENCODED}/MSISDN&scope={ENCODED}&access_type={ENCODED}");
    let grant = format!("grant_type={ENCODED}&auth_req_id={ENCODED}&refresh_token={ENCODED}");
    let form = format!("{SANDBOX}Content-Type: application/x-www-form-urlencoded\r\n");
    let mut answers = vec![caller.request("POST /collection/oauth2/token/", &form, &grant)];
    caller.authorization = format!("Bearer {token}");
    answers.push(caller.request("POST /collection/v1_0/bc-authorize", &form, &login));
    let good = r#"{"amount":"5","currency":"EUR","externalId":"1","payer":{"partyIdType":"MSISDN","partyId":"1"}}"#;
    let reference = "X-Reference-Id: 1f0e9d8c-7b6a-4594-8372-61504f3e2d1c\r\n";
    let pay = "POST /collection/v1_0/requesttopay";
    for (from, to) in [
        ("\"5\"", format!("\"{HOSTILE}\"")),
        ("EUR", HOSTILE.to_owned()),
        ("MSISDN", HOSTILE.to_owned()),
        ("\"1\"", format!("\"{HOSTILE}\"")),
        ("amount", HOSTILE.to_owned()),
        ("{\"amount", format!("{{\"{HOSTILE}\" \"amount")),
    ] {
        let fields = format!("{SANDBOX}{reference}");
        answers.push(caller.request(pay, &fields, &good.replace(from, &to)));
    }
    for fields in [
        "X-Target-Environment: s\x1b[2J\r\n".to_owned(),
        "X-Target-Environment: \u{9b}2J\u{202e}\r\n".to_owned(),
        "X-Target-Environment: a\tb\r\n".to_owned(),
        format!("{SANDBOX}X-Reference-Id: \u{9b}2J\r\n"),
        format!("{SANDBOX}{reference}X-Callback-Url: http://127.0.0.1/{ENCODED}\u{9b}\r\n"),
        format!("{SANDBOX}{reference}X-Callback-Url: http://evil.example/{ENCODED}\r\n"),
        format!("{SANDBOX}{reference}X-Callback-Url: {ENCODED}://\t\r\n"),
    ] {
        answers.push(caller.request(pay, &fields, good));
    }
    for line in [
        format!("GET /{ENCODED}?subscription-key={ENCODED}"),
        format!("GET /collection/v1_0/requesttopay/{ENCODED}"),
        format!("GET /collection/v1_0/accountholder/msisdn/{ENCODED}/active"),
        format!("GET /collection/v1_0/accountholder/{ENCODED}/1/active"),
        format!("GET /collection/v1_0/account/balance/{ENCODED}"),
        format!("M\u{7f}THOD /{ENCODED}"),
        format!("{} /", "INJECTED".repeat(20)),
    ] {
        answers.push(caller.request(&line, SANDBOX, ""));
    }
    for host in [HOSTILE, "http://a\\r\\nb/", "\\u202e.example"] {
        let user = "X-Reference-Id: 2f0e9d8c-7b6a-4594-8372-61504f3e2d1c\r\n";
        let body = format!("{{\"providerCallbackHost\":\"{host}\"}}");
        answers.push(caller.request("POST /v1_0/apiuser", user, &body));
    }
    for (answer, state) in LISTENERS {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/{ENCODED}", listener.local_addr().expect("an address"));
        let id = crate::support::merchant::new_reference();
        let fields = format!("{SANDBOX}X-Reference-Id: {id}\r\nX-Callback-Url: {url}\r\n");
        let accepted = caller.request(pay, &fields, good);
        assert!(accepted.starts_with("HTTP/1.1 202"), "{accepted}");
        let (mut stream, _) = listener.accept().expect("the callback");
        let mut buffer = [0; 4096];
        let _ = stream.read(&mut buffer).expect("the callback's head");
        stream.write_all(answer).expect("answered");
        drop(stream);
        // Its end is known here before the program is stopped.
        let wait = format!(r#"{{"reference_id":"{id}","callback":"{state}","timeout":"20s"}}"#);
        let json = "Content-Type: application/json\r\n";
        let waited = caller.request("POST /_sandbox/wait", json, &wait);
        assert!(waited.contains("\"met\":true"), "{waited}");
    }
    answers
}

/// Answers of hostile listeners, and what comes of them.
const LISTENERS: &[(&[u8], &str)] = &[
    (b"HTTP/1.1 500 INJECTED\x9b\r\nX-Injected: \xff\r\nContent-Length: 0\r\n\r\n", "answered"),
    (b"HTTP/1.1 200 OK\rINJECTED\r\n\0\r\n\r\n", "failed"),
    (b"\x1b[2JINJECTED\r\n\r\n", "failed"),
];

fn hostile_in(line: &str) -> Option<char> {
    let turns = ['\u{2028}', '\u{2029}', '\u{202e}'];
    line.chars().find(|character| character.is_control() || turns.contains(character))
}

const NAME: &str = "name = \"a\\r\\nINJECTED\\u001b[2J\"\ndescription = \"b\\nINJECTED\\u202e\"\n";

#[test]
fn nothing_that_a_stranger_sends_begins_a_line_of_the_text_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = folder.path().join("hostile.toml");
    std::fs::write(&scenario, format!("{NAME}[[rules]]\nthen = {{ after = \"1ms\" }}\n"))
        .expect("a file");
    let file = scenario.display().to_string();
    let program = Program::serving(&["--settle-after", "1ms", "--scenario", &file]);
    let answers = attack(program.address());
    let (said, log) = program.stop();
    assert!(log.len() > 20, "the log was not found: {log:#?}");
    for line in &log {
        assert_eq!(hostile_in(line), None, "{line:?}");
        let (time, rest) = line.split_once(' ').expect("a time");
        time.parse::<jiff::Timestamp>().unwrap_or_else(|_| panic!("no line of the log: {line:?}"));
        assert!([" INFO ", " WARN "].iter().any(|level| rest.starts_with(level)), "{line:?}");
    }
    assert!(log.iter().any(|line| line.contains("INJECTED")), "it arrived: {log:#?}");
    for line in &said {
        assert_eq!(hostile_in(line), None, "{line:?}");
        assert!(!line.starts_with("INJECTED"), "{line:?}");
    }
    // Nor does it become a header of an answer.
    const KNOWN: [&str; 11] = [
        "content-type",
        "content-length",
        "date",
        "connection",
        "allow",
        "cache-control",
        "pragma",
        "request-context",
        "www-authenticate",
        "x-momo-sandbox-why",
        "x-xss-protection",
    ];
    for answer in answers {
        let head = answer.split("\r\n\r\n").next().unwrap_or_default();
        for field in head.lines().skip(1) {
            let name = field.split(':').next().unwrap_or_default();
            assert!(KNOWN.contains(&name), "{answer:?}");
        }
    }
}

#[test]
fn nothing_that_a_stranger_sends_begins_a_line_of_the_json_log() {
    let program = Program::serving(&["--settle-after", "1ms", "--log-format", "json"]);
    attack(program.address());
    let (_, log) = program.stop();
    assert!(log.len() > 20, "the log was not found: {log:#?}");
    for line in &log {
        let read: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line:?}"));
        assert!(read["timestamp"].is_string() && read["level"].is_string(), "{line}");
        assert!(line.bytes().all(|byte| byte >= b' '), "{line:?}");
    }
}
