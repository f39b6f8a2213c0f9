//! The collection product.

use mtnmomo::enums::reason::RequestToPayReason;
use mtnmomo::{
    CallbackResponse, Currency, DeliveryNotificationRequest, MomoCollection, RequestToPay,
    RequestToPayResult,
};

use crate::checks::{answered, equal, refused, wrong};
use crate::listener::Listener;
use crate::{called_back, party, settled};

fn request(payer: &str, amount: &str) -> RequestToPay {
    RequestToPay::new(
        amount.to_owned(),
        Currency::EUR,
        party(payer),
        "Two tickets".to_owned(),
        "Seats 4 and 5".to_owned(),
    )
}

/// Requests the payment that stays pending, and returns its reference.
pub async fn ongoing(collection: &MomoCollection, listener: &Listener) -> String {
    let url = listener.url("ongoing");
    let outcome = collection.request_to_pay(request("46733123453", "5"), Some(&url)).await;
    answered("request to pay", outcome).as_string()
}

/// A payment that is final, with its callback as the client reads it.
struct Paid {
    reference: String,
    result: RequestToPayResult,
    callback: CallbackResponse,
}

async fn pay(collection: &MomoCollection, listener: &Listener, payer: &str, name: &str) -> Paid {
    let url = listener.url(name);
    let outcome = collection.request_to_pay(request(payer, "12.50"), Some(&url)).await;
    let reference = answered("request to pay", outcome).as_string();
    let result = settled(
        "status",
        |paid: &RequestToPayResult| &paid.status,
        || collection.request_to_pay_transaction_status(&reference),
    )
    .await;
    let path = format!("/{name}/collection_request_to_pay");
    let callback = called_back(listener, &path, &result).await;
    Paid { reference, result, callback }
}

/// Payments that succeed and fail.
pub async fn payments(collection: &MomoCollection, listener: &Listener) {
    let paid = pay(collection, listener, "46733123999", "paid").await;
    equal("status", &paid.result.status, "SUCCESSFUL");
    equal("amount", &paid.result.amount, "12.5");
    equal("currency", &paid.result.currency, "EUR");
    equal("externalId", &paid.result.external_id, &paid.reference);
    equal("payer", &paid.result.payer.party_id, "46733123999");
    equal("payerMessage", &paid.result.payer_message, "Two tickets");
    equal("payeeNote", &paid.result.payee_note, "Seats 4 and 5");
    equal("no reason", paid.result.reason, None::<String>);
    let identifier = paid.result.financial_transaction_id.unwrap_or_default();
    let is_decimal = !identifier.is_empty() && identifier.bytes().all(|b| b.is_ascii_digit());
    equal("financialTransactionId is digits", is_decimal, true);
    let CallbackResponse::RequestToPaySuccess { financial_transaction_id, .. } = paid.callback
    else {
        wrong(format!("the client reads the callback as {:?}", paid.callback))
    };
    equal("financialTransactionId called back", financial_transaction_id, identifier);

    let notification = || DeliveryNotificationRequest { notification_message: "Paid".to_owned() };
    let told =
        collection.request_to_pay_delivery_notification(&paid.reference, notification()).await;
    equal("delivery notification", answered("delivery notification", told), ());

    let failures = [
        ("46733123450", "INTERNAL_PROCESSING_ERROR", RequestToPayReason::InternalProcessingError),
        ("46733123451", "APPROVAL_REJECTED", RequestToPayReason::APPROVALREJECTED),
    ];
    for (payer, code, expected) in failures {
        let failed = pay(collection, listener, payer, payer).await;
        equal(payer, &failed.result.status, "FAILED");
        equal(payer, failed.result.reason.as_deref(), Some(code));
        equal(payer, failed.result.financial_transaction_id, None::<String>);
        let CallbackResponse::RequestToPayFailed { reason, .. } = failed.callback else {
            wrong(format!("the client reads the callback as {:?}", failed.callback))
        };
        equal(payer, reason, expected);
        let told = collection
            .request_to_pay_delivery_notification(&failed.reference, notification())
            .await;
        refused("notification of a failed payment", told, "NOT_SUCCESSFULLY_COMPLETED");
    }
}

pub async fn account(collection: &MomoCollection) {
    let balance = answered("balance", collection.get_account_balance().await);
    equal("balance currency", balance.currency, Currency::EUR);
    let amount = balance.available_balance.parse::<f64>().unwrap_or_default();
    equal("balance amount", amount > 0.0, true);
    // The client asks with the currency in lower case.
    let in_euro = collection.get_account_balance_in_specific_currency(Currency::EUR).await;
    let in_euro = answered("balance in EUR", in_euro);
    equal("balance in EUR", in_euro.available_balance, balance.available_balance);

    let active = collection.validate_account_holder_status("46733123999", "MSISDN").await;
    equal("account holder", answered("account holder", active), ());
    let unknown = collection.validate_account_holder_status("46733123450", "MSISDN").await;
    refused("unknown account holder", unknown, "RESOURCE_NOT_FOUND");
}

pub async fn refusals(collection: &MomoCollection, listener: &Listener) {
    let used = request("46733123999", "1");
    answered("request to pay", collection.request_to_pay(used.clone(), None).await);
    let again = collection.request_to_pay(used, None).await;
    refused("used reference", again, "RESOURCE_ALREADY_EXIST");

    let mut dollars = request("46733123999", "1");
    dollars.currency = Currency::USD;
    let outcome = collection.request_to_pay(dollars, Some(&listener.url("dollars"))).await;
    refused("currency", outcome, "INVALID_CURRENCY");

    let elsewhere = Some("http://elsewhere.example");
    let outcome = collection.request_to_pay(request("46733123999", "1"), elsewhere).await;
    refused("callback host", outcome, "INVALID_CALLBACK_URL_HOST");

    let unknown = request("46733123999", "1").external_id;
    let outcome = collection.request_to_pay_transaction_status(&unknown).await;
    refused("unknown reference", outcome, "RESOURCE_NOT_FOUND");
}
