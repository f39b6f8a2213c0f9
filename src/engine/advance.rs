//! Moves time forward, in one space or in all, and lets happen what is due.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::engine::space::{GlobalEntries, Space};
use crate::engine::spaces::Spaces;
use crate::engine::waiters::Concern;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::platform::event::EventKind;
use momo_sandbox_core::platform::in_flight::Round;

/// What is going to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happening {
    pub at: Timestamp,
    pub event: EventKind,
    /// Its API user; `None` if it concerns all.
    pub api_user: Option<ApiUserId>,
    pub reference_id: Option<ReferenceId>,
}

impl Spaces {
    /// Lets everything happen that is due, in the spaces where something is.
    pub fn catch_up(&self) {
        self.end_rules_of_all();
        for space in self.due() {
            // Spaces that share a wallet are all among those that are due.
            self.enter_alone(&space, |_, _| {});
        }
    }

    /// The spaces where something is due.
    pub(super) fn due(&self) -> impl Iterator<Item = Arc<Space>> {
        let now = self.clock().now();
        let now = self.shared.stopped_at.get().map_or(now, |stopped_at| now.min(*stopped_at));
        self.wake_ups().due(now).into_iter().filter_map(|id| self.get(id))
    }

    /// When the next thing in a space is due, in the clock's time.
    pub fn next_due(&self, space: &Space) -> Option<Timestamp> {
        self.enter(space, |platform, _| {
            platform.next_due().map(|due| due.before(*space.ahead().borrow()))
        })
    }

    /// When the next thing in any space is due, in the clock's time.
    pub fn next_due_anywhere(&self) -> Option<Timestamp> {
        self.catch_up();
        self.wake_ups().next().into_iter().chain(self.end_of_rules()).min()
    }

    /// What happens next in a space, in its own time.
    pub fn next_happening(&self, space: &Space) -> Option<Happening> {
        let next = self.enter(space, |platform, _| platform.next_happening());
        let (at, event, reference_id) = next?;
        Some(Happening { at, event, api_user: Some(space.id()), reference_id })
    }

    /// What happens next in any space, in the clock's time.
    pub fn next_happening_anywhere(&self) -> Option<Happening> {
        self.catch_up();
        let first = self.wake_ups().first();
        if let Some(at) = self.end_of_rules()
            && first.is_none_or(|(first, _)| at <= first)
        {
            let event = EventKind::RulesPut;
            return Some(Happening { at, event, api_user: None, reference_id: None });
        }
        let space = self.get(first?.1)?;
        let next = self.next_happening(&space)?;
        Some(Happening { at: next.at.before(self.ahead_of(&space)), ..next })
    }

    /// How far a space's time is ahead of the clock.
    pub fn ahead_of(&self, space: &Space) -> Duration {
        *space.ahead().borrow()
    }

    pub fn now(&self, space: &Space) -> Timestamp {
        self.clock().now().after(*space.ahead().borrow())
    }

    /// Waits until `at`, in the time of a space.
    pub async fn sleep_until(&self, space: &Space, at: Timestamp) {
        let mut moved = space.ahead().subscribe();
        loop {
            let ahead = *moved.borrow_and_update();
            tokio::select! {
                () = self.clock().sleep_until(at.before(ahead)) => return,
                // The sender is `space`, so the channel cannot close while we wait.
                _ = moved.changed() => {}
            }
        }
    }

    /// Begins another round, and returns the one that ended. What was accepted so far belongs to it
    /// or to an earlier one.
    fn end_round(&self) -> Round {
        self.shared.round.fetch_add(1, Ordering::SeqCst)
    }

    /// Moves a space's time forward to `target`. Everything that is due by then happens, in order,
    /// and each callback is answered, or has failed, before time moves on. Callbacks of what is
    /// accepted after the advance began are not waited for. It ends early if the emulator stops.
    pub async fn advance_space(&self, space: &Space, target: Timestamp) {
        let round = self.end_round();
        let waiter = self.waiters().begin(Concern::Space(space.api_user().id));
        while !self.has_stopped() {
            let advance = |platform: &mut Platform, now| {
                if !platform.in_flight().has_up_to(round) {
                    let reached = platform.advance_to_callback(target.max(now));
                    space.ahead().send_modify(|ahead| *ahead += reached.since(now));
                }
                (platform.now(), platform.in_flight().has_up_to(round))
            };
            let (reached, awaits) = self.enter_with(space, GlobalEntries::Forget, advance);
            if awaits {
                waiter.rung().await;
            } else if reached >= target {
                return;
            }
        }
    }

    /// Moves the time of all spaces forward to `target`, in the same way.
    pub async fn advance_all(&self, target: Timestamp) {
        let round = self.end_round();
        let mut in_flight = self.in_flight().subscribe();
        while !self.has_stopped() {
            let now = self.clock().now();
            self.catch_up();
            if in_flight.borrow_and_update().has_up_to(round) {
                // The sender is `self`, so the channel cannot close while we wait.
                let _ = in_flight.wait_for(|in_flight| !in_flight.has_up_to(round)).await;
            } else if now >= target {
                return;
            } else {
                // Where no callback is to come, everything happens at once, in order all the same.
                let next = self.wake_ups().next_with_callbacks();
                self.clock().advance_to(next.map_or(target, |next| next.min(target)));
            }
        }
    }
}
