//! The whole table of operations, walked over real sockets: each row's success, each refusal that
//! applies to it, its callback; and nothing outside the table.

use std::collections::BTreeSet;

use momo_sandbox_core::model::submission::TransactionKind;
use momo_sandbox_core::operations::path::OperationPath;
use momo_sandbox_core::operations::possible_refusals::PossibleRefusal;
use momo_sandbox_core::operations::rejection::{ConsentError, RejectionKind};
use momo_sandbox_core::operations::table::{OPERATIONS, Operation, OperationKind};
use serde_json::Value;

use crate::support::emulator::Emulator;
use crate::support::listener::CallbackListener;
use crate::support::merchant::{Merchant, outcome};
use crate::support::requests::{Fixture, filled};

/// The table of docs/contract.md#operations; `*` stands for the three products.
const PUBLISHED: &str = "
POST /v1_0/apiuser
GET /v1_0/apiuser/{}
POST /v1_0/apiuser/{}/apikey
POST /*/token/
POST /*/oauth2/token/
POST /*/v1_0/bc-authorize
GET /*/oauth2/v1_0/userinfo
GET /*/v1_0/account/balance
GET /*/v1_0/account/balance/{}
GET /*/v1_0/accountholder/{}/{}/active
GET /collection/v1_0/accountholder/{}/{}/basicuserinfo
GET /disbursement/v1_0/accountholder/{}/{}/basicuserinfo
GET /remittance/v1_0/accountholder/msisdn/{}/basicuserinfo
POST /collection/v1_0/requesttopay
GET /collection/v1_0/requesttopay/{}
POST /collection/v1_0/requesttopay/{}/deliverynotification
POST /collection/v1_0/requesttowithdraw
POST /collection/v2_0/requesttowithdraw
GET /collection/v1_0/requesttowithdraw/{}
POST /collection/v2_0/invoice
GET /collection/v2_0/invoice/{}
DELETE /collection/v2_0/invoice/{}
POST /collection/v2_0/payment
GET /collection/v2_0/payment/{}
POST /collection/v2_0/preapproval
GET /collection/v2_0/preapproval/{}
DELETE /collection/v1_0/preapproval/{}
GET /collection/v1_0/preapprovals/{}/{}
POST /disbursement/v1_0/deposit
POST /disbursement/v2_0/deposit
GET /disbursement/v1_0/deposit/{}
POST /disbursement/v1_0/refund
POST /disbursement/v2_0/refund
GET /disbursement/v1_0/refund/{}
POST /disbursement/v1_0/transfer
GET /disbursement/v1_0/transfer/{}
POST /remittance/v1_0/transfer
GET /remittance/v1_0/transfer/{}
POST /remittance/v2_0/cashtransfer
GET /remittance/v2_0/cashtransfer/{}
";

/// What published clients call beside it.
const LENIENT: &str = "
POST /*/token
POST /*/oauth2/token
POST /disbursement/v1_0/requesttopay/{}/deliverynotification
POST /remittance/v1_0/requesttopay/{}/deliverynotification
POST /collection/v1_0/preapproval
GET /collection/v1_0/preapproval/{}
GET /remittance/v1_0/accountholder/MSISDN/{}/basicuserinfo
";

fn lines(table: &str) -> BTreeSet<String> {
    let each = |line: &str| {
        let products = if line.contains("/*/") {
            vec!["/collection/", "/disbursement/", "/remittance/"]
        } else {
            vec!["/*/"]
        };
        products.into_iter().map(|product| line.replace("/*/", product)).collect::<Vec<_>>()
    };
    table.lines().filter(|line| !line.is_empty()).flat_map(each).collect()
}

/// A way as a line of the tables above: without the names of its parameters.
fn line_of(operation: &Operation, operation_path: OperationPath) -> String {
    let part = |part: &str| if part.starts_with('{') { "{}" } else { part }.to_owned();
    let path: Vec<String> = operation_path.full_path().split('/').map(part).collect();
    format!("{} {}", operation.method, path.join("/"))
}

#[test]
fn the_table_has_the_published_operations_and_the_lenient_forms_and_no_other() {
    let published = lines(PUBLISHED);
    assert_eq!(published.len(), 54);
    let of_the_table = OPERATIONS.iter().flat_map(|operation| {
        operation.paths().map(move |operation_path| line_of(operation, operation_path))
    });
    assert_eq!(of_the_table.collect::<BTreeSet<_>>(), &published | &lines(LENIENT));
}

#[tokio::test]
async fn no_route_exists_outside_the_table() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let ours: BTreeSet<String> = &lines(PUBLISHED) | &lines(LENIENT);
    let mut paths: BTreeSet<String> = BTreeSet::new();
    for line in &ours {
        let (_, path) = line.split_once(' ').expect("a method and a path");
        let elsewhere = ["collection", "disbursement", "remittance", "widget"];
        for product in elsewhere {
            let rest = path.split_once('/').and_then(|(_, rest)| rest.split_once('/'));
            paths.extend(rest.map(|(_, rest)| format!("/{product}/{rest}")));
        }
        paths.insert(path.replace("v1_0", "v2_0"));
        paths.insert(path.replace("v2_0", "v1_0"));
        paths.insert(format!("{path}/more"));
        paths.insert(path.to_owned());
    }
    let unknown = (404, r#"{ "statusCode": 404, "message": "Resource not found" }"#.to_owned());
    let mut refused = 0;
    for path in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] {
            if ours.contains(&format!("{method} {path}")) || is_a_parameter_of_ours(&path, &ours) {
                continue;
            }
            let method: reqwest::Method = method.parse().expect("a method");
            let path = path.replace("{}", "6f9619ff-8b86-4011-b42d-00c04fc964ff");
            let request = merchant.provisioning(method.clone(), &path).body("{}");
            let (status, body) = outcome(request).await;
            let expected = if method == "HEAD" { (404, String::new()) } else { unknown.clone() };
            assert_eq!((status, body), expected, "{method} {path}");
            refused += 1;
        }
    }
    assert!(refused > 300, "{refused}");
}

/// Whether a path is one of ours with a word where a parameter may stand.
fn is_a_parameter_of_ours(path: &str, ours: &BTreeSet<String>) -> bool {
    ours.iter().any(|line| {
        let (_, known) = line.split_once(' ').expect("a method and a path");
        let same = |(a, b): (&str, &str)| a == b || b == "{}";
        known.split('/').count() == path.split('/').count()
            && known != path
            && path.split('/').zip(known.split('/')).all(same)
    })
}

/// The answer that docs/contract.md#order-of-checks prescribes, to the letter; `None` for the page
/// of a 411.
#[expect(clippy::too_many_lines, reason = "one arm for each refusal")]
fn prescribed(refusal: PossibleRefusal) -> Option<(u16, String)> {
    let management = |status: u16, message: &str| {
        Some((status, format!(r#"{{ "statusCode": {status}, "message": "{message}" }}"#)))
    };
    let platform = |status: u16, message: &str, code: &str| {
        Some((status, format!(r#"{{"message":"{message}","code":"{code}"}}"#)))
    };
    let oauth = |status: u16, error: &str| Some((status, format!(r#"{{"error":"{error}"}}"#)));
    match refusal {
        PossibleRefusal::Of(RejectionKind::NoSuchPath) => management(404, "Resource not found"),
        PossibleRefusal::Of(RejectionKind::SubscriptionKeyMissing) => management(
            401,
            "Access denied due to missing subscription key. Make sure to include subscription \
             key when making requests to an API.",
        ),
        PossibleRefusal::Of(RejectionKind::SubscriptionKeyInvalid) => management(
            401,
            "Access denied due to invalid subscription key. Make sure to provide a valid key for \
             an active subscription.",
        ),
        PossibleRefusal::Of(RejectionKind::LoginFailed) => oauth(500, "login_failed"),
        PossibleRefusal::Of(RejectionKind::InvalidToken) => Some((401, String::new())),
        PossibleRefusal::Of(RejectionKind::Malformed) => Some((400, String::new())),
        PossibleRefusal::Of(RejectionKind::ServerError) => Some((500, String::new())),
        PossibleRefusal::Of(RejectionKind::NotifiedBefore) => Some((429, String::new())),
        PossibleRefusal::Of(RejectionKind::NotifiedTooLate) => Some((410, String::new())),
        PossibleRefusal::Of(RejectionKind::TargetEnvironmentForbidden) => platform(
            500,
            "Access to target environment is forbidden.",
            "NOT_ALLOWED_TARGET_ENVIRONMENT",
        ),
        PossibleRefusal::Of(RejectionKind::CallbackHost) => platform(
            500,
            "Callback URL does not match the configured value.",
            "INVALID_CALLBACK_URL_HOST",
        ),
        PossibleRefusal::Of(RejectionKind::Currency) => {
            platform(500, "Currency not supported.", "INVALID_CURRENCY")
        }
        PossibleRefusal::Of(RejectionKind::Duplicate) => platform(
            409,
            "Duplicated reference id. Creation of resource failed.",
            "RESOURCE_ALREADY_EXIST",
        ),
        PossibleRefusal::Of(RejectionKind::NotFound) => {
            platform(404, "Requested resource was not found.", "RESOURCE_NOT_FOUND")
        }
        PossibleRefusal::Of(RejectionKind::NotSuccessful) => platform(
            409,
            "The transaction is not successfully completed.",
            "NOT_SUCCESSFULLY_COMPLETED",
        ),
        PossibleRefusal::Of(RejectionKind::NotCancellable) => {
            platform(409, "The transaction cannot be cancelled.", "NOT_ALLOWED")
        }
        PossibleRefusal::Of(RejectionKind::RateLimited) => {
            management(429, "Rate limit is exceeded. Try again in 1 seconds.")
        }
        PossibleRefusal::Of(RejectionKind::NotAllowed) => {
            platform(500, "Authorization failed. Insufficient permissions.", "NOT_ALLOWED")
        }
        PossibleRefusal::Of(RejectionKind::InternalProcessingError) => platform(
            500,
            "An internal error occurred while processing.",
            "INTERNAL_PROCESSING_ERROR",
        ),
        PossibleRefusal::Of(RejectionKind::ServiceUnavailable)
        | PossibleRefusal::Of(RejectionKind::LimitReached) => platform(
            503,
            "Service temporarily unavailable, try again later.",
            "SERVICE_UNAVAILABLE",
        ),
        PossibleRefusal::Consent(ConsentError::InsufficientScope) => {
            oauth(403, "insufficient_scope")
        }
        PossibleRefusal::Consent(error) => oauth(400, error.name()),
        _ => None,
    }
}

#[tokio::test]
async fn every_operation_answers_its_success_by_every_way() {
    let fixture = Fixture::start().await;
    for operation in OPERATIONS {
        for operation_path in operation.paths() {
            let draft = fixture.draft(operation, operation_path).await;
            let (status, body) = fixture.send(&draft).await;
            let name = line_of(operation, operation_path);
            assert_eq!(status, operation.kind.success(), "{name}: {body}");
            let is_empty = matches!(
                operation.kind,
                OperationKind::CreateApiUser
                    | OperationKind::Submit(_)
                    | OperationKind::CancelInvoice
                    | OperationKind::DeliveryNotification
            );
            assert_eq!(body.is_empty(), is_empty, "{name}: {body}");
            if !is_empty {
                serde_json::from_str::<Value>(&body).expect(&name);
                assert!(!body.contains('\n'), "{name} answers on one line");
            }
        }
    }
}

#[tokio::test]
async fn every_refusal_that_applies_is_given_to_the_letter() {
    let fixture = Fixture::start().await;
    let mut provoked = 0;
    for operation in OPERATIONS {
        let product = operation.products.first().copied();
        let operation_path = operation
            .paths()
            .find(|operation_path| operation_path.product == product)
            .expect("one of its ways");
        for refusal in operation.possible_refusals() {
            let (status, body) = fixture.provoke(operation, operation_path, refusal).await;
            let name = format!("{}: {refusal:?}", line_of(operation, operation_path));
            match prescribed(refusal) {
                Some(expected) => assert_eq!((status, body), expected, "{name}"),
                None => {
                    assert!(body.contains("<TITLE>Length Required</TITLE>"), "{name}: {body}");
                }
            }
            provoked += 1;
        }
    }
    assert!(provoked > 250, "{provoked}");
}

#[tokio::test]
async fn every_submission_calls_back_once_with_the_method_of_its_version() {
    let fixture = Fixture::start().await;
    let mut listener = CallbackListener::start().await;
    for operation in OPERATIONS {
        let OperationKind::Submit(transaction) = operation.kind else { continue };
        for operation_path in operation.paths() {
            let mut draft = fixture.draft(operation, operation_path).await;
            draft.callback_url = Some(format!("{}/momo", listener.url));
            let name = line_of(operation, operation_path);
            assert_eq!(fixture.send(&draft).await.0, 202, "{name}");
            fixture.emulator.settle();
            let callback = listener.next().await;
            let expected =
                if operation_path.template.starts_with("/v2_0/") { "PUT" } else { "POST" };
            assert_eq!(callback.method, expected, "{name}");
            let status = OPERATIONS
                .iter()
                .find(|other| other.kind == OperationKind::Status(transaction))
                .expect("a status");
            let reference = draft.reference.expect("a reference");
            let path = filled(status.path, &[reference]);
            let told = fixture.merchant(operation_path.product).get(&path).await;
            let called: Value = serde_json::from_str(&callback.body).expect(&name);
            let mut told_alike = told.clone();
            let fields = told_alike.as_object_mut().expect("an object");
            fields.shift_remove("payerMessage");
            if transaction == TransactionKind::Deposit {
                let id = called["financialTransactionId"].clone();
                fields.shift_insert(0, "financialTransactionId".to_owned(), id);
            }
            let alike = told_alike.to_string();
            assert_eq!(callback.body, alike, "{name}: the same, but for what only one has");
            assert_eq!(told["status"], "SUCCESSFUL", "{name}");
        }
    }
    assert!(listener.arrived().is_empty(), "one callback each");
}
