//! Form bodies of `bc-authorize` and `oauth2/token`, one a line, through the pure core.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;

use momo_sandbox::internals::gateway::GatewayRequest;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::operations::scalars::VALIDITY_SECONDS_MAX;

use super::harness::{BODY_BYTES_MAX, Harness, plain_rules};
use super::invariants::{check_harness, decide};

/// The most lines that are played.
const LINES_MAX: usize = 16;

/// A line that begins with `>` is a body of `bc-authorize`, one with `+` lets as many seconds pass,
/// any other is a body of `oauth2/token`, in which `@A` stands for the latest `auth_req_id` and
/// `@R` for the latest refresh token.
pub fn run(input: &[u8]) {
    let mut harness = Harness::new(plain_rules());
    let (mut asked, mut refresh) = (String::new(), String::new());
    for line in input.split(|byte| *byte == b'\n').take(LINES_MAX) {
        if let [b'+', seconds @ ..] = line {
            let seconds = std::str::from_utf8(seconds).ok().and_then(|text| text.parse().ok());
            harness.advance(Duration::from_secs(seconds.unwrap_or(1_u32).into()));
            continue;
        }
        let (path, body) = match line {
            [b'>', body @ ..] => ("/collection/v1_0/bc-authorize", body.to_vec()),
            body => ("/collection/oauth2/token/", filled(body, &asked, &refresh)),
        };
        let mut body = body;
        body.truncate(BODY_BYTES_MAX);
        let authorization = if path.ends_with('/') {
            harness.basic(0)
        } else {
            harness.bearer(0, Product::Collection)
        };
        let Some(reply) = decide(&harness, &request(path, &authorization, body)) else { continue };
        let answer: Value = serde_json::from_str(&reply.answer.body).expect("JSON");
        if let Some(text) = answer["auth_req_id"].as_str() {
            asked = text.to_owned();
        }
        if let Some(text) = answer["refresh_token"].as_str() {
            refresh = text.to_owned();
            let seconds = answer["refresh_token_expired_in"].as_u64().expect("a number");
            assert!(seconds <= VALIDITY_SECONDS_MAX, "{answer}");
        }
    }
    check_harness(&mut harness);
}

fn filled(body: &[u8], asked: &str, refresh: &str) -> Vec<u8> {
    let mut filled = Vec::with_capacity(body.len());
    let mut rest = body;
    loop {
        rest = match rest {
            [b'@', b'A', tail @ ..] => {
                filled.extend(asked.bytes());
                tail
            }
            [b'@', b'R', tail @ ..] => {
                filled.extend(refresh.bytes());
                tail
            }
            [byte, tail @ ..] => {
                filled.push(*byte);
                tail
            }
            [] => return filled,
        };
    }
}

fn request(path: &str, authorization: &str, body: Vec<u8>) -> GatewayRequest {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("ocp-apim-subscription-key", "key"),
        ("authorization", authorization),
        ("x-target-environment", "sandbox"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-length", "1"),
    ] {
        headers.insert(name, HeaderValue::from_str(value).expect("ASCII"));
    }
    GatewayRequest {
        method: Method::POST,
        uri: path.parse().expect("a path"),
        headers,
        body: Bytes::from(body),
        port: None,
        permit: None,
    }
}
