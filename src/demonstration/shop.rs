//! A shop: its client, its books, and what it does with a callback or without one.

use std::collections::BTreeMap;
use std::time::Duration;

use uuid::Uuid;

use crate::demonstration::books::{Belief, Books};
use crate::demonstration::client::{CallError, MomoClient};
use crate::demonstration::day::Order;

/// How a shop learns what became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// It waits for callbacks, and believes them.
    TrustsCallbacks,
    /// It takes a callback as a hint to ask, and asks where none comes.
    AlsoAsks,
}

/// How long after an order a sound shop first asks, where no callback came, as MTN advises; the
/// pause doubles each time.
const FIRST_ASK: Duration = Duration::from_secs(300);

/// A shop.
#[derive(Debug)]
pub struct Shop {
    /// How it learns.
    pub habit: Habit,
    /// What it believes.
    pub books: Books,
    client: MomoClient,
    callback_url: String,
    references: BTreeMap<u64, Uuid>,
}

impl Shop {
    /// A shop that has just opened.
    pub fn new(habit: Habit, client: MomoClient, callback_url: String) -> Self {
        let (books, references) = (Books::default(), BTreeMap::new());
        Self { habit, books, client, callback_url, references }
    }

    /// Takes an order; says when it will ask what became of it, if it will.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn order(
        &mut self,
        order: &Order,
        reference: Uuid,
    ) -> Result<Option<Duration>, CallError> {
        self.client.request_to_pay(reference, order, &self.callback_url).await?;
        self.references.insert(order.number, reference);
        self.books.open(order);
        Ok((self.habit == Habit::AlsoAsks).then_some(FIRST_ASK))
    }

    /// Takes note of a callback; what it now believes, if that is new.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn called_back(
        &mut self,
        number: u64,
        status: &str,
    ) -> Result<Option<Belief>, CallError> {
        match self.habit {
            Habit::TrustsCallbacks => {
                let belief = Belief::of_status(status);
                if let Some(belief) = belief {
                    self.books.believe(number, belief);
                }
                Ok(belief)
            }
            // Anybody can post a callback: it is a hint to ask.
            Habit::AlsoAsks => self.ask(number).await,
        }
    }

    /// Whether it still does not know what became of an order.
    pub fn is_waiting_for(&self, number: u64) -> bool {
        self.books.belief(number) == Some(Belief::Waiting)
    }

    /// Asks what became of an order; what it now believes, if that is final.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn ask(&mut self, number: u64) -> Result<Option<Belief>, CallError> {
        let Some(reference) = self.references.get(&number) else { return Ok(None) };
        let status = self.client.status(*reference).await?;
        let belief = Belief::of_status(&status);
        if let Some(belief) = belief {
            self.books.believe(number, belief);
        }
        Ok(belief)
    }
}
