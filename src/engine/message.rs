//! The head and the body of a request or an answer, as they are kept to be looked at: without
//! secrets, and cut where they are long.

use std::borrow::Cow;

use crate::engine::masking::{
    is_secret_header, is_usual_header, masked, masked_header, masked_values,
};

/// The most bytes of a body that are kept.
pub const BODY_KEPT_MAX: usize = 64 * 1024;

/// A head and a body in one piece of memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    bytes: Box<[u8]>,
    head: usize,
    /// How long the body was, at least.
    whole: u64,
    is_cut: bool,
}

/// What must not be kept of a message.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// The values, the longest first.
    pub values: Vec<String>,
    /// The user of Basic credentials.
    pub user: Option<String>,
}

/// A body, or as much of it as was read.
#[derive(Debug, Clone, Copy)]
pub struct Body<'b> {
    pub bytes: &'b [u8],
    /// How long it was, at least.
    pub whole: u64,
}

impl Body<'_> {
    pub const NONE: Self = Self { bytes: &[], whole: 0 };
}

impl<'b> From<&'b [u8]> for Body<'b> {
    fn from(bytes: &'b [u8]) -> Self {
        Self { bytes, whole: bytes.len() as u64 }
    }
}

impl Message {
    /// A message without its secrets. The first line is that of HTTP/1.1.
    pub fn new<'h>(
        line: &str,
        headers: impl Iterator<Item = (&'h str, &'h [u8])>,
        body: Body<'_>,
        secrets: &Secrets,
    ) -> Self {
        let shown = masked(body.bytes, &secrets.values);
        let is_cut = shown.len() > BODY_KEPT_MAX || body.whole > body.bytes.len() as u64;
        let shown = &shown[..shown.len().min(BODY_KEPT_MAX)];
        let mut bytes = Vec::with_capacity(512 + shown.len());
        // Names with values stand only in a query, or in the user information of a URL.
        let is_plain = !line.contains(['?', '@']);
        let line = if is_plain {
            masked_values(line.as_bytes(), &secrets.values)
        } else {
            masked(line.as_bytes(), &secrets.values)
        };
        bytes.extend_from_slice(&line);
        for (name, value) in headers {
            let value = if is_usual_header(name) {
                masked_values(value, &secrets.values)
            } else if is_secret_header(name) {
                Cow::Owned(masked_header(value, secrets.user.as_deref()))
            } else {
                masked(value, &secrets.values)
            };
            for part in [b"\r\n".as_slice(), name.as_bytes(), b": ", &value] {
                bytes.extend_from_slice(part);
            }
        }
        let head = bytes.len();
        bytes.extend_from_slice(shown);
        let whole = body.whole.max(body.bytes.len() as u64);
        Self { bytes: bytes.into(), head, whole, is_cut }
    }

    /// The first line: the request line or the status line.
    pub fn line(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.lines().next().unwrap_or_default())
    }

    /// The headers, in their order.
    pub fn headers(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.lines().skip(1).filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (name, value) = (&line[..colon], line.get(colon + 2..).unwrap_or_default());
            Some((String::from_utf8_lossy(name), String::from_utf8_lossy(value)))
        })
    }

    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Values of headers have no line ends, so these are the lines.
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let lines = self.bytes[..self.head].split(|byte| *byte == b'\n');
        lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// The body, or as much of it as is kept.
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.head..]
    }

    /// How long the body was, at least.
    pub fn body_bytes(&self) -> u64 {
        self.whole
    }

    /// Whether the body is not kept whole.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The bytes outside of the value itself.
    pub fn bytes_elsewhere(&self) -> usize {
        self.bytes.len()
    }

    /// Whether this text stands anywhere in it, in upper or lower case.
    pub fn contains(&self, lower: &str) -> bool {
        let text = String::from_utf8_lossy(&self.bytes);
        text.contains(lower) || text.to_lowercase().contains(lower)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_and_body_come_back_without_secrets_and_a_long_body_is_cut() {
        let secrets =
            Secrets { values: vec!["s3cret-value".to_owned()], user: Some("shop".to_owned()) };
        let headers: [(&str, &[u8]); 3] =
            [("authorization", b"Basic c2hvcDprZXk="), ("x-a", b"a: s3cret-value"), ("x-e", b"")];
        let body = ["{\"apiKey\":\"k\"}", &"x".repeat(BODY_KEPT_MAX)].concat();
        let message =
            Message::new("POST /a HTTP/1.1", headers.into_iter(), body.as_bytes().into(), &secrets);
        assert_eq!(message.line(), "POST /a HTTP/1.1");
        let shown = message.headers().map(|(name, value)| format!("{name}={value}"));
        let all: Vec<_> = shown.collect();
        assert_eq!(all, ["authorization=Basic shop:[redacted]", "x-a=a: [redacted]", "x-e="]);
        assert!(message.body().starts_with(b"{\"apiKey\":\"[redacted]\"}xxx"));
        assert_eq!((message.body().len(), message.is_cut()), (BODY_KEPT_MAX, true));
        assert_eq!(message.body_bytes(), body.len() as u64);
        assert!(message.contains("post /a") && !message.contains("s3cret"));
        let short = Message::new("A", [].into_iter(), b"x".as_slice().into(), &secrets);
        assert!(!short.is_cut());
    }
}
