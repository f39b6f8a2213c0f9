//! The shapes of request bodies, as data: what reads a body and what documents it read this.

use std::collections::BTreeSet;

use crate::model::submission::TransactionKind;

/// The most characters of a `payerMessage`, `payeeNote` or `notificationMessage`.
pub const MESSAGE_CHARACTERS_MAX: usize = 160;

/// One field of a request body.
#[derive(Debug, Clone, Copy)]
pub struct RequestField {
    pub name: &'static str,
    pub holds: FieldType,
    /// Whether the field may be left out.
    pub presence: Presence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// A positive decimal, as a string or a number.
    Amount,
    Currency,
    /// `{amount, currency}`.
    Money,
    /// `externalId`: text without spaces.
    ExternalId,
    /// `{partyIdType, partyId}`: who pays, or is paid.
    Party,
    /// `{partyIdType, partyId}`: an invoice's payee.
    InvoicePayee,
    /// Text of at most 160 characters, without an apostrophe or an ampersand.
    Note,
    Text,
    /// A number of seconds, as an integer or as text.
    Seconds,
    /// An integer that the emulator has no use for; text that reads as one counts too.
    Integer,
    /// A boolean that the emulator has no use for; the text `true`, `false`, `1` or `0`, and the
    /// number 1 or 0, count too.
    Boolean,
}

impl FieldType {
    pub fn is_party(self) -> bool {
        matches!(self, Self::Party | Self::InvoicePayee)
    }
}

/// Whether a field may be left out (`null` counts as left out).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Required,
    /// The field may be left out.
    Optional,
}

const fn required(name: &'static str, holds: FieldType) -> RequestField {
    RequestField { name, holds, presence: Presence::Required }
}

const fn optional(name: &'static str, holds: FieldType) -> RequestField {
    RequestField { name, holds, presence: Presence::Optional }
}

const AMOUNT: RequestField = required("amount", FieldType::Amount);
const CURRENCY: RequestField = required("currency", FieldType::Currency);
const EXTERNAL_ID: RequestField = optional("externalId", FieldType::ExternalId);
const PAYER: RequestField = required("payer", FieldType::Party);
const PAYEE: RequestField = required("payee", FieldType::Party);
const PAYER_MESSAGE: RequestField = optional("payerMessage", FieldType::Note);
const PAYEE_NOTE: RequestField = optional("payeeNote", FieldType::Note);

const FROM_A_PAYER: &[RequestField] =
    &[AMOUNT, CURRENCY, EXTERNAL_ID, PAYER, PAYER_MESSAGE, PAYEE_NOTE];
const TO_A_PAYEE: &[RequestField] =
    &[AMOUNT, CURRENCY, EXTERNAL_ID, PAYEE, PAYER_MESSAGE, PAYEE_NOTE];

const REFUND: &[RequestField] = &[
    AMOUNT,
    CURRENCY,
    EXTERNAL_ID,
    PAYER_MESSAGE,
    PAYEE_NOTE,
    required(REFERENCE_ID_TO_REFUND, FieldType::Text),
];

const CASH_TRANSFER: &[RequestField] = &[
    AMOUNT,
    CURRENCY,
    PAYEE,
    EXTERNAL_ID,
    // MTN's spelling.
    optional("orginatingCountry", FieldType::Text),
    optional("originalAmount", FieldType::Text),
    optional("originalCurrency", FieldType::Text),
    PAYER_MESSAGE,
    PAYEE_NOTE,
    optional("payerIdentificationType", FieldType::Text),
    optional("payerIdentificationNumber", FieldType::Text),
    optional("payerIdentity", FieldType::Text),
    optional("payerFirstName", FieldType::Text),
    optional("payerSurName", FieldType::Text),
    optional("payerLanguageCode", FieldType::Text),
    optional("payerEmail", FieldType::Text),
    optional("payerMsisdn", FieldType::Text),
    optional("payerGender", FieldType::Text),
    // Only MTN's table of test values names it.
    optional(CASH_TRANSFER_TEST_FIELD, FieldType::Text),
];

const INVOICE: &[RequestField] = &[
    EXTERNAL_ID,
    AMOUNT,
    CURRENCY,
    required("validityDuration", FieldType::Seconds),
    required("intendedPayer", FieldType::Party),
    required("payee", FieldType::InvoicePayee),
    optional("description", FieldType::Text),
];

const PAYMENT: &[RequestField] = &[
    required("externalTransactionId", FieldType::ExternalId),
    required("money", FieldType::Money),
    required("customerReference", FieldType::Text),
    required("serviceProviderUserName", FieldType::Text),
    optional("couponId", FieldType::Text),
    optional("productId", FieldType::Text),
    optional("productOfferingId", FieldType::Text),
    optional("receiverMessage", FieldType::Text),
    optional("senderNote", FieldType::Text),
    optional("maxNumberOfRetries", FieldType::Integer),
    optional("includeSenderCharges", FieldType::Boolean),
];

const PREAPPROVAL: &[RequestField] = &[
    PAYER,
    required("payerCurrency", FieldType::Currency),
    required("payerMessage", FieldType::Note),
    required("validityTime", FieldType::Seconds),
];

/// The field of a refund that names the payment.
pub const REFERENCE_ID_TO_REFUND: &str = "referenceIdToRefund";

/// The field of a cash transfer that MTN's test values are in.
pub const CASH_TRANSFER_TEST_FIELD: &str = "transaction";

/// The body of a kind of transaction (docs/contract.md#request-bodies). `externalId` is required by
/// MTN's schema and left out by several clients, so it is optional here.
pub fn request_schema(kind: TransactionKind) -> &'static [RequestField] {
    match kind {
        TransactionKind::RequestToPay | TransactionKind::RequestToWithdraw => FROM_A_PAYER,
        TransactionKind::Transfer | TransactionKind::Deposit => TO_A_PAYEE,
        TransactionKind::Refund => REFUND,
        TransactionKind::CashTransfer => CASH_TRANSFER,
        TransactionKind::Invoice => INVOICE,
        TransactionKind::Payment => PAYMENT,
        TransactionKind::PreApproval => PREAPPROVAL,
    }
}

/// The names of all fields that hold text and nothing more, each once.
pub fn text_fields() -> Vec<&'static str> {
    let fields = TransactionKind::ALL.into_iter().flat_map(request_schema);
    let is_text = |field: &&RequestField| matches!(field.holds, FieldType::Text | FieldType::Note);
    let names: BTreeSet<_> = fields.filter(is_text).map(|field| field.name).collect();
    names.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_a_currency_and_names_each_field_once() {
        for kind in TransactionKind::ALL {
            let shape = request_schema(kind);
            let has_currency = |field: &RequestField| {
                matches!(field.holds, FieldType::Currency | FieldType::Money)
            };
            assert_eq!(shape.iter().filter(|field| has_currency(field)).count(), 1, "{kind:?}");
            for field in shape {
                let same = shape.iter().filter(|other| other.name == field.name);
                assert_eq!(same.count(), 1, "{kind:?} {}", field.name);
            }
        }
    }
}
