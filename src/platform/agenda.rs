//! What is due, and when.

use std::collections::BTreeMap;

use crate::model::reference::ReferenceId;
use crate::model::time::Timestamp;

/// What happens to a transaction at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// It reaches the stage of this index in its plan.
    Stage(usize),
    /// Its callback is sent, or lost.
    Callback,
}

/// Everything that is still to happen in a space, in order; what is due at the same time happens in
/// the order in which it was noted.
#[derive(Debug, Clone, Default)]
pub struct Agenda {
    entries: BTreeMap<(Timestamp, u64), (ReferenceId, Due)>,
    noted: u64,
}

impl Agenda {
    /// Notes that this is due at that time.
    pub fn note(&mut self, at: Timestamp, reference_id: ReferenceId, due: Due) {
        self.entries.insert((at, self.noted), (reference_id, due));
        self.noted += 1;
    }

    /// The time of the first entry.
    pub fn next(&self) -> Option<Timestamp> {
        self.entries.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the first entry if it is due by `now`.
    pub fn take_due(&mut self, now: Timestamp) -> Option<(Timestamp, ReferenceId, Due)> {
        let first = self.entries.first_entry().filter(|entry| entry.key().0 <= now)?;
        let ((at, _), (reference_id, due)) = first.remove_entry();
        Some((at, reference_id, due))
    }
}
