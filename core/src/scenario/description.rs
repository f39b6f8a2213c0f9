//! The description of a scenario: its tables, their fields, and what each field holds. The reader
//! follows it, and so does the JSON Schema by which editors complete: a word, a bound or a required
//! field is changed here, or where the word's own type is, and nowhere else.

use serde_json::{Value as Json, json};
use strum::VariantArray;

use crate::model::amount::{parse_balance, parse_signed_balance};
use crate::model::consent::ConsentOutcome;
use crate::model::fault::ConnectionFault;
use crate::model::party::PartyIdType;
use crate::model::status::StatusKind;
use crate::model::submission::CallbackMethod;
use crate::operations::real_answer::RealAnswer;
use crate::scenario::answer_fields::Body;
use crate::scenario::callback_field::BodyOf;
use crate::scenario::condition_fields::when;
use crate::scenario::daytime::Offset;
use crate::scenario::delivery::DeliveryPolicy;
use crate::scenario::duration::{Period, SignedTime, Time};
use crate::scenario::field::{
    Boolean, BooleanOr, Code, Date, Decimal, Field, OneOf, Table, Text, Whole,
};
use crate::scenario::header_fields::{HeaderText, Headers, OF_ANSWERS, OF_CALLBACKS};
use crate::scenario::plan::REPEATED_MAX;
use crate::scenario::rule::{ActiveRefusal, CallbackFate};
use crate::scenario::table_fields::{Many, One, OneOrMany};
use crate::scenario::version::Version;

/// The most status queries of a scenario's rate limit: each is remembered for as long as it counts.
const RATE_LIMIT_REQUESTS_MAX: u32 = 100_000;

/// Whether accounts are kept, as people say it.
pub const LEDGER_WORDS: [(&str, bool); 2] = [("on", true), ("off", false)];

pub(super) const fn field<K>(name: &'static str, kind: K, about: &'static str) -> Field<K> {
    Field { name, kind, about, needed: None }
}

pub(super) const fn needed<K>(
    name: &'static str,
    kind: K,
    about: &'static str,
    missing: &'static str,
    remedy: &'static str,
) -> Field<K> {
    Field { name, kind, about, needed: Some((missing, remedy)) }
}

/// Declares tables: a module for each, with a static for each field and `TABLE`, which lists them,
/// and after them the fields of `fault` that are named after `with`.
macro_rules! tables {
    ($($module:ident: $what:literal $(with $($also:ident)*)? {
        $($field:ident: $kind:ty = $declared:expr;)*
    })*) => {$(
        pub(super) mod $module {
            use super::*;
            $(pub(in crate::scenario) static $field: Field<$kind> = $declared;)*
            pub(in crate::scenario) static TABLE: Table =
                Table { what: $what, fields: &[$(&$field,)* $($(&fault::$also,)*)?] };
        }
    )*};
}

/// The fields of what a request meets, which several tables have.
pub(super) mod fault {
    use super::*;

    pub(in crate::scenario) static ANSWER: Field<One> =
        field("answer", One(&answer::TABLE), "Another answer.");
    pub(in crate::scenario) static CONNECTION: Field<OneOf<ConnectionFault>> =
        field("connection", OneOf(words), "No answer at all, or a part of it.");
    pub(in crate::scenario) static AFTER_BYTES: Field<Whole> = field(
        "after_bytes",
        Whole { from: 0, to: u32::MAX },
        "With `connection`: how many bytes of the body come before it breaks.",
    );
    pub(in crate::scenario) static BYTES_PER_SECOND: Field<Whole> = field(
        "bytes_per_second",
        Whole { from: 1, to: u32::MAX },
        "How slowly the answer's body comes.",
    );
}

pub(super) use tables;

tables! {
    scenario: "a scenario" {
        NAME: Text = field("name", Text, "Its name; default: the file's name without its ending.");
        VERSION: Version = field(
            "version",
            Version,
            "The version of this format; default: 1, the only one.",
        );
        DESCRIPTION: Text = field("description", Text, "What happens, in a sentence.");
        OPENING_BALANCE: Balance =
            field("opening_balance", BALANCE, "The opening balance of each account.");
        LEDGER: OneOf<bool> = field(
            "ledger",
            OneOf(ledger),
            "Whether a ledger is kept; off: payouts of any amount succeed, as in MTN's sandbox.",
        );
        TOKEN_LIFETIME: Period = field("token_lifetime", Period, "How long an access token lives.");
        RATE_LIMIT: One =
            field("rate_limit", One(&rate_limit::TABLE), "How often statuses may be asked for.");
        UTC_OFFSET: Offset =
            field("utc_offset", Offset, "The time zone of its hours and days; default: +00:00.");
        DELIVERY: OneOf<DeliveryPolicy> =
            field("delivery", OneOf(words), "How often each callback is tried; default: once.");
        ACCOUNT_HOLDERS: Many =
            field("account_holders", any(&account_holder::TABLE), "Who payers and payees are.");
        RULES: Many =
            field("rules", any(&rule::TABLE), "What happens; the first rule that matches wins.");
    }

    rate_limit: "`rate_limit`" {
        REQUESTS: Whole = needed(
            "requests",
            Whole { from: 1, to: RATE_LIMIT_REQUESTS_MAX },
            "How many status queries of an API user are answered.",
            "`requests`",
            "write { requests = 10, per = \"1s\" }",
        );
        PER: Period = needed(
            "per",
            Period,
            "In this time; further ones meet a 429.",
            "`per`",
            "write { requests = 10, per = \"1s\" }",
        );
    }

    account_holder: "an account holder" {
        PARTY: Text = needed(
            "party",
            Text,
            "Whose id, exact or with * and ?.",
            "a `party`",
            "add for instance `party = \"25677*\"`",
        );
        PARTY_ID_TYPE: OneOf<PartyIdType> =
            field("party_id_type", OneOf(party_id_types), "Only ids of this type.");
        GIVEN_NAME: Text = field("given_name", Text, "Given names.");
        MIDDLE_NAME: Text = field("middle_name", Text, "Middle names.");
        FAMILY_NAME: Text = field("family_name", Text, "Family names.");
        BIRTHDATE: Date = field("birthdate", Date, "For example 1976-08-13.");
        GENDER: Text = field("gender", Text, "For example MALE.");
        LOCALE: Text = field("locale", Text, "For example sv_SE.");
        ACTIVE: BooleanOr<ActiveRefusal> =
            field("active", BooleanOr(OneOf(words)), "Whether active, or how asking fails.");
        CONSENT: OneOf<ConsentOutcome> =
            field("consent", OneOf(consent_outcomes), "What comes of asking for consent.");
        CONSENT_AFTER: Period =
            field("consent_after", Period, "How long the answer to that takes.");
    }

    rule: "a rule" {
        NAME: Text = field("name", Text, "The rule's name, shown with what it decided.");
        WHEN: One =
            field("when", One(&when::TABLE), "Which requests it is about; default: submissions.");
        SUBMIT: One = field("submit", One(&submit::TABLE), "What the POST meets.");
        RESPOND: One = field(
            "respond",
            One(&respond::TABLE),
            "What the request meets, whatever the operation; of a submission the same as submit.",
        );
        THEN: One = field("then", One(&then::TABLE), "What becomes of the transaction.");
        QUERY: Many =
            field("query", any(&query::TABLE), "What successive GETs meet; then the real status.");
        CALLBACK: OneOrMany = field(
            "callback",
            OneOrMany(CALLBACKS),
            "What becomes of the callback; a list for several.",
        );
        ANSWERS: Many = field(
            "answers",
            BALANCE_ANSWERS,
            "With the operation balance: what successive queries meet, each once in an order \
             that is drawn from the seed, then again.",
        );
    }

    respond: "`respond`" with ANSWER CONNECTION AFTER_BYTES BYTES_PER_SECOND {
        DELAY: Time = field("delay", Time, "How long the answer takes.");
        DONE: Boolean = field(
            "done",
            Boolean,
            "Whether what was asked for is done all the same: false with an answer, true with a \
             broken connection, by default.",
        );
    }

    submit: "`submit`" with ANSWER CONNECTION AFTER_BYTES BYTES_PER_SECOND {
        DELAY: Time = field("delay", Time, "How long the answer takes.");
        CREATED: Boolean = field(
            "created",
            Boolean,
            "Whether the transaction exists all the same: false with an answer, true with a \
             broken connection, by default.",
        );
    }

    answer: "`answer`" {
        STATUS: Whole = field(
            "status",
            Whole { from: 200, to: 599 },
            "The HTTP status; default: what it would have been.",
        );
        CODE: Text =
            field("code", Text, "The wallet platform's code; without, the gateway's shape.");
        MESSAGE: Text = field("message", Text, "The message.");
        BODY: Body = field("body", Body, "The body, instead of a code and a message.");
        CONTENT_TYPE: HeaderText = field("content_type", HeaderText, "The type of the body.");
        HEADERS: Headers =
            field("headers", Headers(OF_ANSWERS), "Further headers, or other values of them.");
        PHRASE: HeaderText = field("phrase", HeaderText, "The reason phrase over HTTP/1.1.");
    }

    answer_body: "`body`" {
        FILE: Text = field("file", Text, "The text of a file beside the scenario's, or below.");
        REAL: OneOf<RealAnswer> = field("real", OneOf(words), "An answer that was seen of MTN.");
        ORDINARY: OneOf<()> = field(
            "ordinary",
            OneOf(|| vec![("half", ())]),
            "The first half of what it would have been, whole by its length.",
        );
    }

    callback_body: "`body`" {
        TEXT: Text = field("text", Text, "The body, as it stands.");
        FILE: Text = field("file", Text, "The text of a file beside the scenario's, or below.");
    }

    then: "`then`" {
        STATUS: OneOf<StatusKind> = field("status", OneOf(endings), "How it ends, or stays.");
        REASON: Code = field("reason", Code, "Why, with FAILED.");
        AFTER: Time = field("after", Time, "How long after acceptance.");
        PATH: Many = field("path", STAGES, "Several statuses, instead of these three.");
    }

    stage: "a step of `path`" {
        STATUS: OneOf<StatusKind> = needed(
            "status",
            OneOf(words),
            "The status.",
            "a `status`",
            "add one, such as \"PENDING\"",
        );
        REASON: Code = field("reason", Code, "Why, with FAILED.");
        LASTS: Time = field("lasts", Time, "How long; the last one has none.");
    }

    query: "a step of `query`" with ANSWER CONNECTION AFTER_BYTES BYTES_PER_SECOND {
        TIMES: Whole = field(
            "times",
            Whole { from: 1, to: REPEATED_MAX },
            "How many GETs meet it; default: 1.",
        );
        LASTS: Time = field(
            "lasts",
            Time,
            "Instead of `times`: for all GETs until so long after acceptance, or after the end of \
             the step before that has one.",
        );
        STATUS: OneOf<StatusKind> =
            field("status", OneOf(words), "A status that is not the transaction's.");
        REASON: Code = field("reason", Code, "Why, with FAILED.");
        DELAY: Time = field("delay", Time, "How long the answer takes.");
    }

    balance_answer: "an answer to a query of the balance"
        with ANSWER CONNECTION AFTER_BYTES BYTES_PER_SECOND
    {
        AVAILABLE: Balance =
            field("available", SIGNED_BALANCE, "A balance; default: the account's.");
    }

    callback: "`callback`" {
        FATE: OneOf<CallbackFate> =
            field("fate", OneOf(words), "Whether it is sent; default: sent.");
        DELAY: SignedTime = field(
            "delay",
            SignedTime,
            "How long after the final status; negative: before the GET shows it.",
        );
        METHOD: OneOf<CallbackMethod> =
            field("method", OneOf(methods), "The method; default: the operation's own.");
        TIMES: Whole = field(
            "times",
            Whole { from: 1, to: REPEATED_MAX },
            "How often it is sent; default: 1.",
        );
        EVERY: Period = field("every", Period, "The time between two; default: 1s.");
        BODY: BodyOf = field(
            "body",
            BodyOf(OneOf(words)),
            "Its body, by name, as { text } or from a { file }; default: status.",
        );
        STATUS: OneOf<StatusKind> =
            field("status", OneOf(words), "A status that is not the transaction's.");
        REASON: Code = field("reason", Code, "Why, with FAILED.");
        CONTENT_TYPE: HeaderText =
            field("content_type", HeaderText, "The header Content-Type, if not MTN's.");
        HEADERS: Headers =
            field("headers", Headers(OF_CALLBACKS), "Further headers, or others for MTN's.");
    }
}

/// What an account holds.
type Balance = Decimal<rust_decimal::Decimal>;

const BALANCE: Balance = Decimal {
    parse: |text| parse_balance(text).map_err(str::to_owned),
    remedy: "write a balance such as \"1000\" or \"0\"",
};

const SIGNED_BALANCE: Balance = Decimal {
    parse: |text| {
        let wrong = || "is not a decimal such as \"1000\" or \"-25\"".to_owned();
        parse_signed_balance(text).ok_or_else(wrong)
    },
    remedy: "write a balance, with a minus or without",
};

const STAGES: Many = Many {
    table: &stage::TABLE,
    needs_one: Some(("steps", "add one, or leave it out")),
    most: usize::MAX,
};

/// The callbacks of a rule. Lost ones are not sent, so the description bounds how many there are.
const CALLBACKS: Many = Many {
    table: &callback::TABLE,
    needs_one: Some(("callback", "add one; for none at all write { fate = \"lost\" }")),
    most: REPEATED_MAX as usize,
};

const BALANCE_ANSWERS: Many = Many {
    table: &balance_answer::TABLE,
    needs_one: Some(("answer", "add one, such as { available = \"0\" }, or leave the rule out")),
    most: REPEATED_MAX as usize,
};

const fn any(table: &'static Table) -> Many {
    Many { table, needs_one: None, most: usize::MAX }
}

/// The words of a type whose variants have a name each.
pub(super) fn words<T: Copy + VariantArray + Into<&'static str>>() -> Vec<(&'static str, T)> {
    T::VARIANTS.iter().map(|one| ((*one).into(), *one)).collect()
}

fn ledger() -> Vec<(&'static str, bool)> {
    LEDGER_WORDS.into()
}

pub(super) fn party_id_types() -> Vec<(&'static str, PartyIdType)> {
    PartyIdType::IN_PATHS.map(|id_type| (id_type.name(), id_type)).into()
}

fn consent_outcomes() -> Vec<(&'static str, ConsentOutcome)> {
    ConsentOutcome::ALL.map(|(name, _, outcome)| (name, outcome)).into()
}

fn methods() -> Vec<(&'static str, CallbackMethod)> {
    [CallbackMethod::Post, CallbackMethod::Put].map(|method| (method.name(), method)).into()
}

/// The statuses with which a transaction ends or in which it stays; CREATED is for a path.
fn endings() -> Vec<(&'static str, StatusKind)> {
    let endings = [StatusKind::Successful, StatusKind::Failed, StatusKind::Pending];
    endings.map(|status| (status.as_str(), status)).into()
}

/// Returns the JSON Schema of a scenario file, for editors.
pub fn schema() -> Json {
    let mut schema = scenario::TABLE.schema();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("A scenario of momo-sandbox");
    schema
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::*;
    use crate::scenario::reader::Reader;
    use crate::scenario::toml_reader;

    tables! {
        planted: "a planted table" {
            SIZE: Whole = needed("size", Whole { from: 5, to: 7 }, "", "a `size`", "add one");
            WORD: OneOf<u8> = field("word", OneOf(|| vec![("low", 1), ("high", 2)]), "");
        }
    }

    /// Returns what is read of a text by the planted description, and what is wrong with it.
    fn read(text: &str) -> (Option<u32>, Option<u8>, Vec<String>) {
        let document = DeTable::parse(text).expect("TOML");
        let document = toml_reader::document(&document);
        let mut reader = Reader::default();
        let fields = reader.table(&planted::TABLE, &document).expect("a table");
        let size = reader.get(&fields, &planted::SIZE);
        let word = reader.get(&fields, &planted::WORD);
        let shown = |problem: &crate::scenario::problem::Problem| {
            format!("{} / {}", problem.message, problem.help.as_deref().unwrap_or_default())
        };
        (size, word, reader.problems.iter().map(shown).collect())
    }

    #[test]
    fn the_reader_and_the_schema_follow_a_changed_word_bound_and_required_field() {
        assert_eq!(read("size = 7\nword = \"high\""), (Some(7), Some(2), Vec::new()));
        let (size, word, problems) = read("size = 8\nword = \"hihg\"\nsized = 1");
        assert_eq!((size, word), (None, None));
        assert_eq!(
            problems,
            [
                "unknown field `sized` in a planted table / did you mean `size`? Known here: \
                 `size`, `word`",
                "`size` cannot be 8 / write a whole number from 5 to 7",
                "`word` cannot be `hihg` / did you mean `high`? Known here: `low`, `high`",
            ]
        );
        assert_eq!(read("").2, ["a planted table needs a `size` / add one"]);
        let schema = planted::TABLE.schema();
        assert_eq!(schema["required"], json!(["size"]));
        assert_eq!(schema["properties"]["size"]["minimum"], 5);
        assert_eq!(schema["properties"]["size"]["maximum"], 7);
        assert_eq!(schema["properties"]["word"]["enum"], json!(["low", "high"]));
    }
}
