//! Queries of a status or a balance, and delivery notifications.

use std::time::Duration;

use rust_decimal::Decimal;

use crate::model::ids::ReferenceId;
use crate::model::party::Party;
use crate::model::product::Product;
use crate::model::status::Status;
use crate::model::submission::{Submission, TransactionKind};
use crate::model::time::Timestamp;
use crate::operations::rejection::Rejection;
use crate::operations::status_body::{BodyPlace, StatusView, status_body_text};
use crate::operations::table::OperationKind;
use crate::platform::Platform;
use crate::platform::arrival::LateAnswer;
use crate::platform::event::{Bookkeeping, Event};
use crate::platform::request::AnsweredRequest;
use crate::platform::transaction::Transaction;
use crate::scenario::call::CallFate;
use crate::scenario::matching::Call;
use crate::scenario::plan::PlannedQuery;
use crate::scenario::rule::ReportedBalance;
use crate::scenario::rule::{Decider, Fault};

/// How long after its success the payer of a request to pay can be sent a message. MTN's operation
/// document has a 410 for later and says no time: the time is our choice.
const NOTIFICATION_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// The answer to a status query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub at: Timestamp,
    /// The status that is told.
    pub status: Status,
    /// Whether a scenario made it up: the transaction has another one.
    pub is_made_up: bool,
    /// The status body, as it goes out.
    pub body: String,
    /// What a scenario does to the answer, if anything.
    pub query: Option<PlannedQuery>,
    /// The rule of the scenario that does it.
    pub rule: Option<Decider>,
}

impl Platform {
    /// The status body of a transaction, and what a scenario does to the answer.
    ///
    /// # Errors
    ///
    /// [`Rejection::RateLimited`] if statuses were asked for too often, [`Rejection::NotFound`] if
    /// there is none of that product, kind and reference.
    pub fn read_status(
        &mut self,
        product: Product,
        kind: TransactionKind,
        reference_id: ReferenceId,
    ) -> Result<Reading, Rejection> {
        self.keep_rate_limit()?;
        let found = match self.find(product, kind, reference_id) {
            Ok(found) => found,
            Err(missing) => self.seen_as_transfer(kind, reference_id).ok_or(missing)?,
        };
        let query = found.query_at(self.now()).map(|(_, query)| query.clone());
        let made_up = query.as_ref().and_then(|query| query.status);
        let status = made_up.unwrap_or_else(|| found.status());
        let is_made_up = status != found.status();
        let body = self.status_text_as(found, kind, status);
        let rule = query.as_ref().and_then(|_| found.plan.decided_by.decider());
        self.apply(Event::StatusRead { reference_id });
        Ok(Reading { at: self.now(), status, is_made_up, body, query, rule })
    }

    /// The transaction of that product, kind and reference.
    pub(super) fn find(
        &self,
        product: Product,
        kind: TransactionKind,
        reference_id: ReferenceId,
    ) -> Result<&Transaction, Rejection> {
        self.transaction(reference_id)
            .filter(|found| found.submission.product == product && found.submission.kind == kind)
            .ok_or_else(|| {
                let name = kind.name();
                Rejection::NotFound(format!(
                    "There is no {name} {reference_id} of {product} for this API user. {}",
                    self.near_miss(reference_id)
                ))
            })
    }

    /// A sentence on a reference that was not found: whether it is that of another kind.
    fn near_miss(&self, reference_id: ReferenceId) -> String {
        match self.transaction(reference_id) {
            Some(found) => {
                let Submission { product, kind, .. } = &found.submission;
                format!("It is a {} of {product}: ask there.", kind.name())
            }
            None => "Check the id, and that the token is of the API user who used it.".to_owned(),
        }
    }

    /// A request to pay that was queried as a transfer: the same transaction from the other side,
    /// whose payee is the API user (recorded 2020).
    fn seen_as_transfer(
        &self,
        asked: TransactionKind,
        reference_id: ReferenceId,
    ) -> Option<&Transaction> {
        let found = self.transaction(reference_id)?;
        let is_payment = found.submission.kind == TransactionKind::RequestToPay;
        (asked == TransactionKind::Transfer && is_payment).then_some(found)
    }

    /// The status body of a transaction that was asked for as one of this kind, as if it had this
    /// status.
    fn status_text_as(
        &self,
        found: &Transaction,
        asked: TransactionKind,
        status: Status,
    ) -> String {
        let view = self.status_view(found, status);
        if asked == found.submission.kind {
            return status_body_text(&view, BodyPlace::Status);
        }
        let payee = Party::of_api_user(self.api_user().id);
        let view = StatusView { kind: asked, party: Some(&payee), ..view };
        status_body_text(&view, BodyPlace::Status)
    }

    /// What a rule does to a request that is no submission, if one is about it. The request counts
    /// as an occurrence. A query of a status has the party of its transaction.
    pub fn fate_of_call(
        &mut self,
        call: Call<'_>,
        reference_id: Option<ReferenceId>,
    ) -> Option<CallFate> {
        self.rules().rules_for_call(call.operation).next()?;
        let named = reference_id.and_then(|id| self.transaction(id));
        let of_transaction = named.and_then(|found| found.submission.details.party.as_ref());
        let of_transaction = of_transaction.map(|party| (party.id_type, &*party.id));
        let call = Call { party: call.party.or(of_transaction), ..call };
        let circumstances = self.circumstances();
        let (decided, counted) = self.rules().rule_for_call(call, &circumstances, self.counts());
        let fate = decided.and_then(|decided| decided.fate(&circumstances));
        // Where a rule has answers of its own for the balance, reading it counts.
        let is_balance =
            matches!(call.operation, OperationKind::Balance | OperationKind::BalanceInCurrency);
        if fate.is_some() || !is_balance {
            self.go_on_counting(counted);
        }
        fate
    }

    /// What a product's account can pay out, or the balance that a scenario reports instead.
    ///
    /// # Errors
    ///
    /// The fault that a scenario asks for instead of a balance.
    pub fn read_balance(&mut self, product: Product) -> Result<Decimal, (Fault, Decider)> {
        let available = self.available_balance(product);
        let (operation, product) = (OperationKind::Balance, Some(product));
        let circumstances = self.circumstances();
        let call = Call { operation, product, party: None };
        let (decided, counted) = self.rules().rule_for_call(call, &circumstances, self.counts());
        let answer = decided.and_then(|decided| {
            let answer = decided.balance_answer(&circumstances)?.clone();
            Some((decided.number, decided.decider(), answer))
        });
        self.go_on_counting(counted);
        let Some((rule, decider, answer)) = answer else { return Ok(available) };
        self.apply(Event::BalanceAnswered { rule });
        match answer {
            ReportedBalance::Ledger => Ok(available),
            ReportedBalance::Available(told) => Ok(told),
            ReportedBalance::Failed(fault) => Err((fault, decider)),
        }
    }

    /// Records a request of this API user with its answer in the journal. Returns the number of
    /// the entry.
    pub fn record_request(&mut self, request: AnsweredRequest) -> u64 {
        let number = self.journal().written();
        self.apply(Event::Request(request));
        number
    }

    /// Writes in the journal that a late answer was sent to a client that still waited.
    pub fn note_awaited(&mut self, answer: LateAnswer) {
        self.apply(Event::AnswerAwaited(Box::new(answer)));
    }

    /// Writes in the journal that a client did not wait for a late answer.
    pub fn note_not_awaited(&mut self, answer: LateAnswer) {
        self.apply(Event::AnswerNotAwaited(Box::new(answer)));
    }

    fn keep_rate_limit(&mut self) -> Result<(), Rejection> {
        let (now, Some(limit)) = (self.now(), self.rules().rate_limit) else { return Ok(()) };
        let mut counted = self.queries().iter().skip_while(|at| now.since(**at) >= limit.per);
        if let Some(first) = counted.next()
            && counted.count() + 1 >= limit.requests as usize
        {
            let wait = first.after(limit.per).since(now);
            let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
            return Err(Rejection::RateLimited { seconds });
        }
        self.apply(Bookkeeping::QueryCounted { window: limit.per });
        Ok(())
    }

    /// Sends the payer a message about a successful request to pay.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotFound`] if there is none of that reference, [`Rejection::NotSuccessful`] if
    /// it is not SUCCESSFUL, [`Rejection::NotifiedBefore`] for a second message (seen in a client,
    /// 2023), [`Rejection::NotifiedTooLate`] once the opportunity has expired (MTN's operation
    /// document).
    pub fn notify_delivery(
        &mut self,
        reference_id: ReferenceId,
        message: Box<str>,
    ) -> Result<(), Rejection> {
        let (product, kind) = (Product::Collection, TransactionKind::RequestToPay);
        let found = self.find(product, kind, reference_id)?;
        match found.status() {
            Status::Successful(_) if found.delivery_notification.is_some() => {
                Err(Rejection::NotifiedBefore)
            }
            Status::Successful(_) if self.now().since(found.latest().0) >= NOTIFICATION_WINDOW => {
                Err(Rejection::NotifiedTooLate)
            }
            Status::Successful(_) => {
                self.apply(Event::DeliveryNotified { reference_id, message });
                Ok(())
            }
            other @ (Status::Created | Status::Pending | Status::Failed(_)) => {
                Err(Rejection::NotSuccessful(other.name()))
            }
        }
    }
}
