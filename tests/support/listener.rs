//! A merchant's callback listener on a free port, which behaves as a test asks.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use momo_sandbox::internals::certificates::server_config;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::emulator::PATIENCE;

/// A callback that arrived.
#[derive(Debug)]
pub struct Received {
    pub method: String,
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
    /// Where it came from.
    pub from: IpAddr,
}

/// What the listener does with a callback.
#[derive(Debug, Clone, Copy)]
pub enum Behaviour {
    /// Answers with this status.
    Answer(u16),
    /// Answers 200 to what comes from this address, and 403 to everything else.
    AllowOnly(IpAddr),
    /// Answers with a redirect to another path of its own.
    Redirect,
    /// Takes the request and never answers.
    Silence,
    /// Takes the request and resets the connection.
    Reset,
    /// Takes the request and answers with a head that never ends, a header at a time.
    TrickleHead,
    /// Takes the request and answers 200 with a body that never ends, a byte at a time.
    TrickleBody,
}

pub struct CallbackListener {
    pub url: String,
    pub address: SocketAddr,
    received: UnboundedReceiver<Received>,
    serving: JoinHandle<()>,
}

impl CallbackListener {
    /// A listener that answers 200.
    pub async fn start() -> Self {
        Self::that(Behaviour::Answer(200)).await
    }

    pub async fn that(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (sender, received) = unbounded_channel();
        let serving = tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let from = peer.ip();
                if let Behaviour::Reset = behaviour {
                    stream.set_zero_linger().expect("a socket option");
                }
                match behaviour {
                    Behaviour::TrickleHead => {
                        let drop_by_drop = ("HTTP/1.1 200 OK\r\n", "X-More: to come\r\n");
                        tokio::spawn(trickle((stream, from), drop_by_drop, sender.clone()));
                    }
                    Behaviour::TrickleBody => {
                        let head = "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n";
                        tokio::spawn(trickle((stream, from), (head, "."), sender.clone()));
                    }
                    _ => {
                        tokio::spawn(converse((stream, from), behaviour, sender.clone()));
                    }
                }
            }
        });
        Self { url: format!("http://{address}"), address, received, serving }
    }

    /// One that speaks TLS with this chain and key, and answers 200.
    pub async fn secure(chain_pem: &str, key_pem: &str) -> Self {
        Self::secure_that(Behaviour::Answer(200), chain_pem, key_pem).await
    }

    /// One that speaks TLS likewise.
    pub async fn secure_that(behaviour: Behaviour, chain_pem: &str, key_pem: &str) -> Self {
        let config = server_config(chain_pem.as_bytes(), key_pem.as_bytes()).expect("a chain");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (sender, received) = unbounded_channel();
        let serving = tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        converse((stream, peer.ip()), behaviour, sender).await;
                    }
                });
            }
        });
        Self { url: format!("https://{address}"), address, received, serving }
    }

    /// The next callback.
    pub async fn next(&mut self) -> Received {
        tokio::time::timeout(PATIENCE, self.received.recv())
            .await
            .expect("a callback in time")
            .expect("the listener runs")
    }

    /// What has arrived and was not taken yet.
    pub fn arrived(&mut self) -> Vec<Received> {
        std::iter::from_fn(|| self.received.try_recv().ok()).collect()
    }
}

impl Drop for CallbackListener {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn converse(
    (stream, from): (impl AsyncRead + AsyncWrite + Unpin, IpAddr),
    behaviour: Behaviour,
    sender: UnboundedSender<Received>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let sender = sender.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.expect("a whole body").to_bytes();
            let _ = sender.send(Received {
                method: head.method.to_string(),
                path: head.uri.to_string(),
                headers: head.headers,
                body: String::from_utf8(body.to_vec()).expect("UTF-8"),
                from,
            });
            let answer = |status: u16| {
                Response::builder()
                    .status(status)
                    .body(Full::new(Bytes::new()))
                    .expect("a response")
            };
            Ok::<_, Broken>(match behaviour {
                Behaviour::Answer(status) => answer(status),
                Behaviour::AllowOnly(allowed) => answer(if from == allowed { 200 } else { 403 }),
                Behaviour::Redirect => {
                    let mut response = answer(302);
                    let elsewhere = http::HeaderValue::from_static("/elsewhere");
                    response.headers_mut().insert("location", elsewhere);
                    response
                }
                Behaviour::Silence => {
                    tokio::time::sleep(Duration::from_secs(3600)).await;
                    answer(200)
                }
                Behaviour::Reset => return Err(Broken),
                Behaviour::TrickleHead | Behaviour::TrickleBody => unreachable!("not by hyper"),
            })
        }
    });
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Takes a request's head, answers with the first part, and then with the second part again and
/// again, until the peer is gone.
async fn trickle(
    (mut stream, from): (TcpStream, IpAddr),
    (first, more): (&str, &str),
    sender: UnboundedSender<Received>,
) {
    let mut head = [0; 4096];
    let count = stream.read(&mut head).await.unwrap_or_default();
    let head = String::from_utf8_lossy(&head[..count]).into_owned();
    let mut words = head.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (headers, body) = (HeaderMap::new(), String::new());
    let _ = sender.send(Received { method, path, headers, body, from });
    let mut part = first;
    while stream.write_all(part.as_bytes()).await.is_ok() {
        part = more;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[derive(Debug, thiserror::Error)]
#[error("broken on purpose")]
struct Broken;
