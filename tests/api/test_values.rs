//! MTN's published test values: every row of `data/test-parties.csv` does what it says.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::merchant::{Merchant, body_of, outcome};

#[derive(Debug, serde::Deserialize)]
struct Row {
    operation: String,
    field: String,
    kind: String,
    value: String,
    sandbox_use_case: String,
}

fn rows(of: impl Fn(&Row) -> bool) -> Vec<Row> {
    let table = include_str!("../../data/test-parties.csv");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    reader.deserialize().map(|row| row.expect("a row")).filter(of).collect()
}

/// What docs/contract.md#test-values says becomes of a use case: status and reason.
fn expected(use_case: &str, operation: &str) -> (&'static str, Option<&'static str>) {
    let is_from_a_payer = matches!(operation, "requesttopay" | "requesttowithdraw" | "preapproval");
    let reason = match use_case {
        "Ongoing" => return ("PENDING", None),
        "Delayed" => return ("SUCCESSFUL", None),
        "Failed" | "InternalProcessingError" => "INTERNAL_PROCESSING_ERROR",
        "Rejected" => "APPROVAL_REJECTED",
        "Expired" => "EXPIRED",
        "NotFound" if is_from_a_payer => "PAYER_NOT_FOUND",
        "NotFound" | "PayeeNotFound" => "PAYEE_NOT_FOUND",
        "PayeeNotAllowedToReceive" => "PAYEE_NOT_ALLOWED_TO_RECEIVE",
        "NotAllowed" => "NOT_ALLOWED",
        "NotAllowedTargetEnvironment" => "NOT_ALLOWED_TARGET_ENVIRONMENT",
        "InvalidCallbackUrlHost" => "INVALID_CALLBACK_URL_HOST",
        "InvalidCurrency" => "INVALID_CURRENCY",
        "ServiceUnavailable" => "SERVICE_UNAVAILABLE",
        "CouldNotPerformTransaction" => "COULD_NOT_PERFORM_TRANSACTION",
        "TransfertypeUnknown" => "TRANSFERTYPE_UNKNOWN",
        "NotEnoughFunds" => "NOT_ENOUGH_FUNDS",
        "PayerLimitReached" => "PAYER_LIMIT_REACHED",
        other => panic!("{other} is not in docs/contract.md"),
    };
    ("FAILED", Some(reason))
}

#[tokio::test]
async fn every_value_of_an_asynchronous_operation_decides_how_it_ends() {
    let emulator = Emulator::start().await;
    let collection = Merchant::of(&emulator, "collection").await;
    let disbursement = collection.under("disbursement").await;
    let remittance = collection.under("remittance").await;
    let rows =
        rows(|row| !["account-holder-active", "oauth2-consent"].contains(&row.operation.as_str()));
    assert_eq!(rows.len(), 95);
    for row in rows {
        let merchants = match row.operation.as_str() {
            "requesttopay" | "requesttowithdraw" | "preapproval" => vec![&collection],
            "cashtransfer" => vec![&remittance],
            "transfer" => vec![&disbursement, &remittance],
            _ => vec![&disbursement],
        };
        for merchant in merchants {
            check_ending(&emulator, merchant, &row).await;
        }
    }
}

/// Submits with the row's value and follows the transaction to its end.
async fn check_ending(emulator: &Emulator, merchant: &Merchant, row: &Row) {
    let operation = row.operation.as_str();
    let version = if ["preapproval", "cashtransfer"].contains(&operation) { 2 } else { 1 };
    let party = if row.kind == "MSISDN" { &row.value } else { "46733123999" };
    let mut body = body_of(operation, "1", party, &row.value);
    if row.field == "transaction" {
        body["transaction"] = json!(row.value);
    }
    let path = format!("/v{version}_0/{operation}");
    let reference = merchant.submit_to(&path, &body).await;
    let status_path = format!("{path}/{reference}");
    let first = merchant.get(&status_path).await;
    let is_delayed = row.sandbox_use_case == "Delayed";
    // A transfer was recorded as PENDING, a request to pay as CREATED (2026).
    let at_first = if is_delayed && operation != "transfer" { "CREATED" } else { "PENDING" };
    assert_eq!(first["status"], at_first, "{row:?}");

    emulator.settle();
    if is_delayed {
        assert_eq!(merchant.get(&status_path).await["status"], at_first, "{row:?}");
        emulator.advance(Duration::from_secs(30));
    }
    let (status, reason) = expected(&row.sandbox_use_case, operation);
    let last = merchant.get(&status_path).await;
    assert_eq!(last["status"], status, "{row:?}");
    assert_eq!(last.get("reason"), reason.map(Value::from).as_ref(), "{row:?}");
}

#[tokio::test]
async fn every_value_of_account_holder_active_answers_at_once() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let rows = rows(|row| row.operation == "account-holder-active");
    assert_eq!(rows.len(), 18);
    for row in rows {
        let kind = row.kind.to_lowercase();
        let path = format!("/v1_0/accountholder/{kind}/{}/active", row.value);
        let (status, body) = outcome(merchant.call(Method::GET, &path)).await;
        let (expected_status, expected) = match row.sandbox_use_case.as_str() {
            "NotActive" => (200, r#"{"result":false}"#),
            "NotFound" => (404, "RESOURCE_NOT_FOUND"),
            "NotAllowed" => (500, "\"NOT_ALLOWED\""),
            "NotAllowedTargetEnvironment" => (500, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
            "InternalProcessingError" => (500, "INTERNAL_PROCESSING_ERROR"),
            "ServiceUnavailable" => (503, "SERVICE_UNAVAILABLE"),
            other => panic!("{other} is not in docs/contract.md"),
        };
        assert_eq!(status, expected_status, "{row:?}");
        assert!(body.contains(expected), "{row:?}: {body}");
    }
    let anybody = merchant.get("/v1_0/accountholder/msisdn/46733123999/active").await;
    assert_eq!(anybody, json!({"result": true}));
}

#[tokio::test]
async fn every_value_of_consent_decides_what_comes_of_it() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "disbursement").await;
    let rows = rows(|row| row.operation == "oauth2-consent" && row.kind == "MSISDN");
    assert_eq!(rows.len(), 13);
    for row in rows {
        let use_case = row.sandbox_use_case.as_str();
        let (status, asked) = merchant.ask_for_consent(&row.value, "offline").await;
        if use_case == "AccountHolderNotFound" {
            assert_eq!((status, asked), (400, json!({"error": "unknown_user_id"})));
            continue;
        }
        assert_eq!(status, 200, "{row:?}: {asked}");
        let id = asked["auth_req_id"].as_str().expect("an id");
        let (status, token) = merchant.redeem(id).await;
        let refused = match use_case {
            "ConsentRejected" => Some("access_denied"),
            "ConsentPending" => Some("authorization_pending"),
            "ConsentExpired" => Some("expired_token"),
            "ConsentAlreadyUsed" => Some("invalid_grant"),
            _ => None,
        };
        if let Some(error) = refused {
            assert_eq!((status, token), (400, json!({"error": error})), "{row:?}");
            continue;
        }
        assert_eq!(status, 200, "{row:?}: {token}");
        let mut consenting = merchant.under("disbursement").await;
        consenting.token = token["access_token"].as_str().expect("a token").to_owned();
        let user_info = consenting.call(Method::GET, "/oauth2/v1_0/userinfo");
        let (user_info, _) = outcome(user_info).await;
        let refresh_token = token["refresh_token"].as_str().expect("a refresh token");
        let (refreshed, _) = merchant.refresh(refresh_token).await;
        let expected = match use_case {
            "ConsentRevoked" => (401, 400),
            "ConsentDeletedScope" => (403, 200),
            "ConsentExpiredRefreshToken" => (200, 400),
            _ => (200, 200),
        };
        assert_eq!((user_info, refreshed), expected, "{row:?}");
        let reason = match use_case {
            "FinancialNoFunds" => Some("NOT_ENOUGH_FUNDS"),
            "FinancialPayeeNotFound" => Some("PAYEE_NOT_FOUND"),
            "FinancialConsentMismatch" => Some("NOT_ALLOWED"),
            "FinancialPayerLimitReached" => Some("PAYER_LIMIT_REACHED"),
            "FinancialPayeeNotAllowedToReceive" => Some("PAYEE_NOT_ALLOWED_TO_RECEIVE"),
            _ => None,
        };
        // The instruction that was consented to is carried out with the consent's token.
        let reference = consenting.submit("46733123999", None).await;
        emulator.settle();
        let told = merchant.status(&reference).await;
        assert_eq!(told.get("reason"), reason.map(Value::from).as_ref(), "{row:?}: {told}");
    }
}

#[tokio::test]
async fn a_custom_scope_is_given_back_as_it_was_asked_for() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let [row] = &rows(|row| row.field == "scope")[..] else { panic!("one row") };
    let fields = [
        ("login_hint", "ID:46733123999/MSISDN"),
        ("scope", row.value.as_str()),
        ("access_type", "online"),
    ];
    let (_, asked) = outcome(merchant.form("/v1_0/bc-authorize", &fields)).await;
    let asked: Value = serde_json::from_str(&asked).expect("JSON");
    let (status, token) = merchant.redeem(asked["auth_req_id"].as_str().expect("an id")).await;
    assert_eq!((status, &token["scope"]), (200, &json!("all_info")));
    assert_eq!(token.get("refresh_token"), None, "there is none without offline access");
}
