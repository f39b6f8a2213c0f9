//! Protection of the control plane. It refuses web pages that a developer happens to have open, and
//! callbacks. Callers of other machines need the token.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, ORIGIN, USER_AGENT};
use http::uri::Authority;
use http::{HeaderMap, Method, Request};
use subtle::ConstantTimeEq;

use crate::callback::client::USER_AGENT as CALLBACK_AGENT;
use crate::control::refusal::Refusal;
use crate::server::framing;

/// The control token. It is never shown, not even by `Debug`.
#[derive(Clone)]
pub struct ControlToken(String);

impl ControlToken {
    /// Reads a token, which may have only characters that a header can carry.
    ///
    /// # Errors
    ///
    /// A sentence that says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text.to_owned()));
        }
        Err("expected visible ASCII characters without a space, at least one".to_owned())
    }

    /// The text of the token, for a caller that must pass it on.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether this is the token. The time of the comparison reveals nothing but the length.
    fn is(&self, sent: &str) -> bool {
        self.0.as_bytes().ct_eq(sent.as_bytes()).into()
    }
}

impl fmt::Debug for ControlToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ControlToken")
    }
}

/// The conditions for calls of the control plane.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// The control token; every call but harmless ones must have it if it is set.
    pub token: Option<ControlToken>,
}

impl Guard {
    /// Lets a request pass, or refuses it. Calls that are `is_harmless` reveal no data of the
    /// emulator.
    ///
    /// # Errors
    ///
    /// 401 without the token, 403 for a foreign web page, a callback, or a name that is not this
    /// machine's, 415 for a body that a foreign web page could send.
    pub fn check<B>(&self, request: &Request<B>, is_harmless: bool) -> Result<(), Refusal> {
        let (method, headers) = (request.method(), request.headers());
        let authority = framing::authority(request);
        if !is_harmless {
            refuse_callback(headers)?;
            refuse_foreign_page(method, headers, authority.as_ref())?;
        }
        if [Method::POST, Method::PUT].contains(method) {
            refuse_what_a_page_may_send(headers)?;
        }
        match &self.token {
            _ if is_harmless => Ok(()),
            Some(token) => require_token(headers, token),
            None => refuse_foreign_name(authority.as_ref()),
        }
    }

    /// Lets a callback to the console's own listener pass, which has no token.
    ///
    /// # Errors
    ///
    /// 403 for a web page of another origin, or a host that is neither `localhost` nor an address,
    /// which a web page could have lead here.
    pub fn check_callback<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let authority = framing::authority(request);
        refuse_foreign_page(request.method(), request.headers(), authority.as_ref())?;
        let is_address = |authority: &Authority| {
            let host = authority.host().trim_start_matches('[').trim_end_matches(']');
            host.parse::<IpAddr>().is_ok()
        };
        if authority.as_ref().is_some_and(is_address) {
            return Ok(());
        }
        refuse_foreign_name(authority.as_ref())
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

/// Refuses callbacks. A caller that may register a host could have an emulator, this one or another
/// on this machine, call the control plane.
fn refuse_callback(headers: &HeaderMap) -> Result<(), Refusal> {
    if text(headers, &USER_AGENT) != Some(CALLBACK_AGENT) {
        return Ok(());
    }
    let message = format!("the control plane takes no callbacks, as `{CALLBACK_AGENT}` sends them");
    Err(Refusal::new(403, message))
}

/// Refuses web pages of other origins, which a browser names. Such a page could not read an answer,
/// but it could trigger a call, load an answer as a picture or frame it. A page that a person opens
/// in a window of its own is that person's request.
fn refuse_foreign_page(
    method: &Method,
    headers: &HeaderMap,
    authority: Option<&Authority>,
) -> Result<(), Refusal> {
    if let Some(origin) = text(headers, &ORIGIN) {
        let own = authority.map(Authority::as_str).unwrap_or_default();
        if !origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(own)) {
            let message =
                format!("the control plane does not take calls from the web page of {origin}");
            return Err(Refusal::new(403, message));
        }
    }
    let says = |name: &'static str| text(headers, &HeaderName::from_static(name));
    let is_of_another_site =
        says("sec-fetch-site").is_some_and(|site| !["same-origin", "none"].contains(&site));
    let is_opened = method == Method::GET
        && says("sec-fetch-mode") == Some("navigate")
        && says("sec-fetch-dest") == Some("document");
    if is_of_another_site && !is_opened {
        let message = "the control plane does not take calls from web pages of other origins";
        return Err(Refusal::new(403, message));
    }
    Ok(())
}

/// Refuses the media types that any web page may send anywhere. For other types the browser asks
/// first.
fn refuse_what_a_page_may_send(headers: &HeaderMap) -> Result<(), Refusal> {
    if ["application/json", "application/toml"].contains(&media_type(headers).as_str()) {
        return Ok(());
    }
    let message = "requests that change state need `Content-Type: application/json`, also with an \
                   empty body; a scenario may be `application/toml`";
    Err(Refusal::new(415, message))
}

/// The media type of the body, in lower case.
pub fn media_type(headers: &HeaderMap) -> String {
    let header = text(headers, &CONTENT_TYPE).unwrap_or_default();
    header.split(';').next().unwrap_or_default().trim().to_lowercase()
}

/// Refuses foreign host names. Without a token the emulator listens on this machine alone, but a
/// web page could have a name of its own lead here, and call by that name.
fn refuse_foreign_name(authority: Option<&Authority>) -> Result<(), Refusal> {
    let called = authority.map(Authority::as_str);
    if called.is_some_and(is_ours) {
        return Ok(());
    }
    let called = called.unwrap_or("a name that is none");
    let message =
        format!("the control plane is called as localhost or 127.0.0.1, not as `{called}`");
    Err(Refusal::new(403, message))
}

fn is_ours(called: &str) -> bool {
    let name = match called.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => called,
    };
    let in_brackets = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || in_brackets
            .and_then(|name| name.parse::<Ipv6Addr>().ok())
            .is_some_and(|address| address.is_loopback())
}

fn require_token(headers: &HeaderMap, token: &ControlToken) -> Result<(), Refusal> {
    let sent = text(headers, &AUTHORIZATION).and_then(|header| header.strip_prefix("Bearer "));
    if sent.is_some_and(|sent| token.is(sent)) {
        return Ok(());
    }
    let message = "the control plane needs `Authorization: Bearer <control token>`: the one given \
                   with --control-token, or printed at the start";
    Err(Refusal::new(401, message))
}

#[cfg(test)]
mod tests {
    use http::header::HOST;

    use super::*;

    const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

    fn guarded() -> Guard {
        Guard { token: Some(ControlToken::parse("secret").expect("a token")) }
    }

    fn status(guard: &Guard, method: &Method, headers: &[(&str, &str)]) -> u16 {
        status_at(guard, method, "/_sandbox/clock", headers)
    }

    fn status_at(guard: &Guard, method: &Method, uri: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match guard.check(&request.body(()).expect("a request"), false) {
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
            ("[::1].evil.example:4673", 403),
            ("evil.example@localhost:4673", 403),
            ("localhost, evil.example", 403),
            ("192.0.2.1:4673", 403),
            ("", 403),
        ] {
            assert_eq!(status(&open, &Method::GET, &[(HOST.as_str(), host)]), expected, "{host}");
        }
        assert_eq!(status(&open, &Method::GET, &[]), 403, "a caller says whom it calls");
    }

    #[test]
    fn the_name_counts_where_the_target_has_it_as_in_http2() {
        let open = Guard::default();
        let get = |uri, headers: &[_]| status_at(&open, &Method::GET, uri, headers);
        assert_eq!(get("https://localhost:8443/_sandbox/clock", &[]), 200);
        assert_eq!(get("https://evil.example:8443/_sandbox/clock", &[]), 403);
        let own = ("origin", "https://localhost:8443");
        let post = |headers: &[_]| {
            status_at(&open, &Method::POST, "https://localhost:8443/_sandbox/reset", headers)
        };
        assert_eq!(post(&[own, JSON]), 200);
        assert_eq!(post(&[("origin", "https://evil.example:8443"), JSON]), 403);
    }

    #[test]
    fn a_foreign_page_does_nothing_token_or_not() {
        let host = ("host", "localhost:4673");
        let shown = ("authorization", "Bearer secret");
        for guard in [Guard::default(), guarded()] {
            let own = ("origin", "http://localhost:4673");
            assert_eq!(status(&guard, &Method::POST, &[host, own, shown, JSON]), 200);
            assert_eq!(status(&guard, &Method::POST, &[host, own, shown]), 415, "any page may");
            for origin in ["http://evil.example", "http://localhost:3000", "null", "file://", ""] {
                let foreign = [host, ("origin", origin), shown, JSON];
                for method in [Method::POST, Method::PUT, Method::DELETE, Method::GET] {
                    assert_eq!(status(&guard, &method, &foreign), 403, "{method} {origin}");
                }
            }
            for site in ["cross-site", "same-site", "?"] {
                let foreign = [host, ("sec-fetch-site", site), shown];
                assert_eq!(status(&guard, &Method::GET, &foreign), 403, "{site}");
                let (mode, dest) = ("sec-fetch-mode", "sec-fetch-dest");
                let framed = [&foreign[..], &[(mode, "navigate"), (dest, "iframe")]].concat();
                assert_eq!(status(&guard, &Method::GET, &framed), 403, "{site}");
                let opened = [&foreign[..], &[(mode, "navigate"), (dest, "document")]].concat();
                assert_eq!(status(&guard, &Method::GET, &opened), 200, "{site}");
                let posted = [&opened[..], &[JSON]].concat();
                assert_eq!(status(&guard, &Method::POST, &posted), 403, "{site}");
            }
            for site in ["same-origin", "none"] {
                let own = [host, ("sec-fetch-site", site), shown];
                assert_eq!(status(&guard, &Method::GET, &own), 200, "{site}");
            }
        }
    }

    #[test]
    fn a_callback_is_no_call() {
        let callback = [
            ("host", "localhost:4673"),
            ("user-agent", CALLBACK_AGENT),
            ("authorization", "Bearer secret"),
            JSON,
        ];
        assert_eq!(status(&Guard::default(), &Method::POST, &callback), 403);
        assert_eq!(status(&guarded(), &Method::PUT, &callback), 403);
    }

    #[test]
    fn with_a_token_it_must_be_shown_whatever_the_name() {
        let guard = guarded();
        let get = |shown: &str| {
            status(&guard, &Method::GET, &[("host", "momo:4673"), ("authorization", shown)])
        };
        assert_eq!(status(&guard, &Method::GET, &[("host", "momo:4673")]), 401);
        assert_eq!(get("Bearer secret"), 200);
        for wrong in ["", "Bearer", "Bearer ", "Bearer x", "Bearer secre", "Bearer secrets"] {
            assert_eq!(get(wrong), 401, "{wrong}");
        }
        for wrong in ["secret", "Basic secret", "Bearer  secret", "Bearer SECRET"] {
            assert_eq!(get(wrong), 401, "{wrong}");
        }
    }

    #[test]
    fn a_control_token_is_what_a_header_can_carry_and_is_not_shown() {
        for text in ["", " ", "a b", "a\n", "\u{e9}", "a\0"] {
            assert!(ControlToken::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(format!("{:?}", guarded()), "Guard { token: Some(ControlToken) }");
    }
}
