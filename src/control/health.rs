//! `GET health`: whether the emulator runs, with counts.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use schemars::JsonSchema;
use serde::Serialize;

use crate::control::Control;
use crate::control::parts::Anything;
use crate::control::refusal::Refusal;
use momo_sandbox_core::model::time::Timestamp;

/// The state of the emulator.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    #[schemars(extend("const" = "ok"))]
    pub status: &'static str,
    pub version: &'static str,
    /// The time on the emulator's clock.
    pub time: Timestamp,
    pub seed: u64,
    /// The target environment, and its currency.
    pub environment: &'static str,
    pub currency: &'static str,
    pub api_users: usize,
    pub transactions: u64,
    /// Transactions without a final status.
    pub pending: u64,
}

impl Control {
    /// Answers that the emulator runs. The time of this call does not depend on the number of API
    /// users.
    pub async fn health(self: Arc<Self>, _: Anything) -> Result<Health, Refusal> {
        self.spaces.catch_up();
        let held = self.spaces.held();
        let environment = self.spaces.settings().environment;
        Ok(Health {
            status: "ok",
            version: env!("CARGO_PKG_VERSION"),
            time: self.spaces.clock().now(),
            seed: self.spaces.settings().seed.0,
            environment: environment.name,
            currency: environment.currency,
            api_users: self.spaces.capacity().api_users.load(Ordering::Relaxed),
            transactions: held.transactions,
            pending: held.pending,
        })
    }
}
