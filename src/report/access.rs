//! Rules about tokens.

use crate::report::observed::Observed;
use crate::report::rules::{Finding, Terms, seen};

/// So few requests show no habit.
const CALLS_MIN: usize = 4;

/// After each refusal for an ended token there was a new one.
pub fn renewed_token(observed: &Observed<'_>, _: &Terms) -> Finding {
    let mut finding = Finding::default();
    for refused in &observed.refused_tokens {
        let is_renewed = observed.tokens.iter().any(|token| token.place > refused.place);
        finding.test((!is_renewed).then(|| {
            let words = format!(
                "{} met 401 invalid_token, and no new token was asked for",
                refused.request.path
            );
            seen(refused.request.reference_id, refused.at, words)
        }));
    }
    finding
}

/// There were fewer tokens than half the requests, but for those that replaced an ended one.
pub fn kept_token(observed: &Observed<'_>, _: &Terms) -> Finding {
    let mut finding = Finding::default();
    if observed.calls < CALLS_MIN {
        return finding;
    }
    let needless = observed.tokens.len().saturating_sub(observed.refused_tokens.len());
    finding.test(observed.tokens.last().filter(|_| needless * 2 > observed.calls).map(|last| {
        let words = format!(
            "{} tokens were fetched for {} requests",
            observed.tokens.len(),
            observed.calls
        );
        seen(None, last.at, words)
    }));
    finding
}
