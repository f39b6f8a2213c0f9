//! Makes room when more is kept than the limit allows. No two spaces are locked at once.

use std::collections::BTreeMap;

use crate::engine::registry::Registry;
use crate::engine::shared::Shared;
use crate::engine::space::Space;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::limits::Limit;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::footprint::Kept;

/// Makes room for `more` bytes within the limit: first the oldest of the space that asks goes, then
/// the oldest unauthenticated requests, then the oldest of other spaces in turn.
///
/// # Errors
///
/// [`Rejection::LimitReached`] if there is no room, since what is kept must not go.
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
    // Nothing is lost for room that would not be enough.
    if memory.evictable() < excess {
        return Err(full());
    }
    // Another request makes room: it is enough for this one too.
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
    /// How many bytes are to fit in beside what is kept.
    more: usize,
    /// The oldest entry that each of these spaces still has, after it gave some up.
    oldest_entries: BTreeMap<ApiUserId, u64>,
}

impl Eviction<'_> {
    fn is_over(&self) -> bool {
        self.shared.memory.excess(self.more) == 0
    }

    fn run(&mut self, registry: &Registry, asking: Option<&Space>) {
        if let Some(space) = asking {
            self.relieve(space, 4);
        }
        if !self.is_over() {
            self.relieve_global_journal();
        }
        for part in [4, 2, 1] {
            if self.is_over() {
                return;
            }
            // A space that has no entry left hardly has anything: it comes last.
            let spaces = if part > 1 { registry.that_have_entries() } else { registry.all() };
            for space in spaces {
                if self.is_over() {
                    return;
                }
                self.relieve(&space, part);
            }
        }
    }

    /// Has a space give up what is beyond the limit, as far as it can.
    fn relieve(&mut self, space: &Space, part: usize) {
        let memory = &self.shared.memory;
        let gone = space.make_room(self.shared, memory.excess(self.more), part);
        memory.count_gone(gone.transactions, gone.entries);
        if gone.entries > 0 {
            self.oldest_entries.insert(space.id(), gone.oldest);
        }
    }

    /// Has the journal of all give up unauthenticated requests likewise.
    fn relieve_global_journal(&self) {
        let memory = &self.shared.memory;
        let bytes = memory.excess(self.more).max(memory.most() / 64);
        let (freed, gone) = self.shared.global_journal.lock().make_room(bytes);
        memory.note(Kept { bytes: freed, evictable: freed }, Kept::default());
        memory.count_gone(0, gone);
    }

    /// Takes what the spaces gave up out of the journal of all, in one pass over it.
    fn forget_entries(self) {
        if !self.oldest_entries.is_empty() {
            let gone = self.shared.global_journal.lock().give_up(&self.oldest_entries);
            self.shared.memory.count_gone(0, gone);
        }
    }
}
