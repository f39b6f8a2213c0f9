//! How a merchant asks where a transaction stands, and tells its payer about it.

use rust_decimal::Decimal;

use crate::model::product::Product;
use crate::model::reference::ReferenceId;
use crate::model::status::Status;
use crate::model::time::Timestamp;
use crate::model::transaction::TransactionKind;
use crate::operations::rejection::Rejection;
use crate::platform::event::Event;
use crate::platform::request::AnsweredRequest;
use crate::platform::space::Platform;
use crate::scenario::balance::BalanceAnswer;
use crate::scenario::plan::PlannedQuery;
use crate::scenario::rule::Fault;

/// What a GET of a status meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// When it was read.
    pub at: Timestamp,
    /// The status.
    pub status: Status,
    /// The status body, as it goes out.
    pub body: String,
    /// What a scenario does to the answer, if anything.
    pub query: Option<PlannedQuery>,
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
        now: Timestamp,
        product: Product,
        kind: TransactionKind,
        reference_id: ReferenceId,
    ) -> Result<Reading, Rejection> {
        self.advance(now);
        self.keep_rate_limit(now)?;
        let transaction = self.find(product, kind, reference_id)?;
        let (status, body) = (transaction.status(), self.status_text(transaction));
        let reads = usize::try_from(transaction.status_reads).unwrap_or(usize::MAX);
        let query = transaction.plan.queries.get(reads).cloned();
        self.apply(Event::StatusRead { reference_id, status });
        Ok(Reading { at: now, status, body, query })
    }

    /// What a product's account can pay out, or what a scenario says instead.
    ///
    /// # Errors
    ///
    /// What the query meets instead of a balance, as a scenario says.
    pub fn read_balance(&mut self, now: Timestamp, product: Product) -> Result<Decimal, Fault> {
        self.advance(now);
        let (circumstances, matches) = self.circumstances();
        let answer = self.settings.rules.balance_answer(product, &circumstances, matches);
        let available = self.available_balance(product);
        let Some((rule, answer)) = answer.map(|(rule, answer)| (rule, answer.clone())) else {
            return Ok(available);
        };
        self.apply(Event::BalanceAnswered { rule });
        match answer {
            BalanceAnswer::Ledger => Ok(available),
            BalanceAnswer::Available(told) => Ok(told),
            BalanceAnswer::Failed(fault) => Err(fault),
        }
    }

    /// Writes down how a request of this API user was answered.
    pub fn note_request(&mut self, now: Timestamp, request: AnsweredRequest) {
        self.advance(now);
        self.apply(Event::RequestAnswered(request));
    }

    fn keep_rate_limit(&mut self, now: Timestamp) -> Result<(), Rejection> {
        let Some(limit) = self.settings.rules.rate_limit else { return Ok(()) };
        while self.queries.front().is_some_and(|first| now.since(*first) >= limit.per) {
            self.queries.pop_front();
        }
        if let Some(first) = self.queries.front()
            && self.queries.len() >= limit.requests as usize
        {
            let wait = first.after(limit.per).since(now);
            let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
            return Err(Rejection::RateLimited { seconds });
        }
        self.queries.push_back(now);
        Ok(())
    }

    /// Sends the payer a message about a successful request to pay.
    ///
    /// # Errors
    ///
    /// [`Rejection::NotFound`] if there is none of that reference, [`Rejection::NotSuccessful`] if
    /// it is not SUCCESSFUL.
    pub fn notify_delivery(
        &mut self,
        now: Timestamp,
        reference_id: ReferenceId,
        message: Box<str>,
    ) -> Result<(), Rejection> {
        self.advance(now);
        let (product, kind) = (Product::Collection, TransactionKind::RequestToPay);
        match self.find(product, kind, reference_id)?.status() {
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
