//! The shapes of request bodies, as data: what reads a body and what documents it read this.

use std::collections::BTreeSet;

use crate::model::transaction::TransactionKind;

/// The most characters of a `payerMessage`, `payeeNote` or `notificationMessage`.
pub const MESSAGE_CHARACTERS_MAX: usize = 160;

/// One field of a request body.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Whether it may be left out.
    pub presence: Presence,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A positive decimal, as a string or a number.
    Amount,
    /// A currency code.
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
    /// Any text.
    Text,
    /// A number of seconds, as an integer or as text.
    Seconds,
    /// An integer that the emulator has no use for; text that reads as one counts too.
    Integer,
    /// A boolean that the emulator has no use for; the text `true`, `false`, `1` or `0`, and the
    /// number 1 or 0, count too.
    Boolean,
}

impl Holds {
    /// Whether it is somebody.
    pub fn is_party(self) -> bool {
        matches!(self, Self::Party | Self::InvoicePayee)
    }
}

/// Whether a field may be left out (`null` counts as left out).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must be there.
    Required,
    /// It may be left out.
    Optional,
}

const fn required(name: &'static str, holds: Holds) -> Field {
    Field { name, holds, presence: Presence::Required }
}

const fn optional(name: &'static str, holds: Holds) -> Field {
    Field { name, holds, presence: Presence::Optional }
}

const AMOUNT: Field = required("amount", Holds::Amount);
const CURRENCY: Field = required("currency", Holds::Currency);
const EXTERNAL_ID: Field = optional("externalId", Holds::ExternalId);
const PAYER: Field = required("payer", Holds::Party);
const PAYEE: Field = required("payee", Holds::Party);
const PAYER_MESSAGE: Field = optional("payerMessage", Holds::Note);
const PAYEE_NOTE: Field = optional("payeeNote", Holds::Note);

const FROM_A_PAYER: &[Field] = &[AMOUNT, CURRENCY, EXTERNAL_ID, PAYER, PAYER_MESSAGE, PAYEE_NOTE];
const TO_A_PAYEE: &[Field] = &[AMOUNT, CURRENCY, EXTERNAL_ID, PAYEE, PAYER_MESSAGE, PAYEE_NOTE];

const REFUND: &[Field] = &[
    AMOUNT,
    CURRENCY,
    EXTERNAL_ID,
    PAYER_MESSAGE,
    PAYEE_NOTE,
    required(REFERENCE_ID_TO_REFUND, Holds::Text),
];

const CASH_TRANSFER: &[Field] = &[
    AMOUNT,
    CURRENCY,
    PAYEE,
    EXTERNAL_ID,
    // MTN's spelling.
    optional("orginatingCountry", Holds::Text),
    optional("originalAmount", Holds::Text),
    optional("originalCurrency", Holds::Text),
    PAYER_MESSAGE,
    PAYEE_NOTE,
    optional("payerIdentificationType", Holds::Text),
    optional("payerIdentificationNumber", Holds::Text),
    optional("payerIdentity", Holds::Text),
    optional("payerFirstName", Holds::Text),
    optional("payerSurName", Holds::Text),
    optional("payerLanguageCode", Holds::Text),
    optional("payerEmail", Holds::Text),
    optional("payerMsisdn", Holds::Text),
    optional("payerGender", Holds::Text),
    // Only MTN's table of test values names it.
    optional(CASH_TRANSFER_TEST_FIELD, Holds::Text),
];

const INVOICE: &[Field] = &[
    EXTERNAL_ID,
    AMOUNT,
    CURRENCY,
    required("validityDuration", Holds::Seconds),
    required("intendedPayer", Holds::Party),
    required("payee", Holds::InvoicePayee),
    optional("description", Holds::Text),
];

const PAYMENT: &[Field] = &[
    required("externalTransactionId", Holds::ExternalId),
    required("money", Holds::Money),
    required("customerReference", Holds::Text),
    required("serviceProviderUserName", Holds::Text),
    optional("couponId", Holds::Text),
    optional("productId", Holds::Text),
    optional("productOfferingId", Holds::Text),
    optional("receiverMessage", Holds::Text),
    optional("senderNote", Holds::Text),
    optional("maxNumberOfRetries", Holds::Integer),
    optional("includeSenderCharges", Holds::Boolean),
];

const PREAPPROVAL: &[Field] = &[
    PAYER,
    required("payerCurrency", Holds::Currency),
    required("payerMessage", Holds::Note),
    required("validityTime", Holds::Seconds),
];

/// The field of a refund that names the payment.
pub const REFERENCE_ID_TO_REFUND: &str = "referenceIdToRefund";

/// The field of a cash transfer that MTN's test values are in.
pub const CASH_TRANSFER_TEST_FIELD: &str = "transaction";

/// The body of a kind of transaction (docs/contract.md#request-bodies). `externalId` is required by
/// MTN's schema and left out by several clients, so it is optional here.
pub fn shape_of(kind: TransactionKind) -> &'static [Field] {
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
    let fields = TransactionKind::ALL.into_iter().flat_map(shape_of);
    let is_text = |field: &&Field| matches!(field.holds, Holds::Text | Holds::Note);
    let names: BTreeSet<_> = fields.filter(is_text).map(|field| field.name).collect();
    names.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_a_currency_and_names_each_field_once() {
        for kind in TransactionKind::ALL {
            let shape = shape_of(kind);
            let has_currency =
                |field: &Field| matches!(field.holds, Holds::Currency | Holds::Money);
            assert_eq!(shape.iter().filter(|field| has_currency(field)).count(), 1, "{kind:?}");
            for field in shape {
                let same = shape.iter().filter(|other| other.name == field.name);
                assert_eq!(same.count(), 1, "{kind:?} {}", field.name);
            }
        }
    }
}
