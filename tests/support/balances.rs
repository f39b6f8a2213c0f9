//! The books of a space, kept from its transactions alone and compared with what it says it holds.

use std::collections::BTreeMap;

use momo_sandbox_core::model::amount::Amount;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::reference::ReferenceId;
use momo_sandbox_core::model::status::Status;
use momo_sandbox_core::model::transaction::TransactionKind;
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::platform::transaction::Transaction;
use rust_decimal::Decimal;

/// Fails unless opening balance plus credits minus debits is the balance, for every product, and no
/// payment was refunded beyond its amount; where no ledger is kept, unless the balance is the
/// opening balance.
#[track_caller]
pub fn check_books(platform: &Platform) {
    let (opening, keeps_ledger) = (platform.rules().opening_balance, platform.rules().keeps_ledger);
    let mut expected: BTreeMap<Product, Decimal> =
        Product::ALL.map(|product| (product, opening)).into();
    let mut refunded: BTreeMap<ReferenceId, Decimal> = BTreeMap::new();
    for transaction in platform.transactions() {
        let submission = &transaction.submission;
        let change = if keeps_ledger { change_of(platform, transaction) } else { Decimal::ZERO };
        *expected.get_mut(&submission.product).expect("a product") += change;
        if let Some(payment) = transaction.refunds {
            let back =
                if transaction.plan.succeeds() { amount_of(transaction) } else { Decimal::ZERO };
            *refunded.entry(payment).or_default() += back;
        }
    }
    for (product, balance) in expected {
        assert_eq!(platform.available_balance(product), balance, "{product}");
        assert!(balance >= Decimal::ZERO, "{product}");
    }
    for (payment, refunded) in refunded {
        let payment = platform.transaction(payment).expect("a refund names a payment");
        let paid = amount_of(payment);
        assert!(!keeps_ledger || refunded <= paid, "{refunded} refunded of {paid}");
        assert_eq!(payment.refunded, refunded);
        if keeps_ledger && refunded > Decimal::ZERO {
            assert!(matches!(payment.status(), Status::Successful(_)), "only what was paid");
        }
    }
}

/// What a transaction has done to the available balance: a payout from its acceptance on, unless it
/// fails. A refund of a payout brings the money back once it is successful.
fn change_of(platform: &Platform, transaction: &Transaction) -> Decimal {
    let brought = || match transaction.status() {
        Status::Successful(_) => amount_of(transaction),
        Status::Created | Status::Pending | Status::Failed(_) => Decimal::ZERO,
    };
    match transaction.submission.kind {
        TransactionKind::PreApproval => Decimal::ZERO,
        TransactionKind::RequestToPay
        | TransactionKind::RequestToWithdraw
        | TransactionKind::Invoice
        | TransactionKind::Payment => brought(),
        TransactionKind::Refund if brings_back(platform, transaction) => brought(),
        TransactionKind::Transfer
        | TransactionKind::Deposit
        | TransactionKind::Refund
        | TransactionKind::CashTransfer => {
            if transaction.plan.succeeds() {
                -amount_of(transaction)
            } else {
                Decimal::ZERO
            }
        }
    }
}

/// Whether a refund names a payout.
fn brings_back(platform: &Platform, refund: &Transaction) -> bool {
    let named = refund.refunds.and_then(|named| platform.transaction(named));
    let elsewhere = refund.submission.payment_elsewhere.as_deref();
    named.is_some_and(|named| named.submission.kind != TransactionKind::RequestToPay)
        || elsewhere.is_some_and(|there| there.is_payout)
}

fn amount_of(transaction: &Transaction) -> Decimal {
    transaction.submission.details.amount.map(Amount::decimal).unwrap_or_default()
}
