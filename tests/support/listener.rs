//! A merchant's callback listener on a free port, which behaves as a test asks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use momo_sandbox::certificates::verification::server_config;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
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
}

/// What the listener does with a callback.
#[derive(Debug, Clone, Copy)]
pub enum Behaviour {
    /// Answers with this status.
    Answer(u16),
    /// Answers with a redirect to another path of its own.
    Redirect,
    /// Takes the request and never answers.
    Silence,
    /// Takes the request and resets the connection.
    Reset,
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
            while let Ok((stream, _)) = listener.accept().await {
                if let Behaviour::Reset = behaviour {
                    stream.set_zero_linger().expect("a socket option");
                }
                tokio::spawn(converse(stream, behaviour, sender.clone()));
            }
        });
        Self { url: format!("http://{address}"), address, received, serving }
    }

    /// One that speaks TLS with this chain and key, and answers 200.
    pub async fn secure(chain_pem: &str, key_pem: &str) -> Self {
        let config = server_config(chain_pem.as_bytes(), key_pem.as_bytes()).expect("a chain");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (sender, received) = unbounded_channel();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        converse(stream, Behaviour::Answer(200), sender).await;
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
    stream: impl AsyncRead + AsyncWrite + Unpin,
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
            });
            let answer = |status: u16| {
                Response::builder()
                    .status(status)
                    .body(Full::new(Bytes::new()))
                    .expect("a response")
            };
            Ok::<_, Broken>(match behaviour {
                Behaviour::Answer(status) => answer(status),
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
            })
        }
    });
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

#[derive(Debug, thiserror::Error)]
#[error("broken on purpose")]
struct Broken;
