//! The scenario file's format, as data: which tables there are, their fields and what they hold.
//! What reads a file takes the names of its fields from here, and so does the JSON Schema that
//! editors complete by.

use serde_json::{Map, Value, json};

use crate::model::consent::ConsentOutcome;
use crate::model::fault::ConnectionFault;
use crate::model::party::PartyIdType;
use crate::model::product::Product;
use crate::model::reason::Reason;
use crate::operations::body::text_fields;
use crate::scenario::delivery::DeliveryPolicy;
use crate::scenario::read_scenario::LEDGER;
use crate::scenario::rule::{ACTIVE_REFUSALS, Subject};

/// A table of a scenario file.
#[derive(Debug)]
pub struct Table {
    /// What it is, for messages: "a rule".
    pub what: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

/// A field of a table.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// What it is for.
    pub about: &'static str,
}

/// What a field holds.
#[derive(Debug)]
pub enum Holds {
    /// Any text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number from 1.
    Count,
    /// A number from 0 to 1.
    Chance,
    /// An HTTP status of an answer that is no success.
    HttpStatus,
    /// A decimal, in quotes or not.
    Decimal,
    /// A date.
    Date,
    /// A UUID.
    Uuid,
    /// A duration such as `2s`.
    Duration,
    /// A duration that may be negative.
    SignedDuration,
    /// A duration, `{min, max}` or `{median, p99}`.
    Timing,
    /// One of these words.
    OneOf(fn() -> Vec<&'static str>),
    /// One of these codes, or any other, of which a warning says that MTN was never seen to send
    /// it.
    Code(fn() -> Vec<&'static str>),
    /// `true`, `false` or one of these words.
    BooleanOr(fn() -> Vec<&'static str>),
    /// Texts by any of these names.
    TextsBy(fn() -> Vec<&'static str>),
    /// Another table.
    Table(&'static Table),
    /// One or more tables.
    Tables(&'static Table),
}

const fn field(name: &'static str, holds: Holds, about: &'static str) -> Field {
    Field { name, holds, about }
}

impl Table {
    /// The names of its fields.
    pub fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|field| field.name).collect()
    }
}

/// The whole file.
pub static SCENARIO: Table = Table {
    what: "a scenario",
    fields: &[
        field("name", Holds::Text, "Its name; the file's without its ending, if left out."),
        field("description", Holds::Text, "What happens, in a sentence."),
        field("opening_balance", Holds::Decimal, "What each account holds at first."),
        field(
            "ledger",
            Holds::OneOf(ledger),
            "Whether accounts are kept; off: payouts of any amount succeed, as in MTN's sandbox.",
        ),
        field("token_lifetime", Holds::Duration, "How long an access token lives."),
        field("rate_limit", Holds::Table(&RATE_LIMIT), "How often statuses may be asked for."),
        field(
            "delivery",
            Holds::OneOf(policies),
            "How often callbacks are tried; once, if left out.",
        ),
        field("account_holders", Holds::Tables(&ACCOUNT_HOLDER), "Who payers and payees are."),
        field("rules", Holds::Tables(&RULE), "What happens; the first rule that matches wins."),
    ],
};

/// `rate_limit`.
pub static RATE_LIMIT: Table = Table {
    what: "`rate_limit`",
    fields: &[
        field("requests", Holds::Count, "How many status queries of an API user are answered."),
        field("per", Holds::Duration, "In which time; further ones meet a 429."),
    ],
};

/// `[[account_holders]]`.
pub static ACCOUNT_HOLDER: Table = Table {
    what: "an account holder",
    fields: &[
        field("party", Holds::Text, "Whose id, exact or with * and ?."),
        field("party_id_type", Holds::OneOf(party_id_types), "Only ids of this type."),
        field("given_name", Holds::Text, "Given names."),
        field("middle_name", Holds::Text, "Middle names."),
        field("family_name", Holds::Text, "Family names."),
        field("birthdate", Holds::Date, "Such as 1976-08-13."),
        field("gender", Holds::Text, "Such as MALE."),
        field("locale", Holds::Text, "Such as sv_SE."),
        field("active", Holds::BooleanOr(active_refusals), "Whether active, or how asking fails."),
        field("consent", Holds::OneOf(consent_outcomes), "What comes of asking for consent."),
        field("consent_after", Holds::Duration, "How long the answer to that takes."),
    ],
};

/// `[[rules]]`.
pub static RULE: Table = Table {
    what: "a rule",
    fields: &[
        field("name", Holds::Text, "What it is called where it is shown that it decided."),
        field("when", Holds::Table(&WHEN), "Which transactions it is for; all, if left out."),
        field("submit", Holds::Table(&SUBMIT), "What the POST meets."),
        field("then", Holds::Table(&THEN), "What becomes of the transaction."),
        field("query", Holds::Tables(&QUERY), "What successive GETs meet; then the truth."),
        field("callback", Holds::Table(&CALLBACK), "What becomes of the callback."),
        field(
            "answers",
            Holds::Tables(&BALANCE_ANSWER),
            "With the operation balance: what successive queries meet, each once in an order that \
             is drawn from the seed, then again.",
        ),
    ],
};

/// `when`.
pub static WHEN: Table = Table {
    what: "`when`",
    fields: &[
        field("product", Holds::OneOf(products), "The product."),
        field(
            "operation",
            Holds::OneOf(operations),
            "The operation; any transaction, if left out.",
        ),
        field("party", Holds::Text, "The payer's or payee's id, exact or with * and ?."),
        field("party_id_type", Holds::OneOf(party_id_types), "The type of that id."),
        field("amount", Holds::Table(&AMOUNT), "Bounds of the amount."),
        field("currency", Holds::Text, "The currency."),
        field("external_id", Holds::Text, "The external id, exact or with * and ?."),
        field("body", Holds::TextsBy(text_fields), "Other texts of the request."),
        field("api_user", Holds::Uuid, "The API user."),
        field("chance", Holds::Chance, "Drawn from the reference: 0.1 is one in ten."),
        field("first", Holds::Count, "Only so many, of each API user."),
        field("until", Holds::Duration, "Only so long after the scenario took force."),
    ],
};

/// `amount`.
pub static AMOUNT: Table = Table {
    what: "`amount`",
    fields: &[
        field("equals", Holds::Decimal, "This amount."),
        field("at_least", Holds::Decimal, "This amount or more."),
        field("at_most", Holds::Decimal, "This amount or less."),
    ],
};

/// `submit`.
pub static SUBMIT: Table = Table {
    what: "`submit`",
    fields: &[
        field("delay", Holds::Timing, "How long the answer takes."),
        field("answer", Holds::Table(&ANSWER), "An error instead of the 202."),
        field("connection", Holds::OneOf(breakages), "No answer at all, or half of it."),
        field(
            "created",
            Holds::Boolean,
            "Whether the transaction exists all the same: false with an answer, true with a broken \
             connection, if left out.",
        ),
    ],
};

/// `answer`.
pub static ANSWER: Table = Table {
    what: "`answer`",
    fields: &[
        field("status", Holds::HttpStatus, "The HTTP status."),
        field("code", Holds::Text, "The wallet platform's code; without, the gateway's shape."),
        field("message", Holds::Text, "The message."),
    ],
};

/// `then`.
pub static THEN: Table = Table {
    what: "`then`",
    fields: &[
        field("status", Holds::OneOf(endings), "How it ends, or stays."),
        field("reason", Holds::Code(reasons), "Why, with FAILED."),
        field("after", Holds::Timing, "How long after acceptance."),
        field("path", Holds::Tables(&STAGE), "Several statuses, instead of these three."),
    ],
};

/// `path`.
pub static STAGE: Table = Table {
    what: "a step of `path`",
    fields: &[
        field("status", Holds::OneOf(statuses), "The status."),
        field("reason", Holds::Code(reasons), "Why, with FAILED."),
        field("lasts", Holds::Timing, "How long; the last one has none."),
    ],
};

/// `query`.
pub static QUERY: Table = Table {
    what: "a step of `query`",
    fields: &[
        field("times", Holds::Count, "How many GETs meet it; one, if left out."),
        field("delay", Holds::Timing, "How long the answer takes."),
        field("answer", Holds::Table(&ANSWER), "An error instead of the status."),
        field("connection", Holds::OneOf(breakages), "No answer at all, or half of it."),
    ],
};

/// `answers`.
pub static BALANCE_ANSWER: Table = Table {
    what: "an answer to a query of the balance",
    fields: &[
        field("available", Holds::Decimal, "A balance; the account's, if nothing is said."),
        field("answer", Holds::Table(&ANSWER), "An error instead."),
        field("connection", Holds::OneOf(breakages), "No answer at all, or half of it."),
    ],
};

/// `callback`.
pub static CALLBACK: Table = Table {
    what: "`callback`",
    fields: &[
        field("fate", Holds::OneOf(fates), "Sent, if left out."),
        field(
            "delay",
            Holds::SignedDuration,
            "How long after the final status; negative: before the GET shows it.",
        ),
        field("method", Holds::OneOf(methods), "The operation's own, if left out."),
        field("times", Holds::Count, "How often it is sent; once, if left out."),
        field("every", Holds::Duration, "How long between two; a second, if left out."),
        field("body", Holds::OneOf(bodies), "What it carries; the status, if left out."),
        field("status", Holds::OneOf(statuses), "A status that is not the transaction's."),
        field("reason", Holds::Code(reasons), "Why, with FAILED."),
    ],
};

fn products() -> Vec<&'static str> {
    Product::ALL.map(Product::name).into()
}

fn operations() -> Vec<&'static str> {
    Subject::named().into_iter().map(|(name, _)| name).collect()
}

fn party_id_types() -> Vec<&'static str> {
    PartyIdType::IN_PATHS.map(PartyIdType::name).into()
}

fn reasons() -> Vec<&'static str> {
    Reason::ALL.map(Reason::code).into()
}

fn endings() -> Vec<&'static str> {
    vec!["SUCCESSFUL", "FAILED", "PENDING"]
}

fn statuses() -> Vec<&'static str> {
    vec!["CREATED", "PENDING", "SUCCESSFUL", "FAILED"]
}

fn ledger() -> Vec<&'static str> {
    LEDGER.map(|(name, _)| name).into()
}

fn policies() -> Vec<&'static str> {
    DeliveryPolicy::ALL.iter().map(|(name, _)| *name).collect()
}

fn fates() -> Vec<&'static str> {
    vec!["sent", "lost"]
}

fn methods() -> Vec<&'static str> {
    vec!["POST", "PUT"]
}

fn bodies() -> Vec<&'static str> {
    vec!["status", "malformed", "unknown-reference", "unknown-fields"]
}

fn breakages() -> Vec<&'static str> {
    ConnectionFault::NAMES.to_vec()
}

fn consent_outcomes() -> Vec<&'static str> {
    ConsentOutcome::ALL.map(|(name, _, _)| name).into()
}

/// The codes with which asking whether an account holder is active may fail.
pub fn active_refusals() -> Vec<&'static str> {
    ACTIVE_REFUSALS.map(Reason::code).to_vec()
}

/// The JSON Schema of a scenario file, for editors.
pub fn schema() -> Value {
    let mut schema = of_table(&SCENARIO);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("A scenario of momo-sandbox");
    schema
}

fn of_table(table: &Table) -> Value {
    let properties: Map<String, Value> = table
        .fields
        .iter()
        .map(|field| {
            let mut schema = of(&field.holds);
            schema["description"] = json!(field.about);
            (field.name.to_owned(), schema)
        })
        .collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn of(holds: &Holds) -> Value {
    let duration = || json!({"type": "string", "pattern": "^[0-9]"});
    match holds {
        Holds::Text => json!({"type": "string"}),
        Holds::Boolean => json!({"type": "boolean"}),
        Holds::Count => json!({"type": "integer", "minimum": 1}),
        Holds::Chance => json!({"type": "number", "minimum": 0, "maximum": 1}),
        Holds::HttpStatus => json!({"type": "integer", "minimum": 400, "maximum": 599}),
        Holds::Decimal => json!({"type": ["string", "number"]}),
        // TOML has dates of its own, which editors show as text.
        Holds::Date => json!({"type": "string", "format": "date"}),
        Holds::Uuid => json!({"type": "string", "format": "uuid"}),
        Holds::Duration => duration(),
        Holds::SignedDuration => json!({"type": "string", "pattern": "^-?[0-9]"}),
        Holds::Timing => {
            let pair = |low: &str, high: &str| {
                json!({
                    "type": "object",
                    "required": [low, high],
                    "properties": {low: duration(), high: duration()},
                    "additionalProperties": false,
                })
            };
            json!({"anyOf": [duration(), pair("min", "max"), pair("median", "p99")]})
        }
        Holds::OneOf(words) => json!({"type": "string", "enum": words()}),
        Holds::Code(codes) => {
            let other = json!({"type": "string", "pattern": "^[ -~]{1,64}$"});
            json!({"anyOf": [{"type": "string", "enum": codes()}, other]})
        }
        Holds::BooleanOr(words) => {
            json!({"anyOf": [{"type": "boolean"}, {"type": "string", "enum": words()}]})
        }
        Holds::TextsBy(names) => {
            let texts: Map<String, Value> = names()
                .into_iter()
                .map(|name| (name.to_owned(), json!({"type": "string"})))
                .collect();
            json!({"type": "object", "properties": texts, "additionalProperties": false})
        }
        Holds::Table(table) => of_table(table),
        Holds::Tables(table) => json!({"type": "array", "items": of_table(table)}),
    }
}
