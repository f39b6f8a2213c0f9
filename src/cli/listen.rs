//! `momo-sandbox listen`: a merchant's callback listener that prints what comes.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::certificates::verification::PEM_FILE_BYTES_MAX;
use crate::certificates::verification::server_config;
use crate::cli::arguments::{Listen, ListenFormat};
use crate::cli::serve::stop_signal;
use crate::cli::{Failure, start_runtime};
use crate::engine::clock::wall_clock;
use crate::files;
use crate::server::body::ResponseBody;
use crate::server::context::ServerContext;
use crate::server::listener;
use momo_sandbox_core::model::causes::with_causes;
use momo_sandbox_core::model::escape::{printable, printable_lines};
use momo_sandbox_core::model::fault::ConnectionFault;

/// The most bytes of a callback's body that are read: a real one is below 2 KiB.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// What `momo-sandbox health` asks for: no callback, so it is not shown.
const HEALTH: &str = "/_sandbox/health";

/// How long callbacks under way may take after a stop.
const GRACE: Duration = Duration::from_secs(5);

/// What is done with each callback.
#[derive(Debug, Clone, Copy)]
struct Manners {
    answer: StatusCode,
    delay: Duration,
    drops: bool,
    format: ListenFormat,
}

/// Listens until SIGTERM or Ctrl-C, and prints each callback.
///
/// # Errors
///
/// A certificate that is not good, or an address that cannot be listened on.
pub fn listen(arguments: &Listen) -> Result<(), Failure> {
    let tls = match (&arguments.tls_chain, &arguments.tls_key) {
        (Some(chain), Some(key)) => Some(acceptor(chain, key)?),
        _ => None,
    };
    let manners = Manners {
        answer: StatusCode::from_u16(arguments.answer)
            .map_err(|_| Failure::user(format!("--answer {} is no status", arguments.answer)))?,
        delay: arguments.delay,
        drops: arguments.drop,
        format: arguments.format,
    };
    let runtime = start_runtime()?;
    runtime.block_on(async {
        let stop = stop_signal()
            .map_err(|error| Failure::environment(format!("cannot wait for signals: {error}")))?;
        let address = arguments.listen;
        let cannot = |error| Failure::environment(format!("cannot listen on {address}: {error}"));
        let socket = TcpListener::bind(address).await.map_err(cannot)?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let bound = socket.local_addr().map_err(cannot)?;
        let _ = writeln!(std::io::stderr(), "listening on {scheme}://{bound}");
        let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
        let handler = move |request| receive(request, manners);
        let context = ServerContext::standalone(stopping.clone(), tasks.clone());
        let serving = tokio::spawn(listener::serve(socket, tls, handler, context));
        stop.await;
        stopping.cancel();
        let _ = serving.await;
        tasks.close();
        let _ = tokio::time::timeout(GRACE, tasks.wait()).await;
        Ok(())
    })
}

fn acceptor(chain: &Path, key: &Path) -> Result<TlsAcceptor, Failure> {
    let read = |file: &Path| {
        files::read(file, PEM_FILE_BYTES_MAX)
            .map_err(|error| Failure::user(format!("cannot read {}: {error}", file.display())))
    };
    let config = server_config(&read(chain)?, &read(key)?).map_err(|error| {
        let why = with_causes(&error);
        Failure::user(format!("{} with {}: {why}", chain.display(), key.display()))
    })?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn receive(request: Request<Incoming>, manners: Manners) -> Response<ResponseBody> {
    if request.method() == Method::GET && request.uri().path() == HEALTH {
        return Response::new(ResponseBody::empty());
    }
    let at = wall_clock();
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => Bytes::from(format!("(the body could not be read: {error})")),
    };
    let text = match manners.format {
        ListenFormat::Pretty => pretty(&at.to_string(), &head, &body, manners),
        ListenFormat::Json => line(&at.to_string(), &head, &body),
    };
    // Whoever closed standard output does not want to read it; the callback is answered all the
    // same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let _ = std::io::stdout().flush();
    tokio::time::sleep(manners.delay).await;
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = manners.answer;
    if manners.drops {
        response.extensions_mut().insert(ConnectionFault::Reset);
    }
    response
}

fn headers(head: &Parts) -> impl Iterator<Item = (&str, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    head.headers.iter().map(move |(name, value)| (name.as_str(), text(value)))
}

/// Some lines to read. What a stranger sent cannot move the cursor: control characters are spelt.
fn pretty(at: &str, head: &Parts, body: &[u8], manners: Manners) -> String {
    let mut text = format!("{at}  {} {}\n", head.method, printable(&head.uri.to_string()));
    for (name, value) in headers(head) {
        let _ = writeln!(text, "    {name}: {}", printable(&value));
    }
    let shown = match serde_json::from_slice::<Value>(body) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_default(),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    for line in printable_lines(&shown).lines() {
        let _ = writeln!(text, "    {line}");
    }
    let _ = if manners.drops {
        writeln!(text, "  -> no answer")
    } else {
        writeln!(text, "  -> {}", manners.answer)
    };
    text
}

/// A JSON object on a line; `json` is the body where it is JSON.
fn line(at: &str, head: &Parts, body: &[u8]) -> String {
    let headers: Map<String, Value> =
        headers(head).map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let object = json!({
        "at": at,
        "method": head.method.as_str(),
        "path": head.uri.to_string(),
        "headers": headers,
        "body": String::from_utf8_lossy(body),
        "json": json,
    });
    format!("{object}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_cannot_move_the_cursor() {
        let request = Request::post("/paid").header("x", "a").body(()).expect("a request");
        let (head, ()) = request.into_parts();
        let manners = Manners {
            answer: StatusCode::OK,
            delay: Duration::ZERO,
            drops: false,
            format: ListenFormat::Pretty,
        };
        let text = pretty("now", &head, b"\x1b[2Jgone\x07", manners);
        assert_eq!(text, "now  POST /paid\n    x: a\n    \\u{1b}[2Jgone\\u{7}\n  -> 200 OK\n");
        for hostile in ['\u{1b}', '\u{9b}', '\u{202e}'] {
            let text = pretty("now", &head, format!("{{\"a\":\"{hostile}\"}}").as_bytes(), manners);
            assert!(!text.contains(hostile), "{text}");
        }
    }
}
