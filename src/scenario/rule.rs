//! A rule of a scenario: which transactions it is for, and what it does to them.

use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;
use wildmatch::WildMatch;

use crate::model::account_holder::AccountHolder;
use crate::model::amount::Amount;
use crate::model::party::comparable_id;
use crate::model::product::Product;
use crate::model::reason::Reason;
use crate::model::transaction::{Submission, TransactionKind};

/// A scenario: named rules, of which the first that matches wins.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name; the file's name without its ending, where the file gives none.
    pub name: Arc<str>,
    /// What it is about.
    pub description: Option<String>,
    /// What each account holds at first, where it says so.
    pub opening_balance: Option<Decimal>,
    /// The account holders that it declares, the first that matches counts.
    pub account_holders: Vec<DeclaredHolder>,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
}

/// An account holder of a scenario.
#[derive(Debug, Clone)]
pub struct DeclaredHolder {
    /// Whose id, exact or with `*` and `?`.
    pub party: WildMatch,
    /// Who that is.
    pub holder: Arc<AccountHolder>,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Where it stands, for people who ask why something happened.
    pub origin: Origin,
    /// Which transactions it is for.
    pub when: When,
    /// What becomes of them.
    pub then: Then,
    /// What becomes of their callbacks.
    pub callback: Option<CallbackRule>,
}

/// Where a rule stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The scenario's name.
    pub scenario: Arc<str>,
    /// The rule's number in it, from 1.
    pub number: usize,
}

/// Conditions; all that are given must hold, and with none given every transaction matches.
#[derive(Debug, Clone, Default)]
pub struct When {
    /// The product.
    pub product: Option<Product>,
    /// The kind of transaction.
    pub operation: Option<TransactionKind>,
    /// The party's id, exact or with `*` and `?`.
    pub party: Option<WildMatch>,
    /// Bounds of the amount.
    pub amount: AmountBounds,
    /// The currency's code.
    pub currency: Option<String>,
    /// The external id, exact or with `*` and `?`.
    pub external_id: Option<WildMatch>,
    /// Other texts of the body, by the names of their fields, exact or with `*` and `?`.
    pub body: Vec<(&'static str, WildMatch)>,
}

/// Bounds of an amount; all that are given must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AmountBounds {
    /// This amount.
    pub equals: Option<Amount>,
    /// This amount or more.
    pub at_least: Option<Amount>,
    /// This amount or less.
    pub at_most: Option<Amount>,
}

/// How a transaction ends; what is left out is as it would be without the rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Then {
    /// The status that it ends with, or stays in.
    pub ending: Option<Ending>,
    /// How long after acceptance.
    pub after: Option<Duration>,
}

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The money moves.
    Successful,
    /// The money does not move.
    Failed(Reason),
    /// It stays PENDING for good.
    Pending,
}

/// What becomes of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallbackRule {
    /// Sent or lost.
    pub fate: CallbackFate,
    /// How long after the final status it is sent.
    pub delay: Duration,
}

/// Whether a callback is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackFate {
    /// It is sent, once.
    Sent,
    /// It is never sent, and nobody is told.
    Lost,
}

impl When {
    /// Whether the submission meets all conditions.
    pub fn matches(&self, submission: &Submission) -> bool {
        let details = &submission.details;
        let fits = |glob: &Option<WildMatch>, text: Option<&str>| match (glob, text) {
            (None, _) => true,
            (Some(glob), Some(text)) => glob.matches(text),
            (Some(_), None) => false,
        };
        self.product.is_none_or(|product| product == submission.product)
            && self.operation.is_none_or(|kind| kind == submission.kind)
            && self.currency.as_deref().is_none_or(|code| code == &*details.currency.0)
            && self.amount.contain(details.amount)
            && fits(&self.party, details.comparable_party())
            && fits(&self.external_id, details.external_id.as_deref())
            && self
                .body
                .iter()
                .all(|(field, glob)| details.text(field).is_some_and(|text| glob.matches(text)))
    }
}

/// A glob for party ids; a leading `+`, as phone numbers may have, is left out of the comparison.
pub fn party_glob(pattern: &str) -> WildMatch {
    WildMatch::new(comparable_id(crate::model::party::PartyIdType::Msisdn, pattern))
}

impl AmountBounds {
    /// Whether the amount is within; no amount is within no bounds only.
    fn contain(&self, amount: Option<Amount>) -> bool {
        let Some(amount) = amount else { return *self == Self::default() };
        self.equals.is_none_or(|bound| amount == bound)
            && self.at_least.is_none_or(|bound| amount >= bound)
            && self.at_most.is_none_or(|bound| amount <= bound)
    }
}
