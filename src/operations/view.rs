//! The status body of a transaction: what a GET answers and what a callback carries, written by one
//! function so that the two can never differ (contract, sections 5 and 6). Which fields a kind
//! shows is data, which the OpenAPI documents read too.

use std::fmt::{self, Write};

use serde_json::Value;

use crate::model::account_holder::AccountHolder;
use crate::model::amount::Amount;
use crate::model::party::Party;
use crate::model::reason::Reason;
use crate::model::reference::ReferenceId;
use crate::model::status::Status;
use crate::model::time::Timestamp;
use crate::model::transaction::{InvoiceNumbers, Submission, TransactionKind};

/// Where a transaction stands, with all that its status body may show.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The request.
    pub submission: &'a Submission,
    /// Whether the environment gives every reason as `{code, message}`.
    pub reasons_are_objects: bool,
    /// The status.
    pub status: Status,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// The numbers of an invoice.
    pub invoice: Option<InvoiceNumbers>,
    /// The account holder who is an invoice's payee.
    pub payee: Option<&'a AccountHolder>,
}

/// A field of a status body.
#[derive(Debug, Clone, Copy)]
pub struct ShownField {
    /// Its name.
    pub name: &'static str,
    /// What it shows.
    pub shows: Shows,
}

/// What a field of a status body shows; it is left out while there is nothing to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// The reference id.
    ReferenceId,
    /// The financial transaction id, once successful.
    FinancialTransactionId,
    /// The external id, as sent.
    ExternalId,
    /// The amount, without trailing zeros.
    Amount,
    /// The currency, as sent.
    Currency,
    /// The payer or payee, as sent.
    Party,
    /// A text of the request's field of that name.
    Text,
    /// The status.
    Status,
    /// The reason, once failed: its code, as measured on the sandbox, or `{code, message}` in
    /// production.
    Reason,
    /// The reason as `{code, message}`, once failed.
    ReasonObject,
    /// When it lapses.
    Expiry,
    /// The invoice's id.
    InvoiceId,
    /// What an invoice's payer quotes.
    PaymentReference,
    /// The given name of an invoice's payee.
    PayeeGivenName,
    /// The family name of an invoice's payee.
    PayeeFamilyName,
}

impl Shows {
    /// Whether there is always something to show for that kind.
    pub fn is_always_there(self, kind: TransactionKind) -> bool {
        match self {
            Self::ReferenceId
            | Self::Amount
            | Self::Currency
            | Self::Status
            | Self::Expiry
            | Self::InvoiceId
            | Self::PaymentReference
            | Self::PayeeGivenName
            | Self::PayeeFamilyName => true,
            // Which follows from the transaction that it names, if that exists.
            Self::Party => kind != TransactionKind::Refund,
            Self::FinancialTransactionId
            | Self::ExternalId
            | Self::Text
            | Self::Reason
            | Self::ReasonObject => false,
        }
    }
}

const fn shown(name: &'static str, shows: Shows) -> ShownField {
    ShownField { name, shows }
}

const fn text(name: &'static str) -> ShownField {
    shown(name, Shows::Text)
}

const FINANCIAL_TRANSACTION_ID: ShownField =
    shown("financialTransactionId", Shows::FinancialTransactionId);
const EXTERNAL_ID: ShownField = shown("externalId", Shows::ExternalId);
const AMOUNT: ShownField = shown("amount", Shows::Amount);
const CURRENCY: ShownField = shown("currency", Shows::Currency);
const PAYER_MESSAGE: ShownField = text("payerMessage");
const PAYEE_NOTE: ShownField = text("payeeNote");
const STATUS: ShownField = shown("status", Shows::Status);
const REASON: ShownField = shown("reason", Shows::Reason);

const FROM_A_PAYER: &[ShownField] = &[
    FINANCIAL_TRANSACTION_ID,
    EXTERNAL_ID,
    AMOUNT,
    CURRENCY,
    shown("payer", Shows::Party),
    PAYER_MESSAGE,
    PAYEE_NOTE,
    STATUS,
    REASON,
];

const TO_A_PAYEE: &[ShownField] = &[
    FINANCIAL_TRANSACTION_ID,
    EXTERNAL_ID,
    AMOUNT,
    CURRENCY,
    shown("payee", Shows::Party),
    PAYER_MESSAGE,
    PAYEE_NOTE,
    STATUS,
    REASON,
];

const CASH_TRANSFER: &[ShownField] = &[
    FINANCIAL_TRANSACTION_ID,
    STATUS,
    REASON,
    AMOUNT,
    CURRENCY,
    shown("payee", Shows::Party),
    EXTERNAL_ID,
    text("orginatingCountry"),
    text("originalAmount"),
    text("originalCurrency"),
    PAYER_MESSAGE,
    PAYEE_NOTE,
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

const INVOICE: &[ShownField] = &[
    shown("referenceId", Shows::ReferenceId),
    EXTERNAL_ID,
    AMOUNT,
    CURRENCY,
    STATUS,
    shown("paymentReference", Shows::PaymentReference),
    shown("invoiceId", Shows::InvoiceId),
    shown("expiryDateTime", Shows::Expiry),
    shown("payeeFirstName", Shows::PayeeGivenName),
    shown("payeeLastName", Shows::PayeeFamilyName),
    shown("errorReason", Shows::ReasonObject),
    shown("intendedPayer", Shows::Party),
    text("description"),
];

const PAYMENT: &[ShownField] = &[
    shown("referenceId", Shows::ReferenceId),
    STATUS,
    FINANCIAL_TRANSACTION_ID,
    shown("reason", Shows::ReasonObject),
];

const PREAPPROVAL: &[ShownField] = &[
    shown("payer", Shows::Party),
    shown("payerCurrency", Shows::Currency),
    PAYER_MESSAGE,
    STATUS,
    shown("expirationDateTime", Shows::Expiry),
    REASON,
];

/// The fields of a kind's status body, in their order.
pub fn status_fields(kind: TransactionKind) -> &'static [ShownField] {
    match kind {
        TransactionKind::RequestToPay | TransactionKind::RequestToWithdraw => FROM_A_PAYER,
        TransactionKind::Transfer | TransactionKind::Deposit | TransactionKind::Refund => {
            TO_A_PAYEE
        }
        TransactionKind::CashTransfer => CASH_TRANSFER,
        TransactionKind::Invoice => INVOICE,
        TransactionKind::Payment => PAYMENT,
        TransactionKind::PreApproval => PREAPPROVAL,
    }
}

/// The status body, to be read or changed.
pub fn status_body(standing: &Standing<'_>) -> Value {
    serde_json::from_str(&status_text(standing)).expect("what is written here is JSON")
}

/// The status body as it goes out, on one line. Written by hand: it is most of what a status query
/// costs, and all of it but the escapes is plain.
pub fn status_text(standing: &Standing<'_>) -> String {
    let mut body = String::with_capacity(USUAL_LENGTH);
    for field in status_fields(standing.submission.kind) {
        if let Some(value) = show(standing, field) {
            body.push_str(if body.is_empty() { "{\"" } else { ",\"" });
            body.push_str(field.name);
            body.push_str("\":");
            value.write(&mut body);
        }
    }
    body.push('}');
    body
}

/// Room for a usual status body, in bytes.
const USUAL_LENGTH: usize = 320;

/// What a field shows, not yet written.
enum Shown<'a> {
    Text(&'a str),
    ReferenceId(ReferenceId),
    Number(u64),
    Amount(Amount),
    Time(Timestamp),
    Party(&'a Party),
    ReasonObject(Reason),
}

impl Shown<'_> {
    fn write(&self, body: &mut String) {
        match self {
            Self::Text(text) => write_text(body, text),
            Self::ReferenceId(id) => write_plain(body, id),
            Self::Number(number) => write_plain(body, number),
            Self::Amount(amount) => write_plain(body, amount),
            Self::Time(at) => write_text(body, &at.to_seconds_text()),
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

/// Writes what has neither quotes nor control characters when it is displayed.
fn write_plain(body: &mut String, value: impl fmt::Display) {
    write!(body, "\"{value}\"").expect("a text grows as needed");
}

fn write_text(body: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        body.push_str(&serde_json::to_string(text).expect("a text can be written as JSON"));
    } else {
        body.push('"');
        body.push_str(text);
        body.push('"');
    }
}

fn show<'a>(standing: &Standing<'a>, field: &ShownField) -> Option<Shown<'a>> {
    let (submission, status) = (standing.submission, standing.status);
    let details = &submission.details;
    match field.shows {
        Shows::ReferenceId => Some(Shown::ReferenceId(submission.reference_id)),
        Shows::FinancialTransactionId => {
            status.financial_transaction_id().map(|id| Shown::Number(id.0))
        }
        Shows::ExternalId => details.external_id.as_deref().map(Shown::Text),
        Shows::Amount => details.amount.map(Shown::Amount),
        Shows::Currency => Some(Shown::Text(&details.currency.0)),
        Shows::Party => details.party.as_ref().map(Shown::Party),
        Shows::Text => details.text(field.name).map(Shown::Text),
        Shows::Status => Some(Shown::Text(status.name())),
        Shows::Reason if standing.reasons_are_objects => status.reason().map(Shown::ReasonObject),
        Shows::Reason => status.reason().map(|reason| Shown::Text(reason.code())),
        Shows::ReasonObject => status.reason().map(Shown::ReasonObject),
        Shows::Expiry => {
            details.validity.map(|validity| Shown::Time(standing.accepted_at.after(validity)))
        }
        Shows::InvoiceId => standing.invoice.map(|numbers| Shown::Number(numbers.invoice_id)),
        Shows::PaymentReference => {
            standing.invoice.map(|numbers| Shown::Number(numbers.payment_reference))
        }
        Shows::PayeeGivenName => standing.payee.map(|payee| Shown::Text(&payee.given_name)),
        Shows::PayeeFamilyName => standing.payee.map(|payee| Shown::Text(&payee.family_name)),
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
