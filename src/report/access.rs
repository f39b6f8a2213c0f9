//! Rules about tokens.

use std::time::Duration;

use crate::report::observed::Observed;
use crate::report::rules::{Finding, Terms, seen};

/// How long before its end a token may be replaced.
const RENEWED_BEFORE: Duration = Duration::from_secs(60);

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

/// Tokens that were fetched while another lived are fewer than half the requests.
pub fn kept_token(observed: &Observed<'_>, _: &Terms) -> Finding {
    let mut finding = Finding::default();
    if observed.calls < CALLS_MIN {
        return finding;
    }
    let needless = observed.tokens.windows(2).filter(|pair| {
        let [before, token] = pair else { return false };
        // Clients renew a minute before the end.
        let lives_until = before.at.after(observed.token_lifetime).before(RENEWED_BEFORE);
        token.at < lives_until
    });
    let needless = needless.count().saturating_sub(observed.refused_tokens.len());
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
