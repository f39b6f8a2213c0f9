//! Rules about tokens.

use std::time::Duration;

use crate::model::product::Product;
use crate::report::check::{Observation, RuleCheck, Terms};
use crate::report::observed::{Moment, Observed};
use crate::report::seen::Seen;

/// How long before its expiry a token may be replaced.
const RENEWED_BEFORE: Duration = Duration::from_secs(60);

/// With fewer requests there is no evidence of a habit.
const CALLS_MIN: usize = 4;

/// After each refusal for an ended token there was a new one of the same product.
pub fn renewed_token(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    for refused in &observed.refused_tokens {
        let is_successor = |token: &Moment<'_>| token.place > refused.place;
        let is_renewed = observed.tokens.iter().any(is_successor);
        finding.test(
            refused.request.reference_id,
            (!is_renewed).then(|| {
                let seen = Seen::TokenNotRenewed { path: refused.request.path().into() };
                Observation::new(refused.request.reference_id, refused.at, seen)
            }),
        );
    }
    finding
}

/// Of each product, tokens that were fetched while another lived are fewer than half the requests.
pub fn kept_token(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    for product in Product::ALL {
        let is_its = |moment: &&Moment<'_>| moment.product() == Some(product);
        let calls = observed.calls.iter().filter(is_its).count();
        let tokens: Vec<_> = observed.tokens.iter().filter(is_its).collect();
        if calls < CALLS_MIN || tokens.is_empty() {
            continue;
        }
        let needless = tokens.windows(2).filter(|pair| {
            let [before, token] = pair else { return false };
            // Clients renew a minute before the end.
            let lives_until = before.at.after(observed.token_lifetime).before(RENEWED_BEFORE);
            let has_ended = observed
                .refused_tokens
                .iter()
                .filter(is_its)
                .any(|refused| (before.place..token.place).contains(&refused.place));
            token.at < lives_until && !has_ended
        });
        let is_wasteful = needless.count() * 2 > calls;
        let last = tokens.last().filter(|_| is_wasteful);
        finding.test(
            None,
            last.map(|last| {
                let count = tokens.len();
                let product = product.name().to_owned();
                Observation::new(None, last.at, Seen::TokensWasted { product, count, calls })
            }),
        );
    }
    finding
}
