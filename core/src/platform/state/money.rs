//! Money: what an accepted transaction reserves, and what settling it moves.

use super::Platform;
use crate::model::product::Product;
use crate::model::reference::ReferenceId;
use crate::model::status::Status;
use crate::platform::account::Account;

impl Platform {
    /// Reserves the amount of a payout on the account, and that of a refund at the transaction that
    /// it refunds.
    pub(super) fn reserve(&mut self, reference_id: ReferenceId) {
        let transaction = self.transaction_mut(reference_id);
        transaction.reserved = true;
        let (product, payment) = (transaction.submission.product, transaction.refunds);
        let (pays_out, acceptance) = (transaction.pays_out(), transaction.acceptance);
        let Some(amount) = transaction.submission.details.amount else { return };
        if pays_out {
            self.account_mut(product).reserve(amount, acceptance, reference_id);
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
            self.account_mut(product).settle(flow, amount);
        }
    }

    /// Ends a reservation. A refund that failed has given nothing back.
    fn release(&mut self, reference_id: ReferenceId, status: Status) {
        let transaction = self.transaction_mut(reference_id);
        transaction.reserved = false;
        let (product, payment) = (transaction.submission.product, transaction.refunds);
        let (pays_out, acceptance) = (transaction.pays_out(), transaction.acceptance);
        let Some(amount) = transaction.submission.details.amount else { return };
        if pays_out {
            self.account_mut(product).release(amount, acceptance);
        }
        let payment = payment.and_then(|payment| self.transactions.get_mut(payment));
        if let (Some(payment), Status::Failed(_)) = (payment, status) {
            payment.refunded -= amount.decimal();
        }
    }

    pub(super) fn open_accounts(&mut self) {
        let account = Account::open(self.settings.rules.opening_balance);
        self.accounts = Product::ALL.map(|product| (product, account.clone())).into();
    }

    fn account_mut(&mut self, product: Product) -> &mut Account {
        self.accounts.get_mut(&product).expect("every product has an account")
    }
}
