//! What a scenario asks for in the place of an ordinary answer, read off the socket to the byte.

use momo_sandbox_core::operations::real_answer::RealAnswer;
use serde_json::{Value, json};
use strum::VariantArray;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::emulator::{Emulator, PATIENCE};
use crate::support::merchant::{Merchant, PAYER, new_reference};

/// An answer as it came, until the connection ended.
pub(super) struct Came {
    pub status_line: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Whether the connection ended with a reset.
    pub is_reset: bool,
}

impl Came {
    pub fn of(bytes: &[u8], is_reset: bool) -> Self {
        let text = std::str::from_utf8(bytes).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let mut lines = head.lines();
        let status_line = lines.next().expect("a status line").to_owned();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").expect("a header");
            (name.to_ascii_lowercase(), value.to_owned())
        };
        Self { status_line, headers: lines.map(header).collect(), body: body.to_owned(), is_reset }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The length that the head promises.
    pub fn promised(&self) -> usize {
        self.header("content-length").expect("a length").parse().expect("a number")
    }
}

/// The request of a status, or of a submission with this reference, as text.
pub(super) fn request(merchant: &Merchant, method: &str, reference: &str) -> String {
    let (path, body) = match method {
        "GET" => (format!("/v1_0/requesttopay/{reference}"), String::new()),
        _ => ("/v1_0/requesttopay".to_owned(), merchant.body("5", PAYER).to_string()),
    };
    format!(
        "{method} /collection{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Authorization: Bearer {}\r\nOcp-Apim-Subscription-Key: key\r\n\
         X-Target-Environment: sandbox\r\nX-Reference-Id: {reference}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        merchant.token,
        body.len()
    )
}

/// Sends a request on a connection of its own.
pub(super) async fn send(emulator: &Emulator, request: &str) -> TcpStream {
    let address = emulator.url.strip_prefix("http://").expect("an http URL");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    stream
}

/// All that comes until the connection ends, however it ends.
async fn all_of(mut stream: TcpStream) -> Came {
    let mut bytes = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("an end in time");
    Came::of(&bytes, read.is_err())
}

/// An emulator under one rule, with a merchant.
pub(super) struct Story {
    pub emulator: Emulator,
    pub merchant: Merchant,
}

impl Story {
    pub async fn of(rule: Value) -> Self {
        let emulator = Emulator::start().await;
        let merchant = Merchant::of(&emulator, "collection").await;
        let story = Self { emulator, merchant };
        story.put(rule).await;
        story
    }

    pub async fn put(&self, rule: Value) {
        let put = self.emulator.command("PUT", "scenario", json!({"rules": [rule]})).await;
        assert_eq!(put.0, 200, "{}", put.1);
    }

    /// What a submission meets, and its reference.
    pub async fn post(&self) -> (Came, String) {
        let reference = new_reference();
        let request = request(&self.merchant, "POST", &reference);
        (all_of(send(&self.emulator, &request).await).await, reference)
    }

    /// What the query of a status meets.
    pub async fn get(&self, reference: &str) -> Came {
        let request = request(&self.merchant, "GET", reference);
        all_of(send(&self.emulator, &request).await).await
    }

    async fn exists(&self, reference: &str) -> bool {
        let list = self.emulator.control("transactions").await["transactions"].clone();
        list.as_array().expect("a list").iter().any(|one| one["reference_id"] == reference)
    }
}

#[tokio::test]
async fn each_real_answer_comes_to_the_byte_and_creates_nothing() {
    let story = Story::of(json!({"callback": {}})).await;
    for real in RealAnswer::VARIANTS {
        story.put(json!({"submit": {"answer": {"body": {"real": real.name()}}}})).await;
        let expected = real.answer(None);
        let (came, reference) = story.post().await;
        let status = format!("HTTP/1.1 {} ", expected.status);
        assert!(came.status_line.starts_with(&status), "{}", came.status_line);
        assert_eq!(came.body, expected.body, "{}", real.name());
        assert_eq!(came.header("content-type"), expected.content_type, "{}", real.name());
        for (name, value) in expected.headers {
            assert_eq!(came.header(name), Some(*value), "{}", real.name());
        }
        assert_eq!(came.promised(), expected.body.len());
        assert!(came.header("x-momo-sandbox-why").is_some_and(|why| why.contains("Rule 1")));
        assert!(!story.exists(&reference).await);
    }
    let page = json!({"status": 403, "body": {"real": "request-rejected"}});
    story.put(json!({"submit": {"answer": page}})).await;
    let (came, _) = story.post().await;
    assert_eq!(came.status_line, "HTTP/1.1 403 Forbidden");
    assert!(came.body.contains("Request Rejected"), "{}", came.body);
    assert_eq!(came.header("request-context"), None, "the platform was not reached");
}

#[tokio::test]
async fn an_ordinary_answer_may_have_another_head() {
    let answer = json!({
        "status": 203,
        "phrase": "Fine With Me",
        "content_type": "text/plain",
        "headers": {"Retry-After": "7", "X-XSS-Protection": "0"},
    });
    let rule = json!({"submit": {"answer": answer}, "query": [{"answer": answer}]});
    let story = Story::of(rule).await;
    let (came, reference) = story.post().await;
    assert_eq!(came.status_line, "HTTP/1.1 203 Fine With Me");
    assert_eq!(came.body, "");
    let came = story.get(&reference).await;
    assert_eq!(came.status_line, "HTTP/1.1 203 Fine With Me", "the transaction exists");
    let status: Value = serde_json::from_str(&came.body).expect("the ordinary body");
    assert_eq!(status["status"], "PENDING");
    assert_eq!(came.header("content-type"), Some("text/plain"));
    assert_eq!(came.header("retry-after"), Some("7"));
    assert_eq!(came.header("x-xss-protection"), Some("0"), "in the place of the platform's");
    assert!(came.header("request-context").is_some(), "it is the platform's answer");
    let told = &story.emulator.control("journal?limit=1000").await["entries"];
    let told = told.as_array().expect("entries").iter().filter_map(|one| one.get("request"));
    let told: Vec<&Value> = told.filter(|one| one["status"] == 203).collect();
    assert_eq!(told.len(), 2, "{told:?}");
}

#[tokio::test]
async fn a_body_may_be_a_text_half_of_the_ordinary_one_or_empty() {
    let steps = json!([
        {"answer": {"body": "<p>é"}},
        {"answer": {"body": {"ordinary": "half"}}},
        {"answer": {"body": ""}},
        {"answer": {"status": 204}},
        {"answer": {"status": 500}},
    ]);
    let story = Story::of(json!({"query": steps})).await;
    let reference = story.merchant.submit(PAYER, None).await;
    let page = story.get(&reference).await;
    assert_eq!((page.status_line.as_str(), &*page.body), ("HTTP/1.1 200 OK", "<p>é"));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let half = story.get(&reference).await;
    assert_eq!(half.promised(), half.body.len(), "whole by its length");
    assert_eq!(half.header("content-type"), Some("application/json;charset=utf-8"));
    let empty = story.get(&reference).await;
    assert_eq!((empty.promised(), empty.header("content-type")), (0, None));
    let bodiless = story.get(&reference).await;
    assert_eq!(bodiless.status_line, "HTTP/1.1 204 No Content");
    let error = story.get(&reference).await;
    assert_eq!(error.status_line, "HTTP/1.1 500 Internal Server Error");
    assert!(error.body.starts_with(r#"{ "statusCode": 500, "#), "{}", error.body);
    let truth = story.get(&reference).await;
    assert!(truth.body.starts_with(&half.body) && truth.body.len() / 2 == half.body.len());
}

/// No folder is beside a scenario that comes over the control plane.
#[tokio::test]
async fn a_file_in_a_scenario_without_a_folder_is_a_mistake_with_a_remedy() {
    let emulator = Emulator::start().await;
    let answer = json!({"body": {"file": "page.html"}});
    let rules = json!({"rules": [{"submit": {"answer": answer}}]});
    let (status, refused) = emulator.command("PUT", "scenario", rules).await;
    assert_eq!(status, 400, "{refused}");
    let shown = refused.to_string();
    assert!(shown.contains("`page.html` cannot be read: this scenario has no folder"), "{shown}");
    assert!(shown.contains("--scenario FILE"), "{shown}");
}
