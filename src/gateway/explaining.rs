//! The explanation of a refusal, as the journal keeps it and `X-Momo-Sandbox-Why` carries it:
//! printable ASCII, within a limit, and without the secrets of the request.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderName;
use http::header::AUTHORIZATION;

use crate::gateway::request::{GatewayRequest, header};
use momo_sandbox_core::model::limits::EXPLANATION_BYTES_MAX;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::scenario::rule::Origin;

/// The header of our own that tells a caller why a request was refused
/// (docs/contract.md#explanations).
pub static WHY: HeaderName = HeaderName::from_static("x-momo-sandbox-why");

/// What stands in the place of a secret.
const REDACTED: &str = "[redacted]";

/// The shortest text that counts as a secret: shorter ones are parts of ordinary words.
const SECRET_LENGTH_MIN: usize = 6;

/// Why this request was refused.
pub fn why(request: &GatewayRequest, rejection: &Rejection) -> String {
    let mut text = rejection.to_string();
    for secret in secrets_of(request) {
        if secret.len() >= SECRET_LENGTH_MIN && text.contains(&*secret) {
            text = text.replace(&*secret, REDACTED);
        }
    }
    printable_ascii(&text)
}

/// Why this answer is an error although the request is good.
pub fn why_of_scenario(rule: &Origin) -> String {
    let Origin { scenario, number } = rule;
    printable_ascii(&format!(
        "Rule {number} of the scenario `{scenario}` asks for this answer. The request itself is \
         good."
    ))
}

/// What a request shows of its caller and nobody else may know.
fn secrets_of(request: &GatewayRequest) -> Vec<String> {
    let key = request.header(&header::SUBSCRIPTION_KEY).map(str::to_owned);
    let mut secrets: Vec<String> =
        key.into_iter().chain(request.query_parameter("subscription-key")).collect();
    if let Some(shown) = request.header(&AUTHORIZATION) {
        let credentials = shown.split_once(' ').map_or(shown, |(_, rest)| rest.trim());
        let decoded = BASE64_STANDARD.decode(credentials).ok();
        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some((_, api_key)) = decoded.as_deref().and_then(|text| text.split_once(':')) {
            secrets.push(api_key.to_owned());
        }
        secrets.push(credentials.to_owned());
    }
    // A longer one first: a shorter one may be a part of it.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

/// The text in printable ASCII, other characters by their numbers, cut where it is too long.
pub fn printable_ascii(text: &str) -> String {
    const ENDING: &str = "...";
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ' '..='~' => shown.push(character),
            other => shown.extend(other.escape_default()),
        }
        if shown.len() > EXPLANATION_BYTES_MAX {
            shown.truncate(EXPLANATION_BYTES_MAX - ENDING.len());
            shown.push_str(ENDING);
            break;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn an_explanation_is_printable_ascii_within_its_limit() {
        assert_eq!(printable_ascii("a \"b\" \u{e9}\n"), "a \"b\" \\u{e9}\\n");
        let long = printable_ascii(&"\u{1f600}".repeat(200));
        assert_eq!(long.len(), EXPLANATION_BYTES_MAX);
        assert!(long.ends_with("..."));
    }

    #[test]
    fn no_secret_of_the_request_is_in_its_explanation() {
        let request = Request::builder()
            .uri("/collection/token/?subscription-key=key-in-query")
            .header("Ocp-Apim-Subscription-Key", "key-in-header")
            .header("Authorization", format!("Basic {}", BASE64_STANDARD.encode("user:api-key")))
            .body(())
            .expect("a request");
        let request = GatewayRequest::from(request.into_parts().0);
        for secret in ["key-in-query", "key-in-header", "api-key"] {
            let rejection = Rejection::NotFound(format!("No transaction `{secret}`."));
            let text = why(&request, &rejection);
            assert_eq!(text, "No transaction `[redacted]`.", "{secret}");
        }
    }
}
