//! One attempt to deliver a callback, with the headers of the real gateway (contract, section 6).
//!
//! What this client does not do: retry, follow a redirect, read a proxy from the environment, sign.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::callback::limits;
use crate::engine::clock::Clock;
use crate::platform::callback::{Attempt, AttemptResult, Callback, Failure};

/// Sends callbacks.
#[derive(Debug, Clone)]
pub struct CallbackClient {
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Default for CallbackClient {
    fn default() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(limits::ANSWER_MAX));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(limits::IDLE_CONNECTION_MAX)
            .http1_title_case_headers(true)
            .build(connector);
        Self { client }
    }
}

impl CallbackClient {
    /// The one attempt. It takes two seconds at most.
    pub async fn attempt(&self, callback: &Callback, clock: &Clock) -> Attempt {
        let headers = headers(callback);
        let sent_at = clock.now();
        let result = if callback.url.is_https() {
            AttemptResult::Failed {
                failure: Failure::NotAllowed,
                detail: "the sandbox delivers callbacks to http URLs only".to_owned(),
            }
        } else {
            self.send(callback, &headers).await
        };
        Attempt {
            sent_at,
            took: clock.now().since(sent_at),
            url: callback.url.clone(),
            method: callback.method,
            headers,
            body: callback.body.clone(),
            result,
        }
    }

    async fn send(&self, callback: &Callback, headers: &[(&'static str, String)]) -> AttemptResult {
        let mut request =
            Request::builder().method(callback.method.name()).uri(callback.url.as_str());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let body = Full::new(Bytes::copy_from_slice(callback.body.as_bytes()));
        let request = match request.body(body) {
            Ok(request) => request,
            Err(error) => return failed(Failure::NotAllowed, &error),
        };
        let answered = async {
            let response = match self.client.request(request).await {
                Ok(response) => response,
                Err(error) if error.is_connect() => return failed(Failure::Connection, &error),
                Err(error) => return failed(Failure::ConnectionBroken, &error),
            };
            let status = response.status().as_u16();
            // Read to its end, so that the connection can carry the next callback.
            let _ = Limited::new(response.into_body(), limits::ANSWER_BYTES_MAX).collect().await;
            AttemptResult::Answered { status }
        };
        match tokio::time::timeout(limits::ANSWER_MAX, answered).await {
            Ok(result) => result,
            Err(_) => AttemptResult::Failed {
                failure: Failure::TimedOut,
                detail: format!("no answer within {} s", limits::ANSWER_MAX.as_secs()),
            },
        }
    }
}

/// The headers that the real gateway was seen to send; no signature, no credential, no reference.
fn headers(callback: &Callback) -> Vec<(&'static str, String)> {
    vec![
        ("User-Agent", "LWAC Http Client 1.0".to_owned()),
        ("Content-Type", "application/json; charset=utf-8".to_owned()),
        ("Content-Length", callback.body.len().to_string()),
        ("Accept-Encoding", "gzip".to_owned()),
        ("Connection", "keep-alive".to_owned()),
    ]
}

/// The error with its causes, which is where the system's own words are.
fn failed(failure: Failure, error: &dyn std::error::Error) -> AttemptResult {
    let mut detail = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        detail = format!("{detail}: {error}");
        cause = error.source();
    }
    AttemptResult::Failed { failure, detail }
}
