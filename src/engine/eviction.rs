//! Makes room when more is kept than the limit allows. No two spaces are locked at once.

use std::collections::BTreeMap;

use crate::engine::registry::Registry;
use crate::engine::shared::Shared;
use crate::engine::space::Space;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::limits::Limit;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::footprint::Kept;

/// Makes room for `more` bytes within the limit: it evicts the oldest of the space that asks, then
/// the oldest unauthenticated requests, then the oldest of other spaces in turn.
///
/// # Errors
///
/// [`Rejection::LimitReached`] if too little of what is kept may be evicted.
pub(super) fn make_room(
    registry: &Registry,
    shared: &Shared,
    asking: Option<&Space>,
    more: usize,
) -> Result<(), Rejection> {
    let memory = &shared.memory;
    let full = || Rejection::LimitReached { limit: Limit::KeptBytes, most: memory.most() };
    let excess = memory.excess(more);
    if excess == 0 {
        return Ok(());
    }
    // If eviction would not free enough, nothing is evicted.
    if memory.evictable() < excess {
        return Err(full());
    }
    // Another request makes room at this moment, and this one need not wait for it.
    let Some(_making) = memory.begin_making_room() else { return Ok(()) };
    shared.capacity.metrics.reach(Limit::KeptBytes);
    let mut eviction = Eviction { shared, more, oldest_entries: BTreeMap::new() };
    eviction.run(registry, asking);
    eviction.forget_entries();
    shared.references.shrink();
    if memory.excess(more) == 0 { Ok(()) } else { Err(full()) }
}

struct Eviction<'a> {
    shared: &'a Shared,
    /// How many bytes must fit beside what is kept.
    more: usize,
    /// For each space that evicted journal entries, the number of the oldest that it still has.
    oldest_entries: BTreeMap<ApiUserId, u64>,
}

impl Eviction<'_> {
    fn is_over(&self) -> bool {
        self.shared.memory.excess(self.more) == 0
    }

    fn run(&mut self, registry: &Registry, asking: Option<&Space>) {
        if let Some(space) = asking {
            self.evict_from(space, 4);
        }
        if !self.is_over() {
            self.evict_unauthenticated();
        }
        for part in [4, 2, 1] {
            if self.is_over() {
                return;
            }
            // A space without a journal entry has hardly anything to evict, so it comes last.
            let spaces = if part > 1 { registry.that_have_entries() } else { registry.all() };
            for space in spaces {
                if self.is_over() {
                    return;
                }
                self.evict_from(&space, part);
            }
        }
    }

    /// Evicts what exceeds the limit from a space, as far as that is possible.
    fn evict_from(&mut self, space: &Space, part: usize) {
        let memory = &self.shared.memory;
        let evicted = space.make_room(self.shared, memory.excess(self.more), part);
        memory.count_evicted(evicted.transactions, evicted.entries);
        if evicted.entries > 0 {
            self.oldest_entries.insert(space.id(), evicted.oldest);
        }
    }

    /// Evicts unauthenticated requests from the global journal likewise.
    fn evict_unauthenticated(&self) {
        let memory = &self.shared.memory;
        let bytes = memory.excess(self.more).max(memory.most() / 64);
        let (freed, evicted) = self.shared.global_journal.lock().make_room(bytes);
        memory.note(Kept { bytes: freed, evictable: freed }, Kept::default());
        memory.count_evicted(0, evicted);
    }

    /// Removes evicted entries from the global journal, in one pass over it.
    fn forget_entries(self) {
        if !self.oldest_entries.is_empty() {
            let evicted = self.shared.global_journal.lock().remove_evicted(&self.oldest_entries);
            self.shared.memory.count_evicted(0, evicted);
        }
    }
}
