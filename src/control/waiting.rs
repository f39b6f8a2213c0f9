//! Waiting until something has happened, without asking again and again.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::control::journal::reference_id;
use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope, transactions};
use crate::engine::waiters::Concern;
use crate::model::reference::ReferenceId;
use crate::model::time::Timestamp;
use crate::operations::answer::Answer;
use crate::platform::transaction::Transaction;
use crate::scenario::duration::{DURATION_REMEDY, read_duration};

/// How long is waited where nothing is said.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest that is waited, in real time: a clock may stand still.
const TIMEOUT_MAX: Duration = Duration::from_secs(60);

/// Why a wait ends early.
const STOPPING: &str = "the emulator stops";

/// What is waited for.
struct Condition {
    status: Option<String>,
    callback: Option<String>,
}

impl Condition {
    fn is_met(&self, transaction: &Transaction) -> bool {
        let status = self.status.as_deref();
        let callback = self.callback.as_deref();
        status.is_none_or(|status| status == transaction.status().name())
            && callback.is_none_or(|callback| callback == transaction.callback.name())
    }
}

impl Control {
    pub(super) async fn wait(
        &self,
        scope: &Scope,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let body = request.json()?;
        let text = |name: &str| match body.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Refusal::bad(format!("`{name}` must be text"))),
        };
        if let Some(until) = text("until")? {
            return self.wait_until(scope, &until, text("timeout")?.is_some()).await;
        }
        let reference_id = match text("reference_id")? {
            Some(text) => reference_id(&text)?,
            None => return Err(Refusal::bad("`reference_id` says which transaction: add it")),
        };
        let condition = Condition { status: text("status")?, callback: text("callback")? };
        if condition.status.is_none() && condition.callback.is_none() {
            return Err(Refusal::bad("nothing to wait for: add `status` or `callback`"));
        }
        let timeout = read_timeout(text("timeout")?.as_deref())?;
        let watch = self.once_met(scope, reference_id, &condition);
        let deadline = self.sleep_until(scope, self.now(scope).after(timeout));
        let body = tokio::select! {
            biased;
            transaction = watch => json!({"met": true, "transaction": transaction}),
            () = deadline => json!({"met": false, "error": "the time is over"}),
            () = tokio::time::sleep(TIMEOUT_MAX) => {
                json!({"met": false, "error": "a minute of real time is over"})
            }
            () = self.stopping.cancelled() => json!({"met": false, "error": STOPPING}),
        };
        Ok(Answer::json(200, &body))
    }

    /// Waits until a transaction has come so far; looks at it only when something happened to it.
    async fn once_met(
        &self,
        scope: &Scope,
        reference_id: ReferenceId,
        condition: &Condition,
    ) -> Value {
        // Begun first, so that nothing is missed between the first look and the wait.
        let waiter = self.spaces.waiters().begin(Concern::Transaction(reference_id));
        let mut spaces = match scope {
            Scope::All => self.spaces.holding(reference_id).await,
            Scope::One(space) => vec![Arc::clone(space)],
        };
        loop {
            for space in &spaces {
                let met = self.spaces.enter(space, |platform, _| {
                    let found = platform.transaction(reference_id)?;
                    let is_met = condition.is_met(found);
                    is_met.then(|| transactions::whole(platform, found))
                });
                if let Some(transaction) = met {
                    return transaction;
                }
            }
            let rung_by = waiter.rung().await;
            if matches!(scope, Scope::All) {
                spaces = rung_by.into_iter().filter_map(|id| self.spaces.get(id)).collect();
            }
        }
    }

    /// Waits for a point in time on the clock of the emulator, or of a space.
    async fn wait_until(
        &self,
        scope: &Scope,
        until: &str,
        has_timeout: bool,
    ) -> Result<Answer, Refusal> {
        if has_timeout {
            return Err(Refusal::bad("`until` is a deadline itself: leave `timeout` out"));
        }
        let until = Timestamp::parse(until).ok_or_else(|| {
            Refusal::bad(format!("`until` is `{until}`: write a time such as 2026-09-01T12:00:00Z"))
        })?;
        let error = tokio::select! {
            biased;
            () = self.sleep_until(scope, until) => None,
            () = tokio::time::sleep(TIMEOUT_MAX) => Some("a minute of real time is over"),
            () = self.stopping.cancelled() => Some(STOPPING),
        };
        let (now, is_met) = (self.now(scope).to_string(), error.is_none());
        Ok(Answer::json(200, &json!({"met": is_met, "now": now, "error": error})))
    }

    async fn sleep_until(&self, scope: &Scope, at: Timestamp) {
        match scope {
            Scope::All => self.spaces.clock().sleep_until(at).await,
            Scope::One(space) => self.spaces.sleep_until(space, at).await,
        }
    }
}

fn read_timeout(text: Option<&str>) -> Result<Duration, Refusal> {
    text.map_or(Ok(TIMEOUT), |text| {
        read_duration(text)
            .map_err(|why| Refusal::bad(format!("`timeout` {why}; {DURATION_REMEDY}")))
    })
}
