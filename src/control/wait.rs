//! Waiting until something has happened, without asking again and again.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::control::journal::reference_id;
use crate::control::names::{self, Fields};
use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope, transactions};
use crate::engine::space::Space;
use crate::engine::waiters::Concern;
use momo_sandbox_core::model::ids::ReferenceId;
use momo_sandbox_core::model::status::StatusKind;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::platform::transaction::{CallbackState, Transaction};
use momo_sandbox_core::scenario::duration::{DURATION_REMEDY, read_duration};

/// How long is waited where nothing is said.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest that is waited, in real time: a clock may stand still.
const TIMEOUT_MAX: Duration = Duration::from_secs(60);

/// Why a wait ends early.
const STOPPING: &str = "the emulator stops";

/// The fields of the body.
pub(super) const FIELDS: [&str; 6] =
    ["reference_id", "status", "callback", "told", "timeout", "until"];

/// What is waited for.
enum Waited {
    /// A point in time.
    Time(Timestamp),
    /// What a transaction comes to.
    Transaction { reference_id: ReferenceId, condition: Condition, timeout: Duration },
}

impl Waited {
    fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let fields = Fields::of(body, "the body of `wait`", &FIELDS)?;
        if let Some(until) = fields.text("until")? {
            return read_until(until, body).map(Self::Time);
        }
        let reference_id = match fields.text("reference_id")? {
            Some(text) => reference_id(text)?,
            None => return Err(Refusal::bad("`reference_id` says which transaction: add it")),
        };
        let condition = Condition::read(&fields)?;
        let timeout = read_timeout(fields.text("timeout")?)?;
        Ok(Self::Transaction { reference_id, condition, timeout })
    }
}

/// What a transaction is waited to come to.
struct Condition {
    status: Option<StatusKind>,
    callback: Option<CallbackState>,
    /// The status that the merchant asked for and was told.
    told: Option<StatusKind>,
}

impl Condition {
    fn read(fields: &Fields<'_>) -> Result<Self, Refusal> {
        let status = |name: &str| match fields.text(name)? {
            None => Ok(None),
            Some(word) => names::status(name, word).map(StatusKind::named),
        };
        let callback = names::callback_state;
        let condition = Self {
            status: status("status")?,
            callback: fields.text("callback")?.map(callback).transpose()?,
            told: status("told")?,
        };
        match condition {
            Self { status: None, callback: None, told: None } => {
                Err(Refusal::bad("nothing to wait for: add `status`, `callback` or `told`"))
            }
            condition => Ok(condition),
        }
    }

    /// The answer, once there is one: it is met, or can no longer be.
    fn answer(&self, platform: &Platform, found: &Transaction) -> Option<Value> {
        if self.is_met(found) {
            return Some(json!({"met": true, "transaction": transactions::whole(platform, found)}));
        }
        let why = self.why_never(found)?;
        let transaction = transactions::whole(platform, found);
        Some(json!({"met": false, "error": why, "transaction": transaction}))
    }

    fn is_met(&self, found: &Transaction) -> bool {
        self.status.is_none_or(|status| status == found.status().kind())
            && self.callback.is_none_or(|state| found.has_callback(state))
            && self.told.is_none_or(|status| found.was_reported(status))
    }

    /// Why it can no longer be met, if it cannot.
    fn why_never(&self, found: &Transaction) -> Option<String> {
        let told = self.told.filter(|status| !found.was_reported(*status));
        let past = [self.status, told].into_iter().flatten().find(|one| !found.may_have(*one));
        if let Some(status) = past {
            let now = found.status();
            let status = status.as_str();
            return Some(format!("the status is {now}, and can no longer come to be {status}"));
        }
        let state = self.callback.filter(|state| !found.may_have_callback(*state))?;
        let now = found.callback.state();
        Some(format!("the callback is `{now}`, and can no longer come to be `{state}`"))
    }
}

impl Control {
    pub(super) async fn wait(
        &self,
        scope: &Scope,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let body = request.json()?;
        let (reference_id, condition, timeout) = match Waited::read(&body)? {
            Waited::Time(until) => return self.wait_until(scope, until).await,
            Waited::Transaction { reference_id, condition, timeout } => {
                (reference_id, condition, timeout)
            }
        };
        let mut spaces = Vec::new();
        let watch = self.once_decided(scope, reference_id, &condition, &mut spaces);
        let deadline = self.sleep_until(scope, self.now(scope).after(timeout));
        let decided = tokio::select! {
            biased;
            answer = watch => Ok(answer),
            () = deadline => Err("timed out"),
            () = tokio::time::sleep(TIMEOUT_MAX) => Err(self.minute_is_over()),
            () = self.stopping.cancelled() => Ok(json!({"met": false, "error": STOPPING})),
        };
        let body = decided.unwrap_or_else(|why| self.in_vain(&spaces, reference_id, why));
        Ok(Answer::json(200, &body))
    }

    /// Why a wait ends after [`TIMEOUT_MAX`], and what to do.
    fn minute_is_over(&self) -> &'static str {
        match self.spaces.clock().is_paused() {
            true => {
                "timed out after a minute of real time: the clock is paused (advance it, or run it)"
            }
            false => "timed out after a minute of real time",
        }
    }

    /// The answer when the time is over: how it stands then.
    fn in_vain(&self, spaces: &[Arc<Space>], reference_id: ReferenceId, why: &str) -> Value {
        let standing = spaces.iter().find_map(|space| {
            self.spaces.enter(space, |platform, _| {
                let found = platform.transaction(reference_id)?;
                let (status, callback) = (found.status(), found.callback.state());
                let error = format!("{why}: the status is {status}, the callback `{callback}`");
                let transaction = transactions::whole(platform, found);
                Some(json!({"met": false, "error": error, "transaction": transaction}))
            })
        });
        let nothing = || format!("{why}: no transaction has the reference id {reference_id}");
        standing.unwrap_or_else(|| json!({"met": false, "error": nothing()}))
    }

    /// The answer to a wait for a transaction, once there is one; looks at it only when something
    /// happened to it. Of several spaces that have such a transaction one suffices; `spaces` has
    /// them afterwards.
    async fn once_decided(
        &self,
        scope: &Scope,
        reference_id: ReferenceId,
        condition: &Condition,
        spaces: &mut Vec<Arc<Space>>,
    ) -> Value {
        // Begun first, so that nothing is missed between the first look and the wait.
        let waiter = self.spaces.waiters().begin(Concern::Transaction(reference_id));
        *spaces = match scope {
            Scope::All => self.spaces.holding(reference_id),
            Scope::One(space) => vec![Arc::clone(space)],
        };
        loop {
            if let Some(answer) = self.decided(spaces, reference_id, condition) {
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
        reference_id: ReferenceId,
        condition: &Condition,
    ) -> Option<Value> {
        let (mut in_vain, mut may_come) = (None, false);
        for space in spaces {
            let looked_at = self.spaces.enter(space, |platform, _| {
                platform.transaction(reference_id).map(|found| condition.answer(platform, found))
            });
            match looked_at {
                None => {}
                Some(None) => may_come = true,
                Some(Some(answer)) if answer["met"] == true => return Some(answer),
                Some(answer) => in_vain = answer,
            }
        }
        in_vain.filter(|_| !may_come)
    }

    /// Waits for a point in time on the clock of the emulator, or of a space.
    async fn wait_until(&self, scope: &Scope, until: Timestamp) -> Result<Answer, Refusal> {
        let error = tokio::select! {
            biased;
            () = self.sleep_until(scope, until) => None,
            () = tokio::time::sleep(TIMEOUT_MAX) => Some(self.minute_is_over()),
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

/// The time that is waited for, of a body that says nothing else.
fn read_until(until: &str, body: &Map<String, Value>) -> Result<Timestamp, Refusal> {
    if body.contains_key("timeout") {
        return Err(Refusal::bad("`until` is a deadline itself: leave `timeout` out"));
    }
    if let Some(other) = body.keys().find(|name| *name != "until") {
        let message = format!("`until` waits for a time and for nothing else: leave `{other}` out");
        return Err(Refusal::bad(message));
    }
    Timestamp::parse(until).ok_or_else(|| {
        Refusal::bad(format!("`until` is `{until}`: write a time such as 2026-09-01T12:00:00Z"))
    })
}

fn read_timeout(text: Option<&str>) -> Result<Duration, Refusal> {
    text.map_or(Ok(TIMEOUT), |text| {
        read_duration(text)
            .map_err(|why| Refusal::bad(format!("`timeout` {why}; {DURATION_REMEDY}")))
    })
}
