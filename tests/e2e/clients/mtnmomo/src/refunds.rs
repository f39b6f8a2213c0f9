//! Refunds, of both versions, of payments that the collection product received.
//!
//! The client reads the status of a refund only once it is SUCCESSFUL: its type wants a
//! `financialTransactionId`, which nothing else has.

use mtnmomo::{CallbackResponse, MomoCollection, MomoDisbursements, RefundId, RefundRequest};

use crate::checks::{Outcome, answered, equal, refused};
use crate::listener::Listener;
use crate::product::{check_moved, funds};
use crate::watch::{Hook, Watch};
use crate::{ORDINARY, json, request};

const HOOK_V1: Hook = Hook::post("disbursement_refund_v1");
const HOOK_V2: Hook = Hook::put("disbursement_refund_v2");

/// MTN's test values stand where the reference of the payment would.
const FAILURES: [(&str, &str); 11] = [
    ("1", "PAYEE_NOT_FOUND"),
    ("2", "INTERNAL_PROCESSING_ERROR"),
    ("3", "APPROVAL_REJECTED"),
    ("4", "EXPIRED"),
    ("7", "NOT_ALLOWED"),
    ("8", "NOT_ALLOWED_TARGET_ENVIRONMENT"),
    ("9", "INVALID_CALLBACK_URL_HOST"),
    ("10", "INVALID_CURRENCY"),
    ("11", "INTERNAL_PROCESSING_ERROR"),
    ("12", "SERVICE_UNAVAILABLE"),
    ("13", "COULD_NOT_PERFORM_TRANSACTION"),
];

fn refund(payment: &str, amount: &str) -> RefundRequest {
    RefundRequest::new(
        amount.to_owned(),
        "EUR".to_owned(),
        "Your money".to_owned(),
        "Returned tickets".to_owned(),
        payment.to_owned(),
    )
}

/// A refund by version 1 or 2.
async fn submit(
    disbursement: &MomoDisbursements,
    hook: Hook,
    refund: RefundRequest,
    url: Option<&str>,
) -> Outcome<RefundId> {
    match hook.method {
        "POST" => disbursement.refund_v1(refund, url).await,
        _ => disbursement.refund_v2(refund, url).await,
    }
}

pub async fn all(
    disbursement: &MomoDisbursements,
    collection: &MomoCollection,
    listener: &Listener,
) {
    let watch = Watch::new(disbursement, listener);
    let payment = collection.request_to_pay(request(ORDINARY, "20"), None).await;
    let payment = answered("payment to refund", payment).as_string();
    let paid = Watch::new(collection, listener).settled(&format!("requesttopay/{payment}")).await;
    equal("payment to refund", &paid["status"], "SUCCESSFUL");
    for hook in [HOOK_V1, HOOK_V2] {
        success(disbursement, &watch, hook, &payment).await;
        for (value, code) in FAILURES {
            failure(disbursement, &watch, hook, value, code).await;
        }
        too_much(disbursement, &watch, hook, &payment).await;
    }

    for (value, expected) in [("5", "PENDING"), ("6", "CREATED")] {
        let reference = answered(value, disbursement.refund_v2(refund(value, "1"), None).await);
        let status = answered(value, watch.get(&format!("refund/{reference}")).await);
        equal(value, &status["status"], expected);
        let unread = disbursement.get_refund_status(reference.as_str()).await;
        refused(value, unread, "missing field `financialTransactionId`");
    }
    refusals(disbursement).await;
}

async fn success(disbursement: &MomoDisbursements, watch: &Watch<'_>, hook: Hook, payment: &str) {
    let before = funds(disbursement).await;
    let wanted = refund(payment, "7.50");
    let url = watch.listener.url("refund");
    let outcome = submit(disbursement, hook, wanted.clone(), Some(&url)).await;
    let reference = answered("refund", outcome).as_string();
    equal("refund: its reference is not its external id", reference != wanted.external_id, true);
    let ended = watch.ended(&format!("refund/{reference}"), hook, "refund").await;
    ended.check_succeeded();
    check_moved("refund", disbursement, before, -7.5).await;
    let status = answered("refund", disbursement.get_refund_status(&reference).await);
    equal("refund: status", &status.status, "SUCCESSFUL");
    equal("refund: amount", &status.amount, "7.5");
    equal("refund: currency", &status.currency, "EUR");
    equal("refund: externalId", &status.external_id, &wanted.external_id);
    equal("refund: payee is the payer of the payment", &status.payee.party_id, ORDINARY);
    equal("refund: payerMessage", &status.payer_message, "Your money");
    equal("refund: payeeNote", &status.payee_note, "Returned tickets");
    // Its own variants come after one that has the same fields.
    let CallbackResponse::TransactionSuccess { external_id, .. } = ended.callback() else {
        ended.misread()
    };
    equal("refund called back", external_id, wanted.external_id);
}

async fn failure(
    disbursement: &MomoDisbursements,
    watch: &Watch<'_>,
    hook: Hook,
    value: &str,
    code: &str,
) {
    let before = funds(disbursement).await;
    let name = format!("refund-{value}");
    let url = watch.listener.url(&name);
    let outcome = submit(disbursement, hook, refund(value, "1"), Some(&url)).await;
    let reference = answered(&name, outcome);
    let failed = watch.ended(&format!("refund/{reference}"), hook, &name).await;
    failed.check_failed(code);
    check_moved(&name, disbursement, before, 0.0).await;
    let unread = disbursement.get_refund_status(reference.as_str()).await;
    refused(&name, unread, "missing field `financialTransactionId`");
    // With no payment there is no payee, without which the client reads no callback.
    refused(&name, failed.try_callback(), "did not match any variant");
}

/// More than was paid cannot be given back.
async fn too_much(disbursement: &MomoDisbursements, watch: &Watch<'_>, hook: Hook, payment: &str) {
    let before = funds(disbursement).await;
    let url = watch.listener.url("too-much");
    let outcome = submit(disbursement, hook, refund(payment, "20.5"), Some(&url)).await;
    let reference = answered("too much of a refund", outcome);
    let failed = watch.ended(&format!("refund/{reference}"), hook, "too-much").await;
    failed.check_failed("NOT_ALLOWED");
    check_moved("too much of a refund", disbursement, before, 0.0).await;
    let CallbackResponse::TransactionFailed { reason, .. } = failed.callback() else {
        failed.misread()
    };
    equal("too much of a refund, called back", json(&reason), "NOT_ALLOWED");
}

async fn refusals(disbursement: &MomoDisbursements) {
    for hook in [HOOK_V1, HOOK_V2] {
        let mut dollars = refund("1", "1");
        dollars.currency = "USD".to_owned();
        let outcome = submit(disbursement, hook, dollars, None).await;
        refused("currency of a refund", outcome, "INVALID_CURRENCY");
        let elsewhere = Some("http://elsewhere.example");
        let outcome = submit(disbursement, hook, refund("1", "1"), elsewhere).await;
        refused("callback host of a refund", outcome, "INVALID_CALLBACK_URL_HOST");
    }
    let unknown = request(ORDINARY, "1").external_id;
    let outcome = disbursement.get_refund_status(&unknown).await;
    refused("unknown refund", outcome, "RESOURCE_NOT_FOUND");
}
