//! Matching: the submissions to which a rule applies.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::RngExt;

use crate::model::amount::Amount;
use crate::model::environment::Environment;
use crate::model::ids::ApiUserId;
use crate::model::party::{PartyIdType, comparable_id};
use crate::model::product::Product;
use crate::model::submission::{Submission, TransactionKind};
use crate::scenario::description::when;
use crate::scenario::glob::Glob;
use crate::scenario::rule::{AmountBounds, Chance, Subject, When};
use crate::scenario::seed::{Purpose, Seed};

/// How often each rule that counts its matches has matched, by the rule's number.
pub type MatchCounts = BTreeMap<u32, u32>;

/// Whether a rule is for a request of which only the head is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// The rule applies, whatever the body is.
    Matches,
    /// The rule does not apply, whatever the body is.
    Misses,
    /// The body, or chance, decides.
    Open,
}

/// Why a rule does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// The condition that does not hold, by its name in the file.
    pub condition: &'static str,
}

/// What a match depends on beside the submission.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    pub api_user: ApiUserId,
    pub seed: Seed,
    /// The time for which the scenario has been in force.
    pub in_force_for: Duration,
    pub environment: &'static Environment,
}

impl When {
    /// The first condition that does not hold. `matched` is how often the rule has matched before,
    /// `number` its place in the rule book.
    pub fn miss(
        &self,
        submission: &Submission,
        circumstances: &Circumstances,
        number: u32,
        matched: u32,
    ) -> Option<Miss> {
        let details = &submission.details;
        let fits = |glob: &Option<Glob>, text: Option<&str>| match (glob, text) {
            (None, _) => true,
            (Some(glob), Some(text)) => glob.matches(text),
            (Some(_), None) => false,
        };
        let id_type = || details.party.as_ref().map(|party| party.id_type);
        let holds = |(field, glob): &(&str, Glob)| {
            details.text(field).is_some_and(|text| glob.matches(text))
        };
        let comes_up = |chance: Chance| {
            let purpose = Purpose::Chance(number);
            circumstances.seed.rng(submission.reference_id.0, purpose).random_bool(chance.0)
        };
        let condition = if self.product.is_some_and(|product| product != submission.product) {
            when::PRODUCT.name
        } else if self.operation.is_some_and(|about| about != Subject::Transaction(submission.kind))
        {
            when::OPERATION.name
        } else if !fits(&self.party, details.comparable_party()) {
            when::PARTY.name
        } else if self.party_id_type.is_some_and(|wanted| id_type() != Some(wanted)) {
            when::PARTY_ID_TYPE.name
        } else if !self.amount.contain(details.amount) {
            when::AMOUNT.name
        } else if self.currency.as_deref().is_some_and(|code| code != details.currency.code()) {
            when::CURRENCY.name
        } else if !fits(&self.external_id, details.external_id.as_deref()) {
            when::EXTERNAL_ID.name
        } else if !self.body.iter().all(holds) {
            when::BODY.name
        } else if self.api_user.is_some_and(|user| user != circumstances.api_user) {
            when::API_USER.name
        } else if self.until.is_some_and(|until| circumstances.in_force_for >= until) {
            when::UNTIL.name
        } else if self.first.is_some_and(|first| matched >= first) {
            when::FIRST.name
        } else if !self.chance.is_none_or(comes_up) {
            when::CHANCE.name
        } else {
            return None;
        };
        Some(Miss { condition })
    }

    /// Whether it holds for a submission of which only the product, the kind and the caller are
    /// known.
    pub fn holds_unread(
        &self,
        product: Product,
        kind: TransactionKind,
        circumstances: &Circumstances,
    ) -> Unread {
        let misses = self.product.is_some_and(|own| own != product)
            || self.operation.is_some_and(|own| own != Subject::Transaction(kind))
            || self.api_user.is_some_and(|user| user != circumstances.api_user)
            || self.until.is_some_and(|until| circumstances.in_force_for >= until);
        let is_open = self.party.is_some()
            || self.party_id_type.is_some()
            || self.amount != AmountBounds::default()
            || self.currency.is_some()
            || self.external_id.is_some()
            || !self.body.is_empty()
            || self.chance.is_some()
            || self.first.is_some();
        match (misses, is_open) {
            (true, _) => Unread::Misses,
            (false, true) => Unread::Open,
            (false, false) => Unread::Matches,
        }
    }

    /// Whether all that `other` can match is matched by this; where that is hard to tell, no.
    pub fn covers(&self, other: &Self) -> bool {
        fn all<T: PartialEq>(own: &Option<T>, other: &Option<T>) -> bool {
            own.is_none() || own == other
        }
        fn all_texts(own: Option<&Glob>, other: Option<&Glob>) -> bool {
            match (own, other) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(own), Some(other)) => own.covers(other),
            }
        }
        let is_about_balance = |when: &Self| when.operation == Some(Subject::Balance);
        let is_unbounded = self.chance.is_none() && self.first.is_none() && self.until.is_none();
        is_unbounded
            && is_about_balance(self) == is_about_balance(other)
            && all(&self.product, &other.product)
            && all(&self.operation, &other.operation)
            && all(&self.party_id_type, &other.party_id_type)
            && all(&self.currency, &other.currency)
            && all(&self.api_user, &other.api_user)
            && all_texts(self.party.as_ref(), other.party.as_ref())
            && all_texts(self.external_id.as_ref(), other.external_id.as_ref())
            && self.amount.cover(&other.amount)
            && self.body.iter().all(|(field, glob)| {
                let same = other.body.iter().find(|(name, _)| name == field);
                same.is_some_and(|(_, other)| all_texts(Some(glob), Some(other)))
            })
    }
}

/// A glob for party ids; a leading `+`, as phone numbers may have, is left out of the comparison.
pub fn party_glob(pattern: &str) -> Glob {
    Glob::new(comparable_id(PartyIdType::Msisdn, pattern))
}

impl AmountBounds {
    /// Whether all amounts within `other` are within these bounds.
    fn cover(&self, other: &Self) -> bool {
        let lowest = other.equals.or(other.at_least);
        let highest = other.equals.or(other.at_most);
        self.equals.is_none_or(|bound| other.equals == Some(bound))
            && self.at_least.is_none_or(|bound| lowest.is_some_and(|lowest| lowest >= bound))
            && self.at_most.is_none_or(|bound| highest.is_some_and(|highest| highest <= bound))
    }

    /// Whether the amount is within; no amount is within no bounds only.
    fn contain(&self, amount: Option<Amount>) -> bool {
        let Some(amount) = amount else { return *self == Self::default() };
        self.equals.is_none_or(|bound| amount == bound)
            && self.at_least.is_none_or(|bound| amount >= bound)
            && self.at_most.is_none_or(|bound| amount <= bound)
    }
}
