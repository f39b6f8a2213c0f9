//! `GET spaces`: the API users, each with its space.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::control::Control;
use crate::control::names::Word;
use crate::control::refusal::Refusal;
use crate::engine::space::Space;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::mtn_platform::MtnPlatform;
use momo_sandbox_core::model::time::Timestamp;

/// All spaces.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SpaceList {
    pub spaces: Vec<SpaceLine>,
}

/// A space.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SpaceLine {
    pub api_user: ApiUserId,
    /// The User ID of its credentials, where that is no UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Box<str>>,
    /// The platform that knows its credentials, where MTN's two platforms are told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Word<MtnPlatform>>,
    /// The wallet whose accounts it shares, if it has none of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wallet: Option<Box<str>>,
    pub provider_callback_host: String,
    pub label: Option<Box<str>>,
    /// Whether the audit leaves the space out.
    pub excluded: bool,
    /// The time in the space.
    pub now: Timestamp,
    pub transactions: u64,
    /// Transactions without a final status.
    pub pending: u64,
}

impl Control {
    pub async fn list_spaces(self: Arc<Self>) -> Result<SpaceList, Refusal> {
        self.spaces.catch_up();
        let spaces = self.spaces.all().iter().map(|space| self.space_line(space)).collect();
        Ok(SpaceList { spaces })
    }

    fn space_line(&self, space: &Space) -> SpaceLine {
        let (api_user, held, labels) = (space.api_user(), space.held(), space.labels());
        SpaceLine {
            api_user: api_user.id,
            user_id: api_user.user_id.clone(),
            platform: api_user.platform.map(Word),
            wallet: api_user.wallet.clone(),
            provider_callback_host: api_user.provider_callback_host.as_sent.to_string(),
            label: labels.label,
            excluded: labels.is_excluded,
            now: self.spaces.now(space),
            transactions: held.transactions,
            pending: held.pending,
        }
    }
}
