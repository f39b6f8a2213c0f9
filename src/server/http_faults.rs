//! The trace of a request that fails in HTTP or TLS: a line of the log, a number of the metrics, an
//! entry in the journal of all, each with a sentence that says what to change.

use std::borrow::Cow;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::server::Acceptor;
use rustls::{AlertDescription, Error as TlsError};
use tracing::warn;

use crate::engine::counters::{Counters, add};
use crate::engine::spaces::Spaces;
use crate::gateway::explaining::printable_ascii;
use crate::server::malformed::{self, Diagnosis, Line};
use crate::server::overload::{ALERT, farewell_to_http2, refusal};
use momo_sandbox_core::model::http_fault::HttpFault;
use momo_sandbox_core::model::limits::{HEADERS_MAX, Limit};
use momo_sandbox_core::platform::request::RefusalCause;
use momo_sandbox_core::platform::request::{AnsweredRequest, LineAsSent, Refusal, RequestLine};

/// What every handshake begins with: its kind of record, and the major version.
const TLS_HANDSHAKE: &[u8] = b"\x16\x03";

/// What a client of HTTP/2 begins with.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";

/// What is wrong with TLS within TLS.
const TLS_IN_TLS: &str = "The client spoke TLS within TLS, as one does whose base URL is https:// \
                          and that reaches the https front through TLS already: have one of both \
                          encrypt.";

/// What is wrong with HTTP/2 over TLS that nobody agreed on.
const HTTP2_NOT_AGREED: &str = "The client spoke HTTP/2 over TLS, and did not agree with the https \
                                front on that: have it offer `h2` by ALPN, or speak HTTP/1.1.";

/// The ports of an emulator, as sentences name them.
#[derive(Debug, Clone, Default)]
pub struct Doors {
    /// Where plain HTTP is spoken, if that is known.
    pub http: Option<SocketAddr>,
    /// Where the HTTPS front listens, if there is one.
    pub https: Option<SocketAddr>,
    /// The names that the front's certificate has.
    pub names: Vec<String>,
}

/// Where requests that fail leave their trace.
#[derive(Debug)]
pub struct Traces {
    /// What is counted.
    pub counters: Arc<Counters>,
    /// Whose journal of all has an entry, if there is one.
    pub spaces: Option<Arc<Spaces>>,
    /// The ports.
    pub doors: Doors,
}

impl Traces {
    /// Leaves the trace of a request that was answered with that status; 0 if not in HTTP.
    pub fn leave(&self, fault: HttpFault, line: Line, status: u16, why: &str) {
        let (Line { method, target }, why) = (line, printable_ascii(why));
        warn!(error = fault.name(), %method, %target, %why, "a request failed before the API");
        add(&self.counters.http_faults[fault as usize]);
        let Some(spaces) = &self.spaces else { return };
        let line = LineAsSent { method: Cow::Owned(method), path: target.into(), operation: None };
        spaces.note_unauthenticated(AnsweredRequest {
            line: RequestLine::AsSent(Box::new(line)),
            reference_id: None,
            fingerprint: None,
            has_callback_url: false,
            reported_status: None,
            status,
            refusal: Some(Box::new(Refusal {
                cause: RefusalCause::HttpFault(fault),
                why: why.into(),
            })),
            fault: None,
        });
    }

    /// Why TLS fails on the port of plain HTTP.
    pub fn tls_on_http_port(&self) -> String {
        let Doors { http, https, .. } = &self.doors;
        let here = port(*http, "http");
        let there = match https {
            Some(https) => format!(", or use the https front on {https}"),
            None if self.spaces.is_some() => {
                ", or start with --tls-listen ADDRESS for an https front".to_owned()
            }
            None => String::new(),
        };
        format!("The client spoke TLS. {here}: write http:// in the client's base URL{there}.")
    }

    /// Why plain HTTP fails on the port of the front.
    pub fn http_on_https_port(&self) -> String {
        let Doors { http, https, .. } = &self.doors;
        let here = port(*https, "https");
        let there = http.map_or(String::new(), |http| format!("; the http port is {http}"));
        format!(
            "The client spoke HTTP without TLS. {here}: write https:// in the client's base \
             URL{there}."
        )
    }

    /// Why HTTP/2 fails on the port of plain HTTP.
    pub fn http2_on_http_port(&self) -> String {
        let here = port(self.doors.http, "http");
        let there = self.doors.https.map_or(String::new(), |https| {
            format!(", or use the https front on {https}, which speaks HTTP/2")
        });
        format!(
            "The client spoke HTTP/2 without TLS. {here}, and speaks HTTP/1.1: turn off HTTP/2 in \
             the client (\"prior knowledge\", \"h2c\"){there}."
        )
    }

    /// Why a handshake failed, and with what remedy.
    pub fn handshake(&self, error: &io::Error, server_name: Option<&str>) -> String {
        let reason = error.get_ref().and_then(|error| error.downcast_ref::<TlsError>());
        let asked = match server_name {
            Some(name) => format!("The TLS handshake of a client that asked for `{name}` failed"),
            None => "A TLS handshake failed".to_owned(),
        };
        let trust = self.remedy_of_trust(server_name);
        let why = match reason {
            Some(TlsError::AlertReceived(alert)) => match is_about_certificate(*alert) {
                true => format!("the client refused the certificate ({alert:?}). {trust}"),
                false => format!("the client ended it with the alert {alert:?}."),
            },
            Some(TlsError::PeerIncompatible(what)) => format!(
                "the client and the front have nothing in common ({what:?}). The client must offer \
                 TLS 1.2 or 1.3."
            ),
            Some(TlsError::NoApplicationProtocol) => "the client offers neither `h2` nor \
                `http/1.1` by ALPN. Have it offer one of them, or no ALPN."
                .to_owned(),
            Some(TlsError::InvalidMessage(what)) => {
                format!("what the client sent is not TLS ({what:?}).")
            }
            Some(other) => format!("the client broke the rules of TLS ({other:?})."),
            None => format!(
                "the client hung up in the middle of it. If it does not trust the certificate: \
                 {trust}"
            ),
        };
        format!("{asked}: {why}")
    }

    fn remedy_of_trust(&self, server_name: Option<&str>) -> String {
        let Doors { http, names, .. } = &self.doors;
        let has = |name: &str| names.iter().any(|one| one.eq_ignore_ascii_case(name));
        match (server_name, http) {
            (Some(name), Some(_)) if !has(name) => {
                format!("The certificate is not for that name: start with --tls-name {name}.")
            }
            (_, Some(http)) => format!(
                "Have it trust the root at http://{http}/_sandbox/ca.pem, and ask for a name that \
                 the certificate has."
            ),
            (_, None) => "Have it trust the issuer of the certificate.".to_owned(),
        }
    }

    /// Why a head is too large, which the library finds also of one that is within the limit.
    fn head_too_large(&self, head: &[u8]) -> String {
        let most = self.counters.limits.head_bytes;
        if head.len() >= most {
            self.counters.reach(Limit::HeadBytes);
            let flag = self.or_flag(Limit::HeadBytes);
            return format!(
                "The head of the request is larger than {most} bytes{flag}: send shorter headers."
            );
        }
        match malformed::header_count(head) {
            count if count > HEADERS_MAX => format!(
                "The request has {count} headers, and {HEADERS_MAX} are the most: send fewer."
            ),
            _ => "The target of the request is too long: send a shorter one.".to_owned(),
        }
    }

    /// Leaves the trace of a connection of HTTP/2 whose peer broke its rules.
    pub fn leave_http2(&self, error: &hyper::Error) {
        let cause = error.source().and_then(|cause| cause.downcast_ref::<h2::Error>());
        // What the peer ended, or the network, is no fault of a request.
        let Some(cause) = cause.filter(|cause| cause.is_library()) else { return };
        let reason = cause.reason().map_or_else(String::new, |reason| reason.to_string());
        let why = format!(
            "The client agreed with the https front on HTTP/2, and broke its rules ({reason}). If \
             it does not speak HTTP/2, have it not offer `h2` by ALPN."
        );
        let line = Line { method: "HTTP/2".to_owned(), target: String::new() };
        self.leave(HttpFault::Http2, line, 0, &why);
    }
}

/// A connection of HTTP/1 that ended with an error.
#[derive(Debug)]
pub struct Failed<'a> {
    /// The error.
    pub error: &'a hyper::Error,
    /// What came and was not read.
    pub head: &'a [u8],
    /// Whether a part of a head has come, and the rest has not.
    pub is_in_head: bool,
    /// Whether it is within TLS.
    pub is_secure: bool,
}

impl Traces {
    /// Leaves the trace of a connection of HTTP/1 that ended with an error, and returns what to
    /// tell its client.
    pub fn refuse(&self, failed: &Failed<'_>) -> Option<Vec<u8>> {
        let Failed { error, head, is_in_head, is_secure } = *failed;
        let line = malformed::line_of(head);
        let (fault, line, status, why, farewell) = if head.starts_with(TLS_HANDSHAKE) {
            let line = line_of_handshake(server_name(head));
            match is_secure {
                true => (HttpFault::RequestLine, line, 0, TLS_IN_TLS.to_owned(), ALERT.to_vec()),
                false => {
                    let why = self.tls_on_http_port();
                    (HttpFault::TlsOnHttpPort, line, 0, why, ALERT.to_vec())
                }
            }
        } else if head.starts_with(HTTP2_PREFACE) {
            let (fault, why) = match is_secure {
                true => (HttpFault::Http2, HTTP2_NOT_AGREED.to_owned()),
                false => (HttpFault::Http2OnHttpPort, self.http2_on_http_port()),
            };
            let farewell = farewell_to_http2(&why);
            (fault, line, 0, why, farewell)
        } else if error.is_parse_too_large() {
            let why = self.head_too_large(head);
            let farewell = refusal(431, &why);
            (HttpFault::HeadTooLarge, line, 431, why, farewell)
        } else if error.is_parse() {
            let Diagnosis { fault, line, why } = malformed::diagnose(head);
            let farewell = refusal(400, &why);
            (fault, line, 400, why, farewell)
        } else if (error.is_incomplete_message() || is_in_head) && !head.is_empty() {
            let why = "The client hung up before the end of the request's head.".to_owned();
            (HttpFault::HeadCutOff, line, 0, why, Vec::new())
        } else {
            return None;
        };
        self.leave(fault, line, status, &why);
        Some(farewell)
    }

    /// Leaves the trace of a head that did not come in time, and returns what to tell its client.
    pub fn refuse_slow(&self, head: &[u8]) -> Vec<u8> {
        let limit = self.counters.limits.head_time;
        let flag = self.or_flag(Limit::HeadTime);
        let why = format!("The head of the request did not arrive within {limit:?}{flag}.");
        self.leave(HttpFault::HeadTooSlow, malformed::line_of(head), 408, &why);
        refusal(408, &why)
    }

    /// What raises a limit, where that is a flag of the program.
    fn or_flag(&self, limit: Limit) -> String {
        match self.spaces {
            Some(_) => format!(" (--{})", limit.row().flag),
            None => String::new(),
        }
    }
}

fn port(address: Option<SocketAddr>, kind: &str) -> String {
    match address {
        Some(address) => format!("{address} is the {kind} port"),
        None => format!("This is the {kind} port"),
    }
}

fn is_about_certificate(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::UnknownCA
            | Alert::BadCertificate
            | Alert::CertificateUnknown
            | Alert::CertificateExpired
            | Alert::UnsupportedCertificate
            | Alert::UnrecognisedName
            | Alert::AccessDenied
    )
}

/// The host that the beginning of a handshake asks for, if it is there and whole.
pub fn server_name(hello: &[u8]) -> Option<String> {
    let mut acceptor = Acceptor::default();
    acceptor.read_tls(&mut &*hello).ok()?;
    let accepted = acceptor.accept().ok()??;
    accepted.client_hello().server_name().map(malformed::shown)
}

/// What stands for the request line of a handshake.
pub fn line_of_handshake(server_name: Option<String>) -> Line {
    Line { method: "TLS".to_owned(), target: server_name.unwrap_or_default() }
}
