//! Requests to withdraw, of both versions.

use mtnmomo::{CallbackResponse, Currency, MomoCollection};

use crate::checks::{answered, equal, refused};
use crate::listener::Listener;
use crate::product::{check_moved, funds};
use crate::watch::{Ended, Hook, Watch};
use crate::{DELAYED, ONGOING, ORDINARY, json, request};

const HOOK_V1: Hook = Hook::post("collection_request_to_withdraw_v1");
const HOOK_V2: Hook = Hook::put("collection_request_to_withdraw_v2");

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

/// A withdrawal by each version, watched to its end, and its reference.
async fn both(collection: &MomoCollection, watch: &Watch<'_>, payer: &str) -> [(String, Ended); 2] {
    let url = watch.listener.url(payer);
    let first = collection.request_to_withdraw_v1(request(payer, "12.50"), Some(&url)).await;
    let second = collection.request_to_withdraw_v2(request(payer, "7.5"), Some(&url)).await;
    let first = answered("request to withdraw", first).as_string();
    let second = answered("request to withdraw", second).as_string();
    let path = |reference: &str| format!("requesttowithdraw/{reference}");
    let ended_first = watch.ended(&path(&first), HOOK_V1, payer).await;
    let ended_second = watch.ended(&path(&second), HOOK_V2, payer).await;
    [(first, ended_first), (second, ended_second)]
}

pub async fn all(collection: &MomoCollection, listener: &Listener) {
    let watch = Watch::new(collection, listener);
    let before = funds(collection).await;
    let withdrawn = both(collection, &watch, ORDINARY).await;
    check_moved("withdrawals", collection, before, 20.0).await;
    for ((reference, ended), amount) in withdrawn.into_iter().zip(["12.5", "7.5"]) {
        ended.check_succeeded();
        let status = collection.request_to_withdraw_transaction_status(&reference).await;
        let status = answered("withdrawal", status);
        equal("withdrawal: status", &status.status, "SUCCESSFUL");
        equal("withdrawal: amount", &status.amount, amount);
        equal("withdrawal: externalId", &status.external_id, &reference);
        equal("withdrawal: payer", &status.payer.party_id, ORDINARY);
        equal("withdrawal: payeeNote", &status.payee_note, "Seats 4 and 5");
        // To the client it is as the callback of a request to pay.
        let CallbackResponse::RequestToPaySuccess { external_id, .. } = ended.callback() else {
            ended.misread()
        };
        equal("withdrawal called back", external_id, reference);
    }

    let before = funds(collection).await;
    for (payer, code) in FAILURES {
        for (reference, failed) in both(collection, &watch, payer).await {
            failed.check_failed(code);
            let status = collection.request_to_withdraw_transaction_status(&reference).await;
            equal(payer, answered(payer, status).reason.as_deref(), Some(code));
            let CallbackResponse::RequestToPayFailed { reason, .. } = failed.callback() else {
                failed.misread()
            };
            equal(payer, json(&reason), code);
        }
    }
    check_moved("failed withdrawals", collection, before, 0.0).await;

    refusals(collection, &watch).await;
}

/// Withdrawals that stay PENDING, or begin as CREATED; these settle in half a minute: after the
/// last look at a balance.
pub async fn unsettled(collection: &MomoCollection) {
    for (payer, expected) in [(ONGOING, "PENDING"), (DELAYED, "CREATED")] {
        for outcome in [
            collection.request_to_withdraw_v1(request(payer, "1"), None).await,
            collection.request_to_withdraw_v2(request(payer, "1"), None).await,
        ] {
            let reference = answered(payer, outcome).as_string();
            let status = collection.request_to_withdraw_transaction_status(&reference).await;
            equal(payer, answered(payer, status).status, expected);
        }
    }
}

async fn refusals(collection: &MomoCollection, watch: &Watch<'_>) {
    let used = request(ORDINARY, "1");
    answered("withdrawal", collection.request_to_withdraw_v1(used.clone(), None).await);
    watch.settled(&format!("requesttowithdraw/{}", used.external_id)).await;
    let again = collection.request_to_withdraw_v2(used.clone(), None).await;
    refused("reference used by version 1", again, "RESOURCE_ALREADY_EXIST");
    let as_payment = collection.request_to_pay_transaction_status(&used.external_id).await;
    refused("a withdrawal is no request to pay", as_payment, "RESOURCE_NOT_FOUND");

    let mut dollars = request(ORDINARY, "1");
    dollars.currency = Currency::USD;
    let outcome = collection.request_to_withdraw_v1(dollars.clone(), None).await;
    refused("currency", outcome, "INVALID_CURRENCY");
    let outcome = collection.request_to_withdraw_v2(dollars, None).await;
    refused("currency", outcome, "INVALID_CURRENCY");
    let elsewhere = Some("http://elsewhere.example");
    let outcome = collection.request_to_withdraw_v2(request(ORDINARY, "1"), elsewhere).await;
    refused("callback host", outcome, "INVALID_CALLBACK_URL_HOST");
}
