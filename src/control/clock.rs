//! Time, read and moved.

use std::ops::ControlFlow;

use serde_json::{Value, json};

use crate::control::names::{self, Fields};
use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope};
use crate::engine::global_journal::GlobalJournal;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::scenario::duration::{DURATION_REMEDY, read_duration};

/// The most happenings that an answer lists.
const HAPPENED_MAX: usize = 10_000;

impl Control {
    pub(super) fn now(&self, scope: &Scope) -> Timestamp {
        match scope {
            Scope::All => self.spaces.clock().now(),
            Scope::One(space) => self.spaces.now(space),
        }
    }

    pub(super) fn read_clock(&self, scope: &Scope) -> Answer {
        let body = json!({
            "now": self.now(scope).to_string(),
            "mode": self.spaces.clock().mode(),
            "running": !self.spaces.clock().is_paused(),
        });
        Answer::json(200, &body)
    }

    /// Has the clock of all stand where it is.
    pub(super) fn pause(&self) -> Answer {
        self.spaces.clock().pause();
        self.read_clock(&Scope::All)
    }

    /// Has the clock of all run from where it stands.
    pub(super) fn run_clock(&self) -> Answer {
        self.spaces.clock().run();
        self.read_clock(&Scope::All)
    }

    pub(super) async fn advance(
        &self,
        scope: &Scope,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let now = self.now(scope);
        let target = self.target(scope, now, request)?;
        let written = self.spaces.read_global_journal(GlobalJournal::written);
        let advance = async {
            match scope {
                Scope::All => self.spaces.advance_all(target).await,
                Scope::One(space) => self.spaces.advance_space(space, target).await,
            }
        };
        tokio::select! {
            biased;
            () = advance => {}
            () = self.stopping.cancelled() => {
                let message = "the emulator stops, and time was not advanced all the way";
                return Err(Refusal::new(503, message));
            }
        }
        let body = self.happened_since(scope, written);
        Ok(Answer::json(200, &body))
    }

    fn target(
        &self,
        scope: &Scope,
        now: Timestamp,
        request: &ControlRequest,
    ) -> Result<Timestamp, Refusal> {
        const HOW: &str = "write {\"by\": \"5m\"} or {\"to_next_event\": true}";
        let body = request.json()?;
        let body = Fields::of(&body, "the body of `clock/advance`", &["by", "to_next_event"])?;
        match (body.get("by"), body.get("to_next_event")) {
            (Some(Value::String(by)), None) => match read_duration(by) {
                Ok(by) => Ok(now.after(by)),
                Err(why) => Err(Refusal::bad(format!("`by` {why}; {DURATION_REMEDY}"))),
            },
            (None, Some(Value::Bool(true))) => {
                let next = match scope {
                    Scope::One(space) => {
                        self.spaces.enter(space, |platform, _| platform.next_due())
                    }
                    Scope::All => self.spaces.next_due_anywhere(),
                };
                Ok(next.unwrap_or(now))
            }
            (None, None) => Err(Refusal::bad(format!("nothing says how far: {HOW}"))),
            (Some(_), Some(_)) => Err(Refusal::bad(format!("two things say how far: {HOW}"))),
            (Some(other), None) => Err(names::wrong_type("by", "text such as \"5m\"", other)),
            (None, Some(other)) => Err(names::wrong_type("to_next_event", "true", other)),
        }
    }

    /// What was written since the journal of all had so many entries.
    fn happened_since(&self, scope: &Scope, written: u64) -> Value {
        let only = match scope {
            Scope::All => None,
            Scope::One(space) => {
                self.spaces.enter(space, |platform, _| Some(platform.api_user().id))
            }
        };
        let now = self.now(scope).to_string();
        let (mut count, mut happened) = (0, Vec::new());
        self.spaces.read_entries(written, |_, api_user, entry| {
            if only.is_none() || api_user == only {
                count += 1;
                if count <= HAPPENED_MAX {
                    happened.push(json!({
                        "at": entry.at.to_string(),
                        "api_user": api_user.map(|id| id.to_string()),
                        "event": entry.kind().name(),
                        "reference_id": entry.reference_id().map(|id| id.to_string()),
                    }));
                }
            }
            ControlFlow::Continue(())
        });
        // Asked last, because entries may have had to go meanwhile.
        let is_kept = self.spaces.read_global_journal(GlobalJournal::oldest) <= written;
        let complete = is_kept && count <= HAPPENED_MAX;
        json!({"now": now, "count": count, "happened": happened, "complete": complete})
    }
}
