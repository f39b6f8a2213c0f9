//! The disbursement and remittance products.

use mtnmomo::enums::reason::RequestToPayReason;
use mtnmomo::{
    CallbackResponse, Currency, MomoDisbursements, MomoRemittance, TransferRequest, TransferResult,
};

use crate::checks::{answered, equal, wrong};
use crate::listener::Listener;
use crate::{called_back, party, settled};

fn request(payee: &str) -> TransferRequest {
    TransferRequest::new(
        "12.50".to_owned(),
        Currency::EUR,
        party(payee),
        "Wages".to_owned(),
        "September".to_owned(),
    )
}

fn check_sent(what: &str, sent: &TransferResult, callback: CallbackResponse) {
    equal(what, &sent.status, "SUCCESSFUL");
    equal(what, &sent.amount, "12.5");
    equal(what, &sent.payee.party_id, "46733123999");
    match callback {
        CallbackResponse::TransactionSuccess { external_id, .. } => {
            equal(what, &external_id, &sent.external_id);
        }
        other => wrong(format!("{what}: the client reads the callback as {other:?}")),
    }
}

fn check_poor(what: &str, failed: &TransferResult, callback: CallbackResponse) {
    equal(what, &failed.status, "FAILED");
    match callback {
        CallbackResponse::TransactionFailed { reason, .. } => {
            equal(what, reason, Some(RequestToPayReason::NOTENOUGHFUNDS));
        }
        other => wrong(format!("{what}: the client reads the callback as {other:?}")),
    }
}

pub async fn disbursements(disbursement: &MomoDisbursements, listener: &Listener) {
    let transfer = async |payee: &str, name: &str| {
        let outcome = disbursement.transfer(request(payee), Some(&listener.url(name))).await;
        let reference = answered("disbursement", outcome).as_string();
        let result = settled(
            "disbursement",
            |result: &TransferResult| &result.status,
            || disbursement.get_transfer_status(&reference),
        )
        .await;
        let path = format!("/{name}/disbursement_transfer");
        let callback = called_back(listener, &path, &result).await;
        (result, callback)
    };
    let (sent, callback) = transfer("46733123999", "sent").await;
    check_sent("disbursement", &sent, callback);
    let (failed, callback) = transfer("46733123455", "poor").await;
    check_poor("disbursement", &failed, callback);

    let balance = answered("balance", disbursement.get_account_balance().await);
    equal("disbursement balance currency", balance.currency, Currency::EUR);
    let active = disbursement.validate_account_holder_status("46733123999", "msisdn").await;
    equal("payee is active", answered("account holder", active), ());
}

pub async fn remittances(remittance: &MomoRemittance, listener: &Listener) {
    let transfer = async |payee: &str, name: &str| {
        let outcome = remittance.transfer(request(payee), Some(&listener.url(name))).await;
        let reference = answered("remittance", outcome).as_string();
        let result = settled(
            "remittance",
            |result: &TransferResult| &result.status,
            || remittance.get_transfer_status(&reference),
        )
        .await;
        let path = format!("/{name}/remittance_transfer");
        let callback = called_back(listener, &path, &result).await;
        (result, callback)
    };
    let (sent, callback) = transfer("46733123999", "home").await;
    check_sent("remittance", &sent, callback);
    let (failed, callback) = transfer("46733123455", "poor").await;
    check_poor("remittance", &failed, callback);

    let balance = answered("balance", remittance.get_account_balance().await);
    equal("remittance balance currency", balance.currency, Currency::EUR);
}
