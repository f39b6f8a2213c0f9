//! A connection, plain or over TLS.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use crate::server::limits::LINGER_BYTES_MAX;

/// A connection, plain or over TLS.
pub(super) type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// Whether client and server agreed on HTTP/2.
pub(super) fn is_http2(stream: &Stream) -> bool {
    match stream {
        Either::Left(_) => false,
        Either::Right(secure) => secure.get_ref().1.alpn_protocol() == Some(b"h2"),
    }
}

/// A stream that can be closed with a reset.
pub(super) trait Reset {
    /// Makes the close of the stream a reset, which drops all bytes that the client has not read.
    fn reset(&self);
}

impl Reset for Stream {
    fn reset(&self) {
        let _ = match self {
            Self::Left(plain) => plain.set_zero_linger(),
            Self::Right(secure) => secure.get_ref().0.set_zero_linger(),
        };
    }
}

/// Ends a connection so that the client gets the last answer. A socket that is closed with unread
/// bytes in it resets the connection, and an answer on its way is lost.
pub(super) async fn linger<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> io::Result<()> {
    stream.shutdown().await?;
    let mut thrown_away = 0;
    let mut buffer = [0; 4096];
    while thrown_away < LINGER_BYTES_MAX {
        match stream.read(&mut buffer).await? {
            0 => break,
            count => thrown_away += count,
        }
    }
    Ok(())
}
