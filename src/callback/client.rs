//! One attempt to deliver a callback, with the headers of the real gateway
//! (docs/contract.md#callbacks).
//!
//! This client does not retry, follow a redirect, read a proxy from the environment, or sign.

use std::borrow::Cow;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::HOST;
use http_body_util::{BodyExt, Full, Limited};
use tokio::time::timeout;

use crate::callback::connections::{Acquired, Connections, Head, Unconnected};
use crate::callback::connector::{ConnectError, Connector};
use crate::callback::heard::Heard;
use crate::callback::limits;
use crate::callback::redirect;
use crate::callback::resolver::{ResolveError, Resolver};
use crate::callback::rules;
use crate::callback::settings::CallbackSettings;
use crate::callback::window::Opening;
use crate::certificates::verification::{
    CertificateFault, SeenIssuer, TlsConfigError, observed_client_config,
};
use crate::engine::clock::Clock;
use momo_sandbox_core::model::causes::with_causes;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::platform::callback::{
    Attempt, AttemptResult, Callback, DeliveryFailure, SentHeader,
};

/// The user agent of callbacks (docs/contract.md#callbacks).
pub const USER_AGENT: &str = "LWAC Http Client 1.0";

/// Why no callbacks can be sent.
#[derive(Debug, thiserror::Error)]
pub enum CallbackClientError {
    /// One of the trusted certificates is not a certificate.
    #[error(transparent)]
    Tls(#[from] TlsConfigError),
    #[error(transparent)]
    Resolver(#[from] ResolveError),
}

#[derive(Debug, Clone)]
pub struct CallbackClient {
    connections: Connections,
    environment: &'static Environment,
    settings: Arc<CallbackSettings>,
}

impl CallbackClient {
    /// A client that keeps the rules of an environment.
    pub fn new(
        environment: &'static Environment,
        settings: CallbackSettings,
    ) -> Result<Self, CallbackClientError> {
        Self::observed(environment, settings, None)
    }

    /// A client likewise, which notes in `seen` who issued the certificates of listeners.
    pub fn observed(
        environment: &'static Environment,
        settings: CallbackSettings,
        seen: Option<SeenIssuer>,
    ) -> Result<Self, CallbackClientError> {
        let settings = Arc::new(settings);
        let tls = observed_client_config(&settings.trusted, environment.is_production(), seen)?;
        let resolver = Resolver::of_the_system()?;
        let connector = Connector::new(resolver, tls, Arc::clone(&settings));
        let connections = Connections::new(connector, settings.kept_max);
        Ok(Self { connections, environment, settings })
    }

    /// Makes the one attempt. It takes two seconds at most, once the listener has room for it.
    pub async fn attempt(&self, callback: &Callback, clock: &Clock) -> Attempt {
        self.attempt_heard(callback, clock, false).await.0
    }

    /// Makes the one attempt, and returns what the listener answered too, where that is wanted.
    pub async fn attempt_heard(
        &self,
        callback: &Callback,
        clock: &Clock,
        is_wanted: bool,
    ) -> (Attempt, Option<Heard>) {
        let mut ear = is_wanted.then_some(None);
        let headers = headers(callback);
        let fault = rules::fault_of(&callback.url, self.environment, &self.settings);
        let (sent_at, result) = match fault {
            Some(detail) => (
                clock.now(),
                AttemptResult::Failed { failure: DeliveryFailure::NotAllowed, detail },
            ),
            None => {
                let source = self.settings.sources.of(callback.platform);
                let acquired = self.connections.acquire(&callback.url, source).await;
                (clock.now(), self.send(callback, &headers, acquired, ear.as_mut()).await)
            }
        };
        let attempt = Attempt {
            sent_at,
            took: clock.now().since(sent_at),
            url: callback.url.clone(),
            method: callback.method,
            headers,
            body: callback.body.clone(),
            result,
            number: callback.number,
            due_at: callback.due_at,
        };
        (attempt, ear.flatten())
    }

    async fn send(
        &self,
        callback: &Callback,
        headers: &[SentHeader],
        acquired: Acquired,
        ear: Option<&mut Option<Heard>>,
    ) -> AttemptResult {
        let answered = self.exchange(callback, headers, acquired, ear);
        match timeout(limits::ANSWER_MAX, answered).await {
            Ok(result) => result,
            Err(_) => AttemptResult::Failed {
                failure: DeliveryFailure::TimedOut,
                detail: format!("no answer within {} s", limits::ANSWER_MAX.as_secs()),
            },
        }
    }

    /// Sends the callback, and reads the answer to its end. Another connection is tried only while
    /// not a byte of the callback was written to the one before.
    async fn exchange(
        &self,
        callback: &Callback,
        headers: &[SentHeader],
        acquired: Acquired,
        ear: Option<&mut Option<Heard>>,
    ) -> AttemptResult {
        let (mut kept, mut opening) = match acquired {
            Acquired::Kept(connection) => (Some(connection), None),
            Acquired::New(opening) => (None, Some(opening)),
        };
        let mut tried = 0;
        loop {
            let request = match request(callback, headers) {
                Ok(request) => request,
                Err(error) => return failed(DeliveryFailure::NotAllowed, &error),
            };
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => {
                    // Boxed, so that callbacks on kept connections do not carry its size.
                    let source = self.settings.sources.of(callback.platform);
                    let mut made = Box::pin(self.connections.open(&callback.url, source));
                    let (made, patience) = (made.as_mut(), limits::CONNECT_FIRST);
                    match await_in_window(&mut opening, made, patience, Opening::note_dropped).await
                    {
                        Ok(connection) => connection,
                        Err(error) => return failed_to_connect(&error),
                    }
                }
            };
            let patience = opening.as_ref().map(Opening::patience).unwrap_or_default();
            let sent = {
                let sent = pin!(connection.send(request));
                await_in_window(&mut opening, sent, patience, Opening::note_slow).await
            };
            let response = match sent {
                Ok(response) => response,
                Err(_) if !connection.was_written() && tried < CONNECTIONS_MORE => {
                    tried += 1;
                    continue;
                }
                Err(error) => {
                    connection.broke();
                    return failed(DeliveryFailure::ConnectionBroken, &error);
                }
            };
            if let Some(opening) = opening.take() {
                opening.note_answer();
            }
            let (status, head) = (response.status().as_u16(), Head::of(&response));
            let redirect = redirect::target(status, response.headers(), &callback.url);
            let (answer_head, body) = response.into_parts();
            let body = Limited::new(body, limits::ANSWER_BYTES_MAX);
            // The body has no effect, but the next callback can follow only after its end.
            let has_ended = match ear {
                None => body.collect().await.is_ok(),
                Some(ear) => ear.insert(Heard::new(answer_head)).read(body).await,
            };
            if has_ended {
                self.connections.keep(connection, &head);
            }
            return AttemptResult::Answered { status, redirect };
        }
    }
}

/// The result of `awaited`. If it takes longer than `patience`, its place in the window is left to
/// another connection.
async fn await_in_window<R>(
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

/// How many further connections are tried if the listener closes one before anything is written.
const CONNECTIONS_MORE: usize = 2;

/// A body that shares its text with the callback.
struct SharedBody(Arc<str>);

impl AsRef<[u8]> for SharedBody {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The request as it is written to the listener.
fn request(
    callback: &Callback,
    headers: &[SentHeader],
) -> Result<Request<Full<Bytes>>, http::Error> {
    let path = callback.url.path_and_query();
    let mut request = Request::builder().method(callback.method.name()).uri(path);
    for (name, value) in headers {
        request = request.header(&**name, &**value);
    }
    let body = Bytes::from_owner(SharedBody(Arc::clone(&callback.body)));
    request.header(HOST, callback.url.authority()).body(Full::new(body))
}

/// The headers that the real gateway was seen to send: no signature, no credential, no reference
/// id. Those of a scenario come in the place of the ones with their names, or after them.
fn headers(callback: &Callback) -> Vec<SentHeader> {
    let usual = |name, value: &str| (Cow::Borrowed(name), value.into());
    let mut headers = vec![
        usual("User-Agent", USER_AGENT),
        usual("Content-Type", "application/json; charset=utf-8"),
        usual("Content-Length", &callback.body.len().to_string()),
        usual("Accept-Encoding", "gzip"),
        usual("Connection", "keep-alive"),
    ];
    for (name, value) in callback.content.iter().flat_map(|content| &content.headers) {
        let own = (Cow::Owned(name.to_string()), value.clone());
        match headers.iter_mut().find(|(usual, _)| usual.eq_ignore_ascii_case(name)) {
            Some(usual) => *usual = own,
            None => headers.push(own),
        }
    }
    headers
}

/// The step at which a connection failed, and why.
fn failed_to_connect(error: &Unconnected) -> AttemptResult {
    let failure = match error {
        Unconnected::Connect(ConnectError::NameResolution { .. }) => {
            DeliveryFailure::NameResolution
        }
        Unconnected::Connect(ConnectError::Connection(_)) => DeliveryFailure::Connection,
        Unconnected::Connect(ConnectError::Forbidden { .. } | ConnectError::Itself(_)) => {
            DeliveryFailure::NotAllowed
        }
        Unconnected::Connect(ConnectError::Handshake(error)) => return failed_handshake(error),
        // The socket was there and nothing was sent, so the handshake broke.
        Unconnected::Connect(ConnectError::ServerName(_)) | Unconnected::Http(_) => {
            DeliveryFailure::Handshake
        }
    };
    failed(failure, error)
}

/// The failure of a TLS handshake. Faults of the certificate have failures of their own.
fn failed_handshake(error: &std::io::Error) -> AttemptResult {
    let Some(tls) = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) else {
        return failed(DeliveryFailure::Handshake, error);
    };
    let (failure, detail) = match CertificateFault::of(tls) {
        Some(fault @ CertificateFault::Chain(_)) => (DeliveryFailure::Chain, fault.to_string()),
        Some(fault @ CertificateFault::Host(_)) => (DeliveryFailure::Host, fault.to_string()),
        Some(fault @ CertificateFault::NotApproved(_)) => {
            (DeliveryFailure::Approval, fault.to_string())
        }
        None => (DeliveryFailure::Handshake, tls.to_string()),
    };
    AttemptResult::Failed { failure, detail }
}

fn failed(failure: DeliveryFailure, error: &(dyn std::error::Error + 'static)) -> AttemptResult {
    AttemptResult::Failed { failure, detail: with_causes(error) }
}
