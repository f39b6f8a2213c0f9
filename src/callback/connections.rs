//! Connections to listeners, one callback at a time on each. `keeping` says when one is used again,
//! and why so rarely.
//!
//! Chosen by measurement (`cargo bench --bench listeners`). With 2,000 callbacks to each kind of
//! listener, hyper's pooled client lost up to 955 where a connection ended just as the next
//! callback was due, and these connections lose none. A new connection for every callback would
//! lose none either. But a closed one holds its port for a minute, and the ports of Linux last for
//! 470 a second.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use http::header::{CONNECTION, HeaderMap};
use http::{Request, Response, Uri, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_rustls::HttpsConnector;
use parking_lot::Mutex;
use tokio::task::JoinHandle;
use tower_service::Service;

use crate::callback::connector::Connector;
use crate::callback::keeping::{Budget, Keeping, Resting};
use crate::callback::line::{Line, Progress};
use crate::callback::listener_queue::Listener;
use crate::callback::window::Opening;
use crate::engine::clock::monotonic;
use momo_sandbox_core::model::callback_url::CallbackUrl;
use momo_sandbox_core::model::limits;

/// A listener, and whether it speaks TLS.
type Whom = (Listener, bool);

/// The connections.
#[derive(Debug, Clone)]
pub struct Connections {
    connector: HttpsConnector<Connector>,
    kept: Arc<Kept>,
    kept_max: usize,
}

#[derive(Debug)]
struct Kept {
    /// The new connections that are cheap.
    fresh: Mutex<Budget>,
    listeners: Mutex<BTreeMap<Whom, Arc<Mutex<Keeping>>>>,
    resting: AtomicUsize,
    is_swept: AtomicBool,
}

/// A connection for one callback. What is dropped before it rests or ends is cut off.
#[derive(Debug)]
pub struct Connection {
    sender: Option<SendRequest<Full<Bytes>>>,
    progress: Arc<Progress>,
    keeping: Arc<Mutex<Keeping>>,
    /// What speaks HTTP on it. It is there for as long as the sender is.
    task: Option<JoinHandle<()>>,
    was_kept: bool,
}

/// What a callback is sent with.
#[derive(Debug)]
pub enum Turn {
    /// A connection that was kept.
    Kept(Connection),
    /// A place to open one.
    New(Opening),
}

impl Connections {
    /// None yet; so many are kept at most.
    pub fn by(connector: HttpsConnector<Connector>, kept_max: usize) -> Self {
        let kept = Kept {
            fresh: Mutex::new(Budget::full(monotonic())),
            listeners: Mutex::default(),
            resting: AtomicUsize::new(0),
            is_swept: AtomicBool::new(false),
        };
        Self { connector, kept: Arc::new(kept), kept_max }
    }

    /// A kept connection for a callback to that URL, or else a place to open a new one, which may
    /// have to be waited for.
    pub async fn turn(&self, url: &CallbackUrl) -> Turn {
        let keeping = self.kept.of(url);
        let now = monotonic();
        let new_is_cheap = self.kept.fresh.lock().take(now);
        let (kept, gone) = keeping.lock().take(now, new_is_cheap);
        self.kept.resting.fetch_sub(gone, Ordering::Relaxed);
        if let Some(Resting { sender, progress, task, .. }) = kept {
            let (sender, task) = (Some(sender), Some(task));
            return Turn::Kept(Connection { sender, progress, keeping, task, was_kept: true });
        }
        let window = keeping.lock().window.clone();
        Turn::New(window.enter().await)
    }

    /// A new connection for a callback to that URL.
    ///
    /// # Errors
    ///
    /// Why there is none, on the way to the socket or in TLS.
    pub async fn open(
        &self,
        url: &CallbackUrl,
        uri: &Uri,
    ) -> Result<Connection, Box<dyn Error + Send + Sync>> {
        let keeping = self.kept.of(url);
        let stream = self.connector.clone().call(uri.clone()).await?;
        let progress = Arc::new(Progress::default());
        let line = Line::over(stream, Arc::clone(&progress));
        let (sender, connection) =
            http1::Builder::new().title_case_headers(true).handshake(line).await?;
        let (watched, listener) = (Arc::clone(&progress), Arc::clone(&keeping));
        let task = tokio::spawn(async move {
            let _ = connection.await;
            if watched.is_resting() {
                listener.lock().closed(monotonic());
            }
        });
        let (sender, task) = (Some(sender), Some(task));
        Ok(Connection { sender, progress, keeping, task, was_kept: false })
    }

    /// Keeps a connection whose callback was answered to the end, or closes it.
    pub fn rest(&self, mut connection: Connection, answer: &Head) {
        let (Some(sender), Some(task)) = (connection.sender.take(), connection.task.take()) else {
            return;
        };
        let has_room = self.kept.resting.load(Ordering::Relaxed) < self.kept_max;
        if !answer.keeps || !has_room {
            connection.progress.close();
            return;
        }
        connection.progress.rest();
        let progress = Arc::clone(&connection.progress);
        self.kept.resting.fetch_add(1, Ordering::Relaxed);
        connection.keeping.lock().rest(Resting { sender, progress, task, since: monotonic() });
        if !self.kept.is_swept.swap(true, Ordering::AcqRel) {
            tokio::spawn(sweep(Arc::clone(&self.kept)));
        }
    }
}

impl Kept {
    fn of(&self, url: &CallbackUrl) -> Arc<Mutex<Keeping>> {
        let whom = ((url.host(), url.port()), url.is_https());
        let mut listeners = self.listeners.lock();
        if let Some(known) = listeners.get(&whom) {
            return Arc::clone(known);
        }
        let now = monotonic();
        if listeners.len() >= limits::CALLBACK_LISTENERS_MAX {
            listeners.retain(|_, known| !known.lock().is_stale(now));
        }
        let new = Arc::new(Mutex::new(Keeping::new(now)));
        if listeners.len() < limits::CALLBACK_LISTENERS_MAX {
            listeners.insert(whom, Arc::clone(&new));
        }
        new
    }

    fn sweep(&self) {
        let listeners: Vec<_> = self.listeners.lock().values().map(Arc::clone).collect();
        for listener in listeners {
            let gone = listener.lock().sweep(monotonic());
            self.resting.fetch_sub(gone, Ordering::Relaxed);
        }
    }
}

/// Closes connections that have rested long enough, until none rests.
async fn sweep(kept: Arc<Kept>) {
    loop {
        tokio::time::sleep(limits::CALLBACK_IDLE_MAX / 4).await;
        kept.sweep();
        if kept.resting.load(Ordering::Acquire) > 0 {
            continue;
        }
        kept.is_swept.store(false, Ordering::Release);
        // One may have come to rest in between, and have seen that it is swept.
        if kept.resting.load(Ordering::Acquire) == 0 || kept.is_swept.swap(true, Ordering::AcqRel) {
            return;
        }
    }
}

impl Connection {
    /// Sends the callback, and waits for the head of its answer.
    ///
    /// # Errors
    ///
    /// What HTTP says. [`Connection::was_asked`] says whether the listener may have read of it.
    pub async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        let Some(sender) = &mut self.sender else { unreachable!("it is taken by `rest` alone") };
        sender.send_request(request).await
    }

    /// Whether the listener may have read anything of the callback.
    pub fn was_asked(&self) -> bool {
        self.progress.was_asked()
    }

    /// Notes that it broke. A listener that breaks a kept one does not keep them.
    pub fn broke(&self) {
        if self.was_kept {
            self.keeping.lock().closed(monotonic());
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// What the head of an answer says about its connection.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    keeps: bool,
}

impl Head {
    /// Reads it.
    pub fn of<B>(response: &Response<B>) -> Self {
        let headers = response.headers();
        let keeps = response.version() == Version::HTTP_11
            && !has(headers, CONNECTION.as_str(), "close")
            && !has(headers, "keep-alive", "timeout=0")
            && !has(headers, "keep-alive", "max=0");
        Self { keeps }
    }
}

/// Whether a header has that word in its list.
fn has(headers: &HeaderMap, name: &str, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|each| each.trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use hyper_rustls::HttpsConnectorBuilder;
    use rustls::pki_types::CertificateDer;
    use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use crate::callback::resolver::Resolver;
    use crate::callback::settings::CallbackSettings;
    use crate::certificates::authority::Authority;
    use crate::certificates::verification::{certificates, client_config, server_config};
    use crate::engine::clock::Clock;

    use super::*;

    /// Answers every request on the connection, and says nothing of its end.
    async fn answer_all(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut part = [0; 1024];
        while stream.read(&mut part).await.is_ok_and(|count| count > 0) {
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(answer).await.expect("sent");
        }
    }

    /// Sends a callback. Returns whether a kept connection carried it.
    async fn send(connections: &Connections, url: &CallbackUrl) -> bool {
        let uri: Uri = url.as_str().parse().expect("a URI");
        let mut connection = match connections.turn(url).await {
            Turn::Kept(connection) => connection,
            Turn::New(_) => connections.open(url, &uri).await.expect("a connection"),
        };
        let was_kept = connection.was_kept;
        let request = Request::get("/").body(Full::default()).expect("a request");
        let response = connection.send(request).await.expect("an answer");
        assert!(connection.was_asked());
        connections.rest(connection, &Head::of(&response));
        was_kept
    }

    /// A second callback goes over the connection of the first, once the listener is trusted.
    async fn check_reuse(scheme: &str, connections: &Connections, port: u16) {
        let url = format!("{scheme}://localhost:{port}/");
        let url = CallbackUrl::parse(&url).expect("a URL");
        assert!(!send(connections, &url).await);
        let keeping = connections.kept.of(&url);
        keeping.lock().sweep(monotonic() + limits::CALLBACK_IDLE_MAX);
        assert!(!send(connections, &url).await, "a new one is cheap");
        assert_eq!(keeping.lock().resting(), 1);
        keeping.lock().age(limits::CALLBACK_REST_MIN);
        while connections.kept.fresh.lock().take(monotonic()) {}
        assert!(send(connections, &url).await);
        assert_eq!(keeping.lock().resting(), 1);
    }

    fn trusting(trusted: &[CertificateDer<'static>]) -> Connections {
        let settings = Arc::new(CallbackSettings::default());
        let connector = Connector::new(Resolver::of_the_system().expect("a resolver"), settings);
        let tls = client_config(trusted, false).expect("a configuration");
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Connections::by(connector, 8)
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
        let now = Clock::real().now();
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
