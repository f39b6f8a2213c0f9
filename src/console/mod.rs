//! The console: a page that shows what happens and lets the payer answer. It uses the control plane
//! alone, and the files of the page contain no data.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION, REFERRER_POLICY};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;

use crate::control::{PREFIX, protect};
use crate::server::body::ResponseBody;

/// No resources of other origins, no inline scripts or styles, and no framing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

const SCRIPT: &str = "text/javascript; charset=utf-8";

struct File {
    name: &'static str,
    media_type: &'static str,
    text: &'static str,
}

macro_rules! files {
    ($($name:literal: $media_type:expr),* $(,)?) => {
        &[$(File {
            name: $name,
            media_type: $media_type,
            text: include_str!(concat!("page/", $name)),
        }),*]
    };
}

static FILES: &[File] = files![
    "index.html": "text/html; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "audit.js": SCRIPT,
    "callbacks.js": SCRIPT,
    "clock.js": SCRIPT,
    "control.js": SCRIPT,
    "curl.js": SCRIPT,
    "entries.js": SCRIPT,
    "events.js": SCRIPT,
    "follow.js": SCRIPT,
    "handset.js": SCRIPT,
    "html.js": SCRIPT,
    "list.js": SCRIPT,
    "lock.js": SCRIPT,
    "main.js": SCRIPT,
    "pace.js": SCRIPT,
    "requests.js": SCRIPT,
    "reset.js": SCRIPT,
    "route.js": SCRIPT,
    "say.js": SCRIPT,
    "scenario.js": SCRIPT,
    "start.js": SCRIPT,
    "stream-worker.js": SCRIPT,
    "stream.js": SCRIPT,
    "tabs.js": SCRIPT,
    "timeline.js": SCRIPT,
    "transaction.js": SCRIPT,
    "view.js": SCRIPT,
    "words.js": SCRIPT,
    "vendor/directive-helpers.js": SCRIPT,
    "vendor/directive.js": SCRIPT,
    "vendor/directives/repeat.js": SCRIPT,
    "vendor/lit-html.js": SCRIPT,
];

/// The answer to a request for the page or one of its files, or to a browser at `/`, which is
/// redirected to the page; `None` for every other request.
pub fn respond<B>(request: &Request<B>) -> Option<Response<ResponseBody>> {
    if request.method() != Method::GET {
        return None;
    }
    let path = request.uri().path();
    if path == PREFIX || (path == "/" && is_of_a_browser(request)) {
        return Some(redirect());
    }
    let name = match path.strip_prefix(PREFIX)? {
        "/" => "index.html",
        below => below.strip_prefix("/console/")?,
    };
    FILES.iter().find(|file| file.name == name).map(serve)
}

fn is_of_a_browser<B>(request: &Request<B>) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

fn redirect() -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("/_sandbox/"));
    response
}

fn serve(file: &File) -> Response<ResponseBody> {
    let body = Full::new(Bytes::from_static(file.text.as_bytes()));
    let mut response = Response::new(ResponseBody::Whole(body));
    // Another version of the program has another page.
    protect(&mut response, POLICY, "no-cache");
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_SECURITY_POLICY;

    use super::*;

    fn asked(path: &str, accept: &str) -> Option<Response<ResponseBody>> {
        respond(&Request::get(path).header(ACCEPT, accept).body(()).expect("a request"))
    }

    /// The name of a file that another one names: from the root, or from where that one is.
    fn address(from: &str, named: &str) -> String {
        if let Some(name) = named.strip_prefix("/_sandbox/console/") {
            return name.to_owned();
        }
        let mut folders: Vec<_> = from.split('/').collect();
        folders.pop();
        for part in named.split('/') {
            match part {
                "." => {}
                ".." => {
                    folders.pop();
                }
                part => folders.push(part),
            }
        }
        folders.join("/")
    }

    #[test]
    fn a_browser_is_led_to_the_page_and_a_program_is_not() {
        let response = asked("/", "text/html,application/xml;q=0.9").expect("an answer");
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[LOCATION], "/_sandbox/");
        assert!(asked("/", "*/*").is_none());
        assert!(asked("/collection/token/", "text/html").is_none());
        assert!(asked("/_sandbox/transactions", "text/html").is_none());
        assert!(asked("/_sandbox/console/none.js", "*/*").is_none());
    }

    #[test]
    fn every_file_that_the_page_names_is_served_under_a_strict_policy() {
        for file in FILES {
            let path = format!("/_sandbox/console/{}", file.name);
            let response = asked(&path, "*/*").expect("an answer");
            assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], POLICY);
            for named in file.text.split(['"', '\'']).filter(|text| text.ends_with(".js")) {
                let wanted = address(file.name, named);
                assert!(
                    FILES.iter().any(|file| file.name == wanted),
                    "{} names {named}",
                    file.name
                );
            }
        }
    }
}
