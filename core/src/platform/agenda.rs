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

/// The place of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noted {
    /// When it is due.
    pub at: Timestamp,
    number: u64,
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
    pub fn note(&mut self, at: Timestamp, reference_id: ReferenceId, due: Due) -> Noted {
        let number = self.noted;
        self.entries.insert((at, number), (reference_id, due));
        self.noted += 1;
        Noted { at, number }
    }

    /// Strikes what will not happen any more.
    pub fn strike(&mut self, noted: Noted) {
        self.entries.remove(&(noted.at, noted.number));
    }

    /// How much is still to happen.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
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
