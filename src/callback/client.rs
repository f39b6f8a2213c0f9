//! One attempt to deliver a callback, with the headers of the real gateway
//! (docs/contract.md#callbacks).
//!
//! What this client does not do: retry, follow a redirect, read a proxy from the environment, sign.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use tokio::time::timeout;

use crate::callback::connections::{Connections, Head, Turn};
use crate::callback::connector::{ConnectFault, Connector};
use crate::callback::redirect;
use crate::callback::resolver::Resolver;
use crate::callback::rules;
use crate::callback::settings::CallbackSettings;
use crate::callback::window::Opening;
use crate::certificates::verification::{CertificateFault, SeenIssuer, observed_client_config};
use crate::engine::clock::Clock;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::limits;
use momo_sandbox_core::platform::callback::{Attempt, AttemptResult, Callback, DeliveryFailure};

/// What callbacks say they are from (docs/contract.md#callbacks).
pub const USER_AGENT: &str = "LWAC Http Client 1.0";

/// Sends callbacks.
#[derive(Debug, Clone)]
pub struct CallbackClient {
    connections: Connections,
    environment: &'static Environment,
    settings: Arc<CallbackSettings>,
}

impl CallbackClient {
    /// One that keeps the rules of an environment.
    ///
    /// # Errors
    ///
    /// A certificate among the trusted ones that is none, or the resolver's own words.
    pub fn new(
        environment: &'static Environment,
        settings: CallbackSettings,
    ) -> Result<Self, String> {
        Self::observed(environment, settings, None)
    }

    /// The same, and `seen` learns who issued the certificates of listeners.
    ///
    /// # Errors
    ///
    /// Those of [`CallbackClient::new`].
    pub fn observed(
        environment: &'static Environment,
        settings: CallbackSettings,
        seen: Option<SeenIssuer>,
    ) -> Result<Self, String> {
        let settings = Arc::new(settings);
        let tls = observed_client_config(&settings.trusted, environment.is_production(), seen)?;
        let connector = Connector::new(Resolver::of_the_system()?, Arc::clone(&settings));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let connections = Connections::by(connector, settings.kept_max);
        Ok(Self { connections, environment, settings })
    }

    /// The one attempt. It takes two seconds at most, once the listener has room for it.
    pub async fn attempt(&self, callback: &Callback, clock: &Clock) -> Attempt {
        let headers = headers(callback);
        let fault = rules::fault_of(&callback.url, self.environment, &self.settings);
        let (sent_at, result) = match fault {
            Some(detail) => (
                clock.now(),
                AttemptResult::Failed { failure: DeliveryFailure::NotAllowed, detail },
            ),
            None => {
                let turn = self.connections.turn(&callback.url).await;
                (clock.now(), self.send(callback, &headers, turn).await)
            }
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

    async fn send(
        &self,
        callback: &Callback,
        headers: &[(&'static str, String)],
        turn: Turn,
    ) -> AttemptResult {
        let uri: Uri = match callback.url.as_str().parse() {
            Ok(uri) => uri,
            Err(error) => return failed(DeliveryFailure::NotAllowed, &error),
        };
        let answered = self.exchange(callback, headers, &uri, turn);
        match timeout(limits::CALLBACK_ANSWER_MAX, answered).await {
            Ok(result) => result,
            Err(_) => AttemptResult::Failed {
                failure: DeliveryFailure::TimedOut,
                detail: format!("no answer within {} s", limits::CALLBACK_ANSWER_MAX.as_secs()),
            },
        }
    }

    /// Sends the callback, and reads the answer to its end. Another connection is tried only while
    /// not a byte of the callback was written to the one before.
    async fn exchange(
        &self,
        callback: &Callback,
        headers: &[(&'static str, String)],
        uri: &Uri,
        turn: Turn,
    ) -> AttemptResult {
        let (mut kept, mut opening) = match turn {
            Turn::Kept(connection) => (Some(connection), None),
            Turn::New(opening) => (None, Some(opening)),
        };
        let mut tried = 0;
        loop {
            let request = match request(callback, headers, uri) {
                Ok(request) => request,
                Err(error) => return failed(DeliveryFailure::NotAllowed, &error),
            };
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => {
                    // Boxed, so that callbacks on kept connections do not carry its size.
                    let mut made = Box::pin(self.connections.open(&callback.url, uri));
                    let (made, patience) = (made.as_mut(), limits::CALLBACK_CONNECT_FIRST);
                    match leaving(&mut opening, made, patience, Opening::was_dropped).await {
                        Ok(connection) => connection,
                        Err(error) => return failed_to_connect(&*error),
                    }
                }
            };
            let patience = opening.as_ref().map(Opening::patience).unwrap_or_default();
            let sent = {
                let sent = pin!(connection.send(request));
                leaving(&mut opening, sent, patience, Opening::is_slow).await
            };
            let response = match sent {
                Ok(response) => response,
                Err(_) if !connection.was_asked() && tried < CONNECTIONS_MORE => {
                    tried += 1;
                    continue;
                }
                Err(error) => {
                    connection.broke();
                    return failed(DeliveryFailure::ConnectionBroken, &error);
                }
            };
            if let Some(opening) = opening.take() {
                opening.was_answered();
            }
            let (status, head) = (response.status().as_u16(), Head::of(&response));
            let redirect = redirect::target(status, response.headers(), &callback.url);
            let body = Limited::new(response.into_body(), limits::CALLBACK_ANSWER_BYTES_MAX);
            // What it says is not looked at, but only after its end can the next callback follow.
            if body.collect().await.is_ok() {
                self.connections.rest(connection, &head);
            }
            return AttemptResult::Answered { status, redirect };
        }
    }
}

/// What comes of it. After that time, the place in the window is left to another.
async fn leaving<R>(
    opening: &mut Option<Opening>,
    mut awaited: Pin<&mut impl Future<Output = R>>,
    patience: Duration,
    leave: fn(&mut Opening),
) -> R {
    if let Some(opening) = opening {
        if let Ok(result) = timeout(patience, awaited.as_mut()).await {
            return result;
        }
        leave(opening);
    }
    awaited.await
}

/// How many connections more are tried, where the listener closes one before anything is written.
const CONNECTIONS_MORE: usize = 2;

/// The request as it is written to the listener.
fn request(
    callback: &Callback,
    headers: &[(&'static str, String)],
    uri: &Uri,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder().method(callback.method.name()).uri(path);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let host = uri.host().unwrap_or_default();
    let default = if callback.url.is_https() { 443 } else { 80 };
    let host = match uri.port_u16() {
        Some(port) if port != default => format!("{host}:{port}"),
        _ => host.to_owned(),
    };
    let body = Full::new(Bytes::copy_from_slice(callback.body.as_bytes()));
    request.header(HOST, host).body(body)
}

/// The headers that the real gateway was seen to send; no signature, no credential, no reference.
fn headers(callback: &Callback) -> Vec<(&'static str, String)> {
    vec![
        ("User-Agent", USER_AGENT.to_owned()),
        ("Content-Type", "application/json; charset=utf-8".to_owned()),
        ("Content-Length", callback.body.len().to_string()),
        ("Accept-Encoding", "gzip".to_owned()),
        ("Connection", "keep-alive".to_owned()),
    ]
}

/// At which point an attempt failed, and why: the first of its causes that is one of ours tells.
fn fault_of(error: &(dyn std::error::Error + 'static)) -> Option<(DeliveryFailure, String)> {
    if let Some(fault) = error.downcast_ref::<ConnectFault>() {
        let failure = match fault {
            ConnectFault::NameResolution(_) => DeliveryFailure::NameResolution,
            ConnectFault::Connection(_) => DeliveryFailure::Connection,
            ConnectFault::Forbidden { .. } | ConnectFault::Itself(_) => DeliveryFailure::NotAllowed,
        };
        return Some((failure, fault.to_string()));
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(match CertificateFault::of(error) {
            Some(fault @ CertificateFault::Chain(_)) => (DeliveryFailure::Chain, fault.to_string()),
            Some(fault @ CertificateFault::Host(_)) => (DeliveryFailure::Host, fault.to_string()),
            Some(fault @ CertificateFault::NotApproved(_)) => {
                (DeliveryFailure::Approval, fault.to_string())
            }
            None => (DeliveryFailure::Handshake, error.to_string()),
        });
    }
    // An I/O error hides what it carries from `source`.
    let carried = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    match carried {
        Some(carried) => fault_of(carried),
        None => error.source().and_then(fault_of),
    }
}

fn failed_to_connect(error: &(dyn std::error::Error + 'static)) -> AttemptResult {
    match fault_of(error) {
        Some((failure, detail)) => AttemptResult::Failed { failure, detail },
        // What breaks while a connection is made, after the socket is there, is the handshake.
        None => failed(DeliveryFailure::Handshake, error),
    }
}

/// The error with its causes, which is where the system's own words are.
fn failed(failure: DeliveryFailure, error: &dyn std::error::Error) -> AttemptResult {
    let mut detail = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        detail = format!("{detail}: {error}");
        cause = error.source();
    }
    AttemptResult::Failed { failure, detail }
}
