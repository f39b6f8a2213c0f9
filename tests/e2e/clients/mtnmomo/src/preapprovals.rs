//! Preapprovals. The client's method for their status is private, and it has none for the list: its
//! generic door reads both. It has no way to cancel one: nothing in it sends
//! `DELETE /v1_0/preapproval/{id}`.

use mtnmomo::{CallbackResponse, MomoCollection, PreApprovalRequest, PreApprovalResult};
use serde_json::{Value, json};

use crate::checks::{answered, equal, refused};
use crate::journal::Journal;
use crate::listener::Listener;
use crate::product::{Product, check_moved, funds};
use crate::watch::{Hook, Watch};
use crate::{DELAYED, ONGOING, json, party};

const HOOK: Hook = Hook::put("collection_preapproval");
/// A payer of whom nothing else is asked here.
const PAYER: &str = "46733123997";

/// MTN's test numbers of payers, by what becomes of the preapproval.
const FAILURES: [(&str, &str); 10] = [
    ("46733123450", "INTERNAL_PROCESSING_ERROR"),
    ("46733123451", "APPROVAL_REJECTED"),
    ("46733123452", "EXPIRED"),
    ("46733123455", "PAYER_NOT_FOUND"),
    ("46733123456", "NOT_ALLOWED"),
    ("46733123457", "NOT_ALLOWED_TARGET_ENVIRONMENT"),
    ("46733123458", "INVALID_CALLBACK_URL_HOST"),
    ("46733123459", "INVALID_CURRENCY"),
    ("46733123460", "INTERNAL_PROCESSING_ERROR"),
    ("46733123461", "SERVICE_UNAVAILABLE"),
];

fn preapproval(payer: &str, payer_currency: &str) -> PreApprovalRequest {
    PreApprovalRequest {
        payer: party(payer),
        payer_currency: payer_currency.to_owned(),
        payer_message: "Water each month".to_owned(),
        validity_time: 3600,
    }
}

fn path(reference: &str) -> String {
    format!("../v2_0/preapproval/{reference}")
}

pub async fn all(collection: &MomoCollection, listener: &Listener, journal: &Journal) {
    let watch = Watch::new(collection, listener);
    let before = funds(collection).await;
    success(collection, &watch).await;
    for (payer, code) in FAILURES {
        let url = listener.url(payer);
        let outcome = collection.pre_approval(preapproval(payer, "EUR"), Some(&url)).await;
        let reference = answered(payer, outcome);
        let failed = watch.ended(&path(&reference), HOOK, payer).await;
        failed.check_failed(code);
        let CallbackResponse::PreApprovalFailed { reason, .. } = failed.callback() else {
            failed.misread()
        };
        equal(payer, json(&reason), code);
    }
    check_moved("preapprovals", collection, before, 0.0).await;

    for (payer, expected) in [(ONGOING, "PENDING"), (DELAYED, "CREATED")] {
        let outcome = collection.pre_approval(preapproval(payer, "EUR"), None).await;
        let path = path(&answered(payer, outcome));
        let status = collection.generic().get::<PreApprovalResult>(&path).await;
        equal(payer, answered(payer, status).status, expected);
        equal(payer, approved(&watch, payer).await, json!([]));
    }
    let dollars = collection.pre_approval(preapproval(PAYER, "USD"), None).await;
    refused("currency of a preapproval", dollars, "INVALID_CURRENCY");
    let elsewhere = Some("http://elsewhere.example");
    let outcome = collection.pre_approval(preapproval(PAYER, "EUR"), elsewhere).await;
    refused("callback host of a preapproval", outcome, "INVALID_CALLBACK_URL_HOST");
    let mut timeless = preapproval(PAYER, "EUR");
    timeless.validity_time = -1;
    let outcome = collection.pre_approval(timeless, None).await;
    journal.silent("validity of a preapproval", outcome, "malformed", "validityTime").await;
}

/// The approved preapprovals of a payer.
async fn approved(watch: &Watch<'_>, payer: &str) -> Value {
    answered("preapprovals", watch.get(&format!("preapprovals/MSISDN/{payer}")).await)
}

async fn success(collection: &MomoCollection, watch: &Watch<'_>) {
    equal("no preapproval yet", approved(watch, PAYER).await, json!([]));
    let url = watch.listener.url("preapproval");
    let outcome = collection.pre_approval(preapproval(PAYER, "EUR"), Some(&url)).await;
    let reference = answered("preapproval", outcome);
    let generic = collection.generic();
    let first = generic.get::<PreApprovalResult>(&path(&reference)).await;
    let expiry = answered("preapproval at once", first).expiration_date_time;
    equal("preapproval: expirationDateTime begins with a year", &expiry[..2], "20");

    let ended = watch.ended(&path(&reference), HOOK, "preapproval").await;
    ended.has("status", "SUCCESSFUL");
    ended.has("payerCurrency", "EUR");
    ended.has("payerMessage", "Water each month");
    ended.lacks("reason");
    let status = generic.get::<PreApprovalResult>(&path(&reference)).await;
    let status = answered("preapproval", status);
    equal("preapproval: status", &status.status, "SUCCESSFUL");
    equal("preapproval: payer", &status.payer.party_id, PAYER);
    let CallbackResponse::PreApprovalSuccess { payer, expiration_date_time, .. } = ended.callback()
    else {
        ended.misread()
    };
    equal("preapproval called back: payer", payer.party_id, PAYER);
    equal("preapproval called back: expiry", expiration_date_time, status.expiration_date_time);

    let listed = approved(watch, PAYER).await;
    equal("one preapproval", listed.as_array().map(Vec::len), Some(1));
    equal("preapproval listed", listed[0]["preApprovalId"].as_str(), Some(&*reference));
    equal("preapproval listed", &listed[0]["status"], "APPROVED");
    equal("preapproval listed", &listed[0]["fromCurrency"], "EUR");
    equal("preapproval listed", &listed[0]["message"], "Water each month");
    for field in ["toFri", "fromFri", "createdTime"] {
        let is_there = listed[0][field].as_str().is_some_and(|text| !text.is_empty());
        equal(&format!("preapproval listed: {field}"), is_there, true);
    }
}
