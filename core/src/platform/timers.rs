//! The timers of a space: what is due, and when.

use std::collections::BTreeMap;

use crate::model::ids::ReferenceId;
use crate::model::time::Timestamp;
use crate::scenario::planned_callback::CallbackNumber;

/// What happens to a transaction when a timer fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// The transaction reaches the stage of this index in its plan.
    Stage(usize),
    /// That callback of the transaction is sent, or lost.
    Callback(CallbackNumber),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerKey {
    /// The time at which the timer fires.
    pub at: Timestamp,
    number: u64,
}

/// The timers of a space, in order. Those of one moment fire in the order in which they were
/// scheduled.
#[derive(Debug, Default)]
pub struct Timers {
    entries: BTreeMap<TimerKey, (ReferenceId, Timer)>,
    scheduled: u64,
}

impl Timers {
    pub fn schedule(&mut self, at: Timestamp, reference_id: ReferenceId, timer: Timer) -> TimerKey {
        let key = TimerKey { at, number: self.scheduled };
        self.entries.insert(key, (reference_id, timer));
        self.scheduled += 1;
        key
    }

    /// Takes out a timer that fired, or that will not fire any more.
    pub fn cancel(&mut self, key: TimerKey) {
        self.entries.remove(&key);
    }

    pub fn next(&self) -> Option<Timestamp> {
        self.entries.first_key_value().map(|(key, _)| key.at)
    }

    /// All timers in the order in which they fire, each with its time.
    pub fn in_order(&self) -> impl Iterator<Item = (Timestamp, ReferenceId, Timer)> {
        self.entries.iter().map(|(key, (reference_id, timer))| (key.at, *reference_id, *timer))
    }

    /// The next timer, if it is due by `now`.
    pub fn next_due(&self, now: Timestamp) -> Option<(TimerKey, ReferenceId, Timer)> {
        let (key, (reference_id, timer)) = self.entries.first_key_value()?;
        (key.at <= now).then_some((*key, *reference_id, *timer))
    }
}
