//! What HTTP leaves to the server about where a request ends and whom it is for: one that can be
//! read in two ways is refused, so that nothing in front of the emulator reads another request.

use http::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Request, Response, Version};

use crate::gateway::reply::{Reply, ReplyBody};
use momo_sandbox_core::operations::answer::Answer;

/// The refusal of a request that can be read in two ways, and why; its connection ends with it.
pub fn refuse<B>(request: &Request<B>) -> Option<(&'static str, Response<ReplyBody>)> {
    let fault = fault_of(request)?;
    let mut response = Reply::from(Answer::management(400, fault)).response();
    // Its body is not read: what follows on the connection might be taken for a request.
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    Some((fault, response))
}

fn fault_of<B>(request: &Request<B>) -> Option<&'static str> {
    fault_of_encoding(request.headers()).or_else(|| fault_of_host(request))
}

/// Nothing but one `chunked` has a meaning here (RFC 9112, sections 6.1 and 7.1).
fn fault_of_encoding(headers: &HeaderMap) -> Option<&'static str> {
    let mut values = headers.get_all(TRANSFER_ENCODING).iter();
    let first = values.next()?;
    let is_chunked = first.as_bytes().eq_ignore_ascii_case(b"chunked");
    (!is_chunked || values.next().is_some())
        .then_some("Transfer-Encoding must be `chunked`, once, or not be there.")
}

/// A host that is there once, and that the target agrees with (RFC 9112, section 3.2).
fn fault_of_host<B>(request: &Request<B>) -> Option<&'static str> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (host, another) = (hosts.next(), hosts.next());
    let target = request.uri().authority();
    match (host, target) {
        _ if another.is_some() => Some("There must be one Host header, not several."),
        (None, None) if request.version() == Version::HTTP_11 => {
            Some("There must be a Host header.")
        }
        (Some(host), Some(target)) if !is_of(host, target) => {
            Some("The Host header and the request's target must name the same host.")
        }
        _ => None,
    }
}

fn is_of(host: &HeaderValue, target: &Authority) -> bool {
    host.as_bytes().eq_ignore_ascii_case(target.as_str().as_bytes())
}

/// Whom a request is for, by its target or its Host header; in HTTP/2 it is in the target alone.
/// `None` for a request that does not say it, or not in the form `HOST[:PORT]`.
pub fn authority<B>(request: &Request<B>) -> Option<Authority> {
    match request.uri().authority() {
        Some(target) => Some(target.clone()),
        None => Authority::try_from(request.headers().get(HOST)?.as_bytes()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(target: &str, headers: &[(&str, &str)]) -> Option<&'static str> {
        let mut request = Request::get(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        fault_of(&request.body(()).expect("a request"))
    }

    #[test]
    fn a_request_is_read_in_one_way_or_refused() {
        let host = ("Host", "momo:4673");
        assert_eq!(fault("/", &[host]), None);
        assert_eq!(fault("http://MOMO:4673/", &[host]), None);
        assert_eq!(fault("/", &[host, ("Transfer-Encoding", "Chunked")]), None);
        assert!(fault("/", &[]).is_some());
        assert!(fault("/", &[host, host]).is_some());
        assert!(fault("http://other:4673/", &[host]).is_some());
        for encoding in
            ["gzip, chunked", "chunked, chunked", "identity", "xchunked", "", "chunked;a"]
        {
            assert!(fault("/", &[host, ("Transfer-Encoding", encoding)]).is_some(), "{encoding}");
        }
        let chunked = ("Transfer-Encoding", "chunked");
        assert!(fault("/", &[host, chunked, chunked]).is_some());
    }

    #[test]
    fn an_older_request_need_not_say_whom_it_is_for() {
        let request = Request::get("/").version(Version::HTTP_10).body(()).expect("a request");
        assert_eq!(fault_of(&request), None);
        assert_eq!(authority(&request), None);
    }
}
