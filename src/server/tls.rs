//! TLS handshakes.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::either::Either;

use crate::server::context::ServerContext;
use crate::server::limits::{HELLO_BYTES_MAX, LINGER_MAX, ServerLimit};
use crate::server::malformed::{self, line_of_handshake, server_name};
use crate::server::refusal::http_refusal;
use crate::server::stream::{Stream, linger};
use momo_sandbox_core::model::http_fault::HttpFault;

/// Makes a stream of a connection: with `tls` after a handshake, and `None` if that fails.
pub(super) async fn tls_handshake(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    context: &ServerContext,
) -> Option<Stream> {
    let Some(tls) = tls else { return Some(Either::Left(stream)) };
    let (mut hello, mut length) = (vec![0; HELLO_BYTES_MAX], 0);
    let handshake = async {
        length = stream.peek(&mut hello).await.unwrap_or(0);
        match hello[..length].first() {
            None => Err(HandshakeError::Closed),
            // A TLS record begins with a small number, an HTTP request with its method.
            Some(first) if first.is_ascii_uppercase() => Err(HandshakeError::PlainHttp(stream)),
            Some(_) => tls.accept(stream).await.map_err(HandshakeError::Tls),
        }
    };
    let handshake = tokio::time::timeout(context.limits.head_time, handshake);
    let ended = context.stop.run_until_cancelled(handshake).await?;
    let (hello, faults) = (&hello[..length], &context.faults);
    match ended {
        Ok(Ok(stream)) => return Some(Either::Right(stream)),
        Ok(Err(HandshakeError::Closed)) => {}
        Ok(Err(HandshakeError::PlainHttp(stream))) => {
            let why = faults.http_on_https_port();
            faults.report(HttpFault::HttpOnHttpsPort, malformed::line_of(hello), 400, &why);
            refuse_plain_http(stream, &why).await;
        }
        Ok(Err(HandshakeError::Tls(error))) => {
            let name = server_name(hello);
            let why = faults.handshake(&error, name.as_deref());
            faults.report(HttpFault::TlsHandshake, line_of_handshake(name), 0, &why);
        }
        Err(_) => {
            context.observer.limit_reached(ServerLimit::HeadTime);
            let line = line_of_handshake(server_name(hello));
            faults.report(HttpFault::TlsHandshake, line, 0, &faults.handshake_too_slow());
        }
    }
    None
}

/// Why a connection has no TLS.
enum HandshakeError {
    /// The client sent nothing and closed the connection.
    Closed,
    PlainHttp(TcpStream),
    Tls(io::Error),
}

async fn refuse_plain_http(mut stream: TcpStream, why: &str) {
    let _ = tokio::time::timeout(LINGER_MAX, async {
        stream.write_all(&http_refusal(400, why)).await?;
        linger(stream).await
    })
    .await;
}

/// The same TLS, which offers HTTP/1.1 alone.
pub(super) fn without_http2(tls: &TlsAcceptor) -> TlsAcceptor {
    let mut config = ServerConfig::clone(tls.config());
    config.alpn_protocols.retain(|protocol| protocol != b"h2");
    TlsAcceptor::from(Arc::new(config))
}
