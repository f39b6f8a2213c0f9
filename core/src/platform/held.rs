//! The transactions of a space, by their references.
#![expect(
    clippy::disallowed_types,
    reason = "nobody sees its order: it is sorted for who reads all"
)]

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::model::reference::ReferenceId;
use crate::platform::transaction::Transaction;

/// The transactions that a space holds. To find one of a million takes as long as one of ten.
#[derive(Debug, Default)]
pub struct HeldTransactions(HashMap<ReferenceId, Box<Transaction>, RandomState>);

impl HeldTransactions {
    /// The transaction of that reference.
    pub fn get(&self, reference_id: ReferenceId) -> Option<&Transaction> {
        self.0.get(&reference_id).map(|boxed| &**boxed)
    }

    /// The transaction of that reference, to be changed.
    pub fn get_mut(&mut self, reference_id: ReferenceId) -> Option<&mut Transaction> {
        self.0.get_mut(&reference_id).map(|boxed| &mut **boxed)
    }

    /// Holds one more.
    pub fn insert(&mut self, transaction: Box<Transaction>) {
        self.0.insert(transaction.submission.reference_id, transaction);
    }

    /// Gives one up.
    pub fn remove(&mut self, reference_id: ReferenceId) -> Option<Box<Transaction>> {
        self.0.remove(&reference_id)
    }

    /// Gives back most places, where there are many times as many as are needed.
    pub fn give_back(&mut self) {
        if self.0.capacity() / 4 > self.0.len() {
            self.0.shrink_to(2 * self.0.len());
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, by reference.
    pub fn in_order(&self) -> impl Iterator<Item = &Transaction> {
        let mut all: Vec<_> = self.0.values().map(|boxed| &**boxed).collect();
        all.sort_unstable_by_key(|transaction| transaction.submission.reference_id);
        all.into_iter()
    }

    /// Gives all up, and their memory.
    pub fn clear(&mut self) {
        self.0 = HashMap::default();
    }
}
