//! Explains a request that fails in HTTP or TLS: what the client sent, and what to change.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use http::{Request, Response};
use rustls::{AlertDescription, Error as TlsError};
use tracing::warn;

use crate::server::body::ResponseBody;
use crate::server::framing;
use crate::server::limits::{HEADERS_MAX, ServerLimit, ServerLimits};
use crate::server::malformed::{self, Diagnosis, Line, line_of_handshake, server_name};
use crate::server::observer::{FailedRequest, Observer};
use crate::server::refusal::{TLS_ALERT, http_refusal, http2_goaway, printable_ascii};
use momo_sandbox_core::model::http_fault::HttpFault;

/// The first bytes of a TLS handshake: the kind of record, and the major version.
const TLS_HANDSHAKE: &[u8] = b"\x16\x03";

/// The first bytes of an HTTP/2 connection.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";

const TLS_IN_TLS: &str = "The client spoke TLS within TLS, as one does whose base URL is https:// \
                          and that reaches the https front through TLS already: have one of both \
                          encrypt.";

const HTTP2_NOT_AGREED: &str = "The client spoke HTTP/2 over TLS, and did not agree with the https \
                                front on that: have it offer `h2` by ALPN, or speak HTTP/1.1.";

/// The ports of a program, which messages name.
#[derive(Debug, Clone, Default)]
pub struct Ports {
    /// Where the program speaks plain HTTP.
    pub http: Option<SocketAddr>,
    pub https: Option<SocketAddr>,
    pub certificate_names: Vec<String>,
}

/// The flags and the page of a program that messages name as remedies.
#[derive(Debug, Clone, Copy)]
pub struct Remedies {
    /// The flag that raises a limit, without its dashes.
    pub limit_flag: fn(ServerLimit) -> &'static str,
    /// The flag that opens an HTTPS port, with its value.
    pub https_flag: &'static str,
    /// The flag that adds a name to the certificate.
    pub certificate_name_flag: &'static str,
    /// The path of the root certificate on the HTTP port.
    pub root_certificate_path: &'static str,
}

/// Explains requests that fail before a handler sees them, and passes them on to the observer.
#[derive(Debug)]
pub struct FaultReporter {
    pub limits: ServerLimits,
    pub observer: Arc<dyn Observer>,
    pub ports: Ports,
    /// `None` for a program without such flags.
    pub remedies: Option<Remedies>,
}

impl FaultReporter {
    /// Logs a request that failed, and passes it on. The status is 0 if no answer in HTTP is sent.
    pub fn report(&self, fault: HttpFault, line: Line, status: u16, why: &str) {
        let (Line { method, target }, why) = (&line, printable_ascii(why));
        warn!(error = fault.name(), %method, %target, %why, "a request failed before the API");
        self.observer.request_failed(FailedRequest { fault, line, status, why });
    }

    /// Refuses a request that can be read in two ways, and reports it. Its connection ends with the
    /// refusal.
    pub fn refuse_ambiguous<B>(&self, request: &Request<B>) -> Option<Response<ResponseBody>> {
        let (why, refusal) = framing::refuse(request)?;
        self.report(HttpFault::Ambiguous, Line::of(request), 400, why);
        Some(refusal)
    }

    /// Why TLS fails on the port of plain HTTP.
    pub(super) fn tls_on_http_port(&self) -> String {
        let Ports { http, https, .. } = &self.ports;
        let here = port(*http, "http");
        let there = match https {
            Some(https) => format!(", or use the https front on {https}"),
            None => self.remedies.map_or(String::new(), |remedies| {
                format!(", or start with {} for an https front", remedies.https_flag)
            }),
        };
        format!("The client spoke TLS. {here}: write http:// in the client's base URL{there}.")
    }

    /// Why plain HTTP fails on the HTTPS port.
    pub(super) fn http_on_https_port(&self) -> String {
        let Ports { http, https, .. } = &self.ports;
        let here = port(*https, "https");
        let there = http.map_or(String::new(), |http| format!("; the http port is {http}"));
        format!(
            "The client spoke HTTP without TLS. {here}: write https:// in the client's base \
             URL{there}."
        )
    }

    /// Why HTTP/2 fails on the port of plain HTTP.
    pub(super) fn http2_on_http_port(&self) -> String {
        let here = port(self.ports.http, "http");
        let there = self.ports.https.map_or(String::new(), |https| {
            format!(", or use the https front on {https}, which speaks HTTP/2")
        });
        format!(
            "The client spoke HTTP/2 without TLS. {here}, and speaks HTTP/1.1: turn off HTTP/2 in \
             the client (\"prior knowledge\", \"h2c\"){there}."
        )
    }

    /// Why a handshake failed, and with what remedy.
    pub(super) fn handshake(&self, error: &io::Error, server_name: Option<&str>) -> String {
        let reason = error.get_ref().and_then(|error| error.downcast_ref::<TlsError>());
        let asked = match server_name {
            Some(name) => format!("The TLS handshake of a client that asked for `{name}` failed"),
            None => "A TLS handshake failed".to_owned(),
        };
        let trust = self.remedy_of_trust(server_name);
        let why = match reason {
            Some(TlsError::AlertReceived(alert)) => {
                if is_about_certificate(*alert) {
                    format!("the client refused the certificate ({alert:?}). {trust}")
                } else {
                    format!("the client ended it with the alert {alert:?}.")
                }
            }
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
        let Ports { http, certificate_names, .. } = &self.ports;
        let has = |name: &str| certificate_names.iter().any(|one| one.eq_ignore_ascii_case(name));
        match (server_name, http, self.remedies) {
            (Some(name), Some(_), Some(remedies)) if !has(name) => {
                let flag = remedies.certificate_name_flag;
                format!("The certificate is not for that name: start with {flag} {name}.")
            }
            (_, Some(http), Some(remedies)) => format!(
                "Have it trust the root at http://{http}{}, and ask for a name that the \
                 certificate has.",
                remedies.root_certificate_path
            ),
            (_, _, _) => "Have it trust the issuer of the certificate.".to_owned(),
        }
    }

    /// Why a handshake was broken off.
    pub(super) fn handshake_too_slow(&self) -> String {
        let limit = match self.flag(ServerLimit::HeadTime) {
            Some(flag) => flag,
            None => format!("{:?}", self.limits.head_time),
        };
        format!("The TLS handshake did not end within {limit}.")
    }

    /// Why a connection is refused under overload.
    pub(super) fn too_many_connections(&self) -> String {
        let limit = match self.flag(ServerLimit::Connections) {
            Some(flag) => format!("{flag} allows"),
            None => "are allowed".to_owned(),
        };
        format!("There are as many connections as {limit}; try again later.")
    }

    /// Why a head is too large. Hyper refuses as too large some heads within the limit, too.
    fn head_too_large(&self, head: &[u8]) -> String {
        let most = self.limits.head_bytes;
        if head.len() >= most {
            self.observer.limit_reached(ServerLimit::HeadBytes);
            let flag = self.or_flag(ServerLimit::HeadBytes);
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

    /// Reports a connection whose client broke the rules of HTTP/2.
    pub(super) fn report_http2(&self, error: &hyper::Error) {
        let cause = error.source().and_then(|cause| cause.downcast_ref::<h2::Error>());
        // An end by the client or the network is no fault of a request.
        let Some(cause) = cause.filter(|cause| cause.is_library()) else { return };
        let reason = cause.reason().map_or_else(String::new, |reason| reason.to_string());
        let why = format!(
            "The client agreed with the https front on HTTP/2, and broke its rules ({reason}). If \
             it does not speak HTTP/2, have it not offer `h2` by ALPN."
        );
        let line = Line { method: "HTTP/2".to_owned(), target: String::new() };
        self.report(HttpFault::Http2, line, 0, &why);
    }
}

/// A connection of HTTP/1 that ended with an error.
#[derive(Debug)]
pub struct Failed<'a> {
    pub error: &'a hyper::Error,
    /// The bytes that came and were not read.
    pub head: &'a [u8],
    /// Whether a part of a head has come, and the rest has not.
    pub is_in_head: bool,
    pub is_secure: bool,
}

impl FaultReporter {
    /// Reports a connection of HTTP/1 that ended with an error, and returns the bytes that refuse
    /// it.
    pub(super) fn refuse(&self, failed: &Failed<'_>) -> Option<Vec<u8>> {
        let Failed { error, head, is_in_head, is_secure } = *failed;
        let line = malformed::line_of(head);
        let (fault, line, status, why, answer) = if head.starts_with(TLS_HANDSHAKE) {
            let line = line_of_handshake(server_name(head));
            if is_secure {
                (HttpFault::RequestLine, line, 0, TLS_IN_TLS.to_owned(), TLS_ALERT.to_vec())
            } else {
                let why = self.tls_on_http_port();
                (HttpFault::TlsOnHttpPort, line, 0, why, TLS_ALERT.to_vec())
            }
        } else if head.starts_with(HTTP2_PREFACE) {
            let (fault, why) = if is_secure {
                (HttpFault::Http2, HTTP2_NOT_AGREED.to_owned())
            } else {
                (HttpFault::Http2OnHttpPort, self.http2_on_http_port())
            };
            let answer = http2_goaway(&why);
            (fault, line, 0, why, answer)
        } else if error.is_parse_too_large() {
            let why = self.head_too_large(head);
            let answer = http_refusal(431, &why);
            (HttpFault::HeadTooLarge, line, 431, why, answer)
        } else if error.is_parse() {
            let Diagnosis { fault, line, why } = malformed::diagnose(head);
            let answer = http_refusal(400, &why);
            (fault, line, 400, why, answer)
        } else if (error.is_incomplete_message() || is_in_head) && !head.is_empty() {
            let why = "The client hung up before the end of the request's head.".to_owned();
            (HttpFault::HeadCutOff, line, 0, why, Vec::new())
        } else {
            return None;
        };
        self.report(fault, line, status, &why);
        Some(answer)
    }

    /// Reports a head that did not come in time, and returns the bytes that refuse it.
    pub(super) fn refuse_slow(&self, head: &[u8]) -> Vec<u8> {
        let limit = self.limits.head_time;
        let flag = self.or_flag(ServerLimit::HeadTime);
        let why = format!("The head of the request did not arrive within {limit:?}{flag}.");
        self.report(HttpFault::HeadTooSlow, malformed::line_of(head), 408, &why);
        http_refusal(408, &why)
    }

    /// The flag that raises a limit, in parentheses.
    fn or_flag(&self, limit: ServerLimit) -> String {
        self.flag(limit).map_or(String::new(), |flag| format!(" ({flag})"))
    }

    fn flag(&self, limit: ServerLimit) -> Option<String> {
        self.remedies.map(|remedies| format!("--{}", (remedies.limit_flag)(limit)))
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
