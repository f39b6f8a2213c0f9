//! Faults on real sockets, against the real program: what a merchant sees of each is asserted, and
//! that others are served meanwhile. Nothing is lost but what the memory held, and no payment is
//! ever called back twice.

mod clients;
mod connections;
#[cfg(target_os = "linux")]
mod idle;
mod listeners;
#[cfg(target_os = "linux")]
mod output;
mod stops;

use std::collections::BTreeMap;

use momo_sandbox_core::model::environment::SANDBOX;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::emulator::PATIENCE;
use crate::support::listener::CallbackListener;
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};
use crate::support::program::{Serving, momo_sandbox};

const USER: &str = "c0ffee00-1111-4222-8333-444455556666";
const GIVEN: &str = "c0ffee00-1111-4222-8333-444455556666:secret:127.0.0.1";
const PATH: &str = "/collection/v1_0/requesttopay";

/// The program with one API user, on a free port unless the arguments say where.
fn command(arguments: &[&str]) -> std::process::Command {
    let mut command = momo_sandbox(&["--api-user", GIVEN, "--seed", "1"]);
    if !arguments.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command.args(arguments);
    command
}

fn serve(arguments: &[&str]) -> Serving {
    Serving::from(&mut command(arguments))
}

async fn merchant_of(serving: &Serving) -> Merchant {
    Merchant::at(&serving.url, &SANDBOX, USER, "secret").await
}

/// What a test waits for; it fails when that does not come.
async fn in_time<R>(what: &str, awaited: impl Future<Output = R>) -> R {
    let waited = tokio::time::timeout(PATIENCE, awaited).await;
    waited.unwrap_or_else(|_| panic!("not in time: {what}"))
}

/// A connection as no client library has it.
async fn connect(serving: &Serving) -> TcpStream {
    let address = serving.url.trim_start_matches("http://");
    in_time("a connection", TcpStream::connect(address)).await.expect("a connection")
}

/// A whole request to pay, head and body, as bytes.
fn payment(merchant: &Merchant, reference: &str, callback_url: Option<&str>) -> (String, String) {
    let body = merchant.body("5", PAYER).to_string();
    let callback = callback_url.map(|url| format!("X-Callback-Url: {url}\r\n"));
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: x\r\nOcp-Apim-Subscription-Key: key\r\n\
         Authorization: Bearer {}\r\nX-Target-Environment: sandbox\r\n\
         X-Reference-Id: {reference}\r\n{}Content-Length: {}\r\n\r\n",
        merchant.token,
        callback.unwrap_or_default(),
        body.len(),
    );
    (head, body)
}

/// Everything up to the end of the connection, which is a clean one.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    let read = in_time("the end of a connection", stream.read_to_string(&mut answer)).await;
    read.expect("a clean end, not a reset");
    answer
}

async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    in_time("room for bytes", stream.write_all(bytes)).await.expect("sent");
}

/// Pays, and has the callback sent to the listener, at a path that is the reference.
async fn pay(merchant: &Merchant, listener: &CallbackListener) -> String {
    let reference = new_reference();
    let answered = submit(merchant, &reference, &format!("{}/{reference}", listener.url)).await;
    assert_eq!(answered, 202);
    reference
}

async fn submit(merchant: &Merchant, reference: &str, callback_url: &str) -> u16 {
    let body = merchant.body("5", PAYER);
    let request = merchant.submission(merchant.path(), reference, &body);
    let request = request.header("X-Callback-Url", callback_url);
    in_time("an answer", outcome(request)).await.0
}

/// The status of a GET of the payment.
async fn status_code(merchant: &Merchant, reference: &str) -> u16 {
    let path = format!("{}/{reference}", merchant.path());
    in_time("a status", outcome(merchant.call(reqwest::Method::GET, &path))).await.0
}

/// What the control plane says; it waits inside of the emulator, not here.
async fn control(serving: &Serving, method: &str, path: &str, body: Value) -> (u16, Value) {
    let request = reqwest::Client::new()
        .request(method.parse().expect("a method"), format!("{}/_sandbox/{path}", serving.url))
        .json(&body);
    let (status, text) = in_time(path, outcome(request)).await;
    (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}")))
}

/// The record of a payment, once what came of its callback is `answered` or `failed`.
async fn record_once(serving: &Serving, reference: &str, callback: &str) -> Value {
    let wanted = json!({"reference_id": reference, "callback": callback, "timeout": "15s"});
    let (status, answer) = control(serving, "POST", "wait", wanted).await;
    assert!(status == 200 && answer["met"] == true, "{answer}");
    answer["transaction"].clone()
}

/// The one attempt of a callback, of which there is no second.
fn one_attempt(record: &Value) -> &Value {
    let attempts = record["callback_attempts"].as_array().expect("a list");
    assert_eq!(attempts.len(), 1, "{record}");
    &attempts[0]
}

/// How often each path was called back so far.
fn count(listener: &mut CallbackListener, counts: &mut BTreeMap<String, usize>) {
    for callback in listener.arrived() {
        let reference = callback.path.trim_start_matches('/').to_owned();
        *counts.entry(reference).or_default() += 1;
    }
}
