//! `POST reset`: forgets what happened.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::control::refusal::Refusal;
use crate::control::{Control, Scope};
use momo_sandbox_core::model::ids::ApiUserId;

/// What was forgotten.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Forgotten {
    pub forgotten_transactions: u64,
    /// The other API users of the wallet, which were reset with the one that was named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also_reset: Vec<ApiUserId>,
}

impl Control {
    /// Forgets the transactions, accounts and journal of a space and of the others of its wallet,
    /// or of all spaces.
    pub async fn reset(self: Arc<Self>, scope: Scope) -> Result<Forgotten, Refusal> {
        let (count, also_reset) = match scope {
            Scope::All => {
                self.listener.forget();
                (self.spaces.reset_all_after(&self.last_look()), Vec::new())
            }
            Scope::One(space) => {
                let forgotten = self.spaces.reset_after(&space, &self.last_look());
                (forgotten.transactions, forgotten.others)
            }
        };
        Ok(Forgotten { forgotten_transactions: count as u64, also_reset })
    }
}
