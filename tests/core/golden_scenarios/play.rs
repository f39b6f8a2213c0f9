//! The playing of a scenario: the same submissions and queries for each, without sockets.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::{CallbackUrl, ProviderCallbackHost};
use momo_sandbox_core::model::environment::{Environment, SANDBOX};
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::mtn_platform::MtnPlatform;
use momo_sandbox_core::model::party::PartyIdType;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::{CallbackMethod, Submission, TransactionKind};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::parse_body::read_details;
use momo_sandbox_core::operations::table::{OPERATIONS, OperationKind};
use momo_sandbox_core::platform::{Platform, Settings};
use momo_sandbox_core::scenario::rule::Scenario;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;
use serde_json::Value;
use uuid::Uuid;

use super::projection;
use crate::support::merchant::body_of;

/// 2026-09-01T12:00:00Z.
const START: Timestamp = Timestamp(1_788_264_000_000);

/// When each submission comes: twice at once, after a minute, after an hour.
const TIMES: [(&str, Duration); 4] = [
    ("1st", Duration::ZERO),
    ("2nd", Duration::ZERO),
    ("3rd, after 61s", Duration::from_secs(61)),
    ("4th, after 1h", Duration::from_secs(3600)),
];

/// When the balance is queried: eight times at once, twice after an hour.
const QUERIES: [Duration; 10] = {
    let mut times = [Duration::ZERO; 10];
    times[8] = Duration::from_secs(3600);
    times[9] = Duration::from_secs(3600);
    times
};

/// Who is asked for: one for each kind of account holder.
const HOLDERS: [(PartyIdType, &str); 15] = [
    (PartyIdType::Msisdn, "256770000001"),
    (PartyIdType::Msisdn, "256770000002"),
    (PartyIdType::Msisdn, "256770000011"),
    (PartyIdType::Msisdn, "256770000021"),
    (PartyIdType::Msisdn, "256770000031"),
    (PartyIdType::Msisdn, "256770000041"),
    (PartyIdType::Msisdn, "256770000051"),
    (PartyIdType::Msisdn, "256780000001"),
    (PartyIdType::Msisdn, "256790000001"),
    (PartyIdType::Msisdn, "46733123999"),
    (PartyIdType::Email, "a@shop.example"),
    (PartyIdType::Alias, "till-7"),
    (PartyIdType::Id, "7700"),
    (PartyIdType::PartyCode, "till-7"),
    (PartyIdType::Msisdn, "46733123450"),
];

fn api_user(letter: &str) -> ApiUserId {
    let last = u128::from_str_radix(letter, 16).expect("a hexadecimal digit");
    ApiUserId(Uuid::from_u128(0x4000_8000_0000_0000_0000 + last))
}

/// What a scenario means, as a text.
pub fn meaning(scenario: Scenario) -> String {
    let mut text = String::new();
    let description = scenario.description.as_deref().unwrap_or("no description");
    let _ = writeln!(text, "{}: {description}", scenario.name);
    let given = Defaults::settling_after(Duration::from_millis(200));
    let rules = Arc::new(RuleBook::new(vec![scenario], given));
    text += &projection::settings(&rules);
    for (id_type, id) in HOLDERS {
        text += &projection::holder(&rules, id_type, id);
    }
    let submissions = include_str!("submissions.json");
    let submissions: Vec<Value> = serde_json::from_str(submissions).expect("JSON");
    for (number, asked) in (1..).zip(&submissions) {
        let _ = writeln!(text, "\n{}", heading(asked));
        let told = times(&rules, number, asked);
        text += &grouped(&told);
    }
    for (letter, product) in
        [("a", Product::Collection), ("a", Product::Disbursement), ("b", Product::Collection)]
    {
        let _ = writeln!(text, "\nbalance of {}, API user {letter}", product.name());
        text += &grouped(&balances(&rules, letter, product));
    }
    text
}

fn heading(asked: &Value) -> String {
    let plain = |value: &Value| value.to_string().replace('"', "");
    let fields = asked.as_object().expect("an object").iter();
    fields.map(|(name, value)| format!("{name} {}", plain(value))).collect::<Vec<_>>().join(", ")
}

/// Lines with those that are the same in a row told once.
fn grouped(told: &[(String, String)]) -> String {
    let mut text = String::new();
    for same in told.chunk_by(|(_, one), (_, other)| one == other) {
        let names: Vec<&str> = same.iter().map(|(name, _)| name.as_str()).collect();
        let _ = writeln!(text, "  {}: {}", names.join("; "), same[0].1);
    }
    text
}

fn platform(rules: &Arc<RuleBook>, letter: &str, environment: &'static Environment) -> Platform {
    let host = ProviderCallbackHost::parse("shop.example").expect("a host");
    // One of the API users has credentials of MTN's new platform, the other of none.
    let platform = (letter == "b").then_some(MtnPlatform::New);
    let api_user = ApiUser { platform, ..ApiUser::new(api_user(letter), host, Product::ALL) };
    let rules = Arc::clone(rules);
    let settings = Settings { rules, seed: Seed(8472), environment, limits: Limits::default() };
    Platform::new(api_user, settings, START)
}

fn times(rules: &Arc<RuleBook>, number: u128, asked: &Value) -> Vec<(String, String)> {
    let environment = asked["environment"].as_str().unwrap_or("sandbox");
    let environment = Environment::named(environment).expect("an environment");
    let letter = asked["api_user"].as_str().unwrap_or("a");
    let mut platform = platform(rules, letter, environment);
    let told = (0..).zip(TIMES).map(|(occurrence, (name, after))| {
        platform.advance(START.after(after));
        let reference = number * 0x100 + occurrence;
        let reference = ReferenceId(Uuid::from_u128(0x4000_9000_0000_0000_0000 + reference));
        let submission = submission(asked, reference, environment);
        // What creates nothing leaves no transaction that could be looked at afterwards.
        let plan = platform.preview(&submission);
        platform.accept(submission).expect("a new reference");
        (name.to_owned(), projection::plan(&plan))
    });
    told.collect()
}

fn balances(rules: &Arc<RuleBook>, letter: &str, product: Product) -> Vec<(String, String)> {
    let mut platform = platform(rules, letter, &SANDBOX);
    let told = (1..).zip(QUERIES).map(|(number, after): (u32, _)| {
        platform.advance(START.after(after));
        (number.to_string(), projection::balance(platform.read_balance(product)))
    });
    told.collect()
}

fn submission(
    asked: &Value,
    reference_id: ReferenceId,
    environment: &'static Environment,
) -> Submission {
    let text = |name: &str, usual: &str| asked[name].as_str().unwrap_or(usual).to_owned();
    let operation = text("operation", "");
    let mut kinds = TransactionKind::ALL.into_iter();
    let kind = kinds.find(|kind| kind.name() == operation).expect("a kind");
    let mut is_of = OPERATIONS.iter().filter(|one| one.kind == OperationKind::Submit(kind));
    let operation = is_of.next().expect("every kind can be submitted");
    let product = Product::ALL.into_iter().find(|product| asked["product"] == product.name());
    let mut body = body_of(kind.name(), &text("amount", ""), &text("party", ""), "");
    for (name, value) in asked["more"].as_object().into_iter().flatten() {
        body[name.as_str()] = value.clone();
    }
    if body.get("externalId").is_some() {
        body["externalId"] = text("externalId", "order-1").into();
    }
    for role in ["payer", "payee"].into_iter().filter(|_| kind != TransactionKind::Invoice) {
        if let Some(party) = body.get_mut(role) {
            party["partyIdType"] = text("partyIdType", "MSISDN").into();
        }
    }
    if body.get("currency").is_some() {
        body["currency"] = environment.currency.into();
    }
    let details = read_details(environment, kind, body.to_string().as_bytes());
    let has_url = asked["callback"] == true;
    let url = || CallbackUrl::parse("http://shop.example/paid").expect("a URL");
    Submission {
        reference_id,
        product: product.unwrap_or(operation.products[0]),
        kind,
        details: details.unwrap_or_else(|fault| panic!("{asked}: {fault}")),
        callback_url: has_url.then(url),
        callback_method: CallbackMethod::of_path(operation.path),
        consent_fault: None,
        payment_elsewhere: None,
        is_manual: false,
    }
}
