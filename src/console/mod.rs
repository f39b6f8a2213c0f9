//! The console: a page that shows what happens and lets the payer answer. It uses the control plane
//! alone, and the files of the page contain no data.

mod joined;
#[cfg(test)]
mod words_tests;

use std::borrow::Cow;
use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, LOCATION, REFERRER_POLICY};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;

use crate::control::{PREFIX, protect};
use crate::server::body::ResponseBody;

/// No resources of other origins, no inline scripts or styles, and no framing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

const SCRIPT: &str = "text/javascript; charset=utf-8";
const WORDS: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const PAGE: &str = "index.html";
const PAGE_FRENCH: &str = "index.fr.html";

/// A file as it is served, below `/_sandbox/console/`.
struct File {
    name: &'static str,
    media_type: &'static str,
    text: Cow<'static, str>,
}

/// A file of the folder `page`.
struct Source {
    name: &'static str,
    text: &'static str,
}

impl joined::Source for Source {
    fn name(&self) -> &str {
        self.name
    }

    fn text(&self) -> &str {
        self.text
    }
}

macro_rules! page {
    ($name:literal) => {
        include_str!(concat!("page/", $name))
    };
}

macro_rules! scripts {
    ($($name:literal),* $(,)?) => {
        &[$(Source { name: $name, text: page!($name) }),*]
    };
}

/// The modules that the two scripts are joined of.
static SCRIPTS: &[Source] = scripts![
    "audit.js",
    "banner.js",
    "callbacks.js",
    "clock.js",
    "compare.js",
    "control.js",
    "curl.js",
    "entries.js",
    "events.js",
    "exchange.js",
    "faults.js",
    "follow.js",
    "handset.js",
    "held.js",
    "html.js",
    "keyboard.js",
    "list.js",
    "lock.js",
    "main.js",
    "menu.js",
    "pace.js",
    "payer.js",
    "refusal.js",
    "requests.js",
    "reset.js",
    "route.js",
    "rows.js",
    "save.js",
    "say.js",
    "scenario.js",
    "snippets.js",
    "start.js",
    "stream-worker.js",
    "stream.js",
    "tabs.js",
    "test-payment.js",
    "timeline.js",
    "times.js",
    "transaction.js",
    "trial.js",
    "verdict.js",
    "view.js",
    "words.js",
    "vendor/lit-html.js",
];

/// The page's script, and that of the worker which all tabs share.
const ROOTS: [&str; 2] = ["main.js", "stream-worker.js"];

/// A later style prevails over an earlier one.
const STYLES: &str = concat!(
    page!("style/base.css"),
    page!("style/list.css"),
    page!("style/payment.css"),
    page!("style/handset.css"),
    page!("style/requests.css"),
    page!("style/start.css"),
    page!("style/scenario.css"),
    page!("style/clock.css"),
    page!("style/audit.css"),
    page!("style/narrow.css"),
);

static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let [page, worker] = ROOTS.map(|root| Cow::Owned(joined::joined(SCRIPTS, root)));
    let french = page!("index.html").replace("words/en.json", "words/fr.json");
    let files = [
        (PAGE, HTML, Cow::Borrowed(page!("index.html"))),
        (PAGE_FRENCH, HTML, Cow::Owned(french)),
        ("style.css", "text/css; charset=utf-8", Cow::Borrowed(STYLES)),
        ("page.js", SCRIPT, page),
        ("stream-worker.js", SCRIPT, worker),
        ("snippets/curl.sh", TEXT, Cow::Borrowed(page!("snippets/curl.sh"))),
        ("snippets/node.mjs", TEXT, Cow::Borrowed(page!("snippets/node.mjs"))),
        ("snippets/php.php", TEXT, Cow::Borrowed(page!("snippets/php.php"))),
        ("snippets/powershell.ps1", TEXT, Cow::Borrowed(page!("snippets/powershell.ps1"))),
        ("snippets/python.py", TEXT, Cow::Borrowed(page!("snippets/python.py"))),
        ("words/en.json", WORDS, Cow::Borrowed(page!("words/en.json"))),
        ("words/fr.json", WORDS, Cow::Borrowed(page!("words/fr.json"))),
    ];
    files.map(|(name, media_type, text)| File { name, media_type, text }).into()
});

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
        "/" if is_for_french(request) => PAGE_FRENCH,
        "/" => PAGE,
        below => below.strip_prefix("/console/")?,
    };
    FILES.iter().find(|file| file.name == name).map(serve)
}

fn is_of_a_browser<B>(request: &Request<B>) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// Whether the page that is loaded will want its French words, by the browser's first language.
fn is_for_french<B>(request: &Request<B>) -> bool {
    let languages = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    languages.is_some_and(|languages| languages.trim_start().starts_with("fr"))
}

fn redirect() -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("/_sandbox/"));
    response
}

fn serve(file: &'static File) -> Response<ResponseBody> {
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

    fn served(name: &str) -> &'static str {
        &FILES.iter().find(|file| file.name == name).expect("a file").text
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
        for file in FILES.iter() {
            let path = format!("/_sandbox/console/{}", file.name);
            let response = asked(&path, "*/*").expect("an answer");
            assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], POLICY);
            for named in file.text.split(['"', '`']).filter_map(below_the_page) {
                let is_served = FILES.iter().any(|file| file.name == named);
                assert!(is_served || named.contains('$'), "{} names {named}", file.name);
            }
        }
    }

    /// A module that is not in the list would be missing in the script that is served.
    #[test]
    fn every_import_is_of_a_module_in_the_list() {
        for source in SCRIPTS {
            for named in joined::imported(source.text) {
                let is_there = SCRIPTS.iter().any(|other| other.name == named);
                assert!(is_there, "{} imports {named}, which is not in SCRIPTS", source.name);
            }
        }
    }

    fn below_the_page(text: &str) -> Option<&str> {
        text.strip_prefix("/_sandbox/console/")
    }

    #[test]
    fn the_page_asks_early_for_the_words_of_its_reader() {
        let is_french = |languages| {
            let request = Request::get("/_sandbox/").header(ACCEPT_LANGUAGE, languages).body(());
            is_for_french(&request.expect("a request"))
        };
        assert!(is_french("fr-CI,fr;q=0.9"));
        assert!(!is_french("en-GB,fr;q=0.9"));
        assert!(served(PAGE).contains("words/en.json"));
        assert!(served(PAGE_FRENCH).contains("words/fr.json"));
    }

    #[test]
    fn every_module_is_in_a_script_that_has_no_import_left() {
        let scripts = [served("page.js"), served("stream-worker.js")];
        for script in scripts {
            for left in ["import ", "import(", "export ", "export{"] {
                let line = script.lines().find(|line| line.starts_with(left));
                assert_eq!(line, None, "not in the form of joined.rs");
            }
        }
        for source in SCRIPTS.iter().filter(|source| !ROOTS.contains(&source.name)) {
            let variable = format!("const {} = ", joined::variable(source.name));
            let is_there = scripts.iter().any(|script| script.contains(&variable));
            assert!(is_there, "no script imports {}", source.name);
        }
    }
}
