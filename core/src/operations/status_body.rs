//! The body of a transaction's status and of its callback (docs/contract.md#status-bodies and
//! #callbacks). Which fields a kind has, where, and in which order is data, which the OpenAPI
//! documents read too.

use std::fmt::{self, Write};

use serde_json::{Value, json};

use crate::model::amount::Amount;
use crate::model::ids::ReferenceId;
use crate::model::party::Party;
use crate::model::reason::Reason;
use crate::model::status::Status;
use crate::model::submission::{InvoiceNumbers, Submission, TransactionKind};
use crate::model::time::Timestamp;

/// What the status body of a transaction is made from.
#[derive(Debug, Clone, Copy)]
pub struct StatusView<'a> {
    pub submission: &'a Submission,
    /// The kind whose fields the body has. A transaction that is read from the other side of the
    /// account has another kind there.
    pub kind: TransactionKind,
    pub party: Option<&'a Party>,
    /// Whether the environment gives every reason as `{code, message}`.
    pub reasons_are_objects: bool,
    pub status: Status,
    pub accepted_at: Timestamp,
    pub invoice: Option<InvoiceNumbers>,
}

/// Where a status body is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyPlace {
    /// The answer to a GET of the status.
    Status,
    Callback,
}

#[derive(Debug, Clone, Copy)]
pub struct StatusField {
    pub name: &'static str,
    pub value: FieldValue,
    /// The only place whose body has this field; `None` if both have it.
    pub only_in: Option<BodyPlace>,
}

impl StatusField {
    pub fn is_in(&self, place: BodyPlace) -> bool {
        self.only_in.is_none_or(|only| only == place)
    }

    const fn only_in(self, place: BodyPlace) -> Self {
        Self { only_in: Some(place), ..self }
    }
}

/// The value of a field of a status body. A field without a value is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldValue {
    ReferenceId,
    /// Of a successful transaction.
    FinancialTransactionId,
    /// As sent.
    ExternalId,
    /// The amount, without trailing zeros.
    Amount,
    /// As sent.
    Currency,
    /// The payer or payee, as sent.
    Party,
    /// The text of the request's field with the same name.
    Text,
    Status,
    /// The reason of a failed transaction: its code, as recorded in the sandbox and in production,
    /// or `{code, message}` with `--reason-objects`.
    Reason,
    /// The reason of a failed transaction as `{code, message}`.
    ReasonObject,
    /// The time at which the transaction expires.
    Expiry,
    InvoiceId,
    /// The reference that the payer of an invoice gives.
    PaymentReference,
}

impl FieldValue {
    /// Whether every status body of `kind` has this value.
    pub fn is_always_there(self, kind: TransactionKind) -> bool {
        match self {
            Self::ReferenceId
            | Self::Amount
            | Self::Currency
            | Self::Status
            | Self::Expiry
            | Self::InvoiceId
            | Self::PaymentReference => true,
            // The party of a refund is that of the transaction it names, which may not exist.
            Self::Party => kind != TransactionKind::Refund,
            Self::FinancialTransactionId
            | Self::ExternalId
            | Self::Text
            | Self::Reason
            | Self::ReasonObject => false,
        }
    }
}

const fn field(name: &'static str, value: FieldValue) -> StatusField {
    StatusField { name, value, only_in: None }
}

const fn text(name: &'static str) -> StatusField {
    field(name, FieldValue::Text)
}

const FINANCIAL_TRANSACTION_ID: StatusField =
    field("financialTransactionId", FieldValue::FinancialTransactionId);
const EXTERNAL_ID: StatusField = field("externalId", FieldValue::ExternalId);
const AMOUNT: StatusField = field("amount", FieldValue::Amount);
const CURRENCY: StatusField = field("currency", FieldValue::Currency);
/// Recorded callbacks never have it (six of six, 2020 to 2026).
const PAYER_MESSAGE: StatusField = text("payerMessage").only_in(BodyPlace::Status);
const PAYEE_NOTE: StatusField = text("payeeNote");
const PAYEE: StatusField = field("payee", FieldValue::Party);
const STATUS: StatusField = field("status", FieldValue::Status);
const REASON: StatusField = field("reason", FieldValue::Reason);

/// The fields that most kinds have, in their order.
const fn usual(financial_transaction_id: StatusField, party: StatusField) -> [StatusField; 9] {
    [
        financial_transaction_id,
        EXTERNAL_ID,
        AMOUNT,
        CURRENCY,
        party,
        PAYER_MESSAGE,
        PAYEE_NOTE,
        STATUS,
        REASON,
    ]
}

const FROM_A_PAYER: &[StatusField] =
    &usual(FINANCIAL_TRANSACTION_ID, field("payer", FieldValue::Party));

/// Recorded 2023 to 2026: the amount comes first, while it is pending too.
const TRANSFER: &[StatusField] = &[
    AMOUNT,
    CURRENCY,
    FINANCIAL_TRANSACTION_ID,
    EXTERNAL_ID,
    PAYEE,
    PAYER_MESSAGE,
    PAYEE_NOTE,
    STATUS,
    REASON,
];

/// Recorded 2023: its status never has a financial transaction id. A client's test of 2025 finds
/// one in its callback.
const DEPOSIT: &[StatusField] =
    &usual(FINANCIAL_TRANSACTION_ID.only_in(BodyPlace::Callback), PAYEE);

/// Recorded 2023 to 2026.
const REFUND: &[StatusField] = &usual(FINANCIAL_TRANSACTION_ID, PAYEE);

/// Documented 2024.
const CASH_TRANSFER: &[StatusField] = &[
    FINANCIAL_TRANSACTION_ID,
    EXTERNAL_ID,
    PAYEE,
    AMOUNT,
    CURRENCY,
    text("originalAmount"),
    text("originalCurrency"),
    PAYER_MESSAGE,
    PAYEE_NOTE,
    STATUS,
    REASON,
    text("payerIdentificationType"),
    text("payerIdentificationNumber"),
    text("payerIdentity"),
    text("payerFirstName"),
    text("payerSurName"),
    text("payerLanguageCode"),
    text("payerEmail"),
    text("payerMsisdn"),
    text("payerGender"),
];

/// Recorded 2024.
const INVOICE: &[StatusField] = &[
    field("referenceId", FieldValue::ReferenceId),
    EXTERNAL_ID,
    AMOUNT,
    CURRENCY,
    STATUS,
    field("paymentReference", FieldValue::PaymentReference),
    field("invoiceId", FieldValue::InvoiceId),
    field("expiryDateTime", FieldValue::Expiry),
    field("intendedPayer", FieldValue::Party),
    text("description"),
    field("errorReason", FieldValue::ReasonObject),
];

/// Documented 2024.
const PAYMENT: &[StatusField] =
    &[field("referenceId", FieldValue::ReferenceId), STATUS, FINANCIAL_TRANSACTION_ID, REASON];

/// Documented 2024.
const PREAPPROVAL: &[StatusField] = &[
    field("payer", FieldValue::Party),
    field("payerCurrency", FieldValue::Currency),
    PAYER_MESSAGE,
    field("expirationDateTime", FieldValue::Expiry),
    STATUS,
    REASON,
];

/// The fields of a kind's status and of its callback, in their order.
pub fn status_fields(kind: TransactionKind) -> &'static [StatusField] {
    match kind {
        TransactionKind::RequestToPay | TransactionKind::RequestToWithdraw => FROM_A_PAYER,
        TransactionKind::Transfer => TRANSFER,
        TransactionKind::Deposit => DEPOSIT,
        TransactionKind::Refund => REFUND,
        TransactionKind::CashTransfer => CASH_TRANSFER,
        TransactionKind::Invoice => INVOICE,
        TransactionKind::Payment => PAYMENT,
        TransactionKind::PreApproval => PREAPPROVAL,
    }
}

/// The body as a value, to read or change it.
pub fn status_body_value(view: &StatusView<'_>, place: BodyPlace) -> Value {
    let fields = values(view, place).map(|(name, value)| (name.to_owned(), value.into()));
    Value::Object(fields.collect())
}

/// The body as text, on one line. Written by hand, because serde's writer takes two thirds more
/// instructions, which is 8 % of a status query.
pub fn status_body_text(view: &StatusView<'_>, place: BodyPlace) -> String {
    let mut body = String::with_capacity(USUAL_LENGTH);
    for (name, value) in values(view, place) {
        body.push_str(if body.is_empty() { "{\"" } else { ",\"" });
        body.push_str(name);
        body.push_str("\":");
        value.write(&mut body);
    }
    body.push('}');
    body
}

/// The usual length of a status body, in bytes.
const USUAL_LENGTH: usize = 320;

/// A value as it is written in JSON.
enum WireValue<'a> {
    Text(&'a str),
    ReferenceId(ReferenceId),
    Number(u64),
    Amount(Amount),
    Time(Timestamp),
    Party(&'a Party),
    ReasonObject(Reason),
}

impl WireValue<'_> {
    fn write(&self, body: &mut String) {
        match self {
            Self::Text(text) => write_text(body, text),
            Self::ReferenceId(id) => write_plain(body, id),
            Self::Number(number) => write_plain(body, number),
            Self::Amount(amount) => write_plain(body, amount),
            Self::Time(at) => write_text(body, &at.to_millis_text()),
            Self::Party(party) => {
                body.push_str("{\"partyIdType\":");
                write_text(body, &party.id_type_as_sent);
                body.push_str(",\"partyId\":");
                write_text(body, &party.id);
                body.push('}');
            }
            Self::ReasonObject(reason) => {
                body.push_str("{\"code\":");
                write_text(body, reason.code());
                body.push_str(",\"message\":");
                write_text(body, reason.message());
                body.push('}');
            }
        }
    }
}

impl From<WireValue<'_>> for Value {
    fn from(value: WireValue<'_>) -> Self {
        match value {
            WireValue::Text(text) => text.into(),
            WireValue::ReferenceId(id) => id.to_string().into(),
            WireValue::Number(number) => number.to_string().into(),
            WireValue::Amount(amount) => amount.to_string().into(),
            WireValue::Time(at) => at.to_millis_text().into(),
            WireValue::Party(party) => {
                json!({"partyIdType": &*party.id_type_as_sent, "partyId": &*party.id})
            }
            WireValue::ReasonObject(reason) => {
                json!({"code": reason.code(), "message": reason.message()})
            }
        }
    }
}

/// Writes a value whose text has no character that JSON escapes.
fn write_plain(body: &mut String, value: impl fmt::Display) {
    write!(body, "\"{value}\"").expect("a text grows as needed");
}

fn write_text(body: &mut String, text: &str) {
    // No early exit: so the compiler compares many bytes at once.
    let is_escaped = text
        .bytes()
        .fold(false, |found, byte| found | (byte < b' ') | (byte == b'"') | (byte == b'\\'));
    if is_escaped {
        body.push_str(&serde_json::to_string(text).expect("a text can be written as JSON"));
    } else {
        body.push('"');
        body.push_str(text);
        body.push('"');
    }
}

/// The fields that have a value, in their order.
fn values<'a>(
    view: &'a StatusView<'a>,
    place: BodyPlace,
) -> impl Iterator<Item = (&'static str, WireValue<'a>)> {
    let fields = status_fields(view.kind).iter().filter(move |field| field.is_in(place));
    fields.filter_map(|field| Some((field.name, wire_value(view, field)?)))
}

fn wire_value<'a>(view: &StatusView<'a>, field: &StatusField) -> Option<WireValue<'a>> {
    let (submission, status) = (view.submission, view.status);
    let details = &submission.details;
    match field.value {
        FieldValue::ReferenceId => Some(WireValue::ReferenceId(submission.reference_id)),
        FieldValue::FinancialTransactionId => {
            status.financial_transaction_id().map(|id| WireValue::Number(id.0))
        }
        FieldValue::ExternalId => details.external_id.as_deref().map(WireValue::Text),
        FieldValue::Amount => details.amount.map(WireValue::Amount),
        FieldValue::Currency => Some(WireValue::Text(details.currency.code())),
        FieldValue::Party => view.party.map(WireValue::Party),
        FieldValue::Text => details.text(field.name).map(WireValue::Text),
        FieldValue::Status => Some(WireValue::Text(status.name())),
        FieldValue::Reason if view.reasons_are_objects => {
            status.reason().map(WireValue::ReasonObject)
        }
        FieldValue::Reason => status.reason().map(|reason| WireValue::Text(reason.code())),
        FieldValue::ReasonObject => status.reason().map(WireValue::ReasonObject),
        FieldValue::Expiry => {
            details.validity.map(|validity| WireValue::Time(view.accepted_at.after(validity)))
        }
        FieldValue::InvoiceId => view.invoice.map(|numbers| WireValue::Number(numbers.invoice_id)),
        FieldValue::PaymentReference => {
            view.invoice.map(|numbers| WireValue::Number(numbers.payment_reference))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_as_json_whatever_is_in_it() {
        for text in ["", "plain", "é ☎", "a \"b\" \\ c", "line\nline", "\u{0}\u{1f}\u{7f}"] {
            let mut body = String::new();
            write_text(&mut body, text);
            assert_eq!(serde_json::from_str::<String>(&body).expect("JSON"), text);
            assert_eq!(body, serde_json::to_string(text).expect("JSON"));
        }
    }
}
