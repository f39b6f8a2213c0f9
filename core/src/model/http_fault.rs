//! Requests that fail below the emulated API, in HTTP or TLS: none of its operations sees them.

/// Why a request failed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpFault {
    /// TLS was spoken to the port of plain HTTP.
    TlsOnHttpPort,
    /// Plain HTTP was spoken to the port of the HTTPS front.
    HttpOnHttpsPort,
    /// HTTP/2 without TLS was spoken to the port of plain HTTP.
    Http2OnHttpPort,
    /// A TLS handshake failed.
    TlsHandshake,
    /// HTTP/2 broke down on the HTTPS front.
    Http2,
    /// The request line is malformed.
    RequestLine,
    /// A header is malformed.
    Header,
    /// The head can be read in two ways.
    Ambiguous,
    /// The head is larger than its limit.
    HeadTooLarge,
    /// The head did not come in time.
    HeadTooSlow,
    /// The client hung up in the middle of a head.
    HeadCutOff,
}

impl HttpFault {
    /// The names of all, in their order.
    pub const NAMES: [&str; 11] = [
        "tls_on_http_port",
        "http_on_https_port",
        "http2_on_http_port",
        "tls_handshake",
        "http2",
        "request_line",
        "header",
        "ambiguous_head",
        "head_too_large",
        "head_too_slow",
        "head_cut_off",
    ];

    /// Its name in the journal and in the metrics.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}
