//! Drives mtnmomo 0.1.9 (crates.io), unmodified, against momo-sandbox: `mtnmomo-driver URL`.
//! The emulator must run with `tests/e2e/clients/scenario.toml`, which has an invoice stay open.
//!
//! Shown: all that the client offers. Provisioning, tokens, and each operation of the three
//! products, with what succeeds, fails by MTN's test values and stays pending; balances before and
//! after; callbacks by their method, read by the client's own `CallbackResponse` and received by
//! its own callback server; consent and what it opens; and how each refusal reaches the client.
//! What the client cannot do, or cannot read, is asserted as such, and said where.
//! The client prints lines of its own (`Using callback_url: ...`) before our one.

mod account;
mod callback_server;
mod checks;
mod consent;
mod deposits;
mod invoices;
mod journal;
mod listener;
mod payments;
mod preapprovals;
mod product;
mod provisioning;
mod refunds;
mod remittance;
mod requests_to_pay;
mod transfers;
mod watch;
mod withdrawals;

use mtnmomo::{Currency, Momo, Party, PartyIdType, RequestToPay, TransferRequest};
use serde::Serialize;
use serde_json::Value;

use checks::{answered, equal, wrong};
use journal::Journal;
use listener::Listener;

const KEY: &str = "a-subscription-key";

/// No test value of MTN's: all goes well.
const ORDINARY: &str = "46733123999";
/// MTN's test number of what stays pending, wherever it has one.
const ONGOING: &str = "46733123453";
/// MTN's test number of what is CREATED at first, wherever it has one.
const DELAYED: &str = "46733123454";

#[tokio::main]
async fn main() {
    let Some(url) = std::env::args().nth(1) else { wrong("usage: mtnmomo-driver URL") };
    let url = url.trim_end_matches('/').to_owned();
    let (listener, journal) = (Listener::start().await, Journal::of(&url));

    provisioning::api_users(&url, &journal).await;
    let momo = Momo::new_with_provisioning(url, KEY.to_owned(), "127.0.0.1").await;
    let momo = answered("provisioning", momo);
    equal("API key length", momo.api_key.len(), 32);
    provisioning::access(&momo, &journal).await;

    let collection = momo.collection(KEY.to_owned(), KEY.to_owned());
    let disbursement = momo.disbursement(KEY.to_owned(), KEY.to_owned());
    let remittance = momo.remittance(KEY.to_owned(), KEY.to_owned());
    let ongoing = requests_to_pay::ongoing(&collection, &listener).await;

    account::of_product(&collection, &journal).await;
    account::of_product(&disbursement, &journal).await;
    account::of_product(&remittance, &journal).await;
    consent::of_product(&collection, &listener, &journal).await;
    consent::of_product(&disbursement, &listener, &journal).await;
    consent::of_product(&remittance, &listener, &journal).await;
    consent::payments(&collection, &listener).await;

    requests_to_pay::all(&collection, &listener, &journal).await;
    withdrawals::all(&collection, &listener).await;
    invoices::all(&collection, &listener, &journal).await;
    payments::all(&collection, &listener, &journal).await;
    preapprovals::all(&collection, &listener, &journal).await;
    transfers::of_disbursement(&disbursement, &listener).await;
    deposits::all(&disbursement, &listener).await;
    refunds::all(&disbursement, &collection, &listener).await;
    transfers::of_remittance(&remittance, &listener).await;
    remittance::all(&remittance, &listener).await;
    callback_server::all(&collection, &disbursement).await;
    requests_to_pay::delayed(&collection).await;
    withdrawals::unsettled(&collection).await;

    // Everything later has settled and called back by now.
    let status = collection.request_to_pay_transaction_status(&ongoing).await;
    equal("ongoing", answered("ongoing", status).status, "PENDING");
    listener.check_nothing_else_came();
    println!("ok: {} checks", checks::passed());
}

fn party(msisdn: &str) -> Party {
    Party { party_id_type: PartyIdType::MSISDN, party_id: msisdn.to_owned() }
}

/// A request to pay, or to withdraw; its external id becomes its reference.
fn request(payer: &str, amount: &str) -> RequestToPay {
    let (message, note) = ("Two tickets".to_owned(), "Seats 4 and 5".to_owned());
    RequestToPay::new(amount.to_owned(), Currency::EUR, party(payer), message, note)
}

/// A transfer, or a deposit; its external id becomes its reference.
fn payout(payee: &str, amount: &str) -> TransferRequest {
    let (message, note) = ("Wages".to_owned(), "September".to_owned());
    TransferRequest::new(amount.to_owned(), Currency::EUR, party(payee), message, note)
}

fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("JSON")
}
