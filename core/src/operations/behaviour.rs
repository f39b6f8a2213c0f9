//! A behaviour of the emulated API: anything that evidence can be had for, with a stable id.

use strum::{EnumCount, IntoStaticStr, VariantArray};

use crate::model::all_of;
use crate::model::environment::Environment;
use crate::model::party::PartyIdType;
use crate::model::product::Product;
use crate::model::reason::Reason;
use crate::model::status::StatusKind;
use crate::model::submission::TransactionKind;
use crate::operations::general_rule::GeneralRule;
use crate::operations::real_answer::RealAnswer;
use crate::operations::rejection::{ConsentError, RejectionKind};
use crate::operations::table::{Operation, OperationKind};

/// A behaviour; closed, so that a new kind of one makes the compiler ask for its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// An operation is served, under this product or at the root.
    Operation(&'static Operation, Option<Product>),
    /// An operation is served at another path too.
    Alias(&'static Operation, &'static str),
    /// An operation is served under a product that does not have it.
    AlsoUnder(&'static Operation, Product),
    /// A field of a request's body: of a submission by its kind, else by the answer's name.
    BodyField(&'static str, &'static str),
    /// How a body or a path names an account holder.
    IdType(PartyPlace, PartyIdType),
    Header(&'static str),
    /// The answer of a success, its status and its shape.
    Answer(OperationKind),
    AnswerField(OperationKind, &'static str),
    ReportedStatus(TransactionKind, StatusKind),
    /// A field of a status body, and when it is there.
    StatusField(TransactionKind, &'static str),
    /// The order of the fields of a status body.
    StatusOrder(TransactionKind),
    AnswerHeader(&'static str),
    /// An answer that only a scenario gives.
    RealAnswer(RealAnswer),
    /// A refusal: its status, its body, when it is met.
    Refusal(RejectionKind),
    ConsentRefusal(ConsentError),
    /// A reason of a failed transaction.
    Reason(Reason),
    /// What one of MTN's test values does: the operation, and MTN's name of the use case.
    TestValue(&'static str, &'static str),
    /// The method of the callback of a submission.
    CallbackMethod(&'static Operation),
    CallbackBody(TransactionKind),
    CallbackHeader(&'static str),
    Market(&'static Environment, MarketTrait),
    /// A rule that is not about one row of a table.
    General(GeneralRule),
}

/// Where an account holder is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartyPlace {
    Body,
    Path,
}

/// What is known about a single market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarketTrait {
    /// The name in `X-Target-Environment`.
    Name,
    Currency,
    /// The number of digits after the point of its amounts.
    Decimals,
}

/// The groups that pages and answers show behaviours in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumCount, IntoStaticStr, VariantArray,
)]
#[strum(const_into_str)]
pub enum Topic {
    Operations,
    /// Headers and bodies of requests.
    Requests,
    /// Answers but those of a status.
    Answers,
    Statuses,
    Refusals,
    Reasons,
    #[strum(serialize = "Test values")]
    TestValues,
    Callbacks,
    Markets,
    Rules,
}

impl Topic {
    /// All topics, in the order of the pages.
    pub const ALL: [Self; Self::COUNT] = all_of(Self::VARIANTS);

    pub fn name(self) -> &'static str {
        self.into_str()
    }
}

impl Behaviour {
    /// The stable id: what it is about, a colon, and its name.
    pub fn id(&self) -> String {
        match self {
            Self::Operation(operation, None) => format!("operation:{}", operation.id),
            Self::Operation(operation, Some(product)) => {
                format!("operation:{product}/{}", operation.id)
            }
            Self::Alias(operation, path) => format!("alias:{} {path}", operation.method),
            Self::AlsoUnder(operation, product) => {
                format!("also-under:{product}/{}", operation.id)
            }
            Self::BodyField(body, field) => format!("body:{body}.{field}"),
            Self::IdType(PartyPlace::Body, id_type) => format!("id-type:body.{}", id_type.name()),
            Self::IdType(PartyPlace::Path, id_type) => format!("id-type:path.{}", id_type.name()),
            Self::Header(name) => format!("header:{name}"),
            Self::Answer(kind) => format!("answer:{}", kind.answer_name()),
            Self::AnswerField(kind, field) => format!("answer:{}.{field}", kind.answer_name()),
            Self::ReportedStatus(kind, status) => {
                format!("told:{}.{}", kind.name(), status.as_str())
            }
            Self::StatusField(kind, field) => format!("status:{}.{field}", kind.name()),
            Self::StatusOrder(kind) => format!("order:{}", kind.name()),
            Self::AnswerHeader(name) => format!("answer-header:{name}"),
            Self::RealAnswer(real) => format!("real-answer:{}", real.name()),
            Self::Refusal(kind) => format!("refusal:{}", kind.name()),
            Self::ConsentRefusal(error) => format!("refusal:consent.{}", error.name()),
            Self::Reason(reason) => format!("reason:{}", reason.code()),
            Self::TestValue(operation, use_case) => format!("test-value:{operation}.{use_case}"),
            Self::CallbackMethod(operation) => format!("callback-method:{}", operation.id),
            Self::CallbackBody(kind) => format!("callback-body:{}", kind.name()),
            Self::CallbackHeader(name) => format!("callback-header:{name}"),
            Self::Market(market, MarketTrait::Name) => format!("market:{}", market.name),
            Self::Market(market, MarketTrait::Currency) => {
                format!("market:{}.currency", market.name)
            }
            Self::Market(market, MarketTrait::Decimals) => {
                format!("market:{}.decimals", market.name)
            }
            Self::General(rule) => format!("rule:{}", rule.name()),
        }
    }

    pub fn topic(&self) -> Topic {
        match self {
            Self::Operation(..) | Self::Alias(..) | Self::AlsoUnder(..) => Topic::Operations,
            Self::BodyField(..) | Self::IdType(..) | Self::Header(_) => Topic::Requests,
            Self::Answer(OperationKind::Status(_)) => Topic::Statuses,
            Self::Answer(_)
            | Self::AnswerField(..)
            | Self::AnswerHeader(_)
            | Self::RealAnswer(_) => Topic::Answers,
            Self::ReportedStatus(..) | Self::StatusField(..) | Self::StatusOrder(_) => {
                Topic::Statuses
            }
            Self::Refusal(_) | Self::ConsentRefusal(_) => Topic::Refusals,
            Self::Reason(_) => Topic::Reasons,
            Self::TestValue(..) => Topic::TestValues,
            Self::CallbackMethod(_) | Self::CallbackBody(_) | Self::CallbackHeader(_) => {
                Topic::Callbacks
            }
            Self::Market(..) => Topic::Markets,
            Self::General(_) => Topic::Rules,
        }
    }
}

impl OperationKind {
    /// The name of its answer among behaviours.
    pub fn answer_name(self) -> String {
        match self {
            Self::CreateApiUser => "apiuser-created".to_owned(),
            Self::ReadApiUser => "apiuser".to_owned(),
            Self::CreateApiKey => "apikey".to_owned(),
            Self::Token => "token".to_owned(),
            Self::ConsentToken => "oauth2-token".to_owned(),
            Self::Authorize => "bc-authorize".to_owned(),
            Self::UserInfo => "userinfo".to_owned(),
            Self::Submit(kind) => format!("submit.{}", kind.name()),
            Self::Status(kind) => format!("status.{}", kind.name()),
            Self::CancelInvoice => "cancel-invoice".to_owned(),
            Self::CancelPreApproval => "cancel-preapproval".to_owned(),
            Self::ListPreApprovals => "preapprovals".to_owned(),
            Self::DeliveryNotification => "deliverynotification".to_owned(),
            Self::Balance => "balance".to_owned(),
            Self::BalanceInCurrency => "balance-in-currency".to_owned(),
            Self::AccountHolderActive => "active".to_owned(),
            Self::BasicUserInfo => "basicuserinfo".to_owned(),
        }
    }
}
