//! What a merchant asked for: the typed body of an asynchronous POST.

use std::hash::{BuildHasher, Hash, Hasher};
use std::num::NonZeroU64;
use std::time::Duration;

use compact_str::CompactString;
use foldhash::quality::FixedState;
use smallvec::SmallVec;
use strum::{EnumCount, IntoStaticStr, VariantArray};

use crate::model::all_of;
use crate::model::amount::{Amount, Currency};
use crate::model::callback_url::CallbackUrl;
use crate::model::ids::{ApiUserId, ReferenceId};
use crate::model::party::{Party, PartyRole};
use crate::model::product::Product;
use crate::model::reason::Reason;
use crate::model::refund::RefundFault;

/// The kinds of transaction. Versions of an operation that differ only in their callback's method
/// are one kind.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumCount, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub enum TransactionKind {
    /// A payer is asked to pay.
    RequestToPay,
    /// A payer is asked to approve a withdrawal, for which the merchant hands out cash.
    RequestToWithdraw,
    /// A bill that its payer settles later, or lets lapse.
    Invoice,
    /// A bill or top-up is paid to a service provider.
    Payment,
    /// A payer is asked to allow later debits; no money moves.
    PreApproval,
    /// The merchant sends money to a payee.
    Transfer,
    /// The merchant puts money on a payee's account.
    Deposit,
    /// The merchant gives back what a request to pay brought, or gets back what a payout cost.
    Refund,
    /// The merchant sends money from abroad, with the sender's particulars.
    CashTransfer,
}

/// What a settled transaction does to the merchant's account of its product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyFlow {
    /// The amount is added.
    Credit,
    /// The amount is taken away, and reserved from acceptance on.
    Debit,
    /// No effect: there is no amount.
    Nothing,
}

impl TransactionKind {
    pub const ALL: [Self; Self::COUNT] = all_of(Self::VARIANTS);

    /// The name in paths, scenario files and MTN's test values.
    pub fn name(self) -> &'static str {
        self.into_str()
    }

    /// Returns the side on which the other party is.
    pub fn party_role(self) -> PartyRole {
        match self {
            Self::RequestToPay
            | Self::RequestToWithdraw
            | Self::Invoice
            | Self::Payment
            | Self::PreApproval => PartyRole::Payer,
            Self::Transfer | Self::Deposit | Self::Refund | Self::CashTransfer => PartyRole::Payee,
        }
    }

    /// What it does to the merchant's account once successful. A refund of a payout is the
    /// exception: it brings the money back.
    pub fn money_flow(self) -> MoneyFlow {
        match self {
            Self::RequestToPay | Self::RequestToWithdraw | Self::Invoice | Self::Payment => {
                MoneyFlow::Credit
            }
            Self::PreApproval => MoneyFlow::Nothing,
            Self::Transfer | Self::Deposit | Self::Refund | Self::CashTransfer => MoneyFlow::Debit,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE", const_into_str)]
pub enum CallbackMethod {
    /// Version 1 operations.
    Post,
    /// Version 2 operations.
    Put,
}

impl CallbackMethod {
    pub fn name(self) -> &'static str {
        self.into_str()
    }

    /// The method for an operation with this path below its product: the operation's version
    /// decides (docs/contract.md#callbacks).
    pub fn of_path(path: &str) -> Self {
        if path.starts_with("/v2_0/") { Self::Put } else { Self::Post }
    }
}

/// A valid asynchronous POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The transaction's id, the merchant's choice.
    pub reference_id: ReferenceId,
    /// The product whose path it came by.
    pub product: Product,
    pub kind: TransactionKind,
    pub details: Details,
    /// Where the callback goes; without it there is none.
    pub callback_url: Option<CallbackUrl>,
    pub callback_method: CallbackMethod,
    /// The reason why it must fail, if the consent of its token does not cover it.
    pub consent_fault: Option<Reason>,
    /// What another API user's space said of the transaction that it refunds, if one has it.
    pub payment_elsewhere: Option<Box<PaymentElsewhere>>,
    /// Whether it was submitted by hand through the control plane, and not by the merchant.
    pub is_manual: bool,
}

impl Submission {
    /// A number for what is asked for: equal for two submissions that differ in nothing but their
    /// references and callbacks.
    pub fn order(&self) -> NonZeroU64 {
        let Details { amount, currency, party, external_id, texts, .. } = &self.details;
        let mut hasher = FixedState::default().build_hasher();
        (self.product.name(), self.kind.name(), currency.code(), external_id, texts)
            .hash(&mut hasher);
        amount.map(Amount::decimal).hash(&mut hasher);
        party.as_ref().map(Party::comparable_id).hash(&mut hasher);
        NonZeroU64::new(hasher.finish()).unwrap_or(NonZeroU64::MIN)
    }
}

/// What a refund names, where it is another API user's: merchants have one for each product, so
/// that the user who refunds is often not the one who was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentElsewhere {
    pub api_user: ApiUserId,
    /// The number of its acceptance there: its reference may be another payment's later.
    pub acceptance: u64,
    /// Whether the payment is a payout, so that its refund brings the money back.
    pub is_payout: bool,
    /// The reason why it cannot be refunded. If it can be, its space has reserved the amount.
    pub fault: Option<RefundFault>,
}

/// The fields of a request body that the emulator keeps. Its texts are mostly few and short, and
/// those of a million may be held: a [`CompactString`] needs no memory elsewhere for up to 24
/// bytes, nor a [`SmallVec`] for as many as it has room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// How much; none where no money moves.
    pub amount: Option<Amount>,
    pub currency: Currency,
    /// Who pays or is paid. A refund names none: of a payment it gets the payer, of a payout the
    /// API user, which gets its money back.
    pub party: Option<Party>,
    pub payee: Option<Box<Party>>,
    /// `externalId`, or a payment's `externalTransactionId`; several clients leave it out.
    pub external_id: Option<CompactString>,
    /// The time after which the transaction expires, if the request sets one.
    pub validity: Option<Duration>,
    /// The other texts, by the names of their fields.
    pub texts: SmallVec<[(&'static str, CompactString); 2]>,
}

impl Details {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.iter().find(|(field, _)| *field == name).map(|(_, text)| &**text)
    }

    /// What scenarios compare a party with: the party's id, or the customer reference of a payment.
    pub fn comparable_party(&self) -> Option<&str> {
        match &self.party {
            Some(party) => Some(party.comparable_id()),
            None => self.text("customerReference").map(|id| id.strip_prefix('+').unwrap_or(id)),
        }
    }
}

/// The platform's own numbers of an invoice: 10 decimal digits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvoiceNumbers {
    pub invoice_id: u64,
    /// `paymentReference`: what the payer quotes.
    pub payment_reference: u64,
}
