//! Access tokens: JWTs as MTN issues them, whose expiry follows the emulator's clock.
//!
//! Their header says `R256`, which no library of JWTs knows. So they are built here, and signed
//! with HMAC-SHA256. A token names no product (recorded 2020 to 2025).

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use dashmap::DashMap;
use foldhash::fast::RandomState;
use ring::hmac;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use momo_sandbox_core::model::ids::ApiUserId;

use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::consent::ConsentNumber;
use momo_sandbox_core::scenario::seed::{Purpose, Seed};

/// The most tokens of which it is remembered that they were verified; then all are verified anew.
pub const TOKENS_REMEMBERED_MAX: usize = 10_000;

/// The most bytes of a token that is remembered: the names of its scopes may make it longer. An
/// ordinary one has 250.
pub const TOKEN_REMEMBERED_BYTES_MAX: usize = 1024;

/// The header of every token, as it is recorded.
const HEADER: &str = r#"{"typ":"JWT","alg":"R256"}"#;

pub struct Tokens {
    secret: hmac::Key,
    /// The verified tokens in use. Verifying a signature takes as long as the rest of a request,
    /// and a client sends the same token with each.
    verified: DashMap<Box<str>, Verified, RandomState>,
}

/// The claims of an API user's token (recorded 2020 to 2025).
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Claims {
    /// The API user.
    client_id: Uuid,
    /// When it ends, in UTC with milliseconds and no zone.
    expires: String,
    /// An id of its own for each token.
    session_id: Uuid,
}

/// The claims of a token for a consent (recorded 2023).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsentClaims {
    /// The account holder: the sandbox has only one.
    sub: String,
    /// The number of the consent.
    aud: String,
    /// The API user.
    cid: Uuid,
    /// When it ends, in seconds since 1970.
    exp: i64,
    /// When it was issued, in seconds since 1970.
    iat: i64,
    iss: String,
    con: u8,
    scp: Vec<String>,
}

/// The API user that a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer {
    pub api_user: ApiUserId,
    /// The consent that it was issued for, if there is one.
    pub consent: Option<ConsentNumber>,
}

impl Tokens {
    /// The tokens of a run. Their secret is drawn from its seed.
    pub fn new(seed: Seed) -> Self {
        Self::signed_with(&seed.bytes(Uuid::nil(), Purpose::TokenSecret))
    }

    /// Tokens with a given secret, which other instances share.
    pub fn signed_with(secret: &[u8]) -> Self {
        Self { secret: hmac::Key::new(hmac::HMAC_SHA256, secret), verified: DashMap::default() }
    }

    /// Issues a token for an API user.
    pub fn issue(
        &self,
        api_user: ApiUserId,
        session: Uuid,
        now: Timestamp,
        lifetime: Duration,
    ) -> String {
        let expires = now.after(lifetime).to_millis_text();
        self.sign(&Claims { client_id: api_user.0, expires, session_id: session })
    }

    /// Issues a token for a consent of an API user with these scopes. Its lifetime counts in whole
    /// seconds.
    pub fn issue_for_consent(
        &self,
        api_user: ApiUserId,
        (consent, scope): (ConsentNumber, &str),
        now: Timestamp,
        lifetime: Duration,
    ) -> String {
        let iat = now.unix_seconds();
        let lives = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        self.sign(&ConsentClaims {
            sub: "0".to_owned(),
            aud: consent.0.to_string(),
            cid: api_user.0,
            exp: iat.saturating_add(lives),
            iat,
            iss: "https://localhost".to_owned(),
            con: 0,
            scp: scope.split(' ').map(str::to_owned).collect(),
        })
    }

    fn sign(&self, claims: &impl Serialize) -> String {
        let claims = serde_json::to_vec(claims).expect("claims are plain data");
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let message = format!("{}.{}", encode(HEADER.as_bytes()), encode(&claims));
        let signature = hmac::sign(&self.secret, message.as_bytes());
        format!("{message}.{}", encode(signature.as_ref()))
    }

    /// Verifies a token, which may have ended.
    ///
    /// # Errors
    ///
    /// [`Rejection::InvalidToken`], which explains what is wrong with it.
    pub fn verify(&self, token: &str) -> Result<Verified, Rejection> {
        if let Some(known) = self.verified.get(token) {
            return Ok(*known);
        }
        let verified = self.verify_anew(token).map_err(|why| {
            Rejection::InvalidToken(format!(
                "The token {why}. Get one by POST /{{product}}/token/ from this emulator."
            ))
        })?;
        if token.len() <= TOKEN_REMEMBERED_BYTES_MAX {
            if self.verified.len() >= TOKENS_REMEMBERED_MAX {
                self.verified.clear();
            }
            self.verified.insert(token.into(), verified);
        }
        Ok(verified)
    }

    fn verify_anew(&self, token: &str) -> Result<Verified, &'static str> {
        let (message, signature) =
            token.rsplit_once('.').ok_or("is not a JWT: it has no three parts between dots")?;
        let (header, claims) =
            message.split_once('.').ok_or("is not a JWT: it has no three parts between dots")?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
        let header = decode(header).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let Some(serde_json::Value::Object(_)) = header else {
            return Err("is not a JWT: its first part is not base64url of a JSON object");
        };
        let is_ours = decode(signature)
            .is_some_and(|bytes| hmac::verify(&self.secret, message.as_bytes(), &bytes).is_ok());
        if !is_ours {
            return Err("was not issued by this emulator in this run: its signature is another's");
        }
        let claims = decode(claims).ok_or("is not a JWT: its second part is not base64url")?;
        read_claims(&claims).ok_or("was signed by this emulator, but has other claims than a token")
    }
}

fn read_claims(claims: &[u8]) -> Option<Verified> {
    if let Ok(claims) = serde_json::from_slice::<Claims>(claims) {
        let bearer = Bearer { api_user: ApiUserId(claims.client_id), consent: None };
        return Some(Verified { bearer, ends: Timestamp::parse_millis_text(&claims.expires)? });
    }
    let claims: ConsentClaims = serde_json::from_slice(claims).ok()?;
    let consent = Some(ConsentNumber(claims.aud.parse().ok()?));
    let bearer = Bearer { api_user: ApiUserId(claims.cid), consent };
    Some(Verified { bearer, ends: Timestamp(claims.exp.saturating_mul(1000)) })
}

/// A token that this emulator issued. It may have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    pub bearer: Bearer,
    /// When it ends, in the time of its API user's space.
    ends: Timestamp,
}

impl Verified {
    /// The API user that it is for, if it has not ended at this time.
    ///
    /// # Errors
    ///
    /// [`Rejection::InvalidToken`] if it has ended.
    pub fn at(self, now: Timestamp) -> Result<Bearer, Rejection> {
        if self.ends > now {
            return Ok(self.bearer);
        }
        Err(Rejection::InvalidToken(format!(
            "The token ended at {}; it is {now} for this API user. Get a new one by POST \
             /{{product}}/token/.",
            self.ends
        )))
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

    const USER: ApiUserId = ApiUserId(Uuid::from_u128(7));
    const SESSION: Uuid = Uuid::from_u128(9);
    const START: Timestamp = Timestamp(1_583_402_121_518);
    const HOUR: Duration = Duration::from_secs(3600);

    fn part(token: &str, index: usize) -> String {
        let part = token.split('.').nth(index).expect("three parts");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url");
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn a_token_is_good_until_it_ends() {
        let tokens = Tokens::new(Seed(1));
        let user = Bearer { api_user: USER, consent: None };
        let token = tokens.issue(USER, SESSION, START, HOUR);
        let verify = |token: &str, now| tokens.verify(token).and_then(|verified| verified.at(now));
        let last = Timestamp(START.0 + 3600 * 1000 - 1);
        assert_eq!(verify(&token, START), Ok(user));
        // The same answers where the token is known already.
        assert_eq!(verify(&token, START), Ok(user));
        assert_eq!(verify(&token, last), Ok(user));
        assert!(verify(&token, Timestamp(last.0 + 1)).is_err());
        assert!(Tokens::new(Seed(2)).verify(&token).is_err());
        let unsigned = token.rsplit_once('.').expect("three parts").0;
        for broken in ["abc", "a.b", "a.b.c", "", &format!("{unsigned}."), unsigned] {
            assert!(verify(broken, START).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_token_has_the_header_and_claims_that_were_recorded() {
        let token = Tokens::new(Seed(1)).issue(USER, SESSION, START, HOUR);
        assert_eq!(part(&token, 0), r#"{"typ":"JWT","alg":"R256"}"#);
        assert_eq!(
            part(&token, 1),
            "{\"clientId\":\"00000000-0000-0000-0000-000000000007\",\
             \"expires\":\"2020-03-05T10:55:21.518\",\
             \"sessionId\":\"00000000-0000-0000-0000-000000000009\"}"
        );
    }

    #[test]
    fn a_token_for_a_consent_names_its_scopes() {
        let tokens = Tokens::new(Seed(1));
        let consent = ConsentNumber(536_870_912);
        let five_minutes = Duration::from_secs(300);
        let token = tokens.issue_for_consent(USER, (consent, "profile"), START, five_minutes);
        assert_eq!(
            part(&token, 1),
            "{\"sub\":\"0\",\"aud\":\"536870912\",\
             \"cid\":\"00000000-0000-0000-0000-000000000007\",\"exp\":1583402421,\
             \"iat\":1583402121,\"iss\":\"https://localhost\",\"con\":0,\"scp\":[\"profile\"]}"
        );
        let verified = tokens.verify(&token).expect("a token of ours");
        assert_eq!(verified.bearer, Bearer { api_user: USER, consent: Some(consent) });
        assert!(verified.at(Timestamp(START.0 + 301_000)).is_err());
    }

    /// A merchant may name a scope thousands of times.
    #[test]
    fn a_long_token_is_good_and_not_remembered() {
        let tokens = Tokens::new(Seed(1));
        for (times, remembered) in [(1, 1), (4000, 1)] {
            let scope = "profile ".repeat(times);
            let consent = (ConsentNumber(1), scope.trim_end());
            let token = tokens.issue_for_consent(USER, consent, START, HOUR);
            assert!(tokens.verify(&token).is_ok() && tokens.verify(&token).is_ok());
            assert_eq!(tokens.verified.len(), remembered);
        }
    }
}
