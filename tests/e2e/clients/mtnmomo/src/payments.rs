//! Payments to a service provider. The client's method for their status is private: its generic
//! door reads it instead. MTN has no test values for them.

use mtnmomo::{CallbackResponse, CreatePaymentRequest, MomoCollection, Money, PaymentResult};

use crate::checks::{answered, equal, refused};
use crate::journal::Journal;
use crate::listener::Listener;
use crate::product::{Product, check_moved, funds};
use crate::watch::{Hook, Watch};

const HOOK: Hook = Hook::put("collection_payment");

fn payment(amount: &str, currency: &str) -> CreatePaymentRequest {
    CreatePaymentRequest::new(
        Money { amount: amount.to_owned(), currency: currency.to_owned() },
        "561551442".to_owned(),
        "WaterProvider".to_owned(),
        "203".to_owned(),
        "Monthly payments".to_owned(),
        "788".to_owned(),
        "Thank you".to_owned(),
        "Water".to_owned(),
        2,
        true,
    )
}

/// The client sends these without a `Content-Type`.
pub async fn all(collection: &MomoCollection, listener: &Listener, journal: &Journal) {
    let watch = Watch::new(collection, listener);
    let before = funds(collection).await;
    let created = payment("12.50", "EUR");
    let url = listener.url("payment");
    let outcome = collection.create_payments(created.clone(), Some(&url)).await;
    let reference = answered("payment", outcome).as_string();
    equal("payment: its reference", &reference, &created.external_transaction_id);
    let path = format!("../v2_0/payment/{reference}");
    let generic = collection.generic();
    let first = answered("payment at once", generic.get::<PaymentResult>(&path).await);
    equal("payment at once: referenceId", &first.reference_id, &reference);

    let ended = watch.ended(&path, HOOK, "payment").await;
    ended.check_succeeded();
    check_moved("payment", collection, before, 12.5).await;
    let status = answered("payment", generic.get::<PaymentResult>(&path).await);
    equal("payment: status", status.status, "SUCCESSFUL");
    equal("payment: referenceId", &status.reference_id, &reference);
    let CallbackResponse::PaymentSucceeded { reference_id, financial_transaction_id, .. } =
        ended.callback()
    else {
        ended.misread()
    };
    equal("payment called back", reference_id, reference);
    let id = ended.body["financialTransactionId"].as_str();
    equal("payment called back: id", financial_transaction_id.as_deref(), id);

    let again = collection.create_payments(created, None).await;
    refused("used reference of a payment", again, "RESOURCE_ALREADY_EXIST");
    let dollars = collection.create_payments(payment("1", "USD"), None).await;
    refused("currency of a payment", dollars, "INVALID_CURRENCY");
    let negative = collection.create_payments(payment("-1", "EUR"), None).await;
    journal.silent("amount of a payment", negative, "malformed", "amount").await;
    let elsewhere = Some("http://elsewhere.example");
    let outcome = collection.create_payments(payment("1", "EUR"), elsewhere).await;
    refused("callback host of a payment", outcome, "INVALID_CALLBACK_URL_HOST");
}
