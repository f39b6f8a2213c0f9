//! What somebody does to a transaction by hand: the acts of its payer, another callback, the same
//! request again.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::control::names::{PayerReason, Word};
use crate::control::parts::{Asked, Description, Part, part};
use crate::control::refusal::Refusal;
use crate::control::transaction::{Record, TransactionPath, TransactionQuery, unknown};
use crate::control::{Control, Scope};
use momo_sandbox_core::model::ids::ReferenceId;
use momo_sandbox_core::model::spelling::suggestion;
use momo_sandbox_core::platform::event::PayerAct;
use momo_sandbox_core::platform::test_control::{CannotAct, CannotCallBack};

/// The path of an act of the payer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActPath {
    /// The reference id of the transaction.
    pub reference_id: ReferenceId,
    /// The act of the payer.
    #[schemars(with = "Word<PayerAct>")]
    pub act: String,
}

part!(path ActPath);

/// How a payer acts.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActRequest {
    /// The reason for which the transaction fails, of one that is declined: `APPROVAL_REJECTED`
    /// unless another is given.
    pub reason: Option<Word<PayerReason>>,
}

/// How a request is submitted again.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayRequest {
    /// The reference id of the new transaction; a new one if it is left out.
    pub reference_id: Option<ReferenceId>,
}

/// A body that may be left out.
macro_rules! optional_body {
    ($type:ty) => {
        impl Part for $type {
            fn take(asked: &mut Asked) -> Result<Self, Refusal> {
                if asked.has_body() { asked.take_body() } else { Ok(Self::default()) }
            }

            fn describe(to: &mut Description) {
                to.json_body::<Self>();
            }
        }
    };
}

optional_body!(ActRequest);
optional_body!(ReplayRequest);

impl From<CannotAct> for Refusal {
    fn from(error: CannotAct) -> Self {
        let status = match error {
            CannotAct::Unknown(_) => 404,
            CannotAct::Final(_) | CannotAct::NoPayer(_) => 409,
        };
        Self::new(status, error.to_string())
    }
}

impl From<CannotCallBack> for Refusal {
    fn from(error: CannotCallBack) -> Self {
        let status = if matches!(error, CannotCallBack::Unknown(_)) { 404 } else { 409 };
        Self::new(status, error.to_string())
    }
}

impl Control {
    /// Acts in the place of the payer of a pending transaction.
    pub async fn act(
        self: Arc<Self>,
        scope: Scope,
        path: ActPath,
        query: TransactionQuery,
        request: ActRequest,
    ) -> Result<Record, Refusal> {
        let ActPath { reference_id: id, act } = path;
        let act = act.parse::<PayerAct>().map_err(|_| {
            let help = suggestion(&act, PayerAct::NAMES);
            Refusal::new(404, format!("a payer cannot `{act}`: {help}"))
        })?;
        let reason = request.reason.map(|Word(PayerReason(reason))| reason);
        if reason.is_some() && act != PayerAct::Decline {
            let name: &str = act.into();
            return Err(Refusal::bad(format!(
                "unknown `reason` in the body of `{name}`: it takes none; `decline` takes one"
            )));
        }
        let space = self.space_with(&scope, id, query.api_user)?;
        self.spaces.enter(&space, |platform, _| {
            match reason {
                Some(reason) => platform.decline_as_payer(id, reason)?,
                None => platform.act_as_payer(id, act)?,
            }
            Record::read(platform, id)
        })
    }

    /// Sends the callback of a final transaction by hand.
    pub async fn call_back(
        self: Arc<Self>,
        scope: Scope,
        path: TransactionPath,
        query: TransactionQuery,
    ) -> Result<Record, Refusal> {
        let id = path.reference_id;
        let space = self.space_with(&scope, id, query.api_user)?;
        self.spaces.enter(&space, |platform, _| {
            platform.call_back_by_hand(id)?;
            Record::read(platform, id)
        })
    }

    /// Submits the request of a transaction again, under another reference id.
    ///
    /// # Errors
    ///
    /// What the gateway refuses: 409 for a reference id that is in use.
    pub async fn replay(
        self: Arc<Self>,
        scope: Scope,
        path: TransactionPath,
        query: TransactionQuery,
        request: ReplayRequest,
    ) -> Result<Record, Refusal> {
        let id = path.reference_id;
        let space = self.space_with(&scope, id, query.api_user)?;
        let submission = self.spaces.enter(&space, |platform, _| {
            platform.replay_of(id, request.reference_id).ok_or_else(|| unknown(id))
        })?;
        let id = submission.reference_id;
        let accepted = self.spaces.accept_and(&space, submission, |platform, accepted| {
            accepted.map(|_| Record::read(platform, id))
        });
        match accepted {
            Ok(Err(_)) => Err(Refusal::new(
                409,
                "a scenario in force refuses this request, so that nothing was created; change \
                 the scenario, or send it from your program to see the answer",
            )),
            Ok(record) => record,
            Err(rejection) => Err(Refusal::new(rejection.answer().status, rejection.to_string())),
        }
    }
}
