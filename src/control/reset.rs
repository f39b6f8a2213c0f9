//! `POST reset`: forgets what happened.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::control::refusal::Refusal;
use crate::control::{Control, Scope};

/// What was forgotten.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Forgotten {
    pub forgotten_transactions: u64,
}

impl Control {
    /// Forgets the transactions, accounts and journal of a space, or of all.
    pub async fn reset(self: Arc<Self>, scope: Scope) -> Result<Forgotten, Refusal> {
        let count = match scope {
            Scope::All => self.spaces.reset_all_after(&self.last_look()),
            Scope::One(space) => self.spaces.reset_after(&space, &self.last_look()),
        };
        Ok(Forgotten { forgotten_transactions: count as u64 })
    }
}
