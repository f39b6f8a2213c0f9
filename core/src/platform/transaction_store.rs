//! The transactions of a space, by their references.
#![expect(clippy::disallowed_types, reason = "its order is seen nowhere: `in_order` sorts")]

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::model::reference::ReferenceId;
use crate::platform::transaction::Transaction;

/// The transactions of a space. To find one of a million takes as long as one of ten.
#[derive(Debug, Default)]
pub struct TransactionStore(HashMap<ReferenceId, Box<Transaction>, RandomState>);

impl TransactionStore {
    pub fn get(&self, reference_id: ReferenceId) -> Option<&Transaction> {
        self.0.get(&reference_id).map(|boxed| &**boxed)
    }

    pub fn get_mut(&mut self, reference_id: ReferenceId) -> Option<&mut Transaction> {
        self.0.get_mut(&reference_id).map(|boxed| &mut **boxed)
    }

    pub fn insert(&mut self, transaction: Box<Transaction>) {
        self.0.insert(transaction.submission.reference_id, transaction);
    }

    pub fn remove(&mut self, reference_id: ReferenceId) -> Option<Box<Transaction>> {
        self.0.remove(&reference_id)
    }

    /// Frees most of the capacity where it is many times what is needed.
    pub fn shrink(&mut self) {
        if self.0.capacity() / 4 > self.0.len() {
            self.0.shrink_to(2 * self.0.len());
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, by reference.
    pub fn in_order(&self) -> impl Iterator<Item = &Transaction> {
        let mut all: Vec<_> = self.0.values().map(|boxed| &**boxed).collect();
        all.sort_unstable_by_key(|transaction| transaction.submission.reference_id);
        all.into_iter()
    }

    /// Removes all, and frees their memory.
    pub fn clear(&mut self) {
        self.0 = HashMap::default();
    }
}
