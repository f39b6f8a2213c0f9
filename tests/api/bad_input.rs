//! Input that no client library would send: each gets a 4xx, the connection is cleanly ended, and
//! nothing is created.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::emulator::{Emulator, PATIENCE};
use crate::support::merchant::{Merchant, PAYER, new_reference};

/// Sends bytes, says that no more will come, and reads to the clean end of the connection.
async fn exchange(emulator: &Emulator, bytes: &[u8]) -> String {
    let address = emulator.url.strip_prefix("http://").expect("an http URL");
    let conversation = async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(bytes).await.expect("sent");
        stream.shutdown().await.expect("half closed");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("a clean end, not a reset");
        String::from_utf8_lossy(&answer).into_owned()
    };
    tokio::time::timeout(PATIENCE, conversation).await.expect("an end in time")
}

#[tokio::test]
async fn nonsense_is_refused_and_the_connection_cleanly_ended() {
    let emulator = Emulator::start().await;
    let long = "a".repeat(100 * 1024);
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("not HTTP", b"NONSENSE\r\n\r\n".to_vec(), "400"),
        ("a header of 100 KiB", format!("GET / HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n").into(), "431"),
        ("a path of 100 KiB", format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n").into(), "4"),
        ("a path that is not ASCII", b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), "400"),
        (
            "percent-encoded nonsense",
            b"GET /collection/v1_0/requesttopay/%zz%ff%00 HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
            "400",
        ),
        ("percent-encoded nonsense elsewhere", b"GET /%ff HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), "404"),
        (
            "a body cut off",
            b"POST /v1_0/apiuser HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{\"prov".to_vec(),
            "400",
        ),
        (
            "chunks that are none",
            b"POST /v1_0/apiuser HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
                .to_vec(),
            "400",
        ),
        (
            "chunks without a body",
            b"POST /v1_0/apiuser HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                .to_vec(),
            "411",
        ),
        (
            "two lengths",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".to_vec(),
            "400",
        ),
        (
            "a body of 100 KiB",
            format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{long}", long.len()).into(),
            "413",
        ),
    ];
    for (what, bytes, status) in cases {
        let answer = exchange(&emulator, bytes).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{what}: {answer}");
    }
    assert_eq!(emulator.control("health").await["api_users"], 0);
}

#[tokio::test]
async fn a_payment_that_is_cut_off_or_not_utf8_is_never_half_done() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = new_reference();
    let body = merchant.body("5", PAYER).to_string();
    let head = |length: usize| {
        format!(
            "POST /collection/v1_0/requesttopay HTTP/1.1\r\nHost: x\r\n\
             Ocp-Apim-Subscription-Key: key\r\nAuthorization: Bearer {}\r\n\
             X-Target-Environment: sandbox\r\nX-Reference-Id: {reference}\r\n\
             Content-Length: {length}\r\n\r\n",
            merchant.token
        )
    };
    let cut_off = format!("{}{}", head(body.len()), &body[..body.len() - 1]);
    let answer = exchange(&emulator, cut_off.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");

    let mut not_utf8 = format!("{}{body}", head(body.len())).into_bytes();
    let place = not_utf8.len() - 10;
    not_utf8[place] = 0xff;
    let answer = exchange(&emulator, &not_utf8).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(emulator.control("transactions").await, json!({"transactions": [], "total": 0}));

    let whole = format!("{}{body}", head(body.len()));
    let answer = exchange(&emulator, whole.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
}
