//! Scenario files: what is wrong with a text, or what becomes of transactions under its rules.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};
use uuid::Uuid;

use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::{CallbackUrl, ProviderCallbackHost};
use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::party::PartyIdType;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::{CallbackMethod, Submission, TransactionKind};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::parse_body::read_details;
use momo_sandbox_core::operations::request_schema::{
    FieldType, REFERENCE_ID_TO_REFUND, request_schema,
};
use momo_sandbox_core::operations::table::{OPERATIONS, OperationKind};
use momo_sandbox_core::platform::{Platform, Settings};
use momo_sandbox_core::scenario::matching::Call;
use momo_sandbox_core::scenario::plan::Plan;
use momo_sandbox_core::scenario::problem::{PROBLEMS_MAX, Position, Problems};
use momo_sandbox_core::scenario::read_scenario::{read_json, read_scenario};
use momo_sandbox_core::scenario::rule::Scenario;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;
use momo_sandbox_core::scenario::value::Form;

/// The most queries that one plan has ready.
const QUERIES_MAX: usize = 1000;

/// The longest message about a text, beside what the text has itself.
const WORDS_MAX: usize = 4096;

const PARTIES: [&str; 3] = ["46733123999", "46733123450", "25677000001"];

pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match read_scenario("fuzz.toml", text) {
        Ok(scenario) => {
            check_json_form(text, &scenario);
            play(scenario);
        }
        Err(problems) => check_problems(text, &problems),
    }
}

fn check_problems(text: &str, problems: &Problems) {
    assert!((1..=PROBLEMS_MAX + 1).contains(&problems.count()), "{} problems", problems.count());
    let lines = text.matches('\n').count() + 1;
    let mut before = (1, 1);
    for (position, problem) in problems.located() {
        let Position::Line { line, column } = position else { panic!("{position}") };
        assert!(line <= lines && column >= 1, "{line}:{column} {problem:?}");
        assert!((line, column) >= before, "they come in the order of the text");
        before = (line, column);
        assert!(!problem.message.is_empty());
        let length = problem.message.len();
        assert!(length <= WORDS_MAX, "a message of {length} bytes: {problem:?}");
    }
    for report in problems.reports() {
        let shown = format!("{report:?}");
        assert!(!shown.is_empty() && shown.len() < 64 * 1024, "{} bytes", shown.len());
    }
}

/// The same scenario in JSON is the same scenario.
fn check_json_form(text: &str, scenario: &Scenario) {
    let document = DeTable::parse(text).expect("it was read");
    let Some(Value::Object(object)) = json(&DeValue::Table(document.into_inner())) else { return };
    let again = read_json("fuzz.toml", &object).unwrap_or_else(|problems| {
        let problems: Vec<_> = problems.located().map(|(_, problem)| problem.clone()).collect();
        panic!("{problems:?} in\n{object:?}")
    });
    assert_eq!(shown(&again), shown(scenario), "{object:?}");
    let from_source = read_scenario("fuzz.toml", &again.source).expect("its text in TOML");
    assert_eq!(shown(&from_source), shown(scenario), "{}", again.source);
}

/// All that a scenario says, but its text and the places in it.
fn shown(scenario: &Scenario) -> String {
    format!(
        "{:?}",
        Scenario { source: "".into(), form: Form::Toml, warnings: None, ..scenario.clone() }
    )
}

/// A value in JSON with its own digits; `None` for a number that JSON does not have.
fn json(value: &DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            let whole = i128::from_str_radix(number.as_str(), number.radix()).ok()?;
            serde_json::from_str(&whole.to_string()).ok()?
        }
        DeValue::Float(number) => {
            let digits = number.as_str();
            let digits = digits.strip_prefix('+').unwrap_or(digits);
            serde_json::from_str(digits).ok()?
        }
        DeValue::Boolean(yes) => Value::Bool(*yes),
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Array(items) => {
            Value::Array(items.iter().map(|item| json(item.get_ref())).collect::<Option<_>>()?)
        }
        DeValue::Table(fields) => {
            let field = |(name, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
                let name: &std::borrow::Cow<'_, str> = name.get_ref();
                json(value.get_ref()).map(|value| (name.to_string(), value))
            };
            Value::Object(fields.iter().map(field).collect::<Option<Map<_, _>>>()?)
        }
    })
}

/// Has one transaction of each kind and party meet the scenario.
fn play(scenario: Scenario) {
    let given = Defaults::settling_after(Duration::from_millis(200));
    let rules = Arc::new(RuleBook::new(vec![scenario], given));
    let host = ProviderCallbackHost::parse("shop.example").expect("a host");
    let api_user = ApiUser::new(ApiUserId(Uuid::from_u128(1)), host, Product::ALL);
    let limits = Limits { settled: 64, journal: 256, pending: 64, ..Limits::DEFAULT };
    let settings =
        Settings { rules: Arc::clone(&rules), seed: Seed(7), environment: &SANDBOX, limits };
    let mut now = Timestamp(1_788_264_000_000);
    let mut platform = Platform::new(api_user, settings, now);
    let mut submissions = Vec::new();
    for (number, kind) in (1..).zip(TransactionKind::ALL) {
        for (place, party) in (0..).zip(PARTIES) {
            submissions.push(submission(
                ReferenceId(Uuid::from_u128(number * 16 + place)),
                kind,
                party,
            ));
        }
    }
    for submission in submissions {
        let _ = platform.accept(submission);
    }
    for transaction in platform.transactions() {
        check_plan(&transaction.plan);
    }
    for days in [0, 1, 366, 3 * 366] {
        now = now.after(Duration::from_secs(days * 86_400));
        platform.advance(now);
        for callback in platform.poll_callbacks() {
            let is_written = callback.content.as_ref().is_some_and(|own| own.body.is_some());
            assert!(is_written || callback.body.starts_with('{'), "{callback:?}");
        }
        for transaction in platform.transactions() {
            let body = platform.status_body(transaction);
            assert_eq!(body["status"], transaction.status().name());
        }
    }
    for operation in OPERATIONS {
        let party = Some((PartyIdType::Msisdn, PARTIES[2]));
        let call = Call { operation: operation.kind, product: Some(Product::Collection), party };
        for _ in 0..3 {
            if let Some(fate) = platform.fate_of_call(call, None) {
                assert!(fate.delay <= Duration::from_secs(1_000 * 366 * 86_400), "{fate:?}");
                assert!(fate.decided_by.occurrence.is_some(), "calls are counted: {fate:?}");
            }
        }
    }
    for party in PARTIES {
        let _ = rules.account_holder(PartyIdType::Msisdn, party).full_name();
        let _ = rules.account_holder_active(PartyIdType::Msisdn, party);
    }
}

fn check_plan(plan: &Plan) {
    let stages = &plan.stages;
    assert_eq!(stages[0].after, Duration::ZERO);
    assert!(stages.is_sorted_by_key(|stage| stage.after), "{stages:?}");
    let early = &stages[..stages.len() - 1];
    assert!(early.iter().all(|stage| !stage.status.is_final()), "only the last may be final");
    assert!(plan.queries.len() <= QUERIES_MAX, "{} queries", plan.queries.len());
}

fn submission(reference_id: ReferenceId, kind: TransactionKind, party: &str) -> Submission {
    let party = serde_json::json!({"partyIdType": "MSISDN", "partyId": party});
    let mut body = Map::new();
    for field in request_schema(kind) {
        let value = match field.holds {
            FieldType::Amount => "5".into(),
            FieldType::Currency => "EUR".into(),
            FieldType::Money => serde_json::json!({"amount": "5", "currency": "EUR"}),
            FieldType::ExternalId => "order-1".into(),
            FieldType::Party | FieldType::InvoicePayee => party.clone(),
            FieldType::Text if field.name == REFERENCE_ID_TO_REFUND => "13".into(),
            FieldType::Note | FieldType::Text => "text".into(),
            FieldType::Seconds | FieldType::Integer => 3600.into(),
            FieldType::Boolean => true.into(),
        };
        body.insert(field.name.to_owned(), value);
    }
    let body = Value::Object(body).to_string();
    let operation =
        OPERATIONS.iter().find(|operation| operation.kind == OperationKind::Submit(kind));
    let operation = operation.expect("every kind can be submitted");
    Submission {
        reference_id,
        product: operation.products[0],
        kind,
        details: read_details(&SANDBOX, kind, body.as_bytes()).expect("a good body"),
        callback_url: Some(CallbackUrl::parse("http://shop.example/paid").expect("a URL")),
        callback_method: CallbackMethod::of_path(operation.path),
        consent_fault: None,
        payment_elsewhere: None,
        is_manual: false,
    }
}
