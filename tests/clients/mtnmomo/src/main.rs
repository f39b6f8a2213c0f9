//! Drives mtnmomo 0.1.9 (crates.io), unmodified, against momo-sandbox: `mtnmomo-driver URL`.
//!
//! Shown: provisioning, all three products, payments and transfers that succeed, fail and stay
//! pending, balances, account holders, the delivery notification, callbacks read by the client's own
//! `CallbackResponse`, and how each refusal reaches the client.
//! The client prints lines of its own (`Using callback_url: ...`) before our one.

mod checks;
mod collection;
mod listener;
mod payouts;

use std::future::Future;
use std::time::Duration;

use mtnmomo::{CallbackResponse, Momo, Party, PartyIdType};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use checks::{answered, equal, wrong};
use listener::Listener;

const KEY: &str = "a-subscription-key";
const POLLS: usize = 200;
const POLL_INTERVAL: Duration = Duration::from_millis(50);

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() {
    let Some(url) = std::env::args().nth(1) else { wrong("usage: mtnmomo-driver URL") };
    let url = url.trim_end_matches('/').to_owned();
    let listener = Listener::start().await;

    let momo = Momo::new_with_provisioning(url, KEY.to_owned(), "127.0.0.1").await;
    let momo = answered("provisioning", momo);
    equal("API key length", momo.api_key.len(), 32);

    let collection = momo.collection(KEY.to_owned(), KEY.to_owned());
    let ongoing = collection::ongoing(&collection, &listener).await;
    collection::payments(&collection, &listener).await;
    collection::account(&collection).await;
    collection::refusals(&collection, &listener).await;

    let disbursement = momo.disbursement(KEY.to_owned(), KEY.to_owned());
    payouts::disbursements(&disbursement, &listener).await;
    let remittance = momo.remittance(KEY.to_owned(), KEY.to_owned());
    payouts::remittances(&remittance, &listener).await;

    // Everything later has settled and called back by now.
    let status = collection.request_to_pay_transaction_status(&ongoing).await;
    equal("ongoing", answered("ongoing", status).status, "PENDING");
    equal(
        "one callback for each final transaction",
        listener.paths(),
        [
            "/46733123450/collection_request_to_pay",
            "/46733123451/collection_request_to_pay",
            "/home/remittance_transfer",
            "/paid/collection_request_to_pay",
            "/poor/disbursement_transfer",
            "/poor/remittance_transfer",
            "/sent/disbursement_transfer",
        ],
    );
    println!("ok: {} checks", checks::passed());
}

fn party(msisdn: &str) -> Party {
    Party { party_id_type: PartyIdType::MSISDN, party_id: msisdn.to_owned() }
}

/// What the client reads, once its status is final.
async fn settled<T, F>(what: &str, status: impl Fn(&T) -> &str, ask: impl Fn() -> F) -> T
where
    F: Future<Output = Outcome<T>>,
{
    for _ in 0..POLLS {
        let transaction = answered(what, ask().await);
        if status(&transaction) != "PENDING" {
            return transaction;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    wrong(format!("{what}: still PENDING after {POLLS} polls"))
}

/// The callback to a path says what the GET said, as far as the client's type for the GET sees.
/// Returned as the client's type for callbacks.
async fn called_back<T: Serialize + DeserializeOwned>(
    listener: &Listener,
    path: &str,
    read: &T,
) -> CallbackResponse {
    let Some(callback) = listener.first(path).await else {
        wrong(format!("no callback to {path}"))
    };
    equal(&format!("callback {path} method"), callback.method, "POST");
    let body = serde_json::from_str(&callback.body)
        .unwrap_or_else(|error| wrong(format!("callback {path}: {error}: {}", callback.body)));
    equal(&format!("callback {path} body"), json::<T>(&body), json(read));
    serde_json::from_str(&callback.body)
        .unwrap_or_else(|error| wrong(format!("callback {path}: {error}: {}", callback.body)))
}

fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("JSON")
}
