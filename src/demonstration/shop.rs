//! A shop: its client, its ledger, and its use of callbacks and of the status.

use std::collections::BTreeMap;
use std::time::Duration;

use uuid::Uuid;

use crate::demonstration::client::{ApiError, MomoClient};
use crate::demonstration::ledger::{OrderLedger, OrderState};
use crate::demonstration::orders::Order;

/// A shop's way to learn the final status of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusSource {
    /// Trusts each callback, and does nothing without one.
    Callbacks,
    /// Gets the status after each callback, and polls it where none arrives.
    CallbacksAndPolling,
}

/// The time from an order to its first poll, as MTN advises. It doubles with each further poll.
const FIRST_POLL: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub struct Shop {
    pub ledger: OrderLedger,
    status_source: StatusSource,
    client: MomoClient,
    callback_url: String,
    references: BTreeMap<u64, Uuid>,
}

impl Shop {
    pub fn new(status_source: StatusSource, client: MomoClient, callback_url: String) -> Self {
        let (ledger, references) = (OrderLedger::default(), BTreeMap::new());
        Self { ledger, status_source, client, callback_url, references }
    }

    /// Requests the payment of an order. Returns the time to the first poll, if the shop polls.
    ///
    /// # Errors
    ///
    /// The API refuses the request or cannot be reached.
    pub async fn order(
        &mut self,
        order: &Order,
        reference: Uuid,
    ) -> Result<Option<Duration>, ApiError> {
        let callback_url = Some(&*self.callback_url);
        self.client.request_to_pay(reference, &order.payment(), callback_url).await?;
        self.references.insert(order.number, reference);
        self.ledger.add(order.number, order.amount);
        Ok((self.status_source == StatusSource::CallbacksAndPolling).then_some(FIRST_POLL))
    }

    /// Handles a callback. Returns the final state of the order, if the shop learnt it.
    ///
    /// # Errors
    ///
    /// The API refuses a request for the status or cannot be reached.
    pub async fn handle_callback(
        &mut self,
        number: u64,
        status: &str,
    ) -> Result<Option<OrderState>, ApiError> {
        match self.status_source {
            StatusSource::Callbacks => Ok(self.record(number, status)),
            // Anybody can post a callback, so only the API's answer counts.
            StatusSource::CallbacksAndPolling => self.poll(number).await,
        }
    }

    pub fn is_pending(&self, number: u64) -> bool {
        self.ledger.state(number) == Some(OrderState::Pending)
    }

    /// Gets the status of an order's payment. Returns the state of the order, if it is final.
    ///
    /// # Errors
    ///
    /// The API refuses the request or cannot be reached.
    pub async fn poll(&mut self, number: u64) -> Result<Option<OrderState>, ApiError> {
        let Some(reference) = self.references.get(&number) else { return Ok(None) };
        let status = self.client.status(*reference).await?;
        Ok(self.record(number, &status))
    }

    fn record(&mut self, number: u64, status: &str) -> Option<OrderState> {
        let state = OrderState::by_final_status(status)?;
        self.ledger.set_state(number, state);
        Some(state)
    }
}
