//! Time, read and moved.

use serde_json::{Value, json};

use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope};
use crate::model::time::Timestamp;
use crate::operations::rejection::Answer;
use crate::scenario::duration::{DURATION_REMEDY, read_duration};

/// The most happenings that an answer lists.
const HAPPENED_MAX: usize = 10_000;

impl Control {
    fn now(&self, scope: &Scope) -> Timestamp {
        match scope {
            Scope::All => self.spaces.clock().now(),
            Scope::One(space) => self.spaces.now(space),
        }
    }

    pub(super) fn read_clock(&self, scope: &Scope) -> Answer {
        let body = json!({
            "now": self.now(scope).to_string(),
            "mode": self.spaces.clock().mode(),
        });
        Answer::json(200, &body)
    }

    pub(super) async fn advance(
        &self,
        scope: &Scope,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let now = self.now(scope);
        let target = self.target(scope, now, request)?;
        let written = self.written(scope);
        match scope {
            Scope::All => self.spaces.advance_all(target).await,
            Scope::One(space) => self.spaces.advance_space(space, target).await,
        }
        let happened = self.happened_since(scope, &written);
        let is_whole = happened.len() <= HAPPENED_MAX;
        let body = json!({
            "now": self.now(scope).to_string(),
            "count": happened.len(),
            "happened": happened.into_iter().take(HAPPENED_MAX).collect::<Vec<_>>(),
            "complete": is_whole,
        });
        Ok(Answer::json(200, &body))
    }

    fn target(
        &self,
        scope: &Scope,
        now: Timestamp,
        request: &ControlRequest,
    ) -> Result<Timestamp, Refusal> {
        const EXPECTED: &str = "write {\"by\": \"5m\"} or {\"to_next_event\": true}";
        let body = request.json()?;
        match (body.get("by"), body.get("to_next_event")) {
            (Some(Value::String(by)), None) => match read_duration(by) {
                Ok(by) => Ok(now.after(by)),
                Err(why) => Err(Refusal::bad(format!("`by` {why}; {DURATION_REMEDY}"))),
            },
            (None, Some(Value::Bool(true))) => {
                let spaces = self.spaces_of(scope);
                let next = match scope {
                    Scope::One(space) => {
                        self.spaces.enter(space, |platform, _| platform.next_due())
                    }
                    Scope::All => {
                        spaces.iter().filter_map(|space| self.spaces.next_due(space)).min()
                    }
                };
                Ok(next.unwrap_or(now))
            }
            _ => Err(Refusal::bad(format!("nothing says how far: {EXPECTED}"))),
        }
    }

    /// How many entries each space's journal has had.
    fn written(&self, scope: &Scope) -> Vec<u64> {
        let spaces = self.spaces_of(scope);
        let written = |space| self.spaces.enter(space, |platform, _| platform.journal().written());
        spaces.iter().map(|space| written(space)).collect()
    }

    fn happened_since(&self, scope: &Scope, written: &[u64]) -> Vec<Value> {
        let mut happened = Vec::new();
        for (space, written) in self.spaces_of(scope).iter().zip(written) {
            self.spaces.enter(space, |platform, _| {
                let api_user = platform.api_user().id.to_string();
                let entries = platform.journal().entries_from(*written);
                happened.extend(entries.map(|entry| {
                    let line = json!({
                        "at": entry.at.to_string(),
                        "api_user": api_user,
                        "event": entry.event,
                        "reference_id": entry.reference_id.map(|id| id.to_string()),
                    });
                    (entry.at, line)
                }));
            });
        }
        happened.sort_by_key(|(at, _)| *at);
        happened.into_iter().map(|(_, line)| line).collect()
    }
}
