//! The replay's own callback listener. Each exchange has a path, and takes the callbacks to it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// The most bytes of a callback's body.
const BODY_BYTES_MAX: usize = 1024 * 1024;

#[derive(Debug, Clone)]
pub struct Received {
    pub method: String,
    pub headers: HeaderMap,
    pub body: String,
}

#[derive(Debug, Default)]
struct Inbox {
    by_path: Mutex<BTreeMap<String, Vec<Received>>>,
    arrived: Notify,
}

/// A listener; it ends when it is dropped.
#[derive(Debug)]
pub struct Listener {
    pub address: SocketAddr,
    /// The base URL of callbacks.
    pub url: String,
    inbox: Arc<Inbox>,
    serving: JoinHandle<()>,
}

impl Listener {
    /// A listener on a free port of this machine. With a host name and a TLS configuration its URL
    /// is `https://NAME`, and a route must lead the gateway here.
    ///
    /// # Errors
    ///
    /// That there is no free port.
    pub async fn start(secure: Option<(&str, ServerConfig)>) -> io::Result<Self> {
        let socket = TcpListener::bind("127.0.0.1:0").await?;
        let address = socket.local_addr()?;
        let url = match &secure {
            Some((name, _)) => format!("https://{name}"),
            None => format!("http://{address}"),
        };
        let tls = secure.map(|(_, config)| TlsAcceptor::from(Arc::new(config)));
        let inbox = Arc::new(Inbox::default());
        let serving = tokio::spawn(accept(socket, tls, Arc::clone(&inbox)));
        Ok(Self { address, url, inbox, serving })
    }

    /// The host and port of its URL.
    pub fn authority(&self) -> &str {
        self.url.split_once("//").map_or("", |(_, authority)| authority)
    }

    /// The first callback to a path, for which it waits `within` at most.
    pub async fn first_at(&self, path: &str, within: Duration) -> Option<Received> {
        let wait = async {
            loop {
                let arrived = self.inbox.arrived.notified();
                let found =
                    self.inbox.by_path.lock().get(path).and_then(|all| all.first().cloned());
                match found {
                    Some(found) => return found,
                    None => arrived.await,
                }
            }
        };
        tokio::time::timeout(within, wait).await.ok()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn accept(socket: TcpListener, tls: Option<TlsAcceptor>, inbox: Arc<Inbox>) {
    while let Ok((stream, _)) = socket.accept().await {
        let (tls, inbox) = (tls.clone(), Arc::clone(&inbox));
        tokio::spawn(async move {
            match tls {
                None => serve_connection(stream, inbox).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve_connection(stream, inbox).await;
                    }
                }
            }
        });
    }
}

async fn serve_connection(stream: impl AsyncRead + AsyncWrite + Unpin, inbox: Arc<Inbox>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let inbox = Arc::clone(&inbox);
        async move {
            let (head, body) = request.into_parts();
            let body = Limited::new(body, BODY_BYTES_MAX).collect().await;
            let body = body.map(|body| body.to_bytes()).unwrap_or_default();
            let received = Received {
                method: head.method.to_string(),
                headers: head.headers,
                body: String::from_utf8_lossy(&body).into_owned(),
            };
            inbox.by_path.lock().entry(head.uri.path().to_owned()).or_default().push(received);
            inbox.arrived.notify_waiters();
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
        }
    });
    // A gateway that breaks off sent no callback.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
