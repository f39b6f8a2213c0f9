//! Explains what is wrong with the head of a request. Hyper says only that it cannot be parsed.
//!
//! No value of a header and no query is shown: both may have secrets.

use http::Request;
use rustls::server::Acceptor;

use crate::server::limits::{METHOD_CHARACTERS_MAX, TARGET_CHARACTERS_MAX};
use momo_sandbox_core::model::escape::printable;
use momo_sandbox_core::model::http_fault::HttpFault;

/// A request line, as sent: bounded, printable, without the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The text in the place of the method.
    pub method: String,
    /// The text in the place of the target.
    pub target: String,
}

/// The fault of a head.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Diagnosis {
    pub fault: HttpFault,
    pub line: Line,
    /// What was received, and what to send instead.
    pub why: String,
}

/// A received text, bounded and printable.
pub(super) fn shown(text: &str) -> String {
    beginning(text, TARGET_CHARACTERS_MAX)
}

fn beginning(text: &str, characters: usize) -> String {
    let bounded: String = text.chars().take(characters).collect();
    printable(&bounded)
}

/// The request line of a head, which may be incomplete.
pub(super) fn line_of(head: &[u8]) -> Line {
    let (line, _) = split_line(head);
    let line = String::from_utf8_lossy(line);
    let (method, rest) = line.split_once(' ').unwrap_or((&line, ""));
    let target = rest.rsplit_once(" HTTP/").map_or(rest, |(target, _)| target);
    let (method, target) = (without_query(method), without_query(target));
    Line { method: beginning(method, METHOD_CHARACTERS_MAX), target: shown(target) }
}

impl Line {
    /// The line of a request that was parsed.
    pub fn of<B>(request: &Request<B>) -> Self {
        let method = beginning(request.method().as_str(), METHOD_CHARACTERS_MAX);
        Self { method, target: shown(request.uri().path()) }
    }
}

/// The host that a TLS client asks for, if the first bytes of its handshake have it whole.
pub(super) fn server_name(hello: &[u8]) -> Option<String> {
    let mut acceptor = Acceptor::default();
    acceptor.read_tls(&mut &*hello).ok()?;
    let accepted = acceptor.accept().ok()??;
    accepted.client_hello().server_name().map(shown)
}

/// A handshake in the place of a request line.
pub(super) fn line_of_handshake(server_name: Option<String>) -> Line {
    Line { method: "TLS".to_owned(), target: server_name.unwrap_or_default() }
}

fn without_query(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

/// The first line, and the rest.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[][..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

/// Finds the fault of a head that hyper could not parse.
pub(super) fn diagnose(head: &[u8]) -> Diagnosis {
    let (first, mut rest) = split_line(head);
    let line = line_of(head);
    let found = |fault, why| Diagnosis { fault, line: line.clone(), why };
    if let Some(why) = fault_of_line(first) {
        return found(HttpFault::RequestLine, why);
    }
    while !rest.is_empty() {
        let (header, after) = split_line(rest);
        if header.is_empty() {
            break;
        }
        if let Some(why) = fault_of_header(header) {
            return found(HttpFault::Header, why);
        }
        rest = after;
    }
    let why = "The headers contradict each other about the length of the body: send one \
               Content-Length, or `Transfer-Encoding: chunked` over HTTP/1.1.";
    found(HttpFault::Header, why.to_owned())
}

pub(super) fn header_count(head: &[u8]) -> usize {
    let (_, mut rest) = split_line(head);
    let mut count = 0;
    loop {
        let (header, after) = split_line(rest);
        if header.is_empty() {
            return count;
        }
        (count, rest) = (count + 1, after);
    }
}

/// Whether a byte may be in a method or in the name of a header (RFC 9110, section 5.6.2).
fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn fault_of_line(line: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(line);
    let expected = "expected `METHOD /path HTTP/1.1`";
    let Some((method, rest)) = text.split_once(' ') else {
        let seen = beginning(without_query(&text), METHOD_CHARACTERS_MAX);
        return Some(format!(
            "The request line begins with `{seen}` and has no target: {expected}."
        ));
    };
    if method.is_empty() || !method.bytes().all(is_of_token) {
        let seen = beginning(method, METHOD_CHARACTERS_MAX);
        return Some(format!(
            "The request line begins with `{seen}`, which is no method: {expected}. If these are \
             the last bytes of a body, its Content-Length is too small."
        ));
    }
    let Some((target, version)) = rest.rsplit_once(' ') else {
        return Some(format!("The request line has no version after the target: {expected}."));
    };
    if target.is_empty() || target.starts_with(' ') {
        return Some(format!("The request line has two spaces before the target: {expected}."));
    }
    if target.contains(' ') {
        return Some("The target of the request has a space in it: write it as %20.".to_owned());
    }
    if !["HTTP/1.1", "HTTP/1.0"].contains(&version) {
        let seen = beginning(version, METHOD_CHARACTERS_MAX);
        return Some(format!("The version of the request is `{seen}`: send HTTP/1.1."));
    }
    let is_odd = |one: &char| !one.is_ascii_graphic() || "\"<>\\^`{|}".contains(*one);
    if let Some(odd) = target.chars().find(is_odd) {
        let seen = printable(&odd.to_string());
        return Some(format!(
            "The target of the request has the character `{seen}` in it: percent-encode it."
        ));
    }
    let is_target = target.starts_with('/') || target.contains("://") || target == "*";
    (!is_target).then(|| "The target of the request is no path and no URL.".to_owned())
}

fn fault_of_header(header: &[u8]) -> Option<String> {
    let name_of = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        beginning(text.trim(), METHOD_CHARACTERS_MAX)
    };
    if header.starts_with(b" ") || header.starts_with(b"\t") {
        return Some(
            "A header line begins with a space, which continued the line before it in older HTTP: \
             put each header on one line, from its start."
                .to_owned(),
        );
    }
    let Some(colon) = header.iter().position(|byte| *byte == b':') else {
        let word = header.split(|byte| *byte == b' ').next().unwrap_or_default();
        let seen = name_of(word);
        return Some(format!("The header line that begins with `{seen}` has no colon: add it."));
    };
    let (name, value) = (&header[..colon], &header[colon + 1..]);
    let shown = name_of(name);
    if name.ends_with(b" ") || name.ends_with(b"\t") {
        return Some(format!("The header `{shown}` has a space before its colon: remove it."));
    }
    if name.is_empty() {
        return Some("A header line begins with its colon: give the header a name.".to_owned());
    }
    if !name.iter().copied().all(is_of_token) {
        return Some(format!(
            "The header name `{shown}` has a character that no name may have: only letters, digits \
             and `-` are safe."
        ));
    }
    if value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return Some(format!(
            "The value of the header `{shown}` has a control character in it: remove it."
        ));
    }
    let value = String::from_utf8_lossy(value);
    let value = value.trim();
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if shown.eq_ignore_ascii_case("Content-Length") && (!is_number || value.len() > 19) {
        let seen = beginning(value, METHOD_CHARACTERS_MAX);
        return Some(format!(
            "The Content-Length is `{seen}`: send the number of the body's bytes, in digits."
        ));
    }
    if shown.eq_ignore_ascii_case("Transfer-Encoding") && !value.eq_ignore_ascii_case("chunked") {
        let seen = beginning(value, METHOD_CHARACTERS_MAX);
        return Some(format!("The Transfer-Encoding is `{seen}`: it must be `chunked`."));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn says(head: &str, fault: HttpFault, part: &str) {
        let found = diagnose(head.as_bytes());
        assert!(found.fault == fault && found.why.contains(part), "{head:?}: {found:?}");
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_send() {
        use HttpFault::{Header, RequestLine};
        let header = |header: &str| format!("GET / HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n");
        says(
            &header("Content-Length : 3"),
            Header,
            "`Content-Length` has a space before its colon",
        );
        says(&header(" folded"), Header, "begins with a space");
        says(&header("Authorization Bearer"), Header, "`Authorization` has no colon");
        says(&header("a(b: 1"), Header, "`a(b` has a character");
        says(&header(": 1"), Header, "give the header a name");
        says(&header("X: a\0b"), Header, "`X` has a control character");
        says(&header("Content-Length: +3"), Header, "`+3`");
        says(&header("Transfer-Encoding: gzip"), Header, "`gzip`");
        says(&header("Content-Length: 3\r\nContent-Length: 4"), Header, "contradict");
        says("GET /a b HTTP/1.1\r\n\r\n", RequestLine, "%20");
        says("GET  / HTTP/1.1\r\n\r\n", RequestLine, "two spaces");
        says("GET /\r\n\r\n", RequestLine, "no version");
        says("GET / HTTP/3.0\r\n\r\n", RequestLine, "`HTTP/3.0`");
        says("GET /\"a HTTP/1.1\r\n\r\n", RequestLine, "the character `\"`");
        says("{\"a\": 1}\r\n\r\n", RequestLine, "`{\"a\":`, which is no method");
        says("{}", RequestLine, "no target");
    }

    #[test]
    fn the_line_is_bounded_printable_and_without_the_query() {
        let line = line_of(b"GET /\x1b[2J/a?subscription-key=secret HTTP/1.1\r\nHost");
        assert_eq!((&*line.method, &*line.target), ("GET", "/\\u{1b}[2J/a"));
        let long = format!("{} /{}", "A".repeat(9000), "b".repeat(9000));
        let line = line_of(long.as_bytes());
        assert_eq!(line.method.len(), METHOD_CHARACTERS_MAX);
        assert_eq!(line.target.len(), TARGET_CHARACTERS_MAX);
        let secret = "GET /a b?key=secret HTTP/1.1\r\nAuthorization : secret\r\n\r\nsecret";
        assert!(!format!("{:?}", diagnose(secret.as_bytes())).contains("secret"));
    }
}
