//! The transactions of a space, by their references.
#![expect(clippy::disallowed_types, reason = "its order is seen nowhere: `in_order` sorts")]

use std::collections::HashMap;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use crate::model::ids::ReferenceId;
use crate::platform::transaction::Transaction;

/// The transactions of a space. To find one of a million takes as long as one of ten.
#[derive(Debug, Default)]
pub struct TransactionStore {
    by_reference: HashMap<ReferenceId, Box<Transaction>, RandomState>,
    changes: ReferenceChanges,
}

/// A change of which transactions a space has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceChange {
    Added(ReferenceId),
    Removed(ReferenceId),
}

/// Changes in their order. An acceptance makes two at most: one comes, and the oldest goes.
pub type ReferenceChanges = SmallVec<[ReferenceChange; 2]>;

impl TransactionStore {
    pub fn get(&self, reference_id: ReferenceId) -> Option<&Transaction> {
        self.by_reference.get(&reference_id).map(|boxed| &**boxed)
    }

    pub fn get_mut(&mut self, reference_id: ReferenceId) -> Option<&mut Transaction> {
        self.by_reference.get_mut(&reference_id).map(|boxed| &mut **boxed)
    }

    pub fn insert(&mut self, transaction: Box<Transaction>) {
        let reference_id = transaction.submission.reference_id;
        self.changes.push(ReferenceChange::Added(reference_id));
        self.by_reference.insert(reference_id, transaction);
    }

    pub fn remove(&mut self, reference_id: ReferenceId) -> Option<Box<Transaction>> {
        let removed = self.by_reference.remove(&reference_id);
        if removed.is_some() {
            self.changes.push(ReferenceChange::Removed(reference_id));
        }
        removed
    }

    /// Frees most of the capacity where it is many times what is needed.
    pub fn shrink(&mut self) {
        if self.by_reference.capacity() / 4 > self.by_reference.len() {
            self.by_reference.shrink_to(2 * self.by_reference.len());
        }
    }

    /// Takes the changes since they were taken last.
    pub fn take_changes(&mut self) -> ReferenceChanges {
        std::mem::take(&mut self.changes)
    }

    pub fn len(&self) -> usize {
        self.by_reference.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_reference.is_empty()
    }

    /// All of them, by reference.
    pub fn in_order(&self) -> impl Iterator<Item = &Transaction> {
        let mut all: Vec<_> = self.by_reference.values().map(|boxed| &**boxed).collect();
        all.sort_unstable_by_key(|transaction| transaction.submission.reference_id);
        all.into_iter()
    }

    /// Removes all, and frees their memory.
    pub fn clear(&mut self) {
        self.changes.extend(self.by_reference.keys().copied().map(ReferenceChange::Removed));
        self.by_reference = HashMap::default();
    }
}
