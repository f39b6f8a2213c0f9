//! Consents of account holders (docs/contract.md#consent; CIBA in poll mode): how a merchant asks
//! for one, and gets tokens for it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use uuid::Uuid;

use crate::model::account_holder::AccountHolder;
use crate::model::consent::ConsentOutcome;

use crate::model::party::PartyIdType;
use crate::model::product::Product;
use crate::model::reason::Reason;
use crate::model::time::Timestamp;
use crate::operations::rejection::{ConsentError, Rejection};
use crate::operations::responses::UserInfoAnswer;
use crate::platform::Platform;
use crate::platform::event::Event;
use crate::scenario::seed::Purpose;

/// The most consents that a space holds; the oldest goes first.
const CONSENTS_MAX: usize = 10_000;

pub const REQUEST_LIFETIME: Duration = Duration::from_secs(3600);

/// The seconds for which a merchant should wait between two attempts.
pub const INTERVAL_SECONDS: u64 = 5;

/// The lifetime of a consent for which the merchant sets none.
const VALIDITY: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// What a merchant asks an account holder for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRequest {
    /// The product whose path it came by.
    pub product: Product,
    /// How the account holder is named.
    pub id_type: PartyIdType,
    pub id: Box<str>,
    /// The scopes, with spaces between them.
    pub scope: Box<str>,
    /// Whether `access_type` is `offline`, so that there is a refresh token.
    pub offline: bool,
    /// `consent_valid_in`.
    pub valid_for: Option<Duration>,
}

/// A consent that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub request: ConsentRequest,
    pub asked_at: Timestamp,
    /// The account holder, whose declaration decides the outcome.
    pub holder: AccountHolder,
    /// The refresh token, which is good with offline access only.
    pub refresh_token: Uuid,
    /// The time at which a token was issued for the consent.
    pub redeemed_at: Option<Timestamp>,
}

/// The number of a consent in its space: the first group of its `auth_req_id`, which counts up
/// (recorded 2024), and the audience of its tokens (recorded 2023).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentNumber(pub u32);

impl ConsentNumber {
    /// The number of the n-th consent that was asked for.
    pub fn nth(count: u32) -> Self {
        Self(0x2000_0000_u32.wrapping_add(count))
    }

    /// The number of a consent with this `auth_req_id`.
    pub fn of(id: Uuid) -> Self {
        Self(id.as_fields().0)
    }

    /// The `auth_req_id` with this number and the rest of that id.
    pub fn id(self, rest: Uuid) -> Uuid {
        let (_, middle, high, low) = rest.as_fields();
        Uuid::from_fields(self.0, middle, high, low)
    }
}

/// The parts of a token for a consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub consent: Uuid,
    pub scope: Box<str>,
    /// The refresh token, and the seconds for which it is good.
    pub refresh: Option<(Uuid, u64)>,
}

#[derive(Debug, Clone, Default)]
pub struct Consents {
    asked: BTreeMap<Uuid, Consent>,
    by_refresh_token: BTreeMap<Uuid, Uuid>,
    order: VecDeque<Uuid>,
    bytes: usize,
}

impl Platform {
    /// Asks an account holder for consent; returns the `auth_req_id`.
    ///
    /// # Errors
    ///
    /// `unknown_user_id` if there is no such account holder.
    pub fn ask_for_consent(&mut self, request: ConsentRequest) -> Result<Uuid, Rejection> {
        let holder = self.rules().account_holder(request.id_type, &request.id).clone();
        if holder.consent == ConsentOutcome::AccountHolderNotFound {
            return Err(Rejection::Consent {
                error: ConsentError::UnknownUserId,
                why: "There is no such account holder: that is how this one is declared, by MTN's \
                      test values unless a scenario declares it.",
            });
        }
        let seed = self.seed();
        let count = self.consents_requested();
        let drawn = seed.uuid(self.api_user().id.0, Purpose::ConsentRequest(count));
        let id = ConsentNumber::nth(count).id(drawn);
        let refresh_token = seed.uuid(id, Purpose::RefreshToken);
        let consent =
            Consent { request, asked_at: self.now(), holder, refresh_token, redeemed_at: None };
        self.apply(Event::ConsentRequested { id, consent: Box::new(consent) });
        Ok(id)
    }

    /// The token for a consent that was given.
    pub fn redeem_consent(&mut self, product: Product, id: Uuid) -> Result<Grant, Rejection> {
        let grant = self.consents().grant(product, id, self.now())?;
        self.apply(Event::ConsentRedeemed { id });
        Ok(grant)
    }

    /// The next token of a refresh token.
    pub fn refresh_consent(
        &mut self,
        product: Product,
        refresh_token: Uuid,
    ) -> Result<Grant, Rejection> {
        let grant = self.consents().refresh(product, refresh_token, self.now())?;
        self.apply(Event::ConsentRefreshed);
        Ok(grant)
    }

    /// What the account holder of a consent consented to show.
    pub fn read_user_info(&mut self, number: ConsentNumber) -> Result<UserInfoAnswer, Rejection> {
        let (_, Consent { request, holder, .. }) = self.consents().read(number, self.now())?;
        let answer = UserInfoAnswer::about(holder, &request.scope, self.now());
        self.apply(Event::UserInfoRead);
        Ok(answer)
    }

    /// Why a submission with the token of a consent must fail, if it must.
    pub fn consent_fault(&self, number: ConsentNumber) -> Option<Reason> {
        let (_, consent) = self.consents().numbered(number)?;
        consent.holder.consent.fault()
    }
}

fn refusal(error: ConsentError, why: &'static str) -> Rejection {
    Rejection::Consent { error, why }
}

impl Consents {
    /// Inserts a consent that was asked for, under this `auth_req_id`.
    pub fn insert(&mut self, id: Uuid, consent: Consent) {
        if self.order.len() == CONSENTS_MAX {
            self.evict_oldest();
        }
        self.bytes += bytes_of(&consent);
        self.order.push_back(id);
        self.by_refresh_token.insert(consent.refresh_token, id);
        self.asked.insert(id, consent);
    }

    pub fn evict_oldest(&mut self) {
        if let Some(oldest) = self.order.pop_front().and_then(|id| self.asked.remove(&id)) {
            self.bytes -= bytes_of(&oldest);
            self.by_refresh_token.remove(&oldest.refresh_token);
        }
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The consent of that number, with its id.
    pub fn numbered(&self, number: ConsentNumber) -> Option<(Uuid, &Consent)> {
        let first = number.id(Uuid::nil());
        let (id, consent) = self.asked.range(first..).next()?;
        (ConsentNumber::of(*id) == number).then_some((*id, consent))
    }

    pub fn get(&self, id: Uuid) -> Option<&Consent> {
        self.asked.get(&id)
    }

    /// Records that a token was issued.
    pub fn redeem(&mut self, id: Uuid, at: Timestamp) {
        if let Some(consent) = self.asked.get_mut(&id) {
            consent.redeemed_at = Some(at);
        }
    }

    /// The token for a consent that was given.
    ///
    /// # Errors
    ///
    /// The error of CIBA as long as there is none.
    pub fn grant(&self, product: Product, id: Uuid, now: Timestamp) -> Result<Grant, Rejection> {
        let consent = self.get(id).filter(|consent| consent.request.product == product);
        let consent = consent.ok_or(refusal(
            ConsentError::InvalidGrant,
            "This product knows no such auth_req_id. Send one that bc-authorize gave under it.",
        ))?;
        let outcome = consent.holder.consent;
        let lapsed = now >= consent.asked_at.after(REQUEST_LIFETIME);
        let undecided = now < consent.asked_at.after(consent.holder.consent_after);
        match outcome {
            _ if consent.redeemed_at.is_some() => Err(refusal(
                ConsentError::InvalidGrant,
                "The auth_req_id was used before. Refresh the token that it got.",
            )),
            ConsentOutcome::AlreadyUsed => Err(refusal(
                ConsentError::InvalidGrant,
                "The account holder is declared as one whose consent was used before.",
            )),
            ConsentOutcome::Expired => Err(refusal(
                ConsentError::ExpiredToken,
                "The request for consent has lapsed. Ask again by bc-authorize.",
            )),
            _ if lapsed => Err(refusal(
                ConsentError::ExpiredToken,
                "The request for consent has lapsed. Ask again by bc-authorize.",
            )),
            ConsentOutcome::Pending => Err(refusal(
                ConsentError::AuthorizationPending,
                "The account holder never answers: that is how this one is declared.",
            )),
            _ if undecided => Err(refusal(
                ConsentError::AuthorizationPending,
                "The account holder has not answered yet. Ask again later.",
            )),
            ConsentOutcome::Rejected => Err(refusal(
                ConsentError::AccessDenied,
                "The account holder refused: that is how this one is declared.",
            )),
            ConsentOutcome::Granted
            | ConsentOutcome::RefreshExpired
            | ConsentOutcome::Revoked
            | ConsentOutcome::ScopeDeleted
            | ConsentOutcome::AccountHolderNotFound
            | ConsentOutcome::Fails(_) => Ok(grant_of(id, consent, now, now)),
        }
    }

    /// The next token of a refresh token.
    ///
    /// # Errors
    ///
    /// `invalid_grant` if there is none of that product, or the consent is over.
    pub fn refresh(
        &self,
        product: Product,
        refresh_token: Uuid,
        now: Timestamp,
    ) -> Result<Grant, Rejection> {
        let invalid = |why| Err(refusal(ConsentError::InvalidGrant, why));
        let id = self.by_refresh_token.get(&refresh_token).copied();
        let found = id.and_then(|id| self.get(id).map(|consent| (id, consent)));
        let Some((id, consent)) = found
            .filter(|(_, consent)| consent.request.product == product && consent.request.offline)
        else {
            return invalid(
                "This product knows no such refresh token. Send one that its /oauth2/token/ gave.",
            );
        };
        let Some(since) = consent.redeemed_at else {
            return invalid(
                "No token was issued for this consent yet. Redeem its auth_req_id first.",
            );
        };
        match consent.holder.consent {
            ConsentOutcome::RefreshExpired => {
                invalid("The refresh token has ended: that is how this account holder is declared.")
            }
            ConsentOutcome::Revoked => invalid(
                "The account holder has revoked the consent: that is how this one is declared.",
            ),
            _ if now >= since.after(validity(consent)) => {
                invalid("The consent has ended. Ask for consent again by bc-authorize.")
            }
            _ => Ok(grant_of(id, consent, since, now)),
        }
    }

    /// The consent of a token, with its id.
    ///
    /// # Errors
    ///
    /// `invalid_token` where the consent is over, `insufficient_scope` where its scope is gone.
    pub fn read(
        &self,
        number: ConsentNumber,
        now: Timestamp,
    ) -> Result<(Uuid, &Consent), Rejection> {
        let invalid = |why: &str| {
            Err(Rejection::InvalidToken(format!("{why} Ask for consent again by bc-authorize.")))
        };
        let Some((id, consent)) = self.numbered(number) else {
            return invalid("The consent of this token is forgotten.");
        };
        let since = consent.redeemed_at.unwrap_or(consent.asked_at);
        match consent.holder.consent {
            ConsentOutcome::Revoked => invalid("The account holder has revoked the consent."),
            ConsentOutcome::ScopeDeleted => Err(refusal(
                ConsentError::InsufficientScope,
                "The scope was deleted: that is how this account holder is declared.",
            )),
            _ if now >= since.after(validity(consent)) => invalid("The consent has ended."),
            _ => Ok((id, consent)),
        }
    }
}

fn grant_of(id: Uuid, consent: &Consent, since: Timestamp, now: Timestamp) -> Grant {
    let left = since.after(validity(consent)).since(now).as_secs();
    Grant {
        consent: id,
        scope: consent.request.scope.clone(),
        refresh: consent.request.offline.then_some((consent.refresh_token, left)),
    }
}

/// The bytes of a consent, with its places in the tables.
fn bytes_of(consent: &Consent) -> usize {
    const PLACES: usize = 160;
    let ConsentRequest { id, scope, .. } = &consent.request;
    let holder = &consent.holder;
    let texts = [&holder.given_name, &holder.family_name, &holder.birthdate, &holder.gender];
    let texts = texts.into_iter().chain([&holder.locale]).chain(&holder.middle_name);
    let texts: usize = texts.map(|text| text.len()).sum();
    size_of::<Consent>() + PLACES + id.len() + scope.len() + texts
}

fn validity(consent: &Consent) -> Duration {
    consent.request.valid_for.unwrap_or(VALIDITY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Uuid = Uuid::from_u128(1);
    const NUMBER: ConsentNumber = ConsentNumber(0);
    const REFRESH: Uuid = Uuid::from_u128(2);

    fn asked(outcome: ConsentOutcome, offline: bool) -> Consents {
        let mut consents = Consents::default();
        let request = ConsentRequest {
            product: Product::Collection,
            id_type: PartyIdType::Msisdn,
            id: "46733123999".into(),
            scope: "profile".into(),
            offline,
            valid_for: Some(Duration::from_secs(7200)),
        };
        let holder = AccountHolder {
            consent: outcome,
            consent_after: Duration::from_secs(10),
            ..AccountHolder::default()
        };
        let consent = Consent {
            request,
            asked_at: Timestamp(0),
            holder,
            refresh_token: REFRESH,
            redeemed_at: None,
        };
        consents.insert(ID, consent);
        consents
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1000)
    }

    #[track_caller]
    fn refused<T: std::fmt::Debug>(result: Result<T, Rejection>, expected: &str) {
        let name = match result.expect_err(expected) {
            Rejection::Consent { error, .. } => error.name(),
            other => other.kind().name(),
        };
        assert_eq!(name, expected);
    }

    #[test]
    fn a_consent_is_pending_then_given_then_used() {
        let mut consents = asked(ConsentOutcome::Granted, true);
        refused(consents.grant(Product::Collection, ID, at(9)), "authorization_pending");
        refused(consents.grant(Product::Disbursement, ID, at(10)), "invalid_grant");
        let grant = consents.grant(Product::Collection, ID, at(10)).expect("a token");
        assert_eq!(grant.refresh, Some((REFRESH, 7200)));
        refused(consents.refresh(Product::Collection, REFRESH, at(10)), "invalid_grant");
        consents.redeem(ID, at(10));
        refused(consents.grant(Product::Collection, ID, at(11)), "invalid_grant");
        let next = consents.refresh(Product::Collection, REFRESH, at(3610)).expect("a token");
        assert_eq!(next.refresh, Some((REFRESH, 3600)));
        assert!(consents.read(NUMBER, at(7209)).is_ok());
        refused(consents.read(NUMBER, at(7210)), "invalid_token");
        refused(consents.refresh(Product::Collection, REFRESH, at(7210)), "invalid_grant");
    }

    #[test]
    fn without_offline_access_there_is_no_refresh_token() {
        let mut consents = asked(ConsentOutcome::Granted, false);
        let grant = consents.grant(Product::Collection, ID, at(10)).expect("a token");
        assert_eq!(grant.refresh, None);
        consents.redeem(ID, at(10));
        refused(consents.refresh(Product::Collection, REFRESH, at(11)), "invalid_grant");
    }

    #[test]
    fn each_outcome_is_told_in_its_own_word() {
        for (outcome, expected) in [
            (ConsentOutcome::Rejected, "access_denied"),
            (ConsentOutcome::Pending, "authorization_pending"),
            (ConsentOutcome::Expired, "expired_token"),
            (ConsentOutcome::AlreadyUsed, "invalid_grant"),
        ] {
            refused(asked(outcome, true).grant(Product::Collection, ID, at(10)), expected);
        }
        let lapsed = asked(ConsentOutcome::Pending, true);
        refused(lapsed.grant(Product::Collection, ID, at(3600)), "expired_token");
        for (outcome, read, refreshed) in [
            (ConsentOutcome::RefreshExpired, None, Some("invalid_grant")),
            (ConsentOutcome::Revoked, Some("invalid_token"), Some("invalid_grant")),
            (ConsentOutcome::ScopeDeleted, Some("insufficient_scope"), None),
        ] {
            let mut consents = asked(outcome, true);
            consents.grant(Product::Collection, ID, at(10)).expect("a token");
            consents.redeem(ID, at(10));
            match read {
                Some(expected) => refused(consents.read(NUMBER, at(11)), expected),
                None => assert!(consents.read(NUMBER, at(11)).is_ok()),
            }
            let next = consents.refresh(Product::Collection, REFRESH, at(11));
            match refreshed {
                Some(expected) => refused(next, expected),
                None => assert!(next.is_ok()),
            }
        }
    }

    #[test]
    fn the_oldest_request_goes_when_there_are_too_many() {
        let mut consents = asked(ConsentOutcome::Granted, true);
        let consent = consents.get(ID).expect("asked").clone();
        for number in 0..CONSENTS_MAX as u128 {
            let refresh_token = Uuid::from_u128(1001 + 2 * number);
            let id = Uuid::from_u128(1000 + 2 * number);
            consents.insert(id, Consent { refresh_token, ..consent.clone() });
        }
        assert!(consents.get(ID).is_none());
        refused(consents.grant(Product::Collection, ID, at(10)), "invalid_grant");
        assert_eq!(consents.asked.len(), CONSENTS_MAX);
        assert_eq!(consents.by_refresh_token.len(), CONSENTS_MAX);
    }
}
