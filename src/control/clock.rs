//! The calls of `clock`: the time of the emulator or of a space is read and moved.

use std::ops::ControlFlow;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::control::decode::only_true;
use crate::control::duration::{DurationText, read_or_show_an_example};
use crate::control::names::Word;
use crate::control::parts::part;
use crate::control::refusal::Refusal;
use crate::control::{Control, Scope};
use crate::engine::global_journal::GlobalJournal;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::time::{Timestamp, milliseconds};
use momo_sandbox_core::platform::event::EventKind;

/// The most happenings that an answer lists.
const HAPPENED_MAX: u64 = 10_000;

/// The time.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ClockState {
    pub now: Timestamp,
    /// `real`, `manual`, or how many times as fast as real time: `x60`.
    pub mode: String,
    pub running: bool,
    /// What happens next, if time goes on; `null` if nothing is due.
    pub next: Option<NextEvent>,
    /// The API users whose time is ahead of the clock, because it was advanced alone.
    pub ahead: Vec<Ahead>,
}

/// What happens next.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NextEvent {
    /// When, in the time of what was asked about: the clock's, or the space's.
    pub at: Timestamp,
    pub event: Word<EventKind>,
    /// Its API user; `null` if it concerns all.
    pub api_user: Option<ApiUserId>,
    pub reference_id: Option<ReferenceId>,
}

/// An API user whose time is ahead of the clock.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ahead {
    pub api_user: ApiUserId,
    pub by_ms: u64,
}

/// How far time is moved. Exactly one field is given.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub struct AdvanceRequest {
    #[serde(default, deserialize_with = "read_or_show_an_example")]
    pub by: Option<DurationText>,
    /// To the time at which the next thing is due.
    #[schemars(extend("const" = true))]
    #[serde(default, deserialize_with = "only_true")]
    pub to_next_event: bool,
}

part!(short_body AdvanceRequest);

/// The result of a move of time.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Advanced {
    pub now: Timestamp,
    /// How many entries were written.
    pub count: u64,
    pub happened: Vec<Happened>,
    /// Whether all that happened is listed.
    pub complete: bool,
}

/// Something that happened.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Happened {
    pub at: Timestamp,
    pub api_user: Option<ApiUserId>,
    pub event: Word<EventKind>,
    pub reference_id: Option<ReferenceId>,
}

impl Control {
    pub fn now(&self, scope: &Scope) -> Timestamp {
        match scope {
            Scope::All => self.spaces.clock().now(),
            Scope::One(space) => self.spaces.now(space),
        }
    }

    pub async fn read_clock(self: Arc<Self>, scope: Scope) -> Result<ClockState, Refusal> {
        let clock = self.spaces.clock();
        let next = match &scope {
            Scope::All => self.spaces.next_happening_anywhere(),
            Scope::One(space) => self.spaces.next_happening(space),
        };
        let next = next.map(|next| NextEvent {
            at: next.at,
            event: Word(next.event),
            api_user: next.api_user,
            reference_id: next.reference_id,
        });
        let ahead = self.spaces_of(&scope).into_iter().filter_map(|space| {
            let by_ms = milliseconds(self.spaces.ahead_of(&space));
            (by_ms > 0).then(|| Ahead { api_user: space.api_user().id, by_ms })
        });
        Ok(ClockState {
            now: self.now(&scope),
            mode: clock.mode(),
            running: !clock.is_paused(),
            next,
            ahead: ahead.collect(),
        })
    }

    /// Pauses the clock of the emulator.
    pub async fn pause(self: Arc<Self>) -> Result<ClockState, Refusal> {
        self.spaces.clock().pause();
        self.read_clock(Scope::All).await
    }

    /// Resumes the clock of the emulator.
    pub async fn run_clock(self: Arc<Self>) -> Result<ClockState, Refusal> {
        self.spaces.clock().run();
        self.read_clock(Scope::All).await
    }

    /// Moves time forward, and answers once all that is due by then has happened.
    ///
    /// # Errors
    ///
    /// 400 unless exactly one field says how far, 503 if the emulator stops.
    pub async fn advance(
        self: Arc<Self>,
        scope: Scope,
        request: AdvanceRequest,
    ) -> Result<Advanced, Refusal> {
        let target = self.target(&scope, &request)?;
        let written = self.spaces.read_global_journal(GlobalJournal::written);
        tokio::select! {
            biased;
            () = self.advance_to(&scope, target) => {}
            () = self.stopping.cancelled() => {
                let message = "the emulator stops, and time was not advanced all the way";
                return Err(Refusal::new(503, message));
            }
        }
        Ok(self.happened_since(&scope, written))
    }

    /// Moves time forward to a point, and returns once all that is due by then has happened.
    pub async fn advance_to(&self, scope: &Scope, target: Timestamp) {
        match scope {
            Scope::All => self.spaces.advance_all(target).await,
            Scope::One(space) => self.spaces.advance_space(space, target).await,
        }
    }

    fn target(&self, scope: &Scope, request: &AdvanceRequest) -> Result<Timestamp, Refusal> {
        const HOW: &str = "write {\"by\": \"5m\"} or {\"to_next_event\": true}";
        let now = self.now(scope);
        match (request.by, request.to_next_event, scope) {
            (Some(DurationText(by)), false, _) => Ok(now.after(by)),
            (None, true, Scope::All) => Ok(self.spaces.next_due_anywhere().unwrap_or(now)),
            (None, true, Scope::One(space)) => {
                let next = self.spaces.enter(space, |platform, _| platform.next_due());
                Ok(next.unwrap_or(now))
            }
            (None, false, _) => Err(Refusal::bad(format!("nothing says how far: {HOW}"))),
            (Some(_), true, _) => Err(Refusal::bad(format!("two things say how far: {HOW}"))),
        }
    }

    /// The entries that were written since the global journal had `written` entries.
    fn happened_since(&self, scope: &Scope, written: u64) -> Advanced {
        let only = scope.api_user();
        let now = self.now(scope);
        let (mut count, mut happened) = (0, Vec::new());
        self.spaces.read_entries(written, |_, api_user, entry| {
            if only.is_none() || api_user == only {
                count += 1;
                if count <= HAPPENED_MAX {
                    let (event, reference_id) = (Word(entry.kind()), entry.reference_id());
                    happened.push(Happened { at: entry.at, api_user, event, reference_id });
                }
            }
            ControlFlow::Continue(())
        });
        // Read last, because entries may have been evicted meanwhile.
        let is_kept = self.spaces.read_global_journal(GlobalJournal::oldest) <= written;
        Advanced { now, count, happened, complete: is_kept && count <= HAPPENED_MAX }
    }
}
