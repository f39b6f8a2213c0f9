//! The body of a transaction's status and of its callback (docs/contract.md#status-bodies and
//! #callbacks). Which fields a kind shows, where, and in which order is data, which the OpenAPI
//! documents read too.

use std::fmt::{self, Write};

use serde_json::Value;

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
    /// What it is shown as: its own kind, but where it is looked at from the other side.
    pub kind: TransactionKind,
    /// The party that is shown.
    pub party: Option<&'a Party>,
    /// Whether the environment gives every reason as `{code, message}`.
    pub reasons_are_objects: bool,
    /// The status.
    pub status: Status,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// The numbers of an invoice.
    pub invoice: Option<InvoiceNumbers>,
}

/// Where a body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Into the answer to a GET of the status.
    Status,
    /// Into the callback.
    Callback,
}

/// A field of a status body.
#[derive(Debug, Clone, Copy)]
pub struct ShownField {
    /// Its name.
    pub name: &'static str,
    /// What it shows.
    pub shows: Shows,
    /// The only place that has it; none, if both have it.
    pub only_in: Option<Place>,
}

impl ShownField {
    /// Whether a body for that place has it.
    pub fn is_in(&self, place: Place) -> bool {
        self.only_in.is_none_or(|only| only == place)
    }

    const fn only_in(self, place: Place) -> Self {
        Self { only_in: Some(place), ..self }
    }
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
    /// The reason, once failed: its code, as recorded in the sandbox and in production, or
    /// `{code, message}` with `--reason-objects`.
    Reason,
    /// The reason as `{code, message}`, once failed.
    ReasonObject,
    /// When it lapses.
    Expiry,
    /// The invoice's id.
    InvoiceId,
    /// What an invoice's payer quotes.
    PaymentReference,
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
            | Self::PaymentReference => true,
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
    ShownField { name, shows, only_in: None }
}

const fn text(name: &'static str) -> ShownField {
    shown(name, Shows::Text)
}

const FINANCIAL_TRANSACTION_ID: ShownField =
    shown("financialTransactionId", Shows::FinancialTransactionId);
const EXTERNAL_ID: ShownField = shown("externalId", Shows::ExternalId);
const AMOUNT: ShownField = shown("amount", Shows::Amount);
const CURRENCY: ShownField = shown("currency", Shows::Currency);
/// Recorded callbacks never have it (six of six, 2020 to 2026).
const PAYER_MESSAGE: ShownField = text("payerMessage").only_in(Place::Status);
const PAYEE_NOTE: ShownField = text("payeeNote");
const PAYEE: ShownField = shown("payee", Shows::Party);
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

/// Recorded 2023 to 2026: the amount comes first, while it is pending too.
const TRANSFER: &[ShownField] = &[
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
const DEPOSIT: &[ShownField] = &[
    FINANCIAL_TRANSACTION_ID.only_in(Place::Callback),
    EXTERNAL_ID,
    AMOUNT,
    CURRENCY,
    PAYEE,
    PAYER_MESSAGE,
    PAYEE_NOTE,
    STATUS,
    REASON,
];

/// Recorded 2023 to 2026.
const REFUND: &[ShownField] = &[
    FINANCIAL_TRANSACTION_ID,
    EXTERNAL_ID,
    AMOUNT,
    CURRENCY,
    PAYEE,
    PAYER_MESSAGE,
    PAYEE_NOTE,
    STATUS,
    REASON,
];

/// Documented 2024.
const CASH_TRANSFER: &[ShownField] = &[
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
const INVOICE: &[ShownField] = &[
    shown("referenceId", Shows::ReferenceId),
    EXTERNAL_ID,
    AMOUNT,
    CURRENCY,
    STATUS,
    shown("paymentReference", Shows::PaymentReference),
    shown("invoiceId", Shows::InvoiceId),
    shown("expiryDateTime", Shows::Expiry),
    shown("intendedPayer", Shows::Party),
    text("description"),
    shown("errorReason", Shows::ReasonObject),
];

/// Documented 2024.
const PAYMENT: &[ShownField] =
    &[shown("referenceId", Shows::ReferenceId), STATUS, FINANCIAL_TRANSACTION_ID, REASON];

/// Documented 2024.
const PREAPPROVAL: &[ShownField] = &[
    shown("payer", Shows::Party),
    shown("payerCurrency", Shows::Currency),
    PAYER_MESSAGE,
    shown("expirationDateTime", Shows::Expiry),
    STATUS,
    REASON,
];

/// The fields of a kind's status and of its callback, in their order.
pub fn status_fields(kind: TransactionKind) -> &'static [ShownField] {
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

/// The body for a place, to be read or changed.
pub fn body_value(standing: &Standing<'_>, place: Place) -> Value {
    serde_json::from_str(&body_text(standing, place)).expect("what is written here is JSON")
}

/// The body for a place as it goes out, on one line. Written by hand: it is most of what a status
/// query costs, and all of it but the escapes is plain.
pub fn body_text(standing: &Standing<'_>, place: Place) -> String {
    let mut body = String::with_capacity(USUAL_LENGTH);
    for field in status_fields(standing.kind).iter().filter(|field| field.is_in(place)) {
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

/// Writes what has neither quotes nor control characters when it is displayed.
fn write_plain(body: &mut String, value: impl fmt::Display) {
    write!(body, "\"{value}\"").expect("a text grows as needed");
}

fn write_text(body: &mut String, text: &str) {
    // All bytes are looked at, without a way out in the middle: so many are compared at once.
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
        Shows::Party => standing.party.map(Shown::Party),
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
