//! Waiting until something has happened, without asking again and again.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::control::journal::reference_id;
use crate::control::request::{ControlRequest, Refusal};
use crate::control::words::{self, Fields};
use crate::control::{Control, Scope, transactions};
use crate::model::reference::ReferenceId;
use crate::model::time::Timestamp;
use crate::operations::answer::Answer;
use crate::platform::transaction::{CallbackProgress, Transaction};
use crate::scenario::duration::{DURATION_REMEDY, read_duration};

/// How long is waited where nothing is said.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest that is waited, in real time: a clock may stand still.
const TIMEOUT_MAX: Duration = Duration::from_secs(60);

/// The fields of the body.
pub(super) const FIELDS: [&str; 5] = ["reference_id", "status", "callback", "timeout", "until"];

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
    status: Option<&'static str>,
    callback: Option<&'static str>,
}

impl Condition {
    fn read(fields: &Fields<'_>) -> Result<Self, Refusal> {
        let callback = |word| words::known_word("callback", word, &CallbackProgress::NAMES);
        let condition = Self {
            status: fields.text("status")?.map(|word| words::status("status", word)).transpose()?,
            callback: fields.text("callback")?.map(callback).transpose()?,
        };
        match condition {
            Self { status: None, callback: None } => {
                Err(Refusal::bad("nothing to wait for: add `status` or `callback`"))
            }
            condition => Ok(condition),
        }
    }

    fn is_met(&self, transaction: &Transaction) -> bool {
        self.status.is_none_or(|status| status == transaction.status().name())
            && self.callback.is_none_or(|callback| callback == transaction.callback.name())
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
        let mut changes = self.spaces.changes();
        let watch = async {
            loop {
                changes.borrow_and_update();
                for space in self.spaces_of(scope) {
                    let met = self.spaces.enter(&space, |platform, _| {
                        let found = platform.transaction(reference_id)?;
                        let is_met = condition.is_met(found);
                        is_met.then(|| transactions::whole(platform, found))
                    });
                    if let Some(transaction) = met {
                        return transaction;
                    }
                }
                // The sender is ours, so the channel cannot close while we wait.
                let _ = changes.changed().await;
            }
        };
        let deadline = self.sleep_until(scope, self.now(scope).after(timeout));
        let body = tokio::select! {
            biased;
            transaction = watch => json!({"met": true, "transaction": transaction}),
            () = deadline => json!({"met": false, "error": "the time is over"}),
            () = tokio::time::sleep(TIMEOUT_MAX) => {
                json!({"met": false, "error": "a minute of real time is over"})
            }
        };
        Ok(Answer::json(200, &body))
    }

    /// Waits for a point in time on the clock of the emulator, or of a space.
    async fn wait_until(&self, scope: &Scope, until: Timestamp) -> Result<Answer, Refusal> {
        let is_met = tokio::select! {
            biased;
            () = self.sleep_until(scope, until) => true,
            () = tokio::time::sleep(TIMEOUT_MAX) => false,
        };
        let now = self.now(scope).to_string();
        let error = (!is_met).then_some("a minute of real time is over");
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
