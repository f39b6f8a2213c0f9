//! Requests that fail below the emulated API, in HTTP or TLS: none of its operations sees them.

use strum::{EnumCount, IntoStaticStr, VariantArray};

/// Why a request failed in HTTP or TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumCount, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum HttpFault {
    /// TLS was spoken to the port of plain HTTP.
    TlsOnHttpPort,
    /// Plain HTTP was spoken to the port of the HTTPS front.
    HttpOnHttpsPort,
    /// HTTP/2 without TLS was spoken to the port of plain HTTP.
    Http2OnHttpPort,
    TlsHandshake,
    /// HTTP/2 broke down on the HTTPS front.
    Http2,
    RequestLine,
    Header,
    /// The head can be read in two ways.
    #[strum(serialize = "ambiguous_head")]
    Ambiguous,
    /// The head is larger than its limit.
    HeadTooLarge,
    /// The head did not come in time.
    HeadTooSlow,
    /// The client hung up in the middle of a head.
    HeadCutOff,
}

impl HttpFault {
    /// The name in the journal and in the metrics.
    pub fn name(self) -> &'static str {
        self.into_str()
    }
}
