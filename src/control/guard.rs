//! Who may use the control plane: not a web page that a developer happens to have open, and beyond
//! this machine only who has the token.

use std::net::IpAddr;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use http::{HeaderMap, Method};

use crate::control::request::Refusal;

/// What a caller must show.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// The control token, required where there is one.
    pub token: Option<String>,
}

impl Guard {
    /// Lets a request pass, or says why not. `is_harmless` calls tell nothing that is anybody's.
    ///
    /// # Errors
    ///
    /// 401 without the token, 403 for a foreign web page or a name that is not this machine's, 415
    /// for a body that a foreign web page could send.
    pub fn check(
        &self,
        method: &Method,
        headers: &HeaderMap,
        is_harmless: bool,
    ) -> Result<(), Refusal> {
        if method != Method::GET {
            refuse_foreign_page(headers)?;
        }
        if [Method::POST, Method::PUT].contains(method) {
            refuse_what_a_page_may_send(headers)?;
        }
        match &self.token {
            _ if is_harmless => Ok(()),
            Some(token) => require_token(headers, token),
            None => refuse_foreign_name(headers),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

/// A browser says which page a request is from; a page of somebody else's has no business here.
fn refuse_foreign_page(headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(origin) = text(headers, &ORIGIN) else { return Ok(()) };
    let host = text(headers, &HOST).unwrap_or_default();
    if origin.split_once("://").is_some_and(|(_, from)| from == host) {
        return Ok(());
    }
    let message = format!("the control plane does not take calls from the web page of {origin}");
    Err(Refusal::new(403, message))
}

/// Any web page may send a form or plain text anywhere; for another type the browser asks first.
fn refuse_what_a_page_may_send(headers: &HeaderMap) -> Result<(), Refusal> {
    if ["application/json", "application/toml"].contains(&media_type(headers).as_str()) {
        return Ok(());
    }
    let message = "what changes something is sent with `Content-Type: application/json`, also \
                   where the body is empty; a scenario may be `application/toml`";
    Err(Refusal::new(415, message))
}

/// The media type of the body, in lower case.
pub fn media_type(headers: &HeaderMap) -> String {
    let header = text(headers, &CONTENT_TYPE).unwrap_or_default();
    header.split(';').next().unwrap_or_default().trim().to_lowercase()
}

/// Without a token the emulator listens on this machine alone; a web page could still have a name
/// of its own lead here, and call by that name.
fn refuse_foreign_name(headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(host) = text(headers, &HOST) else { return Ok(()) };
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let is_ours = name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if is_ours {
        return Ok(());
    }
    let message = format!("the control plane is called as localhost or 127.0.0.1, not as `{host}`");
    Err(Refusal::new(403, message))
}

fn require_token(headers: &HeaderMap, token: &str) -> Result<(), Refusal> {
    let sent = text(headers, &AUTHORIZATION).and_then(|header| header.strip_prefix("Bearer "));
    if sent == Some(token) {
        return Ok(());
    }
    let message = "the control plane needs `Authorization: Bearer <control token>`: the one given \
                   with --control-token, or printed at the start";
    Err(Refusal::new(401, message))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn status(guard: &Guard, method: &Method, headers: &[(http::HeaderName, &str)]) -> u16 {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).expect("a value")))
            .collect();
        match guard.check(method, &headers, false) {
            Ok(()) => 200,
            Err(refusal) => refusal.answer().status,
        }
    }

    #[test]
    fn without_a_token_only_this_machine_by_its_own_names_may_call() {
        let open = Guard::default();
        for (host, expected) in [
            ("localhost:4673", 200),
            ("127.0.0.1:4673", 200),
            ("[::1]:4673", 200),
            ("LOCALHOST", 200),
            ("evil.example", 403),
            ("localhost.evil.example:4673", 403),
            ("192.0.2.1:4673", 403),
        ] {
            assert_eq!(status(&open, &Method::GET, &[(HOST, host)]), expected, "{host}");
        }
    }

    #[test]
    fn a_foreign_page_changes_nothing_token_or_not() {
        let host = (HOST, "localhost:4673");
        for guard in [Guard::default(), Guard { token: Some("t".to_owned()) }] {
            let foreign =
                [host.clone(), (ORIGIN, "http://evil.example"), (AUTHORIZATION, "Bearer t")];
            assert_eq!(status(&guard, &Method::POST, &foreign), 403);
            let mut own =
                vec![host.clone(), (ORIGIN, "http://localhost:4673"), (AUTHORIZATION, "Bearer t")];
            assert_eq!(status(&guard, &Method::POST, &own), 415, "any page may send that");
            own.push((CONTENT_TYPE, "application/json; charset=utf-8"));
            assert_eq!(status(&guard, &Method::POST, &own), 200);
        }
    }

    #[test]
    fn with_a_token_it_must_be_shown_whatever_the_name() {
        let guard = Guard { token: Some("secret".to_owned()) };
        let host = (HOST, "momo:4673");
        assert_eq!(status(&guard, &Method::GET, std::slice::from_ref(&host)), 401);
        assert_eq!(status(&guard, &Method::GET, &[host.clone(), (AUTHORIZATION, "Bearer x")]), 401);
        assert_eq!(status(&guard, &Method::GET, &[host, (AUTHORIZATION, "Bearer secret")]), 200);
    }
}
