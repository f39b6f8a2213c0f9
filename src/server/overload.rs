//! What is told to a client whose request gets no further than HTTP: that no connection is free,
//! that the head took too long or is malformed, or that this is another kind of port.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::listener::linger;
use momo_sandbox_core::model::limits::{LINGER_MAX, Limit};
use momo_sandbox_core::operations::answer::Answer;

/// Ends a connection that there is no place for: over plain HTTP with an answer, before a handshake
/// of TLS without. It takes a second at most.
pub async fn turn_away(mut stream: TcpStream, is_plain: bool) {
    let _ = tokio::time::timeout(LINGER_MAX, async {
        if is_plain {
            // An answer that comes before its request is nonsense to many clients.
            if stream.read(&mut [0; 4096]).await? == 0 {
                return Ok(());
            }
            let flag = Limit::Connections.row().flag;
            let message =
                format!("There are as many connections as --{flag} allows; try again later.");
            stream.write_all(&refusal(503, &message)).await?;
        }
        linger(stream).await
    })
    .await;
}

/// An alert of TLS, fatal: the handshake failed. It has no room for a sentence.
pub const ALERT: &[u8] = b"\x15\x03\x01\0\x02\x02\x28";

/// What ends a connection of HTTP/2 before it begins: settings, and a farewell that asks for
/// HTTP/1.1 and says why.
pub fn farewell_to_http2(why: &str) -> Vec<u8> {
    const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";
    const HTTP_1_1_REQUIRED: &[u8] = b"\0\0\0\0\0\0\0\x0d";
    // Sentences are shorter than 255 bytes; one that is not would be cut.
    let why = &why.as_bytes()[..why.len().min(usize::from(u8::MAX) - HTTP_1_1_REQUIRED.len())];
    let length = u8::try_from(HTTP_1_1_REQUIRED.len() + why.len()).unwrap_or(u8::MAX);
    [SETTINGS, &[0, 0, length, 7, 0, 0, 0, 0, 0], HTTP_1_1_REQUIRED, why].concat()
}

/// Refuses a request, and says why, where HTTP cannot go on.
pub fn refusal(status: u16, why: &str) -> Vec<u8> {
    let reason = match status {
        408 => "Request Timeout",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Bad Request",
    };
    let Answer { content_type, body, .. } = Answer::management(status, why);
    let (media_type, length) = (content_type.unwrap_or_default(), body.len());
    let text = format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: {media_type}\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    text.into_bytes()
}

/// Answers plain HTTP on a port of TLS, and ends the connection.
pub async fn refuse_plain(mut stream: TcpStream, why: &str) {
    let _ = tokio::time::timeout(LINGER_MAX, async {
        stream.write_all(&refusal(400, why)).await?;
        linger(stream).await
    })
    .await;
}
