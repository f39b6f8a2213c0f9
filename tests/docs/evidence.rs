//! Evidence on every behaviour: where it is told, and which of it a run relied on.

use std::collections::BTreeSet;

use momo_sandbox::internals::documents::Documents;
use momo_sandbox::internals::scenarios::named;
use momo_sandbox_core::model::environment::{Environment, SANDBOX};
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::operations::behaviours::ANSWER_HEADERS;
use momo_sandbox_core::operations::evidence::Grade;
use momo_sandbox_core::operations::table::OPERATIONS;
use momo_sandbox_core::scenario::behaviours::all;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::api::production::market_with_a_merchant;
use crate::support::emulator::{Emulator, Options};
use crate::support::listener::CallbackListener;
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

/// MTN's test value for a payer who declines.
const DECLINES: &str = "46733123451";

/// Every object of an answer that is about a behaviour.
fn told(value: &Value) -> Vec<&Value> {
    let below: Vec<&Value> = match value {
        Value::Array(items) => items.iter().flat_map(told).collect(),
        Value::Object(fields) => fields.values().flat_map(told).collect(),
        _ => Vec::new(),
    };
    let own = value.get("behaviour").map(|_| value);
    own.into_iter().chain(below).collect()
}

#[track_caller]
fn is_evidence(told: &Value) {
    let grade = told["grade"].as_str().and_then(|name| name.parse::<Grade>().ok());
    assert!(grade.is_some(), "{told}");
    assert!(told["source"].as_str().is_some_and(|source| !source.is_empty()), "{told}");
    assert!(told["date"].is_null() || told["date"].is_string(), "{told}");
}

#[tokio::test]
async fn the_control_plane_tells_every_behaviour_with_its_evidence() {
    let emulator = Emulator::start().await;
    let answer = emulator.control("operations").await;
    let operations = answer["operations"].as_array().expect("operations");
    assert_eq!(operations.len(), OPERATIONS.len());
    for (shown, operation) in operations.iter().zip(OPERATIONS) {
        assert_eq!(shown["id"], operation.id);
        assert_eq!(shown["success"]["status"], operation.kind.success());
        for list in ["evidence", "headers", "refusals"] {
            assert!(!told(&shown[list]).is_empty(), "{list} of {}", operation.id);
        }
    }
    let shown = told(&answer);
    shown.iter().for_each(|one| is_evidence(one));
    let shown: BTreeSet<&str> = shown.iter().filter_map(|one| one["behaviour"].as_str()).collect();
    for behaviour in all() {
        let id = behaviour.id();
        // Which ids a body or path may name is not about one operation.
        let is_there = shown.contains(id.as_str()) || id.starts_with("id-type:");
        assert!(is_there, "{id} is not told");
    }
    let login = told(&answer).into_iter().find(|one| one["behaviour"] == "refusal:login_failed");
    let expected = (json!("measured"), json!("2020-06-19"));
    let login = login.expect("the refusal");
    assert_eq!((login["grade"].clone(), login["date"].clone()), expected);
    let counted = answer["by_grade"].as_object().expect("counts").values();
    let counted: u64 = counted.filter_map(Value::as_u64).sum();
    assert_eq!(counted, all().len() as u64);
}

#[test]
fn the_documents_have_evidence_at_operations_headers_answers_fields_and_callbacks() {
    let documents = Documents::of(&SANDBOX, None);
    for (name, _) in documents.names() {
        let document = documents.named(name).expect("a document");
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for (method, operation) in methods.as_object().expect("methods") {
                let place = format!("{name}: {method} {path}");
                is_evidence(&operation["x-evidence"]);
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                for header in parameters.filter(|parameter| parameter["in"] == "header") {
                    is_evidence(&header["x-evidence"]);
                }
                has_evidence_at_its_answers(operation, &place);
                if let Some(callbacks) = operation.get("callbacks") {
                    assert!(told(callbacks).len() > 5, "the callback of {place}");
                }
            }
        }
    }
}

#[track_caller]
fn has_evidence_at_its_answers(operation: &Value, place: &str) {
    for (status, answer) in operation["responses"].as_object().expect("answers") {
        // The emulator's own limits are no behaviour of MTN's.
        if ["408", "413"].contains(&status.as_str()) {
            continue;
        }
        assert!(!told(answer).is_empty(), "{status} of {place}");
        let is_status = answer["x-evidence"]["behaviour"]
            .as_str()
            .is_some_and(|id| id.starts_with("answer:status."));
        let schema = &answer["content"]["application/json"]["schema"];
        if is_status {
            for (field, property) in schema["properties"].as_object().expect("fields") {
                assert!(!told(property).is_empty(), "{field} of {place}");
            }
        }
    }
}

#[tokio::test]
async fn no_answer_has_a_header_that_has_no_evidence() {
    let options = Options {
        keys: vec![(momo_sandbox_core::model::product::Product::Collection, "key")],
        ..Options::default()
    };
    let emulator = Emulator::with(options).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = merchant.submit(PAYER, None).await;
    let get = |path: &str| merchant.call(Method::GET, path);
    let bare = |path: &str| Client::new().get(format!("{}{path}", emulator.url));
    let body_bytes = Limits::DEFAULT.body_bytes;
    let requests: Vec<RequestBuilder> = vec![
        merchant.token_request(),
        get(&format!("/v1_0/requesttopay/{reference}")),
        get(&format!("/v1_0/requesttopay/{}", new_reference())),
        get("/v1_0/requesttopay/nonsense"),
        get("/v1_0/account/balance"),
        merchant.call(Method::POST, "/v1_0/requesttopay"),
        merchant.submission("/v1_0/requesttopay", &new_reference(), &json!({})),
        merchant.call(Method::POST, "/v1_0/requesttopay").body("x".repeat(body_bytes + 1)),
        bare("/nothing"),
        bare("/collection/v1_0/account/balance"),
        bare("/collection/v1_0/account/balance").header("Ocp-Apim-Subscription-Key", "wrong"),
        merchant.token_request().basic_auth("nobody", Some("wrong")),
        merchant.call(Method::GET, "/v1_0/account/balance").bearer_auth("wrong"),
    ];
    let mut known: BTreeSet<String> =
        ANSWER_HEADERS.iter().map(|name| name.to_lowercase()).collect();
    known.insert("date".to_owned());
    for request in requests {
        let answer = request.send().await.expect("an answer");
        for name in answer.headers().keys() {
            assert!(
                known.contains(name.as_str()),
                "{name} of {} {}",
                answer.status(),
                answer.url()
            );
        }
    }
}

/// What the audit says was relied on: of a space, or of all.
async fn relied_on(emulator: &Emulator, merchant: &Merchant) -> Value {
    let of_space = format!("spaces/{}/report", merchant.api_user);
    emulator.control(&of_space).await["relied_on"].clone()
}

fn ids(relied_on: &Value) -> BTreeSet<&str> {
    let behaviours = relied_on["behaviours"].as_array().expect("behaviours");
    behaviours.iter().filter_map(|one| one["behaviour"].as_str()).collect()
}

#[track_caller]
fn has(relied_on: &Value, expected: &[&str]) {
    for id in expected {
        assert!(ids(relied_on).contains(id), "{id} in {relied_on:#}");
    }
}

#[track_caller]
fn lacks(relied_on: &Value, unexpected: &[&str]) {
    for id in unexpected {
        assert!(!ids(relied_on).contains(id), "{id} in {relied_on:#}");
    }
}

#[tokio::test]
async fn a_run_that_asked_for_nothing_relied_on_nothing() {
    let emulator = Emulator::start().await;
    let nothing = emulator.control("report").await["relied_on"].clone();
    assert_eq!((&nothing["requests"], &nothing["behaviours"]), (&json!(0), &json!([])));
    let headline = nothing["headline"].as_str().expect("a headline");
    assert_eq!(headline, "Relied on nothing: the emulator was asked for nothing.");
}

#[tokio::test]
async fn an_ordinary_payment_relies_on_its_operations_statuses_and_callback() {
    let emulator = Emulator::start().await;
    let listener = CallbackListener::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = merchant.submit(PAYER, Some(&listener.url)).await;
    assert_eq!(merchant.status(&reference).await["status"], "PENDING");
    emulator.settle();
    emulator.record_once_callback(&reference, &["answered"]).await;
    assert_eq!(merchant.status(&reference).await["status"], "SUCCESSFUL");
    let relied_on = relied_on(&emulator, &merchant).await;
    has(
        &relied_on,
        &[
            "operation:collection/CreateAccessToken",
            "answer:token",
            "operation:collection/RequesttoPay",
            "answer:submit.requesttopay",
            "operation:collection/RequesttoPayTransactionStatus",
            "order:requesttopay",
            "told:requesttopay.PENDING",
            "told:requesttopay.SUCCESSFUL",
            "status:requesttopay.financialTransactionId",
            "rule:settles",
            "rule:settle-time",
            "callback-method:RequesttoPay",
            "callback-body:requesttopay",
            "rule:callback.once",
        ],
    );
    lacks(&relied_on, &["rule:ledger", "operation:collection/GetAccountBalance"]);
    assert_eq!(relied_on["decided_by_scenario"], json!([]));
    told(&relied_on).iter().for_each(|one| is_evidence(one));
    let counted = relied_on["by_grade"].as_object().expect("counts").values();
    let counted: u64 = counted.filter_map(Value::as_u64).sum();
    assert_eq!(counted, ids(&relied_on).len() as u64);
    merchant.balance().await;
    has(&self::relied_on(&emulator, &merchant).await, &["rule:ledger", "answer:balance"]);
}

#[tokio::test]
async fn a_test_value_and_its_reason_are_mtns_and_a_scenario_is_the_users() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = merchant.submit(DECLINES, None).await;
    emulator.settle();
    assert_eq!(merchant.status(&reference).await["status"], "FAILED");
    let path = format!("/v1_0/accountholder/msisdn/{DECLINES}/active");
    assert_eq!(outcome(merchant.call(Method::GET, &path)).await.0, 200);
    let by_mtn = relied_on(&emulator, &merchant).await;
    has(
        &by_mtn,
        &[
            "test-value:requesttopay.Rejected",
            "reason:APPROVAL_REJECTED",
            "told:requesttopay.FAILED",
            "test-value:account-holder-active.NotActive",
        ],
    );
    let declined = named("declined").expect("it ships").text;
    let emulator = Emulator::with_scenario(declined).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = merchant.submit(PAYER, None).await;
    emulator.settle();
    emulator.advance(std::time::Duration::from_secs(600));
    assert_eq!(merchant.status(&reference).await["status"], "FAILED");
    let by_user = relied_on(&emulator, &merchant).await;
    lacks(&by_user, &["reason:APPROVAL_REJECTED", "told:requesttopay.FAILED", "rule:settles"]);
    has(&by_user, &["status:requesttopay.reason", "order:requesttopay"]);
    let decided = by_user["decided_by_scenario"][0]["what"].as_str().expect("a rule");
    assert!(decided.starts_with("rule 1 of the scenario `declined`"), "{decided}");
}

#[tokio::test]
async fn what_the_user_plays_or_breaks_is_the_users() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = merchant.submit(PAYER, None).await;
    let act = format!("transactions/{reference}/decline");
    assert_eq!(emulator.command("POST", &act, json!({})).await.0, 200);
    merchant.status(&reference).await;
    let played = relied_on(&emulator, &merchant).await;
    lacks(&played, &["reason:APPROVAL_REJECTED", "told:requesttopay.FAILED", "rule:settles"]);
    let decided = played["decided_by_scenario"][0]["what"].as_str().expect("an act");
    assert!(decided.contains("control plane"), "{decided}");
    let emulator = Emulator::with_scenario(
        "[[rules]]\nsubmit = { answer = { status = 503, code = \"SERVICE_UNAVAILABLE\" } }\n",
    )
    .await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let body = merchant.body("5", PAYER);
    let request = merchant.submission(merchant.path(), &new_reference(), &body);
    assert_eq!(outcome(request).await.0, 503);
    let broken = relied_on(&emulator, &merchant).await;
    lacks(&broken, &["refusal:service_unavailable", "answer:submit.requesttopay"]);
    assert_ne!(broken["decided_by_scenario"], json!([]), "{broken:#}");
}

#[tokio::test]
async fn refusals_and_lenient_forms_are_relied_on_too() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let path = format!("/v1_0/requesttopay/{}", new_reference());
    assert_eq!(outcome(merchant.call(Method::GET, &path)).await.0, 404);
    let alias = merchant
        .provisioning(Method::POST, "/collection/token")
        .basic_auth(&merchant.api_user, Some(&merchant.api_key))
        .body("{}");
    assert_eq!(outcome(alias).await.0, 200);
    let keyless = Client::new().get(format!("{}/collection/v1_0/account/balance", emulator.url));
    assert_eq!(outcome(keyless).await.0, 401);
    let of_space = relied_on(&emulator, &merchant).await;
    has(&of_space, &["refusal:not_found", "alias:POST /token"]);
    lacks(&of_space, &["refusal:subscription_key_missing", "operation:post-v1_0-apiuser"]);
    let of_all = emulator.control("report").await["relied_on"].clone();
    has(&of_all, &["refusal:subscription_key_missing", "operation:post-v1_0-apiuser"]);
}

#[tokio::test]
async fn a_market_is_relied_on_where_one_is_emulated() {
    let uganda = Environment::named("mtnuganda").expect("a market");
    let (emulator, merchant) =
        market_with_a_merchant(uganda, "shop.example", Options::default()).await;
    let mut body = merchant.body("5000", PAYER);
    body["currency"] = json!("UGX");
    let request = merchant.submission(merchant.path(), &new_reference(), &body);
    assert_eq!(outcome(request).await.0, 202);
    let relied_on = relied_on(&emulator, &merchant).await;
    let market = ["market:mtnuganda", "market:mtnuganda.currency", "market:mtnuganda.decimals"];
    has(&relied_on, &market);
}

#[tokio::test]
async fn each_form_of_the_report_says_what_was_relied_on() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    merchant.balance().await;
    for (format, parts) in [
        ("text", ["Relied on ", "chosen    rule:ledger: our choice"]),
        ("junit", ["<property name=\"relied_on.chosen\" value=\"1\"/>", "rule:ledger"]),
        ("html", ["<p>Relied on ", "<td>rule:ledger<td>"]),
    ] {
        let url = format!("{}/_sandbox/report?format={format}", emulator.url);
        let (status, text) = outcome(Client::new().get(url)).await;
        assert_eq!(status, 200);
        for part in parts {
            assert!(text.contains(part), "{format} lacks {part}: {text}");
        }
    }
}
