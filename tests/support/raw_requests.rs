//! Requests that no client library sends.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::emulator::Emulator;

/// A POST with neither a length nor chunks; returns its status line and body.
pub async fn bodyless_post(emulator: &Emulator, path: &str) -> (String, String) {
    let request = format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let answer = exchange(emulator, &request).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
}

/// Sends these bytes, and returns all that comes until the connection ends.
pub async fn exchange(emulator: &Emulator, request: &str) -> String {
    let address = emulator.url.strip_prefix("http://").expect("an http URL");
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}
