//! The replay's client of a gateway: HTTP/1.1, plain or over TLS, one connection for each request.
//! It controls `Content-Length`, and reads the reason phrase of the answer.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full, Limited};
use hyper::body::{Body, Frame};
use hyper::client::conn::http1;
use hyper::ext::ReasonPhrase;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::callback::resolver::Resolver;
use crate::certificates::verification::client_config;
use crate::engine::clock::Clock;
use crate::parity::comparison::Answer;
use crate::parity::pacing::Pace;
use momo_sandbox_core::model::causes::with_causes;

/// How long an answer may take: a token of the new platform takes up to 20 s
/// (docs/contract.md#new-platform).
const ANSWER_MAX: Duration = Duration::from_secs(40);

/// The most bytes of an answer's body.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A gateway at a base URL.
#[derive(Debug)]
pub struct Gateway {
    base: Url,
    host: Host<String>,
    tls: Option<Arc<ClientConfig>>,
    resolver: Resolver,
    pace: Mutex<Pace>,
    clock: Clock,
}

/// A request as it is sent.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    /// The path below the base URL, with its query.
    pub path: String,
    /// The headers, but for those of the body's length.
    pub headers: Vec<(String, String)>,
    /// The body; `None` for none at all.
    pub body: Option<String>,
    pub framing: Framing,
}

/// How the length of a request's body is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// By `Content-Length`, where there is a body or the method has one.
    Length,
    /// Not at all: there is neither length nor body.
    NoLength,
    /// Chunked, with only the last chunk.
    EmptyChunked,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no answer to {method} {path}: {why}")]
pub struct NoAnswer {
    method: String,
    path: String,
    why: String,
}

impl Gateway {
    /// The gateway at this URL, http or https; `trusted` are roots beside the public ones.
    ///
    /// # Errors
    ///
    /// What is wrong with the URL or with a root.
    pub fn new(
        base: &str,
        trusted: &[CertificateDer<'static>],
        pace: Pace,
    ) -> Result<Self, String> {
        let expected = "expected http://HOST[:PORT] or https://HOST, such as \
                        https://sandbox.momodeveloper.mtn.com";
        let url = Url::parse(base).map_err(|_| format!("`{base}` is not a URL; {expected}"))?;
        let is_plain = url.username().is_empty() && url.password().is_none();
        if !is_plain || url.query().is_some() || url.fragment().is_some() {
            let why = "it takes neither credentials nor a query nor a fragment";
            return Err(format!("the base URL is not a plain one: {why}; {expected}"));
        }
        let host = url.host().ok_or_else(|| format!("`{base}` names no host; {expected}"))?;
        let host = host.to_owned();
        let tls = match url.scheme() {
            "http" => None,
            "https" => {
                let config = client_config(trusted, false).map_err(|why| with_causes(&why))?;
                Some(Arc::new(config))
            }
            other => return Err(format!("`{other}` is not a scheme of a gateway; {expected}")),
        };
        Ok(Self {
            base: url,
            host,
            tls,
            resolver: Resolver::of_the_system().map_err(|why| why.to_string())?,
            pace: Mutex::new(pace),
            clock: Clock::real(),
        })
    }

    /// Whether it is on this machine.
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        }
    }

    pub fn host(&self) -> String {
        self.host.to_string()
    }

    /// The clock that it is paced by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Sends a request when the pacing allows it.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub async fn send(&self, call: &Call) -> Result<Answer, NoAnswer> {
        let wait = self.pace.lock().next(self.clock.now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let answered = tokio::time::timeout(ANSWER_MAX, self.exchange(call)).await;
        let seconds = ANSWER_MAX.as_secs();
        let answered = answered.unwrap_or_else(|_| Err(format!("none within {seconds} s")));
        answered.map_err(|why| NoAnswer {
            method: call.method.clone(),
            path: call.path.clone(),
            why,
        })
    }

    async fn exchange(&self, call: &Call) -> Result<Answer, String> {
        let request = self.request(call)?;
        let stream = self.connect().await?;
        match (&self.tls, ServerName::try_from(self.host.to_string())) {
            (None, _) => send_over(stream, request).await,
            (Some(tls), Ok(name)) => {
                let secured = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await;
                let secured =
                    secured.map_err(|error| format!("TLS with {}: {error}", self.host))?;
                send_over(secured, request).await
            }
            (Some(_), Err(_)) => Err(format!("`{}` is not a name for TLS", self.host)),
        }
    }

    async fn connect(&self) -> Result<TcpStream, String> {
        let port = self.base.port_or_known_default().unwrap_or(80);
        let mut failures = Vec::new();
        let addresses = self.resolver.addresses_of(&self.host).await;
        for address in addresses.map_err(|why| why.to_string())? {
            match TcpStream::connect((address, port)).await {
                Ok(stream) => {
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) => failures.push(format!("{address} port {port}: {error}")),
            }
        }
        Err(format!("cannot connect to {}: {}", self.host, failures.join("; ")))
    }

    fn request(&self, call: &Call) -> Result<Request<BoxBody<Bytes, Infallible>>, String> {
        let target = format!("{}{}", self.base.path().trim_end_matches('/'), call.path);
        let mut headers = HeaderMap::new();
        let authority = match self.base.port() {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.to_string(),
        };
        let mut add = |name: HeaderName, value: &str| {
            let value = HeaderValue::from_str(value)
                .map_err(|_| format!("the header {name} has a value that no header can have"))?;
            headers.append(name, value);
            Ok::<_, String>(())
        };
        add(HOST, &authority)?;
        for (name, value) in &call.headers {
            let name = HeaderName::try_from(name.as_str());
            add(name.map_err(|_| "a header has an impossible name".to_owned())?, value)?;
        }
        let has_body = call.body.is_some() || ["POST", "PUT"].contains(&&*call.method);
        let text = call.body.clone().unwrap_or_default();
        let body = match call.framing {
            Framing::Length if has_body => {
                add(CONTENT_LENGTH, &text.len().to_string())?;
                Full::new(Bytes::from(text)).boxed()
            }
            Framing::EmptyChunked => {
                add(TRANSFER_ENCODING, "chunked")?;
                NoChunk.boxed()
            }
            Framing::Length | Framing::NoLength => Empty::new().boxed(),
        };
        let mut request = Request::builder()
            .method(&*call.method)
            .uri(target)
            .body(body)
            .map_err(|error| format!("the request cannot be made: {error}"))?;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

async fn send_over(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<BoxBody<Bytes, Infallible>>,
) -> Result<Answer, String> {
    let broken = |error: hyper::Error| format!("the connection broke: {error}");
    let (mut sender, connection) = http1::Builder::new()
        .title_case_headers(true)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(broken)?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await;
    let body = body.map_err(|error| format!("the answer's body broke off: {error}"))?.to_bytes();
    connection.abort();
    let phrase = match head.extensions.get::<ReasonPhrase>() {
        Some(phrase) => String::from_utf8_lossy(phrase.as_bytes()).into_owned(),
        None => head.status.canonical_reason().unwrap_or_default().to_owned(),
    };
    Ok(Answer {
        status: head.status.as_u16(),
        phrase,
        headers: head.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// An empty body of unknown length: over HTTP/1.1 the last chunk alone.
struct NoChunk;

impl Body for NoChunk {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// The bytes that a call sends, and the answer to `answer`.
    async fn on_the_wire(call: Call, answer: &'static str) -> (String, Answer) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let gateway = Gateway::new(&format!("http://{address}/base/"), &[], Pace::unbounded());
        let gateway = gateway.expect("a gateway");
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut text = String::new();
            let is_whole = |text: &str| {
                text.ends_with("0\r\n\r\n") || text.ends_with("\r\n\r\n") || text.ends_with('}')
            };
            while !is_whole(&text) || (text.contains("chunked") && !text.ends_with("0\r\n\r\n")) {
                let mut bytes = [0; 4096];
                let count = stream.read(&mut bytes).await.expect("bytes");
                text.push_str(std::str::from_utf8(&bytes[..count]).expect("UTF-8"));
            }
            stream.write_all(answer.as_bytes()).await.expect("written");
            text
        });
        let answer = gateway.send(&call).await.expect("an answer");
        (served.await.expect("served").replace(&address.to_string(), "HOST"), answer)
    }

    fn call(body: Option<&str>, framing: Framing) -> Call {
        Call {
            method: "POST".to_owned(),
            path: "/token/".to_owned(),
            headers: vec![("Ocp-Apim-Subscription-Key".to_owned(), "k".to_owned())],
            body: body.map(str::to_owned),
            framing,
        }
    }

    const ANSWER: &str = "HTTP/1.1 500 Server Error\r\nContent-Length: 2\r\n\r\n{}";

    #[tokio::test]
    async fn the_length_is_told_as_asked_and_the_phrase_comes_back() {
        let (text, answer) = on_the_wire(call(None, Framing::NoLength), ANSWER).await;
        assert_eq!(
            text,
            "POST /base/token/ HTTP/1.1\r\nHost: HOST\r\nOcp-Apim-Subscription-Key: k\r\n\r\n"
        );
        assert_eq!((answer.status, &*answer.phrase, &*answer.body), (500, "Server Error", "{}"));
        let (text, _) = on_the_wire(call(Some("{}"), Framing::Length), ANSWER).await;
        assert!(text.ends_with("Content-Length: 2\r\n\r\n{}"), "{text}");
        let (text, _) = on_the_wire(call(None, Framing::Length), ANSWER).await;
        assert!(text.ends_with("Content-Length: 0\r\n\r\n"), "{text}");
        let (text, _) = on_the_wire(call(None, Framing::EmptyChunked), ANSWER).await;
        assert!(text.ends_with("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "{text}");
        assert!(!text.contains("Content-Length"), "{text}");
    }

    #[test]
    fn a_refused_base_url_says_what_is_expected() {
        for (base, expected) in [
            ("sandbox", "is not a URL"),
            ("ftp://a.example", "is not a scheme"),
            ("https://a:b@c.example", "neither credentials"),
            ("https://c.example/?k=1", "nor a query"),
        ] {
            let error = Gateway::new(base, &[], Pace::unbounded()).expect_err(base);
            assert!(error.contains(expected), "{base}: {error}");
        }
    }
}
