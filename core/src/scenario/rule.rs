//! A rule of a scenario: which transactions it is for, and what it does to them.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rust_decimal::Decimal;

use crate::model::account_holder::AccountHolder;
use crate::model::amount::Amount;
use crate::model::environment::Environment;
use crate::model::fault::ConnectionFault;
use crate::model::party::{PartyIdType, comparable_id};
use crate::model::product::Product;
use crate::model::reason::Reason;
use crate::model::reference::ApiUserId;
use crate::model::status::RuleStatus;
use crate::model::transaction::{CallbackMethod, Submission, TransactionKind};
use crate::operations::answer::Answer;
use crate::scenario::balance::BalanceAnswer;
use crate::scenario::delivery::DeliveryPolicy;
use crate::scenario::glob::Glob;
use crate::scenario::problem::Problems;
use crate::scenario::seed::{Purpose, Seed};
use crate::scenario::timing::Timing;

/// A scenario: named rules, of which the first that matches wins.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name; the file's name without its ending, where the file gives none.
    pub name: Arc<str>,
    /// What it is about.
    pub description: Option<String>,
    /// What each account holds at first, where it says so.
    pub opening_balance: Option<Decimal>,
    /// Whether accounts are kept, where it says so.
    pub ledger: Option<bool>,
    /// How long an access token lives, where it says so.
    pub token_lifetime: Option<Duration>,
    /// How often statuses may be asked for, where it says so.
    pub rate_limit: Option<RateLimit>,
    /// How often callbacks are tried, where it says so.
    pub delivery: Option<DeliveryPolicy>,
    /// The account holders that it declares, the first that matches counts.
    pub account_holders: Vec<DeclaredHolder>,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
    /// The text that it was read from.
    pub source: Arc<str>,
    /// What in it is worth a warning, if anything is.
    pub warnings: Option<Arc<Problems>>,
}

/// So many status queries of an API user are answered in such a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// How many.
    pub requests: u32,
    /// In which time.
    pub per: Duration,
}

/// An account holder of a scenario.
#[derive(Debug, Clone)]
pub struct DeclaredHolder {
    /// Whose id, exact or with `*` and `?`.
    pub party: Glob,
    /// Only ids of this type.
    pub id_type: Option<PartyIdType>,
    /// How asking whether it is active fails, if it does.
    pub active_refusal: Option<Reason>,
    /// Who that is.
    pub holder: Arc<AccountHolder>,
}

/// How asking whether an account holder is active may fail
/// (docs/contract.md#accounts-and-account-holders).
pub const ACTIVE_REFUSALS: [Reason; 5] = [
    Reason::ResourceNotFound,
    Reason::NotAllowed,
    Reason::NotAllowedTargetEnvironment,
    Reason::InternalProcessingError,
    Reason::ServiceUnavailable,
];

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Where it stands, for people who ask why something happened.
    pub origin: Origin,
    /// What it is called, if it has a name.
    pub name: Option<Arc<str>>,
    /// Which transactions it is for.
    pub when: When,
    /// What the POST meets.
    pub submit: Option<SubmitRule>,
    /// What becomes of them.
    pub then: Then,
    /// What successive GETs meet, before the truth.
    pub query: Vec<QueryRule>,
    /// What becomes of their callbacks.
    pub callback: Option<CallbackRule>,
    /// What queries of the balance meet in turn, where the rule is about those.
    pub answers: Vec<BalanceAnswer>,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Transactions of this kind.
    Transaction(TransactionKind),
    /// Queries of the balance.
    Balance,
}

impl Subject {
    /// The kind of transaction that it is about, if about one.
    pub fn kind(self) -> Option<TransactionKind> {
        match self {
            Self::Transaction(kind) => Some(kind),
            Self::Balance => None,
        }
    }

    /// All of them, by their names in a file.
    pub fn named() -> Vec<(&'static str, Self)> {
        let kinds = TransactionKind::ALL.into_iter();
        let kinds = kinds.map(|kind| (kind.name(), Self::Transaction(kind)));
        kinds.chain([("balance", Self::Balance)]).collect()
    }
}

/// Where a rule stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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
    /// What it is about; transactions of any kind, if left out.
    pub operation: Option<Subject>,
    /// The party's id, exact or with `*` and `?`.
    pub party: Option<Glob>,
    /// The type of that id.
    pub party_id_type: Option<PartyIdType>,
    /// Bounds of the amount.
    pub amount: AmountBounds,
    /// The currency's code.
    pub currency: Option<String>,
    /// The external id, exact or with `*` and `?`.
    pub external_id: Option<Glob>,
    /// Other texts of the body, by the names of their fields, exact or with `*` and `?`.
    pub body: Vec<(&'static str, Glob)>,
    /// The API user.
    pub api_user: Option<ApiUserId>,
    /// How likely; drawn from the reference.
    pub chance: Option<Chance>,
    /// Only so many of each API user.
    pub first: Option<u32>,
    /// Only so long after the scenario took force.
    pub until: Option<Duration>,
}

/// A likelihood from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance(pub f64);

/// Whether a rule is for a request of which only the head is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is, whatever is in the body.
    Matches,
    /// It is not, whatever is in the body.
    Misses,
    /// The body, or chance, decides.
    Open,
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

/// What a POST meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmitRule {
    /// How long the answer takes.
    pub delay: Option<Timing>,
    /// What is wrong with it.
    pub fault: Option<Fault>,
    /// Whether the transaction exists all the same.
    pub created: bool,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is this error. Every query of a plan has its own, so it is shared.
    Answer(Arc<Answer>),
    /// The connection fails.
    Connection(ConnectionFault),
}

/// How a transaction ends; what is left out is as it would be without the rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Then {
    /// The statuses before the last, none of them final, each with how long it lasts; PENDING, where
    /// there is none.
    pub path: Vec<(RuleStatus, Timing)>,
    /// The status that it ends with, or stays in.
    pub ending: Option<RuleStatus>,
    /// How long after acceptance; with a path, its steps say.
    pub after: Option<Timing>,
}

/// What some GETs of the status meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryRule {
    /// How many.
    pub times: u32,
    /// How long the answer takes.
    pub delay: Option<Timing>,
    /// What is wrong with it.
    pub fault: Option<Fault>,
}

/// What becomes of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallbackRule {
    /// Sent or lost.
    pub fate: CallbackFate,
    /// How long after the final status it is sent, in milliseconds; negative is before.
    pub delay_ms: i64,
    /// The method, if not the operation's.
    pub method: Option<CallbackMethod>,
    /// How often it is sent.
    pub times: u32,
    /// How long between two.
    pub every: Duration,
    /// What it carries.
    pub body: CallbackBody,
    /// The status that it claims, if not the transaction's.
    pub status: Option<RuleStatus>,
}

impl Default for CallbackRule {
    /// Once, when the status is final, with the truth.
    fn default() -> Self {
        Self {
            fate: CallbackFate::Sent,
            delay_ms: 0,
            method: None,
            times: 1,
            every: Duration::from_secs(1),
            body: CallbackBody::Status,
            status: None,
        }
    }
}

/// Whether a callback is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackFate {
    /// It is sent.
    Sent,
    /// It is never sent, and nobody is told.
    Lost,
}

/// What a callback carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackBody {
    /// The status body.
    Status,
    /// The first half of it, which is no JSON.
    Malformed,
    /// The status body of a transaction that nobody asked for.
    UnknownReference,
    /// The status body with fields that no document has.
    UnknownFields,
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
    /// The API user.
    pub api_user: ApiUserId,
    /// The seed of the run.
    pub seed: Seed,
    /// How long the scenario has been in force.
    pub in_force_for: Duration,
    /// The target environment.
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
            "product"
        } else if self.operation.is_some_and(|about| about != Subject::Transaction(submission.kind))
        {
            "operation"
        } else if !fits(&self.party, details.comparable_party()) {
            "party"
        } else if self.party_id_type.is_some_and(|wanted| id_type() != Some(wanted)) {
            "party_id_type"
        } else if !self.amount.contain(details.amount) {
            "amount"
        } else if self.currency.as_deref().is_some_and(|code| code != &*details.currency.0) {
            "currency"
        } else if !fits(&self.external_id, details.external_id.as_deref()) {
            "external_id"
        } else if !self.body.iter().all(holds) {
            "body"
        } else if self.api_user.is_some_and(|user| user != circumstances.api_user) {
            "api_user"
        } else if self.until.is_some_and(|until| circumstances.in_force_for >= until) {
            "until"
        } else if self.first.is_some_and(|first| matched >= first) {
            "first"
        } else if !self.chance.is_none_or(comes_up) {
            "chance"
        } else {
            return None;
        };
        Some(Miss { condition })
    }
}

impl When {
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
