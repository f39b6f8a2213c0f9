//! Money: what an accepted transaction reserves, and what settling it moves.

use std::mem;

use super::Platform;
use crate::model::ids::ReferenceId;
use crate::model::status::Status;

impl Platform {
    /// Reserves the amount of a payout on the account, and that of a refund at the transaction that
    /// it refunds.
    pub(super) fn reserve(&mut self, reference_id: ReferenceId) {
        let api_user = self.api_user.id;
        let transaction = self.transaction_mut(reference_id);
        transaction.reserved = true;
        let (product, payment) = (transaction.submission.product, transaction.refunds);
        let payout = transaction.payout(api_user);
        let Some(amount) = transaction.submission.details.amount else { return };
        if let Some(payout) = payout {
            self.accounts.of_mut(product).reserve(amount, payout, reference_id);
        }
        if let Some(payment) = payment {
            self.transaction_mut(payment).refunded += amount.decimal();
        }
    }

    /// Moves the money of a transaction that reached a final status.
    pub(super) fn settle(&mut self, reference_id: ReferenceId, status: Status) {
        let transaction = self.transaction_mut(reference_id);
        let (is_reserved, submission) = (transaction.reserved, &transaction.submission);
        let (product, flow) = (submission.product, transaction.flow);
        let (amount, is_booked) = (submission.details.amount, transaction.is_booked);
        if is_reserved {
            self.release(reference_id, status);
        }
        if let (Status::Successful(_), Some(amount), true) = (status, amount, is_booked) {
            let moved = self.accounts.of_mut(product).settle(flow, amount);
            *self.moved.entry(product).or_default() += moved;
        }
    }

    /// Ends a reservation. A refund that failed has given nothing back.
    fn release(&mut self, reference_id: ReferenceId, status: Status) {
        let api_user = self.api_user.id;
        let transaction = self.transaction_mut(reference_id);
        transaction.reserved = false;
        let (product, payment) = (transaction.submission.product, transaction.refunds);
        let payout = transaction.payout(api_user);
        let Some(amount) = transaction.submission.details.amount else { return };
        if let Some(payout) = payout {
            self.accounts.of_mut(product).release(amount, payout);
        }
        let payment = payment.and_then(|payment| self.transactions.get_mut(payment));
        if let (Some(payment), Status::Failed(_)) = (payment, status) {
            payment.refunded -= amount.decimal();
        }
    }

    /// Whether a transaction was accepted since the last reset.
    fn has_used_accounts(&self) -> bool {
        !self.transactions.is_empty() || self.evicted > 0
    }

    /// Notes that a transaction is about to be accepted.
    pub(super) fn use_accounts(&mut self) {
        if !self.has_used_accounts() {
            self.accounts.add_user();
        }
    }

    /// Opens the accounts anew, unless something has happened to them: in this space, or in
    /// another of its wallet.
    pub(super) fn open_unused_accounts(&mut self) {
        if self.accounts.users() == 0 {
            self.accounts.open(self.settings.rules.opening_balance);
        }
    }

    /// Makes the accounts forget the transactions of this space, which are about to go: what they
    /// reserved is free again, and what they moved is moved back. So the balance stays that of the
    /// transactions which other API users of the wallet have. Without any, the accounts are opened
    /// anew.
    pub(super) fn leave_accounts(&mut self) {
        let moved = mem::take(&mut self.moved);
        if self.has_used_accounts() {
            self.accounts.remove_user();
        }
        if self.accounts.users() > 0 {
            self.give_back_reserved();
            for (product, moved) in moved {
                self.accounts.of_mut(product).take_back(moved);
            }
        }
        self.open_unused_accounts();
    }

    fn give_back_reserved(&mut self) {
        for transaction in self.transactions.in_order().filter(|one| one.reserved) {
            let amount = transaction.submission.details.amount;
            if let (Some(payout), Some(amount)) = (transaction.payout(self.api_user.id), amount) {
                self.accounts.of_mut(transaction.submission.product).release(amount, payout);
            }
        }
    }
}
