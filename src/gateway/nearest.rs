//! The operation that a caller may have meant by an unknown path.

use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::spelling::path_likeness;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::operations::table::OPERATIONS;
use momo_sandbox_core::operations::unreadable::beginning;

/// How alike an operation's path must be, from 0 to 1, to be named.
const LIKENESS_MIN: f64 = 0.5;

/// The longest path that is compared, in bytes. The time of a comparison grows with the square of
/// the length, and no operation's path with a usual party or reference id is longer.
const COMPARED_BYTES_MAX: usize = 160;

/// How much the right method counts beside the path.
const METHOD_BONUS: f64 = 0.05;

/// The refusal of a path that no operation has.
pub(super) fn no_such_path(method: &http::Method, path: &str) -> Rejection {
    let shown = beginning(path);
    if method == http::Method::OPTIONS {
        return Rejection::NoSuchPath(format!(
            "MTN's gateway has no CORS: it answers no OPTIONS, so that no page in a browser can \
             call it. Call {shown} from a server of yours instead."
        ));
    }
    let advice = match nearest(method, path) {
        Some(found) => format!("Did you mean {found}?"),
        None => "docs/operations.md and GET /_sandbox/operations list all of them.".to_owned(),
    };
    Rejection::NoSuchPath(format!(
        "No operation is {} {shown}. {advice}",
        beginning(method.as_str())
    ))
}

/// The operation with the most similar method and path, unless the path is too long to compare.
fn nearest(method: &http::Method, path: &str) -> Option<String> {
    if path.len() > COMPARED_BYTES_MAX {
        return None;
    }
    let sent = path.trim_end_matches('/').to_lowercase();
    let paths = OPERATIONS.iter().flat_map(|operation| {
        operation
            .paths()
            .map(move |operation_path| (operation.method.name(), operation_path.full_path()))
    });
    let rated = paths.map(|(own_method, template)| {
        let own = filled(&template, &sent).to_lowercase();
        let bonus = if own_method == method.as_str() { METHOD_BONUS } else { 0.0 };
        (path_likeness(&sent, &own) + bonus, own_method, template)
    });
    // The first of several that are as like: an operation's own path comes before its other ones.
    let (_, own_method, template) = rated
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .filter(|(likeness, ..)| *likeness >= LIKENESS_MIN)?;
    let has_product = |path: &str| path.split('/').nth(1).and_then(Product::named).is_some();
    let needs_product = has_product(&template) && !has_product(&sent);
    let is_shorter = sent.split('/').count() < template.trim_end_matches('/').split('/').count();
    let found = format!("{own_method} {template}");
    Some(if needs_product && is_shorter {
        format!("{found} (paths of a product begin with it)")
    } else {
        found
    })
}

/// A path of the table with the sent parameters in their places, and no slash at its end.
fn filled(template: &str, sent: &str) -> String {
    let own: Vec<&str> = template.trim_end_matches('/').split('/').collect();
    let sent: Vec<&str> = sent.split('/').collect();
    let same_length = own.len() == sent.len();
    let parts = own.iter().enumerate().map(|(index, part)| {
        if !part.starts_with('{') {
            part
        } else if same_length {
            sent[index]
        } else {
            ""
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: &http::Method, path: &str, expected: &str) {
        let why = no_such_path(method, path).to_string();
        assert!(why.contains(expected), "{method} {path}: {why}");
    }

    #[test]
    fn the_nearest_operation_is_named() {
        let post = &http::Method::POST;
        check(post, "/colection/v1_0/requesttopay", "POST /collection/v1_0/requesttopay?");
        check(post, "/v1_0/requesttopay", "POST /collection/v1_0/requesttopay (paths of");
        check(post, "/apiuser/", "POST /v1_0/apiuser?");
        check(post, "/collection/v1_0/requesttopay/", "POST /collection/v1_0/requesttopay?");
        check(post, "/disbursement/v2_0/transfer", "POST /disbursement/v1_0/transfer?");
        check(
            &http::Method::PUT,
            "/collection/v1_0/requesttopay/1f0e9d8c-7b6a-4594-8372-61504f3e2d1c",
            "GET /collection/v1_0/requesttopay/{referenceId}?",
        );
        check(post, "/collection/tokn", "POST /collection/token/?");
        let get = &http::Method::GET;
        check(get, "/collection/v1_0/requesttopay/", "requesttopay/{referenceId}?");
        check(post, "/index.php", "GET /_sandbox/operations");
    }

    #[test]
    fn a_path_that_is_too_long_to_be_misspelt_is_compared_with_none() {
        let path = |length| format!("/collection/v1_0/requesttopay/{}", "x".repeat(length));
        check(&http::Method::PUT, &path(100), "GET /collection/v1_0/requesttopay/{referenceId}?");
        check(&http::Method::PUT, &path(200), "GET /_sandbox/operations");
    }

    #[test]
    fn a_preflight_is_told_that_there_is_no_cors() {
        check(&http::Method::OPTIONS, "/collection/token/", "no CORS");
    }
}
