//! Connections beyond the limit.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::limits::LINGER_MAX;
use crate::server::refusal::http_refusal;
use crate::server::stream::linger;

/// Ends a connection beyond the limit: over plain HTTP with an answer that says why, before a TLS
/// handshake without one. It takes a second at most.
pub(super) async fn refuse_connection(mut stream: TcpStream, why: Option<String>) {
    let _ = tokio::time::timeout(LINGER_MAX, async {
        if let Some(why) = why {
            // Many clients reject an answer that comes before they sent their request.
            if stream.read(&mut [0; 4096]).await? == 0 {
                return Ok(());
            }
            stream.write_all(&http_refusal(503, &why)).await?;
        }
        linger(stream).await
    })
    .await;
}
