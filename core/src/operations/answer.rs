//! An answer of the emulated API: its status, reason phrase, headers and body.
//!
//! Two layers answer, and each has its own shape (docs/contract.md#error-bodies): the
//! API-management layer with `{ "statusCode": …, "message": … }` and `application/json`, the wallet
//! platform with `{"message":…,"code":…}`, `{"error":…}` or no body. Clients take the first for
//! final and some of the second for a reason to fetch a new token, so the bytes matter.

use std::sync::Arc;

use serde_json::json;

use crate::model::reason::Reason;

/// The content type of the wallet platform's JSON (recorded 2020 to 2023).
pub const JSON: &str = "application/json;charset=utf-8";

/// The content type of the API-management layer's JSON (recorded 2020).
pub const MANAGEMENT_JSON: &str = "application/json";

/// A header of an answer: its name in lower case, and its value.
pub type Header = (&'static str, &'static str);

/// What a token must not be kept by (recorded 2020, with a token and with `login_failed`).
pub const NEVER_STORED: &[Header] = &[("cache-control", "no-store"), ("pragma", "no-cache")];

/// What every answer of the wallet platform carries: the first was recorded in 2020 and 2023, the
/// second in 2023. The id is that of MTN's own telemetry; any UUID will do.
pub const PLATFORM_HEADERS: &[Header] = &[
    ("request-context", "appId=cid-v1:4d6f4d6f-5361-4e64-a26f-780000000001"),
    ("x-xss-protection", "1; mode=block"),
];

/// The part of the real gateway that gives an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The API-management layer, in front of everything.
    Management,
    /// The wallet platform behind it.
    Platform,
    /// Something before both: a firewall, the application gateway. A body of a scenario's own
    /// counts as of here, since it has neither's headers nor phrases.
    Front,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The part of the gateway that gives the answer.
    pub layer: Layer,
    /// The content type; `None` for an empty body.
    pub content_type: Option<&'static str>,
    /// The headers that only this answer has.
    pub headers: &'static [Header],
    pub body: String,
    /// The parts of the head that a scenario asks for. They go before all others.
    pub own_head: Option<Arc<OwnHead>>,
}

/// Parts of an answer's head that a scenario asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnHead {
    pub content_type: Option<Box<str>>,
    /// Names in lower case, each once, with their values.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// The reason phrase over HTTP/1.1.
    pub phrase: Option<Box<str>>,
}

impl OwnHead {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The bytes of its texts.
    pub fn text_bytes(&self) -> usize {
        let headers = self.headers.iter().flat_map(|(name, value)| [name, value]);
        let texts = headers.chain(&self.content_type).chain(&self.phrase);
        texts.map(|text| text.len()).sum()
    }
}

/// A body without fields.
#[derive(Debug, serde::Serialize)]
pub struct Nothing {}

impl Answer {
    /// An answer of the wallet platform without a body.
    pub fn empty(status: u16) -> Self {
        let (content_type, body, own_head) = (None, String::new(), None);
        Self { status, layer: Layer::Platform, content_type, headers: &[], body, own_head }
    }

    /// An answer of what stands before the API.
    pub fn in_front(status: u16, content_type: Option<&'static str>, body: String) -> Self {
        Self { layer: Layer::Front, content_type, body, ..Self::empty(status) }
    }

    /// A success with a body of another type: the control plane's pages.
    pub fn of_type(content_type: &'static str, body: String) -> Self {
        Self { content_type: Some(content_type), body, ..Self::empty(200) }
    }

    /// An answer of the wallet platform with a JSON body, on one line.
    pub fn json(status: u16, body: &impl serde::Serialize) -> Self {
        let body = serde_json::to_string(body).expect("bodies are plain data with text keys");
        Self::json_text(status, body)
    }

    /// An answer of the wallet platform with a JSON body that is written already, on one line.
    pub fn json_text(status: u16, body: String) -> Self {
        Self { content_type: Some(JSON), body, ..Self::empty(status) }
    }

    /// The API-management layer's shape, with its spaces (recorded 2020, 2021 and 2026).
    pub fn management(status: u16, message: &str) -> Self {
        let message = serde_json::Value::from(message);
        Self {
            layer: Layer::Management,
            content_type: Some(MANAGEMENT_JSON),
            body: format!("{{ \"statusCode\": {status}, \"message\": {message} }}"),
            ..Self::empty(status)
        }
    }

    /// The wallet platform's shape for a refusal.
    pub fn platform(status: u16, message: &str, code: &str) -> Self {
        Self::json(status, &json!({"message": message, "code": code}))
    }

    /// The wallet platform's refusal for a reason that has a code.
    pub fn refused(status: u16, reason: Reason) -> Self {
        Self::platform(status, reason.message(), reason.code())
    }

    /// The shape of OAuth 2.0.
    pub fn oauth(status: u16, error: &str) -> Self {
        Self::json(status, &json!({"error": error}))
    }

    /// An error that a scenario asks for: the wallet platform's shape with a code, the
    /// API-management layer's without one. A message that is left out is the one that goes with
    /// the code.
    pub fn fault(status: u16, code: Option<&str>, message: Option<&str>) -> Self {
        let usual = code.and_then(Reason::of_code).map(Reason::message);
        let message = message.or(usual).unwrap_or("The request could not be processed.");
        match code {
            Some(code) => Self::platform(status, message, code),
            None => Self::management(status, message),
        }
    }

    /// Returns the same answer with additional headers.
    pub fn with(self, headers: &'static [Header]) -> Self {
        Self { headers, ..self }
    }

    /// The reason phrase over HTTP/1.1, where it is not the usual one (recorded 2020 to 2023).
    pub fn phrase(&self) -> Option<&'static str> {
        match (self.layer, self.status) {
            (Layer::Platform, 500) => Some("Server Error"),
            (Layer::Management, 401) => Some("Access Denied"),
            (Layer::Front, 504) => Some("Gateway Time-out"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layer_has_its_own_shape_to_the_byte() {
        let management = Answer::management(403, "Forbidden");
        assert_eq!(management.body, r#"{ "statusCode": 403, "message": "Forbidden" }"#);
        assert_eq!(management.content_type, Some("application/json"));
        let platform = Answer::refused(500, Reason::InvalidCurrency);
        let body = r#"{"message":"Currency not supported.","code":"INVALID_CURRENCY"}"#;
        assert_eq!(platform.body, body);
        assert_eq!(platform.content_type, Some("application/json;charset=utf-8"));
        assert_eq!(platform.phrase(), Some("Server Error"));
        assert_eq!(Answer::management(500, "x").phrase(), None);
    }

    #[test]
    fn a_message_with_quotes_stays_json() {
        let answer = Answer::management(400, "say \"x\"\n");
        let read: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(read["message"], "say \"x\"\n");
        assert!(!answer.body.contains('\n'));
    }
}
