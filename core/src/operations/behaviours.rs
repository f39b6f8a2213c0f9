//! All behaviours that the tables of the API describe, read off those tables.

use std::sync::LazyLock;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use strum::VariantArray;

use crate::model::environment::MARKETS;
use crate::model::party::PartyIdType;
use crate::model::reason::Reason;
use crate::model::status::StatusKind;
use crate::model::submission::TransactionKind;
use crate::operations::behaviour::{Behaviour, MarketTrait, PartyPlace};
use crate::operations::general_rule::GeneralRule;
use crate::operations::real_answer::RealAnswer;
use crate::operations::rejection::{ConsentError, RejectionKind};
use crate::operations::request_schema::request_schema;
use crate::operations::responses::{
    ActiveAnswer, ApiKeyAnswer, ApiUserAnswer, AuthorizeAnswer, BalanceAnswer, BasicUserInfoAnswer,
    ConsentTokenAnswer, PreApprovalAnswer, TokenAnswer, UserInfoAnswer,
};
use crate::operations::status_body::status_fields;
use crate::operations::table::{OPERATIONS, OperationKind};

/// The headers of requests that are looked at; the query's key and the two forms of credentials
/// count as headers of their own.
pub const HEADERS: &[&str] = &[
    "Ocp-Apim-Subscription-Key",
    "subscription-key (query)",
    "Authorization (Basic)",
    "Authorization (Bearer)",
    "X-Target-Environment",
    "X-Reference-Id",
    "X-Callback-Url",
    "Content-Type",
    "notificationMessage",
    "Language",
];

/// The headers of answers, but those that HTTP itself asks for.
pub const ANSWER_HEADERS: &[&str] = &[
    "Content-Type",
    "Content-Length",
    "Cache-Control",
    "Pragma",
    "WWW-Authenticate",
    "Request-Context",
    "X-XSS-Protection",
    "X-Momo-Sandbox-Why",
    "Connection",
];

pub const CALLBACK_HEADERS: &[&str] =
    &["User-Agent", "Content-Type", "Content-Length", "Accept-Encoding", "Connection"];

/// The bodies of requests that are no submission: the name of the answer, and its fields.
pub const OTHER_BODIES: &[(&str, &[&str])] = &[
    ("apiuser-created", &["providerCallbackHost"]),
    ("token", &["grant_type"]),
    ("oauth2-token", &["grant_type", "auth_req_id", "refresh_token"]),
    (
        "bc-authorize",
        &[
            "login_hint",
            "scope",
            "access_type",
            "consent_valid_in",
            "client_notification_token",
            "scope_instruction",
        ],
    ),
    ("deliverynotification", &["notificationMessage"]),
    ("cancel-invoice", &["externalId"]),
];

/// All behaviours but MTN's test values, which are a scenario.
pub fn of_the_tables() -> Vec<Behaviour> {
    let mut all = Vec::new();
    add_operations(&mut all);
    add_requests(&mut all);
    add_answers(&mut all);
    add_statuses(&mut all);
    all.extend(ANSWER_HEADERS.iter().copied().map(Behaviour::AnswerHeader));
    all.extend(RealAnswer::VARIANTS.iter().copied().map(Behaviour::RealAnswer));
    all.extend(RejectionKind::VARIANTS.iter().copied().map(Behaviour::Refusal));
    all.extend(ConsentError::VARIANTS.iter().copied().map(Behaviour::ConsentRefusal));
    all.extend(Reason::ALL.map(Behaviour::Reason));
    add_callbacks(&mut all);
    for market in &MARKETS {
        let traits = [MarketTrait::Name, MarketTrait::Currency, MarketTrait::Decimals];
        all.extend(traits.map(|one| Behaviour::Market(market, one)));
    }
    all.extend(GeneralRule::ALL.iter().copied().map(Behaviour::General));
    all
}

fn add_operations(all: &mut Vec<Behaviour>) {
    for operation in OPERATIONS {
        if operation.products.is_empty() {
            all.push(Behaviour::Operation(operation, None));
        }
        let under = operation.products.iter().map(|product| Some(*product));
        all.extend(under.map(|product| Behaviour::Operation(operation, product)));
        all.extend(operation.aliases.iter().map(|path| Behaviour::Alias(operation, path)));
        let also = operation.also_under.iter();
        all.extend(also.map(|product| Behaviour::AlsoUnder(operation, *product)));
    }
}

fn add_requests(all: &mut Vec<Behaviour>) {
    for kind in TransactionKind::ALL {
        let fields = request_schema(kind).iter();
        all.extend(fields.map(|field| Behaviour::BodyField(kind.name(), field.name)));
    }
    for (body, fields) in OTHER_BODIES {
        all.extend(fields.iter().map(|field| Behaviour::BodyField(body, field)));
    }
    all.extend(PartyIdType::IN_BODIES.map(|one| Behaviour::IdType(PartyPlace::Body, one)));
    all.extend(PartyIdType::IN_PATHS.map(|one| Behaviour::IdType(PartyPlace::Path, one)));
    all.extend(HEADERS.iter().copied().map(Behaviour::Header));
}

fn add_answers(all: &mut Vec<Behaviour>) {
    for (kind, fields) in ANSWERS.iter() {
        all.push(Behaviour::Answer(*kind));
        all.extend(fields.iter().map(|field| Behaviour::AnswerField(*kind, field)));
    }
}

fn add_statuses(all: &mut Vec<Behaviour>) {
    for kind in TransactionKind::ALL {
        all.push(Behaviour::StatusOrder(kind));
        all.extend(StatusKind::ALL.iter().map(|status| Behaviour::ReportedStatus(kind, *status)));
        let fields = status_fields(kind).iter();
        all.extend(fields.map(|field| Behaviour::StatusField(kind, field.name)));
    }
}

fn add_callbacks(all: &mut Vec<Behaviour>) {
    let submits = OPERATIONS.iter().filter(|one| matches!(one.kind, OperationKind::Submit(_)));
    all.extend(submits.map(Behaviour::CallbackMethod));
    all.extend(TransactionKind::ALL.map(Behaviour::CallbackBody));
    all.extend(CALLBACK_HEADERS.iter().copied().map(Behaviour::CallbackHeader));
}

/// The kinds of operations, each once, with the fields of their answers but those of a status.
static ANSWERS: LazyLock<Vec<(OperationKind, Vec<String>)>> = LazyLock::new(|| {
    let mut answers: Vec<(OperationKind, Vec<String>)> = Vec::new();
    for operation in OPERATIONS {
        if !answers.iter().any(|(kind, _)| *kind == operation.kind) {
            answers.push((operation.kind, answer_fields(operation.kind)));
        }
    }
    answers
});

fn answer_fields(kind: OperationKind) -> Vec<String> {
    match kind {
        OperationKind::CreateApiUser
        | OperationKind::Submit(_)
        | OperationKind::Status(_)
        | OperationKind::DeliveryNotification
        | OperationKind::CancelInvoice
        | OperationKind::CancelPreApproval => Vec::new(),
        OperationKind::ReadApiUser => fields_of::<ApiUserAnswer>(),
        OperationKind::CreateApiKey => fields_of::<ApiKeyAnswer>(),
        OperationKind::Token => fields_of::<TokenAnswer>(),
        OperationKind::ConsentToken => fields_of::<ConsentTokenAnswer>(),
        OperationKind::Authorize => fields_of::<AuthorizeAnswer>(),
        OperationKind::UserInfo => fields_of::<UserInfoAnswer>(),
        OperationKind::ListPreApprovals => fields_of::<PreApprovalAnswer>(),
        OperationKind::Balance | OperationKind::BalanceInCurrency => fields_of::<BalanceAnswer>(),
        OperationKind::AccountHolderActive => fields_of::<ActiveAnswer>(),
        OperationKind::BasicUserInfo => fields_of::<BasicUserInfoAnswer>(),
    }
}

/// The names of the fields that a type is sent with, of all its forms if it has several.
fn fields_of<T: JsonSchema>() -> Vec<String> {
    let settings = SchemaSettings::default().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    let mut fields = Vec::new();
    add_fields(&schema, &mut fields);
    fields
}

fn add_fields(schema: &Value, fields: &mut Vec<String>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for name in properties.into_iter().flat_map(serde_json::Map::keys) {
        if !fields.contains(name) {
            fields.push(name.clone());
        }
    }
    for forms in ["anyOf", "oneOf", "allOf"] {
        let forms = schema.get(forms).and_then(Value::as_array);
        forms.into_iter().flatten().for_each(|form| add_fields(form, fields));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_behaviours_share_an_id() {
        let mut seen = BTreeSet::new();
        for behaviour in of_the_tables() {
            assert!(seen.insert(behaviour.id()), "{} twice", behaviour.id());
        }
    }

    #[test]
    fn the_fields_of_an_answer_are_those_that_are_sent() {
        assert_eq!(fields_of::<BalanceAnswer>(), ["availableBalance", "currency"]);
        #[derive(JsonSchema)]
        #[serde(untagged)]
        #[expect(dead_code, reason = "only its schema is looked at")]
        enum Either {
            Token(TokenAnswer),
            Key(ApiKeyAnswer),
        }
        let both = ["access_token", "token_type", "expires_in", "apiKey"];
        assert_eq!(fields_of::<Either>(), both);
    }
}
