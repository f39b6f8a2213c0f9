//! Transfers, of the two products that have them.

use mtnmomo::{
    CallbackResponse, Currency, MomoDisbursements, MomoRemittance, TranserId, TransferRequest,
    TransferResult,
};

use crate::checks::{Outcome, answered, equal, refused};
use crate::listener::Listener;
use crate::product::{Product, check_moved, funds};
use crate::watch::{Hook, Watch};
use crate::{DELAYED, ONGOING, ORDINARY, json, payout, request};

/// MTN's test numbers of payees, by what becomes of the transfer.
const FAILURES: [(&str, &str); 12] = [
    ("46733123450", "INTERNAL_PROCESSING_ERROR"),
    ("46733123451", "APPROVAL_REJECTED"),
    ("46733123452", "EXPIRED"),
    ("46733123455", "NOT_ENOUGH_FUNDS"),
    ("46733123456", "PAYER_LIMIT_REACHED"),
    ("46733123457", "PAYEE_NOT_FOUND"),
    ("46733123458", "NOT_ALLOWED"),
    ("46733123459", "NOT_ALLOWED_TARGET_ENVIRONMENT"),
    ("46733123460", "INVALID_CALLBACK_URL_HOST"),
    ("46733123461", "INVALID_CURRENCY"),
    ("46733123462", "INTERNAL_PROCESSING_ERROR"),
    ("46733123463", "SERVICE_UNAVAILABLE"),
];

trait Transfers: Product {
    const HOOK: Hook;
    async fn send(&self, request: TransferRequest, url: Option<&str>) -> Outcome<TranserId>;
    async fn status(&self, reference: &str) -> Outcome<TransferResult>;
}

impl Transfers for MomoDisbursements {
    const HOOK: Hook = Hook::post("disbursement_transfer");

    async fn send(&self, request: TransferRequest, url: Option<&str>) -> Outcome<TranserId> {
        self.transfer(request, url).await
    }

    async fn status(&self, reference: &str) -> Outcome<TransferResult> {
        self.get_transfer_status(reference).await
    }
}

/// The client sends these without a `Content-Type`.
impl Transfers for MomoRemittance {
    const HOOK: Hook = Hook::post("remittance_transfer");

    async fn send(&self, request: TransferRequest, url: Option<&str>) -> Outcome<TranserId> {
        self.transfer(request, url).await
    }

    async fn status(&self, reference: &str) -> Outcome<TransferResult> {
        self.get_transfer_status(reference).await
    }
}

pub async fn of_disbursement(disbursement: &MomoDisbursements, listener: &Listener) {
    all(disbursement, listener).await;
}

pub async fn of_remittance(remittance: &MomoRemittance, listener: &Listener) {
    all(remittance, listener).await;
}

async fn all<P: Transfers>(product: &P, listener: &Listener) {
    success(product, &Watch::new(product, listener)).await;
    failures(product, &Watch::new(product, listener)).await;
    // A delayed transfer is PENDING at first, where other operations are CREATED.
    for (payee, expected) in [(ONGOING, "PENDING"), (DELAYED, "PENDING")] {
        let outcome = product.send(payout(payee, "1"), None).await;
        let reference = answered(payee, outcome).as_string();
        let status = answered(payee, product.status(&reference).await);
        equal(payee, status.status, expected);
    }
    refusals(product).await;
}

async fn success<P: Transfers>(product: &P, watch: &Watch<'_>) {
    let before = funds(product).await;
    let url = watch.listener.url(P::NAME);
    let sent = product.send(payout(ORDINARY, "12.50"), Some(&url)).await;
    let reference = answered("transfer", sent).as_string();
    let ended = watch.ended(&format!("transfer/{reference}"), P::HOOK, P::NAME).await;
    ended.check_succeeded();
    check_moved("transfer", product, before, -12.5).await;
    let status = answered("transfer", product.status(&reference).await);
    equal("transfer: status", &status.status, "SUCCESSFUL");
    equal("transfer: amount", &status.amount, "12.5");
    equal("transfer: currency", &status.currency, "EUR");
    equal("transfer: externalId", &status.external_id, &reference);
    equal("transfer: payee", &status.payee.party_id, ORDINARY);
    equal("transfer: payerMessage", &status.payer_message, "Wages");
    equal("transfer: payeeNote", &status.payee_note, "September");
    let CallbackResponse::TransactionSuccess { external_id, .. } = ended.callback() else {
        ended.misread()
    };
    equal("transfer called back", external_id, reference);
}

async fn failures<P: Transfers>(product: &P, watch: &Watch<'_>) {
    let before = funds(product).await;
    let too_much = (ORDINARY, "NOT_ENOUGH_FUNDS");
    for (payee, code) in FAILURES.into_iter().chain([too_much]) {
        let amount = if payee == ORDINARY { "1000000" } else { "1" };
        let name = format!("{payee}-fails");
        let url = watch.listener.url(&name);
        let sent = product.send(payout(payee, amount), Some(&url)).await;
        let reference = answered(payee, sent).as_string();
        let failed = watch.ended(&format!("transfer/{reference}"), P::HOOK, &name).await;
        failed.check_failed(code);
        let status = answered(payee, product.status(&reference).await);
        equal(payee, status.status, "FAILED");
        let CallbackResponse::TransactionFailed { reason, .. } = failed.callback() else {
            failed.misread()
        };
        equal(payee, json(&reason), code);
    }
    check_moved("failed transfers", product, before, 0.0).await;
}

async fn refusals<P: Transfers>(product: &P) {
    let used = payout(ORDINARY, "1");
    answered("transfer", product.send(used.clone(), None).await);
    let again = product.send(used, None).await;
    refused("used reference of a transfer", again, "RESOURCE_ALREADY_EXIST");
    let mut dollars = payout(ORDINARY, "1");
    dollars.currency = Currency::USD;
    refused("currency of a transfer", product.send(dollars, None).await, "INVALID_CURRENCY");
    let elsewhere = Some("http://elsewhere.example");
    let outcome = product.send(payout(ORDINARY, "1"), elsewhere).await;
    refused("callback host of a transfer", outcome, "INVALID_CALLBACK_URL_HOST");
    let unknown = request(ORDINARY, "1").external_id;
    refused("unknown transfer", product.status(&unknown).await, "RESOURCE_NOT_FOUND");
}
