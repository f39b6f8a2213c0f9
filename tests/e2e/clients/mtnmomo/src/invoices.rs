//! Invoices. The client's method for their status is private: its generic door reads it instead.

use mtnmomo::{CallbackResponse, InvoiceRequest, InvoiceResult, MomoCollection};

use crate::checks::{answered, equal, refused};
use crate::journal::Journal;
use crate::listener::Listener;
use crate::product::{Product, check_moved, funds};
use crate::watch::{Hook, Watch};
use crate::{ONGOING, ORDINARY, party, request};

const HOOK: Hook = Hook::put("collection_invoice");

fn invoice(payer: &str) -> InvoiceRequest {
    InvoiceRequest::new(
        "12.50".to_owned(),
        "EUR".to_owned(),
        "3600".to_owned(),
        party(payer),
        party("46733123998"),
        "Two tickets".to_owned(),
    )
}

fn path(reference: &str) -> String {
    format!("../v2_0/invoice/{reference}")
}

pub async fn all(collection: &MomoCollection, listener: &Listener, journal: &Journal) {
    let watch = Watch::new(collection, listener);
    success(collection, &watch).await;
    cancelled(collection, &watch).await;

    let unknown = request(ORDINARY, "1").external_id;
    let outcome = collection.cancel_invoice(&unknown, None).await;
    refused("cancelling an unknown invoice", outcome, "RESOURCE_NOT_FOUND");
    let elsewhere = Some("http://elsewhere.example");
    let outcome = collection.cancel_invoice(&unknown, elsewhere).await;
    refused("callback host of a cancellation", outcome, "INVALID_CALLBACK_URL_HOST");
    let outcome = collection.create_invoice(invoice(ORDINARY), elsewhere).await;
    refused("callback host of an invoice", outcome, "INVALID_CALLBACK_URL_HOST");
    let mut dollars = invoice(ORDINARY);
    dollars.currency = "USD".to_owned();
    let outcome = collection.create_invoice(dollars, None).await;
    refused("currency of an invoice", outcome, "INVALID_CURRENCY");
    let mut timeless = invoice(ORDINARY);
    timeless.validity_duration = "soon".to_owned();
    let outcome = collection.create_invoice(timeless, None).await;
    journal.silent("validity of an invoice", outcome, "malformed", "validityDuration").await;
}

async fn success(collection: &MomoCollection, watch: &Watch<'_>) {
    let before = funds(collection).await;
    let created = invoice(ORDINARY);
    let url = watch.listener.url("invoice");
    let outcome = collection.create_invoice(created.clone(), Some(&url)).await;
    let reference = answered("invoice", outcome).as_string();
    // All that the client needs is there at once.
    let generic = collection.generic();
    let first = generic.get::<InvoiceResult>(&path(&reference)).await;
    equal("invoice at once: amount", answered("invoice at once", first).amount, "12.5");

    let ended = watch.ended(&path(&reference), HOOK, "invoice").await;
    check_moved("invoice", collection, before, 12.5).await;
    let status = answered("invoice", generic.get::<InvoiceResult>(&path(&reference)).await);
    equal("invoice: status", &status.status, "SUCCESSFUL");
    equal("invoice: referenceId", &status.reference_id, &reference);
    equal("invoice: externalId", &status.external_id, &created.external_id);
    equal("invoice: currency", &status.currency, "EUR");
    equal("invoice: intendedPayer", &status.intended_payer.party_id, ORDINARY);
    equal("invoice: description", &status.description, "Two tickets");
    equal("invoice: paymentReference", status.payment_reference.is_empty(), false);
    equal("invoice: invoiceId", status.invoice_id.is_empty(), false);
    equal("invoice: expiryDateTime begins with a year", &status.expiry_date_time[..2], "20");
    ended.lacks("errorReason");
    // Its own variant comes after another that is content with less.
    let CallbackResponse::PaymentSucceeded { reference_id, .. } = ended.callback() else {
        ended.misread()
    };
    equal("invoice called back", reference_id, reference.clone());

    // Accepted, and of no consequence.
    let late = collection.cancel_invoice(&reference, None).await;
    answered("cancelling a settled invoice", late);
    let unmoved = answered("invoice", watch.get(&path(&reference)).await);
    equal("a settled invoice stays so", unmoved, ended.body);
    let again = collection.create_invoice(created, None).await;
    refused("used reference of an invoice", again, "RESOURCE_ALREADY_EXIST");
}

/// An invoice that stays open, by the scenario of these drivers, and is cancelled.
async fn cancelled(collection: &MomoCollection, watch: &Watch<'_>) {
    let before = funds(collection).await;
    let url = watch.listener.url("cancelled");
    let outcome = collection.create_invoice(invoice(ONGOING), Some(&url)).await;
    let reference = answered("invoice to cancel", outcome).as_string();
    let open = collection.generic().get::<InvoiceResult>(&path(&reference)).await;
    equal("open invoice", answered("open invoice", open).status, "PENDING");

    let outcome = collection.cancel_invoice(&reference, Some(&url)).await;
    answered("cancelling an invoice", outcome);
    let ended = watch.ended(&path(&reference), HOOK, "cancelled").await;
    ended.has("status", "FAILED");
    equal("cancelled", &ended.body["errorReason"]["code"], "TRANSACTION_CANCELED");
    check_moved("cancelled invoice", collection, before, 0.0).await;
    // The client's list of reasons lacks this one.
    refused("cancelled, called back", ended.try_callback(), "did not match any variant");
    let again = collection.cancel_invoice(&reference, None).await;
    answered("cancelling twice", again);
    let unmoved = answered("invoice", watch.get(&path(&reference)).await);
    equal("a cancelled invoice stays so", unmoved, ended.body);
}
