//! What a merchant asked for: the typed body of an asynchronous POST.

use crate::model::amount::Money;
use crate::model::callback_url::CallbackUrl;
use crate::model::party::{Party, PartyRole};
use crate::model::product::Product;
use crate::model::reference::ReferenceId;

/// The kinds of transaction. Versions of an operation that differ only in their callback's method
/// are one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TransactionKind {
    /// A payer is asked to pay.
    RequestToPay,
    /// The merchant sends money to a payee.
    Transfer,
}

/// What a settled transaction does to the merchant's account of its product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyFlow {
    /// The amount is added.
    Credit,
    /// The amount is taken away, and reserved from acceptance on.
    Debit,
}

impl TransactionKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::RequestToPay, Self::Transfer];

    /// The name in paths, scenario files and MTN's test values.
    pub fn name(self) -> &'static str {
        match self {
            Self::RequestToPay => "requesttopay",
            Self::Transfer => "transfer",
        }
    }

    /// The kind of that name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Which side the party of the request is on.
    pub fn party_role(self) -> PartyRole {
        match self {
            Self::RequestToPay => PartyRole::Payer,
            Self::Transfer => PartyRole::Payee,
        }
    }

    /// What it does to the merchant's account once successful.
    pub fn money_flow(self) -> MoneyFlow {
        match self {
            Self::RequestToPay => MoneyFlow::Credit,
            Self::Transfer => MoneyFlow::Debit,
        }
    }
}

/// The method of a callback (contract, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackMethod {
    /// Version 1 operations.
    Post,
    /// Version 2 operations.
    Put,
}

impl CallbackMethod {
    /// The method's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// A valid asynchronous POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The transaction's id, the merchant's choice.
    pub reference_id: ReferenceId,
    /// The product whose path it came by.
    pub product: Product,
    /// What is asked for.
    pub kind: TransactionKind,
    /// The typed body.
    pub details: Details,
    /// Where the callback goes; without it there is none.
    pub callback_url: Option<CallbackUrl>,
    /// The operation's callback method.
    pub callback_method: CallbackMethod,
}

/// The fields of a request body that the emulator keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// Amount and currency.
    pub money: Money,
    /// The payer or payee.
    pub party: Party,
    /// `externalId`; several clients leave it out.
    pub external_id: Option<Box<str>>,
    /// `payerMessage`.
    pub payer_message: Option<Box<str>>,
    /// `payeeNote`.
    pub payee_note: Option<Box<str>>,
}
