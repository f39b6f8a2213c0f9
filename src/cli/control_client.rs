//! A client of the control plane of a running emulator.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::callback::resolver::Resolver;
use crate::cli::failure::Failure;
use crate::cli::runtime::start_runtime;

/// The time limit of a request.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// Sends a GET to the control plane and returns the body of the answer.
///
/// # Errors
///
/// No emulator answers there, or it answers with an error, whose body the message has.
pub fn get(url: &str, path: &str, token: Option<&str>) -> Result<String, Failure> {
    ask(Method::GET, url, path, String::new(), token)
}

/// Sends a POST with a body of JSON likewise.
///
/// # Errors
///
/// Those of [`get`].
pub fn post(url: &str, path: &str, body: String, token: Option<&str>) -> Result<String, Failure> {
    ask(Method::POST, url, path, body, token)
}

fn ask(
    method: Method,
    url: &str,
    path: &str,
    body: String,
    token: Option<&str>,
) -> Result<String, Failure> {
    let runtime = start_runtime()?;
    let target = format!("{}/_sandbox/{path}", url.trim_end_matches('/'));
    runtime.block_on(async {
        match tokio::time::timeout(ANSWER_MAX, request(method, &target, body, token)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::environment(format!("no answer from {url} within 30 s"))),
        }
    })
}

async fn request(
    method: Method,
    target: &str,
    body: String,
    token: Option<&str>,
) -> Result<String, Failure> {
    let mut request = Request::builder().method(method).uri(target);
    if !body.is_empty() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|error| {
        Failure::user(format!("`{target}` cannot be asked: {error}; expected http://HOST:PORT"))
    })?;
    let resolver =
        Resolver::of_the_system().map_err(|error| Failure::environment(error.to_string()))?;
    let connector = HttpConnector::new_with_resolver(resolver);
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let answer = client.request(request).await.map_err(|error| {
        let cause = causes_of(&error);
        Failure::environment(format!(
            "cannot reach {target}: {cause}; is the emulator running there?"
        ))
    })?;
    let status = answer.status();
    let body = answer.into_body().collect().await;
    let body =
        body.map_err(|error| Failure::environment(format!("the answer broke off: {error}")))?;
    let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    if status.is_success() {
        Ok(text)
    } else {
        Err(Failure::user(format!("{target} answered {status}: {text}")))
    }
}

/// The causes of an error, the outermost first. The text of the error itself has no reason in it.
fn causes_of(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| {
        let cause: &dyn Error = *cause;
        cause.source()
    });
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}
