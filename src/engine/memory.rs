//! The bytes that all spaces keep together, and how room is made when they are too many.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::engine::global_journal::GlobalJournal;
use crate::engine::spaces::{Counted, Space, Spaces};
use momo_sandbox_core::model::limits::Limit;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::footprint::Kept;
use momo_sandbox_core::platform::request::AnsweredRequest;

/// What is kept, counted by additions alone: a request meets no lock for it.
#[derive(Debug)]
pub struct Memory {
    most: usize,
    bytes: AtomicUsize,
    evictable: AtomicUsize,
    transactions_gone: AtomicU64,
    entries_gone: AtomicU64,
    /// Held by whoever makes room; one at a time is enough.
    making_room: Mutex<()>,
}

impl Memory {
    /// So many bytes are kept already, of so many at most.
    pub(super) fn of(most: usize, kept: usize) -> Self {
        Self {
            most,
            bytes: AtomicUsize::new(kept),
            evictable: AtomicUsize::default(),
            transactions_gone: AtomicU64::default(),
            entries_gone: AtomicU64::default(),
            making_room: Mutex::default(),
        }
    }

    /// Notes that a part of it has changed.
    pub(super) fn note(&self, before: Kept, after: Kept) {
        if after != before {
            // An addition that wraps round takes away.
            let more = after.bytes.wrapping_sub(before.bytes);
            self.bytes.fetch_add(more, Ordering::Relaxed);
            let more = after.evictable.wrapping_sub(before.evictable);
            self.evictable.fetch_add(more, Ordering::Relaxed);
        }
    }

    /// How many bytes are kept.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How many of them can go.
    pub fn evictable(&self) -> usize {
        self.evictable.load(Ordering::Relaxed)
    }

    /// How many settled transactions had to go for want of room.
    pub fn transactions_gone(&self) -> u64 {
        self.transactions_gone.load(Ordering::Relaxed)
    }

    /// How many journal entries had to go for want of room, in the journal of all too.
    pub fn entries_gone(&self) -> u64 {
        self.entries_gone.load(Ordering::Relaxed)
    }

    /// How many bytes are beyond the limit, with so many more.
    fn excess(&self, more: usize) -> usize {
        self.bytes().saturating_add(more).saturating_sub(self.most)
    }

    fn gone(&self, transactions: u64, entries: u64) {
        self.transactions_gone.fetch_add(transactions, Ordering::Relaxed);
        self.entries_gone.fetch_add(entries, Ordering::Relaxed);
    }
}

impl Spaces {
    /// Changes the journal of all.
    pub(super) fn change_global_journal<R>(&self, act: impl FnOnce(&mut GlobalJournal) -> R) -> R {
        act(&mut self.feed.lock())
    }

    /// Writes down a request of a caller who is nobody known.
    pub fn note_unauthenticated(&self, request: AnsweredRequest) {
        self.change_global_journal(|feed| {
            let before = feed.kept();
            feed.append_unauthenticated(self.clock().now(), request);
            self.memory().note(before, feed.kept());
        });
        // Beyond the limit there is no less to be kept of a request.
        let _ = self.make_room(None);
        self.tell_of_changes();
    }

    /// Makes room if more is kept than the limit allows.
    ///
    /// # Errors
    ///
    /// Those of [`Self::make_room_for`].
    pub(super) fn make_room(&self, asked: Option<&Space>) -> Result<(), Rejection> {
        self.make_room_for(asked, 0)
    }

    /// Makes room for so many bytes more, within the limit: first the oldest of the space that is
    /// asked goes, then of others, in turn. No two spaces are locked at once.
    ///
    /// # Errors
    ///
    /// [`Rejection::LimitReached`] if there is no room, since what is kept must not go.
    pub(super) fn make_room_for(
        &self,
        asked: Option<&Space>,
        more: usize,
    ) -> Result<(), Rejection> {
        let memory = self.memory();
        let full = Rejection::LimitReached { limit: Limit::KeptBytes, most: memory.most };
        let excess = memory.excess(more);
        if excess == 0 {
            return Ok(());
        }
        // Nothing is lost for room that would not be enough.
        if memory.evictable() < excess {
            return Err(full);
        }
        // Another request makes room: it is enough for this one too.
        let Some(_making) = memory.making_room.try_lock() else { return Ok(()) };
        self.counters().reach(Limit::KeptBytes);
        if let Some(space) = asked {
            self.relieve(space, more, 4);
        }
        if memory.excess(more) > 0 {
            self.relieve_feed(more);
        }
        for part in [4, 2, 1] {
            if memory.excess(more) == 0 {
                break;
            }
            // A space that has no entry left hardly has anything: it is asked last.
            let spaces = if part > 1 { self.that_have_entries() } else { self.all() };
            for space in spaces {
                if memory.excess(more) == 0 {
                    break;
                }
                self.relieve(&space, more, part);
            }
        }
        if memory.excess(more) == 0 { Ok(()) } else { Err(full) }
    }

    /// Has a space give up what is beyond the limit, as far as it can: and a part of what can go of
    /// it, so that the next request does not ask again at once.
    fn relieve(&self, space: &Space, more: usize, part: usize) {
        let memory = self.memory();
        let mut scheduled = space.scheduled.lock();
        let platform = &mut scheduled.platform;
        let before = Counted::of(platform);
        let (transactions, entries) = (platform.evicted(), platform.journal().evicted());
        let ahead = (before.kept.evictable / part).min(memory.most / 64);
        platform.make_room(memory.excess(more).max(ahead));
        self.count(space, platform, &before);
        let entries = platform.journal().evicted() - entries;
        let of_all = match entries {
            0 => 0,
            _ => {
                let (id, oldest) = (platform.api_user().id, platform.journal().oldest());
                self.change_global_journal(|feed| feed.give_up(Some(id), oldest))
            }
        };
        memory.gone(platform.evicted() - transactions, entries + of_all);
    }

    /// The same of the requests of callers who are nobody known.
    fn relieve_feed(&self, more: usize) {
        let memory = self.memory();
        let bytes = memory.excess(more).max(memory.most / 64);
        let (freed, gone) = self.change_global_journal(|feed| feed.make_room(bytes));
        memory.note(Kept { bytes: freed, evictable: freed }, Kept::default());
        memory.gone(0, gone);
    }
}
