//! Long bodies have a bounded memory together, whoever sends how many of them at one time.

use std::net::SocketAddr;
use std::time::Duration;

use momo_sandbox::internals::limits::{
    CONTROL_BODY_BYTES_MAX, LONG_BODIES_KIBIBYTES_MAX, SHORT_BODY_BYTES_MAX,
};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::emulator::{Emulator, PATIENCE};
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

fn address_of(emulator: &Emulator) -> SocketAddr {
    emulator.url.trim_start_matches("http://").parse().expect("an address")
}

/// Begins to send a body to the control plane that is as long as one may be, and does not end it.
async fn begin_long(emulator: &Emulator) -> TcpStream {
    let mut stream = TcpStream::connect(address_of(emulator)).await.expect("a connection");
    let head = format!(
        "POST /_sandbox/verify HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: {CONTROL_BODY_BYTES_MAX}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream
}

/// Whether its body is being read: then the emulator says that it wants the rest.
async fn is_read(stream: &mut TcpStream) {
    let mut told = [0; 25];
    let read = timeout(PATIENCE, stream.read_exact(&mut told)).await;
    read.expect("it is read in time").expect("an answer");
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
}

#[tokio::test]
async fn a_long_body_waits_for_room_and_a_short_one_does_not() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut long = Vec::new();
    for _ in 0..LONG_BODIES_KIBIBYTES_MAX as usize * 1024 / CONTROL_BODY_BYTES_MAX {
        let mut stream = begin_long(&emulator).await;
        is_read(&mut stream).await;
        long.push(stream);
    }
    let mut body = merchant.body("5", PAYER);
    body["externalId"] = json!("x".repeat(SHORT_BODY_BYTES_MAX));
    let waiting = outcome(merchant.submission(merchant.path(), &new_reference(), &body));
    tokio::pin!(waiting);
    for _ in 0..20 {
        merchant.submit(PAYER, None).await;
        let early = timeout(Duration::ZERO, &mut waiting).await;
        assert!(early.is_err(), "it is answered although there is no room: {early:?}");
    }
    long.pop();
    assert_eq!(timeout(PATIENCE, waiting).await.expect("there is room now").0, 202);
}

#[tokio::test]
async fn a_call_that_waits_takes_no_long_body() {
    let emulator = Emulator::start().await;
    let client = reqwest::Client::new();
    for path in ["wait", "clock/advance"] {
        let long = format!("{{\"by\": \"1s\"{}}}", " ".repeat(SHORT_BODY_BYTES_MAX));
        let url = format!("{}/_sandbox/{path}", emulator.url);
        let request = client.post(url).header("Content-Type", "application/json").body(long);
        let (status, answer) = outcome(request).await;
        assert_eq!(status, 413, "{answer}");
        assert!(answer.contains(path) && answer.contains("4096"), "{answer}");
    }
}
