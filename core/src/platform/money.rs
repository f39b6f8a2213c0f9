//! Money: what a plan may promise, what is set aside for it, and what settling it does.

use rust_decimal::Decimal;

use crate::model::party::Party;
use crate::model::product::Product;
use crate::model::reason::Reason;
use crate::model::reference::{ReferenceId, parse_uuid};
use crate::model::refund::RefundFault;
use crate::model::status::Status;
use crate::model::time::Timestamp;
use crate::model::transaction::{MoneyFlow, PaymentElsewhere, Submission, TransactionKind};
use crate::operations::body::REFERENCE_ID_TO_REFUND;
use crate::platform::account::Account;
use crate::platform::event::Event;
use crate::platform::space::Platform;
use crate::platform::transaction::Transaction;
use crate::scenario::overruling::Overruling;
use crate::scenario::plan::{Plan, plan};

/// The reference id of the transaction that a refund names.
pub fn reference_to_refund(submission: &Submission) -> Option<ReferenceId> {
    parse_uuid(submission.details.text(REFERENCE_ID_TO_REFUND)?).map(ReferenceId)
}

impl Platform {
    /// What a product's account can pay out; where no ledger is kept, what it held at first.
    pub fn available_balance(&self, product: Product) -> Decimal {
        if !self.rules().keeps_ledger {
            return self.rules().opening_balance;
        }
        self.accounts.get(&product).map(Account::available).unwrap_or_default()
    }

    /// The transaction of this space that a refund names, if there is one: a request to pay, or a
    /// payout.
    pub fn payment_to_refund(&self, submission: &Submission) -> Option<&Transaction> {
        let payment = self.transaction(reference_to_refund(submission)?)?;
        payment.is_refundable().then_some(payment)
    }

    /// Who gets the money of a refund: the payer of what it gives back, or the API user itself
    /// where a payout comes back (docs/contract.md#refunds).
    pub(super) fn party_of_refund(&self, refund: &Submission) -> Option<Party> {
        let is_payout = match (self.payment_to_refund(refund), &refund.payment_elsewhere) {
            (Some(own), _) if !own.is_refundable_payout() => {
                return own.submission.details.party.clone();
            }
            (Some(_), _) => true,
            (None, elsewhere) => elsewhere.as_deref().is_some_and(|there| there.is_payout),
        };
        if is_payout {
            Some(Party::of_api_user(self.api_user().id))
        } else {
            refund.details.party.clone()
        }
    }

    /// What a submission does to the account once successful; `refunded` is the transaction of this
    /// space that it refunds.
    pub(super) fn flow_of(
        &self,
        submission: &Submission,
        refunded: Option<&Transaction>,
    ) -> MoneyFlow {
        let elsewhere = submission.payment_elsewhere.as_deref();
        let is_payout = match refunded {
            Some(refunded) => refunded.is_refundable_payout(),
            None => elsewhere.is_some_and(|there| there.is_payout),
        };
        // MTN does not say what becomes of the money. It comes back to who asks for the refund,
        // since that is the payee which the status names.
        if is_payout { MoneyFlow::Credit } else { submission.kind.money_flow() }
    }

    /// Sets the amount of another API user's refund aside, at the transaction of this space that it
    /// names, and tells the refund who paid; or says why it cannot be. Does nothing if that
    /// is not here.
    pub fn set_aside_for(&mut self, now: Timestamp, refund: &mut Submission) {
        self.advance(now);
        let Some(payment) = self.payment_to_refund(refund) else { return };
        let keeps_ledger = self.rules().keeps_ledger;
        let fault = payment.fault_of_refund(&refund.details).filter(|_| keeps_ledger);
        let reference_id = payment.submission.reference_id;
        let (is_payout, acceptance) = (payment.is_refundable_payout(), payment.acceptance);
        if !is_payout {
            refund.details.party = payment.submission.details.party.clone();
        }
        let api_user = self.api_user().id;
        let is_fit = fault.is_none();
        let elsewhere = PaymentElsewhere { api_user, acceptance, is_payout, fault };
        refund.payment_elsewhere = Some(Box::new(elsewhere));
        if let (true, Some(amount)) = (is_fit, refund.details.amount) {
            self.apply(Event::RefundSetAside { reference_id, amount });
        }
    }

    /// The refunds of this space that have an amount set aside at another API user's transaction.
    pub fn refunds_elsewhere(&self) -> Vec<Submission> {
        let is_elsewhere = |transaction: &&Transaction| {
            let elsewhere = transaction.submission.payment_elsewhere.as_deref();
            elsewhere.is_some_and(|there| there.fault.is_none()) && transaction.plan.succeeds()
        };
        let refunds = self.transactions.in_order().filter(is_elsewhere);
        refunds.map(|transaction| transaction.submission.clone()).collect()
    }

    /// Ends what was set aside for another API user's refund that came to nothing.
    pub fn give_up(&mut self, now: Timestamp, refund: &Submission) {
        self.advance(now);
        let Some(payment) = self.payment_to_refund(refund) else { return };
        let named = refund.payment_elsewhere.as_deref().map(|elsewhere| elsewhere.acceptance);
        if named != Some(payment.acceptance) {
            // That payment is gone, and this one has its reference.
            return;
        }
        let reference_id = payment.submission.reference_id;
        if let Some(amount) = refund.details.amount {
            self.apply(Event::RefundGivenUp { reference_id, amount });
        }
    }

    /// The plan of the rules, or a failure where the account or the refunded payment cannot carry
    /// it.
    pub(super) fn decide(&self, submission: &Submission, payment: Option<&Transaction>) -> Plan {
        let (circumstances, matches) = self.circumstances();
        let mut plan = plan(&self.settings.rules, submission, &circumstances, matches);
        let (details, keeps_ledger) = (&submission.details, self.rules().keeps_ledger);
        // MTN's test values for refunds stand where the payment's reference would.
        let must_refund =
            submission.kind == TransactionKind::Refund && plan.decided_by.test_value.is_none();
        if plan.succeeds() && must_refund {
            let fault = match (payment, submission.payment_elsewhere.as_deref()) {
                (None, None) => Some(RefundFault::Unknown),
                // MTN's sandbox refunds whatever there is.
                _ if !keeps_ledger => None,
                (Some(payment), _) => payment.fault_of_refund(details),
                (None, Some(elsewhere)) => elsewhere.fault.clone(),
            };
            if let Some(fault) = fault {
                plan.overrule(fault.reason(), Overruling::Refund(fault));
            }
        }
        let account = self.accounts.get(&submission.product).expect("every product has one");
        let flow = self.flow_of(submission, payment);
        let carried =
            !keeps_ledger || details.amount.is_none_or(|amount| account.can_carry(flow, amount));
        if plan.succeeds() && !carried {
            let shortage = account.shortage();
            plan.overrule(Reason::NotEnoughFunds, Overruling::ShortOfFunds(shortage));
        }
        plan
    }

    /// Sets the amount of a payout aside, on the account, and that of a refund at the transaction
    /// that it refunds.
    pub(super) fn set_aside(&mut self, reference_id: ReferenceId) {
        let transaction = self.record(reference_id);
        transaction.reserved = true;
        let (product, payment) = (transaction.submission.product, transaction.refunds);
        let (pays_out, acceptance) = (transaction.pays_out(), transaction.acceptance);
        let Some(amount) = transaction.submission.details.amount else { return };
        if pays_out {
            self.account(product).reserve(amount, acceptance, reference_id);
        }
        if let Some(payment) = payment {
            self.record(payment).refunded += amount.decimal();
        }
    }

    /// Carries out what a final status means for the money.
    pub(super) fn settle(&mut self, reference_id: ReferenceId, status: Status) {
        let transaction = self.record(reference_id);
        let (is_reserved, submission) = (transaction.reserved, &transaction.submission);
        let (product, flow) = (submission.product, transaction.flow);
        let (amount, is_booked) = (submission.details.amount, transaction.is_booked);
        if is_reserved {
            self.release(reference_id, status);
        }
        if let (Status::Successful(_), Some(amount), true) = (status, amount, is_booked) {
            self.account(product).settle(flow, amount);
        }
    }

    /// Ends what was set aside; a refund that failed has given nothing back.
    fn release(&mut self, reference_id: ReferenceId, status: Status) {
        let transaction = self.record(reference_id);
        transaction.reserved = false;
        let (product, payment) = (transaction.submission.product, transaction.refunds);
        let (pays_out, acceptance) = (transaction.pays_out(), transaction.acceptance);
        let Some(amount) = transaction.submission.details.amount else { return };
        if pays_out {
            self.account(product).release(amount, acceptance);
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

    fn account(&mut self, product: Product) -> &mut Account {
        self.accounts.get_mut(&product).expect("every product has an account")
    }
}
