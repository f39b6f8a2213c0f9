//! The target of a listener's redirect. It is shown in the journal and the log, and never followed.

use http::HeaderMap;
use http::header::LOCATION;

use momo_sandbox_core::model::callback_url::CallbackUrl;
use momo_sandbox_core::model::escape::printable;
use momo_sandbox_core::platform::callback::AttemptResult;

/// The most characters that are shown of a target.
const CHARACTERS_MAX: usize = 256;

/// The target of a redirect, as an absolute URL without credentials. `None` if the answer is not a
/// redirect, or its `Location` is missing or names no host.
pub fn target(status: u16, headers: &HeaderMap, url: &CallbackUrl) -> Option<Box<str>> {
    if !AttemptResult::is_redirect(status) {
        return None;
    }
    let location = std::str::from_utf8(headers.get(LOCATION)?.as_bytes()).ok()?;
    let mut target = url.join(location)?;
    target.host()?;
    target.set_username("").ok()?;
    target.set_password(None).ok()?;
    Some(shortened(printable(target.as_str())).into())
}

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(CHARACTERS_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn shown(status: u16, location: &[u8]) -> Option<String> {
        let url = CallbackUrl::parse("https://shop.example/momo/paid").expect("a URL");
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_bytes(location).expect("a value"));
        target(status, &headers, &url).map(Into::into)
    }

    #[test]
    fn a_target_is_absolute_and_has_no_credentials() {
        for (location, expected) in [
            ("/login?next=1", "https://shop.example/login?next=1"),
            ("paid/", "https://shop.example/momo/paid/"),
            ("//other.example/x", "https://other.example/x"),
            ("http://shop.example/momo/paid", "http://shop.example/momo/paid"),
            ("https://me:secret@shop.example/", "https://shop.example/"),
            ("https://secret@shop.example:8443/a", "https://shop.example:8443/a"),
        ] {
            assert_eq!(shown(302, location.as_bytes()).as_deref(), Some(expected), "{location}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_not_told() {
        assert_eq!(shown(200, b"/login"), None, "not a redirect");
        assert_eq!(shown(304, b"/login"), None, "not a redirect either");
        for location in [&b"mailto:me:secret@shop.example"[..], b"http://", b"\xff\xfe"] {
            assert_eq!(shown(301, location), None, "{location:?}");
        }
        let url = CallbackUrl::parse("https://shop.example/").expect("a URL");
        assert_eq!(target(302, &HeaderMap::new(), &url), None, "no Location");
    }

    #[test]
    fn a_target_is_printable_and_bounded() {
        let hostile = format!("/\t{}{}", "\u{202e}", "a".repeat(5000));
        let shown = shown(307, hostile.as_bytes()).expect("a target");
        assert_eq!(shown.chars().count(), CHARACTERS_MAX + 1, "{shown}");
        assert!(
            shown.ends_with('…') && shown.chars().all(|one| one == '…' || one.is_ascii_graphic())
        );
    }
}
