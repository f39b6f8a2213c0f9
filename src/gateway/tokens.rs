//! Access tokens: JWTs whose expiry follows the emulator's clock.

use std::time::Duration;

use dashmap::DashMap;
use foldhash::fast::RandomState;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::limits::TOKENS_REMEMBERED_MAX;
use crate::model::product::Product;
use crate::model::reference::ApiUserId;
use crate::model::time::Timestamp;
use crate::operations::rejection::Rejection;
use crate::scenario::dice::{Purpose, Seed};

/// Issues and verifies access tokens.
pub struct Tokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
    /// What was found out about the tokens that are in use: a signature takes as long to verify as
    /// all else of a request, and a client shows the same token with each.
    verified: DashMap<Box<str>, (Verified, Product), RandomState>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    /// The API user.
    sub: Uuid,
    /// The product.
    product: String,
    /// When it was issued, in seconds since 1970.
    iat: i64,
    /// When it ends, in seconds since 1970.
    exp: i64,
    /// The consent that it was issued for.
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<Uuid>,
}

/// Whom a token speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer {
    /// The API user.
    pub api_user: ApiUserId,
    /// The consent that it was issued for, if for one.
    pub consent: Option<Uuid>,
}

impl Tokens {
    /// The tokens of a run: the secret that signs them is drawn from its seed.
    pub fn new(seed: Seed) -> Self {
        Self::signed_with(&seed.dice(Uuid::nil(), Purpose::TokenSecret).bytes())
    }

    /// Tokens that whoever has the same secret can verify.
    pub fn signed_with(secret: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // Expiry is checked here, against the emulator's clock.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        Self {
            signing: EncodingKey::from_secret(secret),
            verifying: DecodingKey::from_secret(secret),
            validation,
            verified: DashMap::default(),
        }
    }

    /// A token for a product, which lives so long, in whole seconds.
    pub fn issue(
        &self,
        bearer: Bearer,
        product: Product,
        now: Timestamp,
        lifetime: Duration,
    ) -> String {
        let iat = now.unix_seconds();
        let claims = Claims {
            sub: bearer.api_user.0,
            product: product.name().to_owned(),
            iat,
            exp: iat.saturating_add(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX)),
            consent: bearer.consent,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing)
            .expect("claims of plain fields can be signed with a shared secret")
    }

    /// Whom a token of that product speaks for, and when it ends.
    ///
    /// # Errors
    ///
    /// [`Rejection::InvalidToken`], which says for the log what is wrong with it.
    pub fn verify(&self, token: &str, product: Product) -> Result<Verified, Rejection> {
        if let Some(known) = self.verified.get(token)
            && known.1 == product
        {
            return Ok(known.0);
        }
        let verified = self.verify_anew(token, product)?;
        if self.verified.len() >= TOKENS_REMEMBERED_MAX {
            self.verified.clear();
        }
        self.verified.insert(token.into(), (verified, product));
        Ok(verified)
    }

    fn verify_anew(&self, token: &str, product: Product) -> Result<Verified, Rejection> {
        let invalid = |why: String| Err(Rejection::InvalidToken(why));
        let claims: Claims = match jsonwebtoken::decode(token, &self.verifying, &self.validation) {
            Ok(data) => data.claims,
            Err(error) => {
                return invalid(format!("the token was not issued by this run: {error}"));
            }
        };
        if claims.product != product.name() {
            return invalid(format!("the token is of {}, not of {product}", claims.product));
        }
        let bearer = Bearer { api_user: ApiUserId(claims.sub), consent: claims.consent };
        Ok(Verified { bearer, ends: claims.exp })
    }
}

/// A token that was issued here, for the product; it may have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Whom it speaks for.
    pub bearer: Bearer,
    /// When it ends, in seconds since 1970, in the time of its API user's space.
    ends: i64,
}

impl Verified {
    /// Whom it speaks for, if it is live at that time.
    ///
    /// # Errors
    ///
    /// [`Rejection::InvalidToken`] if it has ended.
    pub fn at(self, now: Timestamp) -> Result<Bearer, Rejection> {
        if self.ends > now.unix_seconds() {
            return Ok(self.bearer);
        }
        let ended = Timestamp(self.ends.saturating_mul(1000));
        Err(Rejection::InvalidToken(format!("the token ended at {ended}")))
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_product_until_it_ends() {
        let tokens = Tokens::new(Seed(1));
        let consent = Some(Uuid::from_u128(8));
        let user = Bearer { api_user: ApiUserId(Uuid::from_u128(7)), consent };
        let start = Timestamp(1_000_000);
        let hour = Duration::from_secs(3600);
        let token = tokens.issue(user, Product::Collection, start, hour);
        let verify = |token: &str, product, now| {
            tokens.verify(token, product).and_then(|verified| verified.at(now))
        };
        let last = Timestamp(start.0 + 3600 * 1000 - 1);
        assert_eq!(verify(&token, Product::Collection, start), Ok(user));
        // The same answers where the token is known already.
        assert_eq!(verify(&token, Product::Collection, start), Ok(user));
        assert_eq!(verify(&token, Product::Collection, last), Ok(user));
        assert!(verify(&token, Product::Collection, Timestamp(last.0 + 1)).is_err());
        assert!(verify(&token, Product::Remittance, start).is_err());
        assert!(verify("abc", Product::Collection, start).is_err());
        assert!(Tokens::new(Seed(2)).verify(&token, Product::Collection).is_err());
        let unsigned = token.rsplit_once('.').expect("three parts").0;
        assert!(verify(&format!("{unsigned}."), Product::Collection, start).is_err());
    }
}
