//! Requests to pay, and the notification of the payer.

use mtnmomo::{
    CallbackResponse, Currency, DeliveryNotificationRequest, MomoCollection, Party, PartyIdType,
};
use serde_json::{Value, json};

use crate::checks::{answered, equal, refused};
use crate::journal::Journal;
use crate::listener::Listener;
use crate::product::{Product, check_moved, funds};
use crate::watch::{Ended, Hook, Watch};
use crate::{DELAYED, ONGOING, ORDINARY, json, request};

const HOOK: Hook = Hook::post("collection_request_to_pay");

/// What the client makes of a 400 without a body, in this one method.
const NOTHING_SAID: &str = r#"{ "statusCode": 400, "message": "" }"#;

/// MTN's test numbers of payers, by what becomes of the request.
const FAILURES: [(&str, &str); 12] = [
    ("46733123450", "INTERNAL_PROCESSING_ERROR"),
    ("46733123451", "APPROVAL_REJECTED"),
    ("46733123452", "EXPIRED"),
    ("46733123455", "PAYER_NOT_FOUND"),
    ("46733123456", "PAYEE_NOT_ALLOWED_TO_RECEIVE"),
    ("46733123457", "NOT_ALLOWED"),
    ("46733123458", "NOT_ALLOWED_TARGET_ENVIRONMENT"),
    ("46733123459", "INVALID_CALLBACK_URL_HOST"),
    ("46733123460", "INVALID_CURRENCY"),
    ("46733123461", "INTERNAL_PROCESSING_ERROR"),
    ("46733123462", "SERVICE_UNAVAILABLE"),
    ("46733123463", "COULD_NOT_PERFORM_TRANSACTION"),
];

/// Requests the payment that stays pending, and returns its reference.
pub async fn ongoing(collection: &MomoCollection, listener: &Listener) -> String {
    let url = listener.url("ongoing");
    let outcome = collection.request_to_pay(request(ONGOING, "5"), Some(&url)).await;
    answered("request to pay", outcome).as_string()
}

/// A payment watched to its end, and its reference.
async fn paid(collection: &MomoCollection, watch: &Watch<'_>, payer: &str) -> (String, Ended) {
    let url = watch.listener.url(payer);
    let outcome = collection.request_to_pay(request(payer, "12.50"), Some(&url)).await;
    let reference = answered("request to pay", outcome).as_string();
    let ended = watch.ended(&format!("requesttopay/{reference}"), HOOK, payer).await;
    (reference, ended)
}

pub async fn all(collection: &MomoCollection, listener: &Listener, journal: &Journal) {
    let watch = Watch::new(collection, listener);
    success(collection, &watch, journal).await;
    for (payer, code) in FAILURES {
        failure(collection, &watch, payer, code).await;
    }
    // The client's list of reasons lacks this one: its callback cannot be read.
    let (_, failed) = paid(collection, &watch, "46733123464").await;
    failed.check_failed("TRANSFERTYPE_UNKNOWN");
    refused("a reason unknown to the client", failed.try_callback(), "did not match any variant");

    by_email(collection, &watch, journal).await;
    refusals(collection, &watch, journal).await;
    generic_door(collection, &watch, journal).await;
}

/// A payment that begins as CREATED. It settles in half a minute: after the last look at a balance.
pub async fn delayed(collection: &MomoCollection) {
    let delayed = collection.request_to_pay(request(DELAYED, "1"), None).await;
    let reference = answered("delayed", delayed).as_string();
    let status = collection.request_to_pay_transaction_status(&reference).await;
    equal("delayed", answered("delayed", status).status, "CREATED");
}

async fn success(collection: &MomoCollection, watch: &Watch<'_>, journal: &Journal) {
    let before = funds(collection).await;
    let (reference, ended) = paid(collection, watch, ORDINARY).await;
    ended.check_succeeded();
    check_moved("request to pay", collection, before, 12.5).await;
    let status = collection.request_to_pay_transaction_status(&reference).await;
    let status = answered("status", status);
    equal("status", &status.status, "SUCCESSFUL");
    equal("amount", &status.amount, "12.5");
    equal("currency", &status.currency, "EUR");
    equal("externalId", &status.external_id, &reference);
    equal("payer", &status.payer.party_id, ORDINARY);
    equal("payerMessage", &status.payer_message, "Two tickets");
    equal("payeeNote", &status.payee_note, "Seats 4 and 5");
    equal("no reason", status.reason, None::<String>);
    let CallbackResponse::RequestToPaySuccess { financial_transaction_id, external_id, .. } =
        ended.callback()
    else {
        ended.misread()
    };
    equal("externalId called back", external_id, reference.clone());
    equal("id called back", Some(financial_transaction_id), status.financial_transaction_id);

    let notify = async |reference: &str, message: String| {
        let notification = DeliveryNotificationRequest { notification_message: message };
        collection.request_to_pay_delivery_notification(reference, notification).await
    };
    let long = notify(&reference, "x".repeat(161)).await;
    journal.silent("too long a notification", long, "malformed", "notificationMessage").await;
    answered("delivery notification", notify(&reference, "x".repeat(160)).await);
    let second = notify(&reference, "Paid".to_owned()).await;
    journal.silent("a second notification", second, "notified_before", "before").await;
    let unknown = request(ORDINARY, "1").external_id;
    let outcome = notify(&unknown, "Paid".to_owned()).await;
    refused("notification of an unknown payment", outcome, "RESOURCE_NOT_FOUND");
}

async fn failure(collection: &MomoCollection, watch: &Watch<'_>, payer: &str, code: &str) {
    let before = funds(collection).await;
    let (reference, failed) = paid(collection, watch, payer).await;
    failed.check_failed(code);
    check_moved(payer, collection, before, 0.0).await;
    let status = collection.request_to_pay_transaction_status(&reference).await;
    let status = answered(payer, status);
    equal(payer, status.reason.as_deref(), Some(code));
    equal(payer, status.financial_transaction_id, None::<String>);
    let CallbackResponse::RequestToPayFailed { reason, .. } = failed.callback() else {
        failed.misread()
    };
    equal(payer, json(&reason), code);
    let notification = DeliveryNotificationRequest { notification_message: "Paid".to_owned() };
    let told = collection.request_to_pay_delivery_notification(&reference, notification).await;
    refused("notification of a failed payment", told, "NOT_SUCCESSFULLY_COMPLETED");
}

/// Payers by other ids than their number.
async fn by_email(collection: &MomoCollection, watch: &Watch<'_>, journal: &Journal) {
    let mut request_by = request(ORDINARY, "1");
    let party_id = "payer@example.com".to_owned();
    request_by.payer = Party { party_id_type: PartyIdType::EMAIL, party_id };
    let url = watch.listener.url("email");
    let outcome = collection.request_to_pay(request_by, Some(&url)).await;
    let path = format!("requesttopay/{}", answered("payer by e-mail", outcome));
    let ended = watch.ended(&path, HOOK, "email").await;
    ended.check_succeeded();
    let payer = json!({"partyIdType": "EMAIL", "partyId": "payer@example.com"});
    equal("payer by e-mail", &ended.body["payer"], &payer);

    // The client writes PARTYCODE, which is not MTN's PARTY_CODE.
    let mut by_code = request(ORDINARY, "1");
    by_code.payer.party_id_type = PartyIdType::PARTYCODE;
    let outcome = collection.request_to_pay(by_code, None).await;
    journal
        .silent_with("payer by party code", outcome, NOTHING_SAID, "malformed", "PARTYCODE")
        .await;
}

async fn refusals(collection: &MomoCollection, watch: &Watch<'_>, journal: &Journal) {
    let used = request(ORDINARY, "1");
    answered("request to pay", collection.request_to_pay(used.clone(), None).await);
    watch.settled(&format!("requesttopay/{}", used.external_id)).await;
    let again = collection.request_to_pay(used, None).await;
    refused("used reference", again, "RESOURCE_ALREADY_EXIST");

    let mut dollars = request(ORDINARY, "1");
    dollars.currency = Currency::USD;
    let outcome = collection.request_to_pay(dollars, Some(&watch.listener.url("dollars"))).await;
    refused("currency", outcome, "INVALID_CURRENCY");

    let elsewhere = Some("http://elsewhere.example");
    let outcome = collection.request_to_pay(request(ORDINARY, "1"), elsewhere).await;
    refused("callback host", outcome, "INVALID_CALLBACK_URL_HOST");

    let mut quoted = request(ORDINARY, "1");
    quoted.payer_message = "Joe's tickets".to_owned();
    let outcome = collection.request_to_pay(quoted, None).await;
    journal.silent_with("apostrophe", outcome, NOTHING_SAID, "malformed", "payerMessage").await;
    let mut joined = request(ORDINARY, "1");
    joined.payee_note = "Fish & chips".to_owned();
    let outcome = collection.request_to_pay(joined, None).await;
    journal.silent_with("ampersand", outcome, NOTHING_SAID, "malformed", "payeeNote").await;
    let nothing = collection.request_to_pay(request(ORDINARY, "nothing"), None).await;
    journal.silent_with("amount", nothing, NOTHING_SAID, "malformed", "amount").await;

    let unknown = request(ORDINARY, "1").external_id;
    let outcome = collection.request_to_pay_transaction_status(&unknown).await;
    refused("unknown reference", outcome, "RESOURCE_NOT_FOUND");
    let outcome = collection.request_to_pay_transaction_status("not-a-uuid").await;
    journal.silent("malformed reference", outcome, "malformed", "UUID").await;
}

/// The POST of the client's generic door has no `X-Reference-Id`, and takes an answer without a
/// body for an error: no asynchronous operation can be done by it, and of a notification that was
/// accepted it says that it failed.
async fn generic_door(collection: &MomoCollection, watch: &Watch<'_>, journal: &Journal) {
    let generic = collection.generic();
    let wanted = request(ORDINARY, "1");
    let outcome = generic.post::<_, Value>("requesttopay", &wanted, None).await;
    let status = "HTTP 400 Bad Request: ";
    journal.silent_with("no reference", outcome, status, "malformed", "X-Reference-Id").await;

    let reference = answered("paid", collection.request_to_pay(wanted, None).await).as_string();
    let payment = format!("requesttopay/{reference}");
    equal("paid", &watch.settled(&payment).await["status"], "SUCCESSFUL");
    let path = format!("{payment}/deliverynotification");
    let body = DeliveryNotificationRequest { notification_message: "Paid".to_owned() };
    let outcome = generic.post::<_, Value>(&path, &body, None).await;
    refused("accepted without a body", outcome, "EOF while parsing");
    let nowhere = generic.get::<Value>("nowhere").await;
    refused("no such path", nowhere, "Resource not found");
}
