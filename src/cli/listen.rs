//! `momosandbox listen`: a callback listener that prints the callbacks.

use std::fmt::Write as _;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use clap::{Args, ValueEnum};
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
use crate::cli::failure::Failure;
use crate::cli::parse::{parse_address, parse_duration_flag};
use crate::cli::runtime::{start_runtime, stop_signal};
use crate::engine::clock::wall_clock;
use crate::files;
use crate::server::body::ResponseBody;
use crate::server::context::ServerContext;
use crate::server::listener;
use momo_sandbox_core::model::causes::with_causes;
use momo_sandbox_core::model::escape::{printable, printable_lines};
use momo_sandbox_core::model::fault::ConnectionFault;

/// The most bytes of a body that are read. A real callback has less than 2 KiB.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The path of `momosandbox health`, whose requests are not printed.
const HEALTH_PATH: &str = "/_sandbox/health";

/// The time for callbacks under way after a stop.
const GRACE: Duration = Duration::from_secs(5);

/// The arguments of `listen`.
#[derive(Debug, Args)]
pub struct ListenArguments {
    /// Address to listen on; port 0 takes any free one
    #[arg(
        long,
        default_value = "127.0.0.1:8080",
        value_name = "ADDR",
        value_parser = parse_address
    )]
    pub listen: SocketAddr,

    /// Status to answer with
    #[arg(
        long,
        default_value_t = 200,
        value_name = "STATUS",
        value_parser = clap::value_parser!(u16).range(200..600)
    )]
    pub answer: u16,

    /// How long to wait before the answer, for example 3s
    #[arg(long, default_value = "0s", value_name = "DURATION", value_parser = parse_duration_flag)]
    pub delay: Duration,

    /// Close the connection instead of answering
    #[arg(long)]
    pub drop: bool,

    /// Format of the output
    #[arg(long, default_value = "pretty", value_name = "FORMAT")]
    pub format: ListenFormat,

    /// Serve TLS with this certificate chain, in PEM, the listener's own certificate first
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_chain: Option<PathBuf>,

    /// The key of that certificate
    #[arg(long, value_name = "FILE", requires = "tls_chain")]
    pub tls_key: Option<PathBuf>,
}

/// The value of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListenFormat {
    /// Human-readable.
    Pretty,
    /// One JSON object per line.
    Json,
}

/// The options of answering and printing.
#[derive(Debug, Clone, Copy)]
struct ListenOptions {
    answer: StatusCode,
    delay: Duration,
    drops: bool,
    format: ListenFormat,
}

/// Listens until SIGTERM or Ctrl-C, and prints each callback.
///
/// # Errors
///
/// An invalid certificate, or an address that cannot be listened on.
pub fn run(arguments: &ListenArguments) -> Result<(), Failure> {
    let tls = match (&arguments.tls_chain, &arguments.tls_key) {
        (Some(chain), Some(key)) => Some(acceptor(chain, key)?),
        _ => None,
    };
    let options = ListenOptions {
        answer: StatusCode::from_u16(arguments.answer)
            .map_err(|_| Failure::user(format!("--answer {} is no status", arguments.answer)))?,
        delay: arguments.delay,
        drops: arguments.drop,
        format: arguments.format,
    };
    let runtime = start_runtime()?;
    runtime.block_on(async {
        let stop = stop_signal()?;
        let address = arguments.listen;
        let cannot = |error| Failure::environment(format!("cannot listen on {address}: {error}"));
        let socket = TcpListener::bind(address).await.map_err(cannot)?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let bound = socket.local_addr().map_err(cannot)?;
        let _ = writeln!(std::io::stderr(), "listening on {scheme}://{bound}");
        let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
        let handler = move |request, _| receive(request, options);
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

async fn receive(request: Request<Incoming>, options: ListenOptions) -> Response<ResponseBody> {
    if request.method() == Method::GET && request.uri().path() == HEALTH_PATH {
        return Response::new(ResponseBody::empty());
    }
    let at = wall_clock();
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => Bytes::from(format!("(the body could not be read: {error})")),
    };
    let text = match options.format {
        ListenFormat::Pretty => pretty(&at.to_string(), &head, &body, options),
        ListenFormat::Json => json_line(&at.to_string(), &head, &body),
    };
    // A closed standard output is no failure: the callback is answered all the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let _ = std::io::stdout().flush();
    tokio::time::sleep(options.delay).await;
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = options.answer;
    if options.drops {
        response.extensions_mut().insert(ConnectionFault::Reset);
    }
    response
}

fn headers(head: &Parts) -> impl Iterator<Item = (&str, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    head.headers.iter().map(move |(name, value)| (name.as_str(), text(value)))
}

/// The callback in lines for a reader. Control characters are escaped, so that a sender cannot move
/// the cursor.
fn pretty(at: &str, head: &Parts, body: &[u8], options: ListenOptions) -> String {
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
    if options.drops {
        text.push_str("  -> no answer\n");
    } else {
        let _ = writeln!(text, "  -> {}", options.answer);
    }
    text
}

/// The callback as a JSON object on one line. Its `json` is null where the body is not JSON.
fn json_line(at: &str, head: &Parts, body: &[u8]) -> String {
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
    fn a_sender_cannot_move_the_cursor() {
        let request = Request::post("/paid").header("x", "a").body(()).expect("a request");
        let (head, ()) = request.into_parts();
        let options = ListenOptions {
            answer: StatusCode::OK,
            delay: Duration::ZERO,
            drops: false,
            format: ListenFormat::Pretty,
        };
        let text = pretty("now", &head, b"\x1b[2Jgone\x07", options);
        assert_eq!(text, "now  POST /paid\n    x: a\n    \\u{1b}[2Jgone\\u{7}\n  -> 200 OK\n");
        for hostile in ['\u{1b}', '\u{9b}', '\u{202e}'] {
            let text = pretty("now", &head, format!("{{\"a\":\"{hostile}\"}}").as_bytes(), options);
            assert!(!text.contains(hostile), "{text}");
        }
    }
}
