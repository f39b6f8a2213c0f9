//! The bytes that all spaces keep together, counted by additions alone: a request meets no lock for
//! it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::{Mutex, MutexGuard};

use momo_sandbox_core::platform::footprint::Kept;

/// How much is kept, of how much at most.
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
    /// A limit of `most` bytes, `kept` of which are taken already.
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

    /// The limit, in bytes.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Notes that a part of what is kept has changed.
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

    /// How many bytes are beyond the limit once `more` are added.
    pub(super) fn excess(&self, more: usize) -> usize {
        self.bytes().saturating_add(more).saturating_sub(self.most)
    }

    /// The guard of whoever makes room, unless another does at this moment.
    pub(super) fn begin_making_room(&self) -> Option<MutexGuard<'_, ()>> {
        self.making_room.try_lock()
    }

    /// Counts what had to go for want of room.
    pub(super) fn count_gone(&self, transactions: u64, entries: u64) {
        self.transactions_gone.fetch_add(transactions, Ordering::Relaxed);
        self.entries_gone.fetch_add(entries, Ordering::Relaxed);
    }
}
