//! A shop with credentials of both of MTN's platforms, on the day of the cutover.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::demonstration::client::{ApiError, MomoClient};
use crate::demonstration::ledger::{OrderLedger, OrderState};
use crate::demonstration::market_orders::MarketOrder;
use momo_sandbox_core::model::mtn_platform::MtnPlatform;

/// Whom a shop asks for the status of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedPlatform {
    /// The one that new payments go to.
    TheCurrentOne,
    /// The one that the payment was sent to: the shop keeps it with the reference.
    ThatOfThePayment,
}

#[derive(Debug)]
pub struct MovingShop {
    pub ledger: OrderLedger,
    asks: AskedPlatform,
    legacy: MomoClient,
    new: MomoClient,
    /// The platform that new payments go to.
    current: MtnPlatform,
    payments: BTreeMap<u64, SentPayment>,
}

/// A payment as its shop keeps it.
#[derive(Debug, Clone, Copy)]
struct SentPayment {
    reference: Uuid,
    sent_to: MtnPlatform,
}

/// What a shop was told of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Pending,
    Final(OrderState),
    /// The platform that was asked does not know the reference.
    Unknown,
}

impl MovingShop {
    pub fn new(asks: AskedPlatform, legacy: MomoClient, new: MomoClient) -> Self {
        let (current, ledger) = (MtnPlatform::Legacy, OrderLedger::default());
        Self { ledger, asks, legacy, new, current, payments: BTreeMap::new() }
    }

    /// Requests the payment of an order, on the new platform once the legacy one takes no more.
    /// Returns the platform, and whether the shop moved with this order.
    ///
    /// # Errors
    ///
    /// The API refuses the request or cannot be reached.
    pub async fn order(
        &mut self,
        order: &MarketOrder,
        reference: Uuid,
    ) -> Result<(MtnPlatform, bool), ApiError> {
        let payment = order.payment();
        let sent = self.client(self.current).request_to_pay(reference, &payment, None).await;
        let has_moved = match sent {
            Ok(()) => false,
            Err(error) if error.status() == Some(503) && self.current == MtnPlatform::Legacy => {
                // A refused reference was not used up.
                self.current = MtnPlatform::New;
                self.new.request_to_pay(reference, &payment, None).await?;
                true
            }
            Err(error) => return Err(error),
        };
        let sent_to = self.current;
        self.payments.insert(order.number, SentPayment { reference, sent_to });
        self.ledger.add(order.number, order.amount);
        Ok((sent_to, has_moved))
    }

    /// Gets the status of an order's payment, and the platform that was asked. A payment that it
    /// does not know is taken for one that never was.
    ///
    /// # Errors
    ///
    /// The API refuses the request or cannot be reached.
    pub async fn ask(&mut self, number: u64) -> Result<(MtnPlatform, Told), ApiError> {
        let Some(payment) = self.payments.get(&number).copied() else {
            return Ok((self.current, Told::Pending));
        };
        let asked = match self.asks {
            AskedPlatform::TheCurrentOne => self.current,
            AskedPlatform::ThatOfThePayment => payment.sent_to,
        };
        let told = match self.client(asked).status(payment.reference).await {
            Ok(status) => OrderState::by_final_status(&status).map_or(Told::Pending, Told::Final),
            Err(error) if error.status() == Some(404) => Told::Unknown,
            Err(error) => return Err(error),
        };
        match told {
            Told::Pending => {}
            Told::Final(state) => self.ledger.set_state(number, state),
            Told::Unknown => self.ledger.set_state(number, OrderState::Cancelled),
        }
        Ok((asked, told))
    }

    fn client(&mut self, platform: MtnPlatform) -> &mut MomoClient {
        match platform {
            MtnPlatform::Legacy => &mut self.legacy,
            MtnPlatform::New => &mut self.new,
        }
    }
}
