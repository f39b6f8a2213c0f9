//! The bytes of a refusal where HTTP cannot go on.

use serde_json::Value;

use crate::server::limits::EXPLANATION_BYTES_MAX;

/// The content type of [`refusal_body`].
pub(super) const REFUSAL_TYPE: &str = "application/json";

/// A fatal TLS alert: the handshake failed. It has no room for a message.
pub(super) const TLS_ALERT: &[u8] = b"\x15\x03\x01\0\x02\x02\x28";

/// The JSON body of a refusal.
pub(super) fn refusal_body(status: u16, why: &str) -> String {
    format!("{{ \"statusCode\": {status}, \"message\": {} }}", Value::from(why))
}

/// A whole HTTP/1.1 answer that refuses a request and ends the connection.
pub(super) fn http_refusal(status: u16, why: &str) -> Vec<u8> {
    let reason = match status {
        408 => "Request Timeout",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Bad Request",
    };
    let body = refusal_body(status, why);
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: {REFUSAL_TYPE}\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    text.into_bytes()
}

/// The frames that end an HTTP/2 connection before it begins: SETTINGS, and a GOAWAY that asks for
/// HTTP/1.1 and says why.
pub(super) fn http2_goaway(why: &str) -> Vec<u8> {
    const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";
    const HTTP_1_1_REQUIRED: &[u8] = b"\0\0\0\0\0\0\0\x0d";
    // A message is shorter than 255 bytes; a longer one would be cut.
    let why = &why.as_bytes()[..why.len().min(usize::from(u8::MAX) - HTTP_1_1_REQUIRED.len())];
    let length = u8::try_from(HTTP_1_1_REQUIRED.len() + why.len()).unwrap_or(u8::MAX);
    [SETTINGS, &[0, 0, length, 7, 0, 0, 0, 0, 0], HTTP_1_1_REQUIRED, why].concat()
}

/// A text in printable ASCII, cut where it is too long. Other characters are escaped.
pub fn printable_ascii(text: &str) -> String {
    const ENDING: &str = "...";
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ' '..='~' => shown.push(character),
            other => shown.extend(other.escape_default()),
        }
        if shown.len() > EXPLANATION_BYTES_MAX {
            shown.truncate(EXPLANATION_BYTES_MAX - ENDING.len());
            shown.push_str(ENDING);
            break;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explanation_is_printable_ascii_within_its_limit() {
        assert_eq!(printable_ascii("a \"b\" \u{e9}\n"), "a \"b\" \\u{e9}\\n");
        let long = printable_ascii(&"\u{1f600}".repeat(200));
        assert_eq!(long.len(), EXPLANATION_BYTES_MAX);
        assert!(long.ends_with("..."));
    }
}
