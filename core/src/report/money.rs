//! Money that was taken, and whether the merchant knows of it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::model::amount::Amount;
use crate::model::status::Status;
use crate::model::submission::{MoneyFlow, TransactionKind};
use crate::platform::transaction::Transaction;
use crate::report::check::{Observation, RuleCheck, Terms};
use crate::report::observed::Observed;
use crate::report::seen::Seen;
use crate::report::submitting::repetitions;

/// The number of transactions and their total amount, by currency.
pub type Sums = BTreeMap<String, Sum>;

/// A number of transactions and their total.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    pub count: usize,
    pub amount: Decimal,
}

/// The money of a space, as the merchant knows of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Money {
    pub collected: Sums,
    /// What payers paid and the merchant never learnt.
    pub unlearnt: Sums,
    /// What refunds gave back to payers.
    pub refunded: Sums,
    /// What refunds of payouts brought back to the merchant.
    pub payouts_returned: Sums,
    /// What they brought back without the merchant learning that they did.
    pub unlearnt_returns: Sums,
    /// What was paid out without the merchant learning that it was.
    pub unlearnt_payouts: Sums,
    /// What payers were charged a second time for the same order.
    pub charged_twice: Sums,
}

fn add(sums: &mut Sums, transaction: &Transaction) {
    let details = &transaction.submission.details;
    let Some(amount) = details.amount else { return };
    let sum = sums.entry(details.currency.to_string()).or_default();
    sum.count += 1;
    sum.amount += Amount::decimal(amount);
}

pub fn merge(sums: &mut Sums, others: &Sums) {
    for (currency, other) in others {
        let sum = sums.entry(currency.clone()).or_default();
        sum.count += other.count;
        sum.amount += other.amount;
    }
}

impl Money {
    /// Returns the sums of the observed transactions.
    pub fn of(observed: &Observed<'_>) -> Self {
        let mut money = Self::default();
        for (transaction, line) in observed.transactions() {
            let Status::Successful(_) = transaction.status() else { continue };
            let is_refund = transaction.submission.kind == TransactionKind::Refund;
            let (all, unlearnt) = match (transaction.flow, is_refund) {
                (MoneyFlow::Nothing, _) => continue,
                (MoneyFlow::Credit, false) => (Some(&mut money.collected), &mut money.unlearnt),
                (MoneyFlow::Credit, true) => {
                    (Some(&mut money.payouts_returned), &mut money.unlearnt_returns)
                }
                (MoneyFlow::Debit, false) => (None, &mut money.unlearnt_payouts),
                (MoneyFlow::Debit, true) => {
                    (Some(&mut money.refunded), &mut money.unlearnt_payouts)
                }
            };
            if let Some(all) = all {
                add(all, transaction);
            }
            if line.is_never_told() {
                add(unlearnt, transaction);
            }
        }
        for second in repetitions(observed).iter().filter_map(|one| one.second_charge(observed)) {
            add(&mut money.charged_twice, second);
        }
        money
    }

    /// Adds another space's.
    pub fn merge(&mut self, other: &Self) {
        merge(&mut self.collected, &other.collected);
        merge(&mut self.unlearnt, &other.unlearnt);
        merge(&mut self.refunded, &other.refunded);
        merge(&mut self.payouts_returned, &other.payouts_returned);
        merge(&mut self.unlearnt_returns, &other.unlearnt_returns);
        merge(&mut self.unlearnt_payouts, &other.unlearnt_payouts);
        merge(&mut self.charged_twice, &other.charged_twice);
    }
}

/// Every success was learnt.
pub fn accounted_for(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    for (transaction, line) in observed.transactions() {
        let Some((at, Status::Successful(_))) = line.final_status() else { continue };
        let (reference, flow) = (transaction.submission.reference_id, transaction.flow);
        let is_refund = transaction.submission.kind == TransactionKind::Refund;
        if flow == MoneyFlow::Nothing {
            continue;
        }
        finding.test(
            reference,
            line.is_never_told().then(|| {
                let submission = &transaction.submission;
                let amount = submission.details.amount.map(|amount| amount.to_string());
                let currency = submission.details.currency.to_string();
                let amount = amount.unwrap_or_default();
                let seen = match (flow, is_refund) {
                    (MoneyFlow::Debit, _) => Seen::PayoutNotLearnt { amount, currency },
                    (_, true) => Seen::ReturnNotLearnt { amount, currency },
                    _ => Seen::CollectionNotLearnt { amount, currency },
                };
                Observation::new(reference, at, seen)
            }),
        );
    }
    finding
}
