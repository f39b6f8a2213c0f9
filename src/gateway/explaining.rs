//! The explanation of a refusal, as the journal keeps it and `X-Momo-Sandbox-Why` carries it:
//! printable ASCII, within a limit, and without the secrets of the request.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderName;
use http::header::AUTHORIZATION;

use crate::engine::masking::{REDACTED, SECRET_LENGTH_MIN};
use crate::gateway::request::{GatewayRequest, header};
use crate::server::printable_ascii;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::scenario::rule::{Decider, Origin};

/// The emulator's own header, which explains a refusal (docs/contract.md#explanations).
pub static WHY: HeaderName = HeaderName::from_static("x-momo-sandbox-why");

/// The explanation of a refused request.
pub fn why(request: &GatewayRequest, rejection: &Rejection) -> String {
    let mut text = rejection.to_string();
    for secret in secrets_of(request) {
        if secret.len() >= SECRET_LENGTH_MIN && text.contains(&*secret) {
            text = text.replace(&*secret, REDACTED);
        }
    }
    printable_ascii(&text)
}

/// The explanation of an answer that a rule of a scenario asks for.
pub fn why_of_scenario(decider: &Decider) -> String {
    let Origin { scenario, number } = &decider.rule;
    let occurrence = decider.occurrence.map_or_else(String::new, |occurrence| {
        format!(", for occurrence {occurrence} of what the rule is about")
    });
    printable_ascii(&format!(
        "Rule {number} of the scenario `{scenario}` asks for this answer{occurrence}. The request \
         itself is good."
    ))
}

/// The secrets in a request: credentials, keys, and tokens.
pub(super) fn secrets_of(request: &GatewayRequest) -> Vec<String> {
    let key = request.header(&header::SUBSCRIPTION_KEY).map(str::to_owned);
    let mut secrets: Vec<String> =
        key.into_iter().chain(request.query_parameter("subscription-key")).collect();
    if let Some(shown) = request.header(&AUTHORIZATION) {
        let credentials = shown.split_once(' ').map_or(shown, |(_, rest)| rest.trim());
        // A token has full stops, and base64 has none.
        let decoded = Some(credentials).filter(|text| !text.contains('.'));
        let decoded = decoded.and_then(|credentials| BASE64_STANDARD.decode(credentials).ok());
        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some((_, api_key)) = decoded.as_deref().and_then(|text| text.split_once(':')) {
            secrets.push(api_key.to_owned());
        }
        secrets.push(credentials.to_owned());
    }
    // Longer secrets come first, since a shorter one may be a part of one.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

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
