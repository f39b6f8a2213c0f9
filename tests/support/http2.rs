//! HTTP/2 by hand, for peers that no client library would be.

use std::net::SocketAddr;
use std::sync::Arc;

use momo_sandbox::internals::certificates::{certificates, client_config};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The types of frames.
pub mod kind {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const SETTINGS: u8 = 4;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
}

/// A setting that the peer has for each stream: how many bytes of an answer it takes.
pub const INITIAL_WINDOW: u8 = 4;

/// A connection to a front, agreed to be HTTP/2.
pub async fn connect(front: SocketAddr, root: &str) -> TlsStream<TcpStream> {
    connect_offering(&["h2"], front, root).await
}

/// A connection to a front, of whose choice among these protocols.
pub async fn connect_offering(
    protocols: &[&str],
    front: SocketAddr,
    root: &str,
) -> TlsStream<TcpStream> {
    let trusted = certificates(root.as_bytes()).expect("a root");
    let mut config = client_config(&trusted, false).expect("a client");
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(front).await.expect("a connection");
    let name = ServerName::try_from("localhost").expect("a name");
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.expect("a handshake")
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// What a client begins with, and these settings.
pub fn preface(settings: &[(u8, u32)]) -> Vec<u8> {
    let settings: Vec<u8> = settings
        .iter()
        .flat_map(|(name, value)| [&[0, *name], &value.to_be_bytes()[..]].concat())
        .collect();
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &frame(kind::SETTINGS, 0, 0, &settings)[..]].concat()
}

/// A GET, whole.
pub fn get(stream: u32, path: &str) -> Vec<u8> {
    let length = u8::try_from(path.len()).expect("a short path");
    // GET and https from the static table, then the host and the path as they are.
    let fields = [&b"\x82\x87\x01\x09localhost\x04"[..], &[length], path.as_bytes()].concat();
    const END_STREAM_AND_HEADERS: u8 = 5;
    frame(kind::HEADERS, END_STREAM_AND_HEADERS, stream, &fields)
}

pub fn ping() -> Vec<u8> {
    frame(kind::PING, 0, 0, b"momo-ing")
}

/// The next frame: its type and payload; `None` at the end of the connection, however it ends.
pub async fn next_frame(stream: &mut (impl AsyncRead + Unpin)) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(length).expect("a length")];
    stream.read_exact(&mut payload).await.ok()?;
    Some((head[3], payload))
}
