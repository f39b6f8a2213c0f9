//! Connections to listeners, one callback at a time on each. [`crate::callback::keep_alive`] says
//! when one is used again, and why so rarely.
//!
//! This was chosen by measurement (`cargo bench --bench listeners`). With 2,000 callbacks to each
//! kind of listener, hyper's pooled client lost up to 955 where a connection ended just as the next
//! callback was due, and this module lost none. A new connection for every callback would lose none
//! either. But a closed connection holds its port for a minute, and Linux has ports for 470 a
//! second.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use http::header::{CONNECTION, HeaderMap};
use http::{Request, Response, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio_util::task::AbortOnDropHandle;

use crate::callback::connector::{ConnectError, Connector};
use crate::callback::keep_alive::{Budget, IdleConnection, KeepAlive};
use crate::callback::limits;
use crate::callback::listener_queue::Listener;
use crate::callback::listener_stream::{ListenerStream, Progress};
use crate::callback::window::Opening;
use crate::engine::clock::monotonic;
use momo_sandbox_core::model::callback_url::CallbackUrl;

/// A listener, whether it speaks TLS, and the local address that its connections are made from.
type Endpoint = (Listener, bool, Option<IpAddr>);

#[derive(Debug, Clone)]
pub struct Connections {
    connector: Connector,
    listeners: Arc<Listeners>,
    kept_max: usize,
}

#[derive(Debug)]
struct Listeners {
    budget: Mutex<Budget>,
    by_endpoint: Mutex<BTreeMap<Endpoint, Arc<Mutex<KeepAlive>>>>,
    idle: AtomicUsize,
    is_swept: AtomicBool,
}

/// A connection for one callback. Dropping it before its answer has ended cuts it off.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    progress: Arc<Progress>,
    keep_alive: Arc<Mutex<KeepAlive>>,
    /// The task that speaks HTTP on it.
    task: AbortOnDropHandle<()>,
    was_kept: bool,
}

/// Why a connection could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Unconnected {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Http(#[from] hyper::Error),
}

/// The means by which a callback is sent.
#[derive(Debug)]
pub enum Acquired {
    Kept(Connection),
    /// A place in the window, to open a new one.
    New(Opening),
}

impl Connections {
    /// Keeps at most `kept_max` idle connections, to all listeners together.
    pub fn new(connector: Connector, kept_max: usize) -> Self {
        let listeners = Listeners {
            budget: Mutex::new(Budget::full(monotonic())),
            by_endpoint: Mutex::default(),
            idle: AtomicUsize::new(0),
            is_swept: AtomicBool::new(false),
        };
        Self { connector, listeners: Arc::new(listeners), kept_max }
    }

    /// A kept connection for a callback to this URL, or else a place to open a new one. Waits for
    /// the place. Connections from different `source`s are never taken for each other.
    pub async fn acquire(&self, url: &CallbackUrl, source: Option<IpAddr>) -> Acquired {
        let keep_alive = self.listeners.of(url, source);
        let now = monotonic();
        let new_is_cheap = self.listeners.budget.lock().take(now);
        let (kept, gone) = keep_alive.lock().take(now, new_is_cheap);
        self.listeners.idle.fetch_sub(gone, Ordering::Relaxed);
        if let Some(IdleConnection { sender, progress, task, .. }) = kept {
            let task = AbortOnDropHandle::new(task);
            let connection = Connection { sender, progress, keep_alive, task, was_kept: true };
            return Acquired::Kept(connection);
        }
        let window = keep_alive.lock().window.clone();
        Acquired::New(window.enter().await)
    }

    /// Opens a new connection for a callback to this URL, from a local address where that is given.
    ///
    /// # Errors
    ///
    /// [`Unconnected`], on the way to the socket or in TLS.
    pub async fn open(
        &self,
        url: &CallbackUrl,
        source: Option<IpAddr>,
    ) -> Result<Connection, Unconnected> {
        let keep_alive = self.listeners.of(url, source);
        let stream = self.connector.connect(url, source).await?;
        let progress = Arc::new(Progress::default());
        let stream = ListenerStream::new(stream, Arc::clone(&progress));
        let (sender, connection) =
            http1::Builder::new().title_case_headers(true).handshake(TokioIo::new(stream)).await?;
        let (watched, listener) = (Arc::clone(&progress), Arc::clone(&keep_alive));
        let task = tokio::spawn(async move {
            let _ = connection.await;
            if watched.is_idle() {
                listener.lock().closed(monotonic());
            }
        });
        let task = AbortOnDropHandle::new(task);
        Ok(Connection { sender, progress, keep_alive, task, was_kept: false })
    }

    /// Keeps a connection whose callback was answered to the end, or closes it.
    pub fn keep(&self, connection: Connection, answer: &Head) {
        let Connection { sender, progress, keep_alive, task, .. } = connection;
        let task = task.detach();
        let has_room = self.listeners.idle.load(Ordering::Relaxed) < self.kept_max;
        if !answer.keeps || !has_room {
            progress.close();
            return;
        }
        progress.set_idle();
        self.listeners.idle.fetch_add(1, Ordering::Relaxed);
        let since = monotonic();
        keep_alive.lock().put_idle(IdleConnection { sender, progress, task, since });
        if !self.listeners.is_swept.swap(true, Ordering::AcqRel) {
            tokio::spawn(sweep(Arc::clone(&self.listeners)));
        }
    }
}

impl Listeners {
    fn of(&self, url: &CallbackUrl, source: Option<IpAddr>) -> Arc<Mutex<KeepAlive>> {
        let endpoint = ((url.host().clone(), url.port()), url.is_https(), source);
        let mut listeners = self.by_endpoint.lock();
        if let Some(known) = listeners.get(&endpoint) {
            return Arc::clone(known);
        }
        let now = monotonic();
        if listeners.len() >= limits::LISTENERS_MAX {
            listeners.retain(|_, known| !known.lock().is_stale(now));
        }
        let new = Arc::new(Mutex::new(KeepAlive::new(now)));
        if listeners.len() < limits::LISTENERS_MAX {
            listeners.insert(endpoint, Arc::clone(&new));
        }
        new
    }

    fn sweep(&self) {
        let listeners: Vec<_> = self.by_endpoint.lock().values().map(Arc::clone).collect();
        for listener in listeners {
            let gone = listener.lock().sweep(monotonic());
            self.idle.fetch_sub(gone, Ordering::Relaxed);
        }
    }
}

/// Closes connections that have been idle long enough, until none is idle.
async fn sweep(listeners: Arc<Listeners>) {
    loop {
        tokio::time::sleep(limits::IDLE_MAX / 4).await;
        listeners.sweep();
        if listeners.idle.load(Ordering::Acquire) > 0 {
            continue;
        }
        listeners.is_swept.store(false, Ordering::Release);
        // A connection may have become idle in between, whose task saw that a sweep was running.
        if listeners.idle.load(Ordering::Acquire) == 0
            || listeners.is_swept.swap(true, Ordering::AcqRel)
        {
            return;
        }
    }
}

impl Connection {
    /// Sends the callback, and waits for the head of its answer.
    ///
    /// # Errors
    ///
    /// The error of HTTP. [`Connection::was_written`] says whether the listener may have read a
    /// part of the callback.
    pub async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        self.sender.send_request(request).await
    }

    /// Whether the listener may have read anything of the callback.
    pub fn was_written(&self) -> bool {
        self.progress.was_written()
    }

    /// Notes that the connection broke. A listener that breaks a kept connection is not trusted to
    /// keep more.
    pub fn broke(&self) {
        if self.was_kept {
            self.keep_alive.lock().closed(monotonic());
        }
    }
}

/// What the head of an answer says about the connection: whether it is kept.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    keeps: bool,
}

impl Head {
    pub fn of<B>(response: &Response<B>) -> Self {
        let headers = response.headers();
        let keeps = response.version() == Version::HTTP_11
            && !has(headers, CONNECTION.as_str(), "close")
            && !has(headers, "keep-alive", "timeout=0")
            && !has(headers, "keep-alive", "max=0");
        Self { keeps }
    }
}

/// Whether the list of a header has this word.
fn has(headers: &HeaderMap, name: &str, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|each| each.trim().eq_ignore_ascii_case(word))
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use std::net::Ipv4Addr;

    use rustls::pki_types::CertificateDer;
    use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use crate::callback::resolver::Resolver;
    use crate::callback::settings::CallbackSettings;
    use crate::certificates::authority::Authority;
    use crate::certificates::verification::{certificates, client_config, server_config};
    use crate::engine::clock::wall_clock;

    use super::*;

    /// Answers every request on the connection, and never announces its end.
    async fn answer_all(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut part = [0; 1024];
        while stream.read(&mut part).await.is_ok_and(|count| count > 0) {
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(answer).await.expect("sent");
        }
    }

    /// Sends a callback. Returns whether a kept connection carried it.
    async fn send(connections: &Connections, url: &CallbackUrl, source: Option<IpAddr>) -> bool {
        let mut connection = match connections.acquire(url, source).await {
            Acquired::Kept(connection) => connection,
            Acquired::New(_) => connections.open(url, source).await.expect("a connection"),
        };
        let was_kept = connection.was_kept;
        let request = Request::get("/").body(Full::default()).expect("a request");
        let response = connection.send(request).await.expect("an answer");
        assert!(connection.was_written());
        connections.keep(connection, &Head::of(&response));
        was_kept
    }

    /// A second callback goes over the connection of the first, once the listener is trusted.
    async fn check_reuse(scheme: &str, connections: &Connections, port: u16) {
        let url = format!("{scheme}://localhost:{port}/");
        let url = CallbackUrl::parse(&url).expect("a URL");
        assert!(!send(connections, &url, None).await);
        let keep_alive = connections.listeners.of(&url, None);
        keep_alive.lock().sweep(monotonic() + limits::IDLE_MAX);
        assert!(!send(connections, &url, None).await, "a new one is cheap");
        assert_eq!(keep_alive.lock().idle(), 1);
        keep_alive.lock().age(limits::REST_MIN);
        while connections.listeners.budget.lock().take(monotonic()) {}
        assert!(send(connections, &url, None).await);
        keep_alive.lock().age(limits::REST_MIN);
        let source = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert!(!send(connections, &url, source).await, "the kept one has no source");
        assert_eq!(keep_alive.lock().idle(), 1);
    }

    fn trusting(trusted: &[CertificateDer<'static>]) -> Connections {
        let settings = Arc::new(CallbackSettings::default());
        let tls = client_config(trusted, false).expect("a configuration");
        let resolver = Resolver::of_the_system().expect("a resolver");
        Connections::new(Connector::new(resolver, tls, settings), 8)
    }

    async fn free_port() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        (listener, port)
    }

    #[tokio::test]
    async fn a_connection_that_was_kept_carries_the_next_callback() {
        let (listener, port) = free_port().await;
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer_all(stream));
            }
        });
        check_reuse("http", &trusting(&[]), port).await;
    }

    #[tokio::test]
    async fn a_connection_over_tls_that_was_kept_carries_the_next_callback() {
        let now = wall_clock();
        let authority = Authority::new_root(now).expect("a root");
        let validity = Authority::usual_validity(now);
        let issued = authority.server(&["localhost".to_owned()], validity).expect("a certificate");
        let config = server_config(issued.certificate_pem.as_bytes(), issued.key_pem.as_bytes());
        let acceptor = TlsAcceptor::from(Arc::new(config.expect("a configuration")));
        let (listener, port) = free_port().await;
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    answer_all(acceptor.accept(stream).await.expect("a handshake")).await;
                });
            }
        });
        let trusted = certificates(authority.certificate_pem.as_bytes()).expect("a certificate");
        check_reuse("https", &trusting(&trusted), port).await;
    }

    #[test]
    fn an_answer_says_whether_its_connection_is_kept() {
        let keeps = |version, headers: &[(&str, &str)]| {
            let mut response = Response::builder().version(version);
            for (name, value) in headers {
                response = response.header(*name, *value);
            }
            Head::of(&response.body(()).expect("a response")).keeps
        };
        assert!(keeps(Version::HTTP_11, &[]));
        assert!(keeps(Version::HTTP_11, &[("Keep-Alive", "timeout=5, max=99")]));
        assert!(!keeps(Version::HTTP_10, &[]));
        for (name, value) in [
            ("Connection", "close"),
            ("Connection", "X-Hop, Close"),
            ("Keep-Alive", "timeout=0"),
            ("Keep-Alive", "timeout=5, max=0"),
        ] {
            assert!(!keeps(Version::HTTP_11, &[(name, value)]), "{name}: {value}");
        }
    }
}
