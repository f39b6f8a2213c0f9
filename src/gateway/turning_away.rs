//! What is told to who gets no further than the door: that no connection is free, or that the head
//! of a request took too long.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::gateway::listener::linger;
use crate::model::limits::{LINGER_MAX, Limit};
use crate::operations::answer::Answer;

/// Ends a connection that there is no place for: over plain HTTP with an answer, before a handshake
/// of TLS without. It takes a second at most.
pub(super) async fn turn_away(mut stream: TcpStream, is_plain: bool) {
    let _ = tokio::time::timeout(LINGER_MAX, async {
        if is_plain {
            // An answer that comes before its request is nonsense to many clients.
            if stream.read(&mut [0; 4096]).await? == 0 {
                return Ok(());
            }
            let flag = Limit::Connections.row().flag;
            let message =
                format!("There are as many connections as --{flag} allows; try again later.");
            write(&mut stream, &Answer::management(503, &message), "Service Unavailable").await?;
        }
        linger(stream).await
    })
    .await;
}

/// Answers a request whose head did not come in time.
pub(super) async fn tell_slow_head(
    stream: &mut (impl AsyncWrite + Unpin),
    limit: Duration,
) -> io::Result<()> {
    let message = format!("The head of the request did not arrive within {limit:?}.");
    write(stream, &Answer::management(408, &message), "Request Timeout").await
}

async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    answer: &Answer,
    reason: &str,
) -> io::Result<()> {
    let Answer { status, content_type, body, .. } = answer;
    let (media_type, length) = (content_type.unwrap_or_default(), body.len());
    let text = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {media_type}\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await
}
