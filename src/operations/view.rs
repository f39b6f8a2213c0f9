//! The status body of a transaction: what a GET answers and what a callback carries, written by one
//! function so that the two can never differ (contract, sections 5 and 6). Which fields a kind
//! shows is data, which the OpenAPI documents read too.

use serde::{Serialize, Serializer};
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
            // Which is the payer of the payment that it names, if that exists.
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
    serde_json::to_value(standing).expect("a status body is plain data with text keys")
}

/// The status body as it goes out, on one line.
pub fn status_text(standing: &Standing<'_>) -> String {
    serde_json::to_string(standing).expect("a status body is plain data with text keys")
}

impl Serialize for Standing<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = status_fields(self.submission.kind);
        let shown = fields.iter().filter_map(|field| Some((field.name, show(self, field)?)));
        serializer.collect_map(shown)
    }
}

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

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::ReferenceId(id) => serializer.collect_str(&id),
            Self::Number(number) => serializer.collect_str(&number),
            Self::Amount(amount) => serializer.collect_str(&amount),
            Self::Time(at) => serializer.serialize_str(&at.to_seconds_text()),
            Self::Party(party) => serializer
                .collect_map([("partyIdType", &*party.id_type_as_sent), ("partyId", &*party.id)]),
            Self::ReasonObject(reason) => {
                serializer.collect_map([("code", reason.code()), ("message", reason.message())])
            }
        }
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
        Shows::Expiry => details
            .validity
            .map(|validity| Shown::Time(standing.accepted_at.after(validity))),
        Shows::InvoiceId => standing.invoice.map(|numbers| Shown::Number(numbers.invoice_id)),
        Shows::PaymentReference => {
            standing.invoice.map(|numbers| Shown::Number(numbers.payment_reference))
        }
        Shows::PayeeGivenName => standing.payee.map(|payee| Shown::Text(&payee.given_name)),
        Shows::PayeeFamilyName => standing.payee.map(|payee| Shown::Text(&payee.family_name)),
    }
}
