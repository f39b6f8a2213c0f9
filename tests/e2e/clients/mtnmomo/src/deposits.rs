//! Deposits, of both versions.

use mtnmomo::{CallbackResponse, Currency, MomoDisbursements};

use crate::checks::{answered, equal, refused};
use crate::listener::Listener;
use crate::product::{check_moved, funds};
use crate::watch::{Ended, Hook, Watch};
use crate::{DELAYED, ONGOING, ORDINARY, json, payout};

const HOOK_V1: Hook = Hook::post("disbursement_deposit_v1");
const HOOK_V2: Hook = Hook::put("disbursement_deposit_v2");

/// MTN's test numbers of payees, by what becomes of the deposit.
const FAILURES: [(&str, &str); 12] = [
    ("46733123450", "INTERNAL_PROCESSING_ERROR"),
    ("46733123451", "APPROVAL_REJECTED"),
    ("46733123452", "EXPIRED"),
    ("46733123455", "PAYEE_NOT_FOUND"),
    ("46733123456", "PAYEE_NOT_ALLOWED_TO_RECEIVE"),
    ("46733123457", "NOT_ALLOWED"),
    ("46733123458", "NOT_ALLOWED_TARGET_ENVIRONMENT"),
    ("46733123459", "INVALID_CALLBACK_URL_HOST"),
    ("46733123460", "INVALID_CURRENCY"),
    ("46733123461", "INTERNAL_PROCESSING_ERROR"),
    ("46733123462", "SERVICE_UNAVAILABLE"),
    ("46733123463", "COULD_NOT_PERFORM_TRANSACTION"),
];

/// A deposit of each version, watched to its end, and its reference.
async fn both(
    disbursement: &MomoDisbursements,
    watch: &Watch<'_>,
    payee: &str,
) -> [(String, Ended); 2] {
    let url = watch.listener.url(payee);
    let first = disbursement.deposit_v1(payout(payee, "12.50"), Some(&url)).await;
    let second = disbursement.deposit_v2(payout(payee, "7.5"), Some(&url)).await;
    let first = answered("deposit", first).as_string();
    let second = answered("deposit", second).as_string();
    let ended_first = watch.ended(&format!("deposit/{first}"), HOOK_V1, payee).await;
    let ended_second = watch.ended(&format!("deposit/{second}"), HOOK_V2, payee).await;
    [(first, ended_first), (second, ended_second)]
}

pub async fn all(disbursement: &MomoDisbursements, listener: &Listener) {
    let watch = Watch::new(disbursement, listener);
    let before = funds(disbursement).await;
    let deposited = both(disbursement, &watch, ORDINARY).await;
    check_moved("deposits", disbursement, before, -20.0).await;
    for ((reference, ended), amount) in deposited.into_iter().zip(["12.5", "7.5"]) {
        ended.check_succeeded();
        ended.lacks("financialTransactionId");
        let status = disbursement.get_deposit_status(reference.clone()).await;
        let status = answered("deposit", status);
        equal("deposit: status", &status.status, "SUCCESSFUL");
        equal("deposit: amount", &status.amount, amount);
        equal("deposit: externalId", &status.external_id, &reference);
        equal("deposit: payee", &status.payee.party_id, ORDINARY);
        equal("deposit: payerMessage", &status.payer_message, "Wages");
        let CallbackResponse::TransactionSuccess { external_id, .. } = ended.callback() else {
            ended.misread()
        };
        equal("deposit called back", external_id, reference);
    }

    let before = funds(disbursement).await;
    for (payee, code) in FAILURES {
        for (reference, failed) in both(disbursement, &watch, payee).await {
            failed.check_failed(code);
            let status = disbursement.get_deposit_status(reference).await;
            equal(payee, answered(payee, status).status, "FAILED");
            // The client's variants for failed deposits want a transaction id, which there is
            // none of.
            let CallbackResponse::TransactionFailed { reason, .. } = failed.callback() else {
                failed.misread()
            };
            equal(payee, json(&reason), code);
        }
    }
    check_moved("failed deposits", disbursement, before, 0.0).await;

    for (payee, expected) in [(ONGOING, "PENDING"), (DELAYED, "CREATED")] {
        let outcome = disbursement.deposit_v1(payout(payee, "1"), None).await;
        let reference = answered(payee, outcome).as_string();
        let status = disbursement.get_deposit_status(reference).await;
        equal(payee, answered(payee, status).status, expected);
    }
    refusals(disbursement).await;
}

async fn refusals(disbursement: &MomoDisbursements) {
    let used = payout(ORDINARY, "1");
    answered("deposit", disbursement.deposit_v1(used.clone(), None).await);
    let again = disbursement.deposit_v2(used.clone(), None).await;
    refused("reference used by version 1", again, "RESOURCE_ALREADY_EXIST");
    let as_transfer = disbursement.get_transfer_status(&used.external_id).await;
    refused("a deposit is no transfer", as_transfer, "RESOURCE_NOT_FOUND");
    let mut dollars = payout(ORDINARY, "1");
    dollars.currency = Currency::USD;
    let outcome = disbursement.deposit_v2(dollars, None).await;
    refused("currency of a deposit", outcome, "INVALID_CURRENCY");
    let elsewhere = Some("http://elsewhere.example");
    for outcome in [
        disbursement.deposit_v1(payout(ORDINARY, "1"), elsewhere).await,
        disbursement.deposit_v2(payout(ORDINARY, "1"), elsewhere).await,
    ] {
        refused("callback host of a deposit", outcome, "INVALID_CALLBACK_URL_HOST");
    }
}
