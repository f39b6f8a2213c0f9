//! The status body of a transaction: what a GET answers and what a callback carries, written by one
//! function so that the two can never differ (contract, sections 5 and 6).

use serde_json::{Map, Value, json};

use crate::model::party::Party;
use crate::model::status::Status;
use crate::model::transaction::{Details, TransactionKind};

/// The status body. `reason` is a string, as measured on the sandbox.
pub fn status_body(kind: TransactionKind, details: &Details, status: Status) -> Value {
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put(
        "financialTransactionId",
        status.financial_transaction_id().map(|id| Value::from(id.to_string())),
    );
    put("externalId", details.external_id.as_deref().map(Value::from));
    put("amount", Some(Value::from(details.money.amount.to_string())));
    put("currency", Some(Value::from(&*details.money.currency.0)));
    put(kind.party_role().field(), Some(party(&details.party)));
    put("payerMessage", details.payer_message.as_deref().map(Value::from));
    put("payeeNote", details.payee_note.as_deref().map(Value::from));
    put("status", Some(Value::from(status.name())));
    put("reason", status.reason().map(|reason| Value::from(reason.code())));
    Value::Object(body)
}

fn party(party: &Party) -> Value {
    json!({"partyIdType": &*party.id_type_as_sent, "partyId": &*party.id})
}
