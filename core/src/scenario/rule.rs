//! A rule of a scenario: which transactions it is for, and what it does to them.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;
use strum::{IntoStaticStr, VariantArray};

use crate::model::account_holder::AccountHolder;
use crate::model::fault::ConnectionFault;
use crate::model::party::PartyIdType;
use crate::model::status::RuleStatus;
use crate::model::submission::CallbackMethod;
use crate::operations::rejection::Rejection;
use crate::scenario::conditions::When;
use crate::scenario::delivery::DeliveryPolicy;
use crate::scenario::glob::Glob;
use crate::scenario::problem::Problems;
use crate::scenario::scenario_answer::{OnTheWay, ScenarioAnswer};
use crate::scenario::timing::Timing;
use crate::scenario::value::Form;

/// A scenario: named rules, of which the first that matches wins.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The name. Without one in the file, it is the file's name without its extension.
    pub name: Arc<str>,
    pub description: Option<String>,
    /// What each account holds at first, where it says so.
    pub opening_balance: Option<Decimal>,
    /// Whether accounts are kept, where it says so.
    pub ledger: Option<bool>,
    /// The lifetime of an access token, if the scenario sets it.
    pub token_lifetime: Option<Duration>,
    /// How often statuses may be asked for, where it says so.
    pub rate_limit: Option<RateLimit>,
    /// How often callbacks are tried, where it says so.
    pub delivery: Option<DeliveryPolicy>,
    /// The account holders that it declares, the first that matches counts.
    pub account_holders: Vec<DeclaredHolder>,
    pub rules: Vec<Rule>,
    /// The text in TOML.
    pub source: Arc<str>,
    /// The form that it was sent in.
    pub form: Form,
    /// What in it is worth a warning, if anything is.
    pub warnings: Option<Arc<Problems>>,
}

/// The number of status queries of an API user that are answered in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    pub requests: u32,
    /// The time in which they count.
    pub per: Duration,
}

/// An account holder of a scenario.
#[derive(Debug, Clone)]
pub struct DeclaredHolder {
    /// The pattern of the ids, exact or with `*` and `?`.
    pub party: Glob,
    pub id_type: Option<PartyIdType>,
    /// How asking whether it is active fails, if it does.
    pub active_refusal: Option<ActiveRefusal>,
    /// The account holder with such an id.
    pub holder: Arc<AccountHolder>,
}

/// How asking whether an account holder is active may fail
/// (docs/contract.md#accounts-and-account-holders). The words are the codes of the reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum ActiveRefusal {
    ResourceNotFound,
    NotAllowed,
    NotAllowedTargetEnvironment,
    InternalProcessingError,
    ServiceUnavailable,
}

impl ActiveRefusal {
    pub fn rejection(self, why: String) -> Rejection {
        match self {
            Self::ResourceNotFound => Rejection::NotFound(why),
            Self::NotAllowed => Rejection::NotAllowed(why),
            Self::NotAllowedTargetEnvironment => Rejection::TargetEnvironmentForbidden(why),
            Self::InternalProcessingError => Rejection::InternalProcessingError(why),
            Self::ServiceUnavailable => Rejection::ServiceUnavailable(why),
        }
    }

    /// Returns the code in its body.
    pub fn code(self) -> &'static str {
        self.into()
    }
}

#[derive(Debug, Clone)]
pub struct Rule {
    /// The place of the rule, for explanations.
    pub origin: Origin,
    pub name: Option<Arc<str>>,
    /// The conditions under which the rule applies.
    pub when: When,
    /// What the request meets: a submission, or whatever the rule is about.
    pub submit: Option<SubmitRule>,
    pub then: Then,
    /// What successive GETs meet, before the truth.
    pub query: Vec<QueryRule>,
    /// The callbacks, in the order of the file. None: as it would be without the rule.
    pub callbacks: Vec<CallbackRule>,
    /// What queries of the balance meet in turn, where the rule is about those.
    pub answers: Vec<ReportedBalance>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    pub scenario: Arc<str>,
    /// The rule's number in it, from 1.
    pub number: usize,
}

/// The rule that decided a request, and which occurrence of it, where that was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decider {
    pub rule: Origin,
    pub occurrence: Option<NonZeroU32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmitRule {
    pub delay: Option<Timing>,
    pub fault: Option<Fault>,
    /// Whether the transaction exists, or what was asked for is done, all the same.
    pub created: bool,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The answer is another. The queries of a plan share it.
    Answer(Arc<ScenarioAnswer>),
    Connection(ConnectionFault),
    /// The answer comes slowly, or the connection breaks in the middle of it.
    OnTheWay(Arc<OnTheWay>),
}

/// How a transaction ends; what is left out is as it would be without the rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Then {
    /// The statuses before the last, none of them final, each with how long it lasts; PENDING,
    /// where there is none.
    pub path: Vec<(RuleStatus, Timing)>,
    /// The status that it ends with, or stays in.
    pub ending: Option<RuleStatus>,
    /// The time from acceptance to settlement. A rule with a path has it in its steps.
    pub after: Option<Timing>,
}

/// What some GETs of the status meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryRule {
    pub extent: QueryExtent,
    pub delay: Option<Timing>,
    pub fault: Option<Fault>,
    /// The status that is told, if not the transaction's.
    pub status: Option<RuleStatus>,
}

/// The GETs that meet a step of `query`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryExtent {
    /// So many.
    Times(u32),
    /// All until so long after the end of the step before that has a time, or after acceptance.
    Lasts(Timing),
}

impl QueryExtent {
    /// How many queries the step needs to be planned for.
    pub fn planned(self) -> u32 {
        match self {
            Self::Times(times) => times,
            Self::Lasts(_) => 1,
        }
    }
}

/// What one query of the balance meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportedBalance {
    Ledger,
    /// This balance, whatever the account holds.
    Available(Decimal),
    Failed(Fault),
}

/// A callback that a rule asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackRule {
    pub fate: CallbackFate,
    /// The time from the final status to the callback.
    pub delay: CallbackDelay,
    /// The method, if not the operation's.
    pub method: Option<CallbackMethod>,
    pub times: u32,
    pub every: Duration,
    pub body: CallbackBody,
    /// The status that it claims, if not the transaction's.
    pub status: Option<RuleStatus>,
    /// The headers and the body that the rule writes out, if it does.
    pub content: Option<Arc<CallbackContent>>,
}

/// The time from the final status to a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackDelay {
    /// So many milliseconds. A negative time is before.
    Fixed(i64),
    /// Drawn for each transaction.
    Drawn(Timing),
}

/// What a rule writes out of a callback, instead of what MTN sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallbackContent {
    pub body: Option<Arc<str>>,
    /// Content-Type among them. One of the same name takes the place of MTN's.
    pub headers: Vec<(Box<str>, Box<str>)>,
}

impl Default for CallbackRule {
    /// Once, when the status is final, with the truth.
    fn default() -> Self {
        Self {
            fate: CallbackFate::Sent,
            delay: CallbackDelay::Fixed(0),
            method: None,
            times: 1,
            every: Duration::from_secs(1),
            body: CallbackBody::Status,
            status: None,
            content: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum CallbackFate {
    Sent,
    /// The callback is lost without notice.
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum CallbackBody {
    Status,
    /// The first half of it, which is no JSON.
    Malformed,
    /// The status body of a transaction that nobody asked for.
    UnknownReference,
    /// The status body with fields that no document has.
    UnknownFields,
}
