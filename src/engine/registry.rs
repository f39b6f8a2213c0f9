//! The registry of spaces. A space is never removed.

use std::sync::Arc;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use foldhash::fast::RandomState;
use parking_lot::RwLock;

use crate::engine::space::Space;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::operations::rejection::Rejection;

#[derive(Debug, Default)]
pub(super) struct Registry {
    by_id: DashMap<ApiUserId, Arc<Space>, RandomState>,
    /// The same spaces in the order in which they were provisioned.
    in_order: RwLock<Vec<Arc<Space>>>,
}

impl Registry {
    pub(super) fn get(&self, id: ApiUserId) -> Option<Arc<Space>> {
        self.by_id.get(&id).map(|space| Arc::clone(&space))
    }

    /// All spaces, sorted by the ids of their API users.
    pub(super) fn all(&self) -> Vec<Arc<Space>> {
        let mut all = self.in_order.read().clone();
        all.sort_by_key(|space| space.id());
        all
    }

    /// The spaces that have any journal entry, in the order in which they were provisioned.
    pub(super) fn that_have_entries(&self) -> Vec<Arc<Space>> {
        let has_entries = |space: &&Arc<Space>| space.held().journal_entries > 0;
        self.in_order.read().iter().filter(has_entries).cloned().collect()
    }

    /// Adds the space that `make` makes, while the id is locked.
    ///
    /// # Errors
    ///
    /// [`Rejection::Duplicate`] if the id has a space already, or the error of `make`.
    pub(super) fn add(
        &self,
        id: ApiUserId,
        make: impl FnOnce() -> Result<Arc<Space>, Rejection>,
    ) -> Result<Arc<Space>, Rejection> {
        match self.by_id.entry(id) {
            Entry::Occupied(_) => Err(Rejection::Duplicate(id.to_string())),
            Entry::Vacant(vacant) => {
                let space = make()?;
                vacant.insert(Arc::clone(&space));
                self.in_order.write().push(Arc::clone(&space));
                Ok(space)
            }
        }
    }
}
