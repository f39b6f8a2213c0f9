//! Time in a space: what is due happens.

use std::sync::Arc;

use crate::model::ids::ReferenceId;
use crate::model::time::Timestamp;
use crate::platform::Platform;
use crate::platform::event::{Bookkeeping, Event, EventKind};
use crate::platform::in_flight::Round;
use crate::platform::timers::Timer;

impl Platform {
    /// Moves time forward to `now`, and lets everything happen that is due by then, in order.
    ///
    /// # Panics
    ///
    /// If `now` is before an earlier one: the clock is read after the lock is taken, and only moves
    /// forward.
    pub fn advance(&mut self, now: Timestamp) {
        let before = self.now();
        assert!(now >= before, "time runs backwards: {now} after {before}");
        while self.fire_next(now) {}
        self.apply(Bookkeeping::TimeReached(now));
    }

    /// Moves time forward to `target`, but stops when a callback is to be sent. Returns how far it
    /// came.
    pub fn advance_to_callback(&mut self, target: Timestamp) -> Timestamp {
        while !self.has_callbacks_to_send() {
            if !self.fire_next(target) {
                self.advance(target);
                break;
            }
        }
        self.now()
    }

    /// Lets happen what is due at this moment, after an input that may have made something due.
    pub(super) fn catch_up(&mut self) {
        let now = self.now();
        while self.fire_next(now) {}
    }

    /// Fires the next timer that is due by `now`; returns whether there was one.
    fn fire_next(&mut self, now: Timestamp) -> bool {
        let end = self.rules_of_space().next_end().filter(|end| *end <= now);
        let due = self.timers().next_due(now);
        if let Some(end) = end
            && due.is_none_or(|(key, ..)| end <= key.at)
        {
            self.end_rules(end);
            return true;
        }
        let Some((key, reference_id, timer)) = due else { return false };
        self.apply(Bookkeeping::TimerFired(key));
        if let Some(event) = self.event_of(reference_id, timer) {
            self.apply(event);
        }
        true
    }

    /// Ends the rules for a time that are over at `end`, at their own time.
    fn end_rules(&mut self, end: Timestamp) {
        self.apply(Bookkeeping::TimeReached(self.now().max(end)));
        let mut rules = self.rules_of_space().clone();
        rules.end_by(end);
        if Arc::ptr_eq(rules.current(), self.rules()) {
            self.apply(Bookkeeping::RulesToComeBack(Box::new(rules)));
        } else {
            self.apply(Event::RulesPut(Box::new(rules)));
        }
    }

    /// The next thing that is to happen: when, what, and to which transaction.
    pub fn next_happening(&self) -> Option<(Timestamp, EventKind, Option<ReferenceId>)> {
        let timers = self.timers().in_order();
        let timed = timers.filter_map(|(at, reference_id, timer)| {
            let event = self.event_of(reference_id, timer)?;
            Some((at, EventKind::from(&event), Some(reference_id)))
        });
        let end = self.rules_of_space().next_end();
        let end = end.map(|end| (end, EventKind::RulesPut, None));
        timed.take(1).chain(end).min_by_key(|(at, ..)| *at)
    }

    fn event_of(&self, reference_id: ReferenceId, timer: Timer) -> Option<Event> {
        // An invoice that was cancelled may be gone before it would have settled.
        let transaction = self.transaction(reference_id)?;
        match timer {
            // The transaction was cancelled before.
            Timer::Stage(_) if transaction.status().is_final() => None,
            Timer::Stage(index) => {
                let status = transaction.plan.stages[index].status;
                Some(Event::StatusReached { reference_id, status })
            }
            Timer::Callback(number) => {
                Some(match transaction.plan.callback.delivery(number.entry) {
                    Some(_) => Event::CallbackSent { reference_id, number },
                    None => Event::CallbackLost { reference_id },
                })
            }
        }
    }

    /// Begins a round: what is accepted from now on is of this one.
    pub fn begin_round(&mut self, round: Round) {
        self.apply(Bookkeeping::RoundBegun(round));
    }
}
