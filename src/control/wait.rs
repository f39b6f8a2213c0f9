//! `POST wait`: answers once something has happened, so that a test need not poll.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::control::duration::DurationText;
use crate::control::names::Word;
use crate::control::parts::part;
use crate::control::refusal::Refusal;
use crate::control::transaction::Record;
use crate::control::{Control, Scope};
use crate::engine::space::Space;
use crate::engine::waiters::Concern;
use momo_sandbox_core::model::ids::ReferenceId;
use momo_sandbox_core::model::status::StatusKind;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::platform::transaction::{CallbackState, Transaction};

/// How long a call waits where nothing is said.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest that a call waits, in real time, since the clock may be paused.
const TIMEOUT_MAX: Duration = Duration::from_secs(60);

/// Why a wait ends early.
const STOPPING: &str = "the emulator stops";

/// What to wait for: a state of a transaction, or a point in time.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [
    {"required": ["reference_id"], "not": {"required": ["until"]}},
    {"required": ["until"], "maxProperties": 1},
]))]
pub struct WaitRequest {
    pub reference_id: Option<ReferenceId>,
    pub status: Option<Word<StatusKind>>,
    pub callback: Option<Word<CallbackState>>,
    /// The status that the merchant asked for and was told.
    pub told: Option<Word<StatusKind>>,
    /// How long to wait at most, 5 s if left out.
    pub timeout: Option<DurationText>,
    pub until: Option<Timestamp>,
}

part!(short_body WaitRequest);

/// How a wait ended.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Waited {
    /// A wait for a point in time.
    Time(WaitedForTime),
    /// A wait for a transaction.
    Transaction(WaitedForTransaction),
}

/// How a wait for a point in time ended.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct WaitedForTime {
    /// Whether the time came.
    pub met: bool,
    pub now: Timestamp,
    /// Why it did not.
    pub error: Option<String>,
}

/// Why a wait for a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitEnd {
    /// The transaction came to what was waited for.
    Met,
    /// The transaction can no longer come to it.
    Impossible,
    TimedOut,
    Stopping,
}

/// How a wait for a transaction ended.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct WaitedForTransaction {
    #[serde(skip)]
    pub end: WaitEnd,
    /// Whether the transaction reached the state.
    pub met: bool,
    /// Why it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The transaction as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<Box<Record>>,
}

impl WaitedForTransaction {
    fn in_vain(end: WaitEnd, error: impl Into<String>) -> Self {
        Self { end, met: false, error: Some(error.into()), transaction: None }
    }

    fn about(self, platform: &Platform, found: &Transaction) -> Self {
        Self { transaction: Some(Box::new(Record::of(platform, found))), ..self }
    }
}

impl WaitRequest {
    /// The transaction to wait for.
    fn transaction(&self) -> Result<ReferenceId, Refusal> {
        let missing = || Refusal::bad("`reference_id` says which transaction: add it");
        let id = self.reference_id.ok_or_else(missing)?;
        if self.status.is_none() && self.callback.is_none() && self.told.is_none() {
            let message = "nothing to wait for: add `status`, `callback` or `told`";
            return Err(Refusal::bad(message));
        }
        Ok(id)
    }

    /// Refuses anything beside `until`.
    fn check_until(&self) -> Result<(), Refusal> {
        let others = [
            ("reference_id", self.reference_id.is_some()),
            ("status", self.status.is_some()),
            ("callback", self.callback.is_some()),
            ("told", self.told.is_some()),
        ];
        if self.timeout.is_some() {
            return Err(Refusal::bad("`until` is a deadline itself: leave `timeout` out"));
        }
        match others.into_iter().find(|(_, is_there)| *is_there) {
            None => Ok(()),
            Some((name, _)) => Err(Refusal::bad(format!(
                "`until` waits for a time and for nothing else: leave `{name}` out"
            ))),
        }
    }

    /// The answer, if the condition is met or can no longer be met.
    fn answer(&self, platform: &Platform, found: &Transaction) -> Option<WaitedForTransaction> {
        let waited = if self.is_met(found) {
            let end = WaitEnd::Met;
            WaitedForTransaction { end, met: true, error: None, transaction: None }
        } else {
            WaitedForTransaction::in_vain(
                WaitEnd::Impossible,
                self.why_never(found, platform.now())?,
            )
        };
        Some(waited.about(platform, found))
    }

    fn is_met(&self, found: &Transaction) -> bool {
        self.status.is_none_or(|status| status.0 == found.status().kind())
            && self.callback.is_none_or(|state| found.has_callback(state.0))
            && self.told.is_none_or(|status| found.was_reported(status.0))
    }

    /// Why the condition can no longer be met; `None` if it can.
    fn why_never(&self, found: &Transaction, now: Timestamp) -> Option<String> {
        let told = self.told.filter(|status| !found.was_reported(status.0));
        let told = told.filter(|status| !found.may_make_up(status.0, now));
        let past = [self.status, told].into_iter().flatten().find(|one| !found.may_have(one.0));
        if let Some(Word(status)) = past {
            let now = found.status();
            let status = status.as_str();
            return Some(format!("the status is {now}, and can no longer come to be {status}"));
        }
        let Word(state) = self.callback.filter(|state| !found.may_have_callback(state.0))?;
        let now = found.callback.state();
        Some(format!("the callback is `{now}`, and can no longer come to be `{state}`"))
    }
}

impl Control {
    /// Waits until a transaction reaches a state, or the clock a time.
    ///
    /// # Errors
    ///
    /// 400 for a request that says too little or too much.
    pub async fn wait(
        self: Arc<Self>,
        scope: Scope,
        request: WaitRequest,
    ) -> Result<Waited, Refusal> {
        if let Some(until) = request.until {
            request.check_until()?;
            return Ok(Waited::Time(self.wait_until(&scope, until).await));
        }
        let id = request.transaction()?;
        let timeout = request.timeout.map_or(TIMEOUT, |timeout| timeout.0);
        let mut spaces = Vec::new();
        let watch = self.once_decided(&scope, id, &request, &mut spaces);
        let deadline = self.sleep_until(&scope, self.now(&scope).after(timeout));
        let decided = tokio::select! {
            biased;
            answer = watch => Ok(answer),
            () = deadline => Err("timed out"),
            () = tokio::time::sleep(TIMEOUT_MAX) => Err(self.minute_is_over()),
            () = self.stopping.cancelled() => {
                Ok(WaitedForTransaction::in_vain(WaitEnd::Stopping, STOPPING))
            }
        };
        let in_vain = |why| self.in_vain(&spaces, id, why);
        Ok(Waited::Transaction(decided.unwrap_or_else(in_vain)))
    }

    /// Why a wait ends after [`TIMEOUT_MAX`], and what to do.
    fn minute_is_over(&self) -> &'static str {
        if self.spaces.clock().is_paused() {
            "timed out after a minute of real time: the clock is paused (advance it, or run it)"
        } else {
            "timed out after a minute of real time"
        }
    }

    /// The answer after the time-out: the transaction as it is then.
    fn in_vain(&self, spaces: &[Arc<Space>], id: ReferenceId, why: &str) -> WaitedForTransaction {
        let as_it_is = spaces.iter().find_map(|space| {
            self.spaces.enter(space, |platform, _| {
                let found = platform.transaction(id)?;
                let (status, callback) = (found.status(), found.callback.state());
                let error = format!("{why}: the status is {status}, the callback `{callback}`");
                Some(WaitedForTransaction::in_vain(WaitEnd::TimedOut, error).about(platform, found))
            })
        });
        let nothing = || format!("{why}: no transaction has the reference id {id}");
        as_it_is.unwrap_or_else(|| WaitedForTransaction::in_vain(WaitEnd::TimedOut, nothing()))
    }

    /// The answer to a wait for a transaction, once there is one; looks at it only when something
    /// happened to it. Of several spaces that have such a transaction one suffices; `spaces` has
    /// them afterwards.
    async fn once_decided(
        &self,
        scope: &Scope,
        id: ReferenceId,
        condition: &WaitRequest,
        spaces: &mut Vec<Arc<Space>>,
    ) -> WaitedForTransaction {
        // The waiter is registered first, so that nothing is missed between the first look and the
        // wait.
        let waiter = self.spaces.waiters().begin(Concern::Transaction(id));
        *spaces = self.spaces_holding(scope, id);
        loop {
            if let Some(answer) = self.decided(spaces, id, condition) {
                return answer;
            }
            let rung_by = waiter.rung().await;
            if matches!(scope, Scope::All) {
                let rung_by = rung_by.into_iter().filter_map(|id| self.spaces.get(id));
                spaces.extend(rung_by);
                spaces.sort_unstable_by_key(|space| space.api_user().id);
                spaces.dedup_by_key(|space| space.api_user().id);
            }
        }
    }

    /// The answer by what these spaces hold, if there is one yet.
    fn decided(
        &self,
        spaces: &[Arc<Space>],
        id: ReferenceId,
        condition: &WaitRequest,
    ) -> Option<WaitedForTransaction> {
        let (mut in_vain, mut may_come) = (None, false);
        for space in spaces {
            let looked_at = self.spaces.enter(space, |platform, _| {
                let found = platform.transaction(id);
                found.map(|found| condition.answer(platform, found))
            });
            match looked_at {
                None => {}
                Some(None) => may_come = true,
                Some(Some(answer)) if answer.met => return Some(answer),
                Some(answer) => in_vain = answer,
            }
        }
        in_vain.filter(|_| !may_come)
    }

    /// Waits for a point in time on the clock of the emulator, or of a space.
    async fn wait_until(&self, scope: &Scope, until: Timestamp) -> WaitedForTime {
        let error = tokio::select! {
            biased;
            () = self.sleep_until(scope, until) => None,
            () = tokio::time::sleep(TIMEOUT_MAX) => Some(self.minute_is_over().to_owned()),
            () = self.stopping.cancelled() => Some(STOPPING.to_owned()),
        };
        WaitedForTime { met: error.is_none(), now: self.now(scope), error }
    }

    async fn sleep_until(&self, scope: &Scope, at: Timestamp) {
        match scope {
            Scope::All => self.spaces.clock().sleep_until(at).await,
            Scope::One(space) => self.spaces.sleep_until(space, at).await,
        }
    }
}
