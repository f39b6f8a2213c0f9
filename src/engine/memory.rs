//! The bytes that all spaces keep together. They are counted by atomic additions, so a request
//! takes no lock for it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::{Mutex, MutexGuard};

use momo_sandbox_core::platform::footprint::Kept;

/// How many bytes are kept, and the limit.
#[derive(Debug)]
pub struct Memory {
    most: usize,
    bytes: AtomicUsize,
    evictable: AtomicUsize,
    transactions_evicted: AtomicU64,
    entries_evicted: AtomicU64,
    /// Held while room is made, so that only one task does it at a time.
    making_room: Mutex<()>,
}

impl Memory {
    /// A limit of `most` bytes, `kept` of which are taken already.
    pub(super) fn of(most: usize, kept: usize) -> Self {
        Self {
            most,
            bytes: AtomicUsize::new(kept),
            evictable: AtomicUsize::default(),
            transactions_evicted: AtomicU64::default(),
            entries_evicted: AtomicU64::default(),
            making_room: Mutex::default(),
        }
    }

    /// The limit, in bytes.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Adds the change of one part of what is kept.
    pub(super) fn note(&self, before: Kept, after: Kept) {
        if after != before {
            // A wrapping addition also subtracts.
            let more = after.bytes.wrapping_sub(before.bytes);
            self.bytes.fetch_add(more, Ordering::Relaxed);
            let more = after.evictable.wrapping_sub(before.evictable);
            self.evictable.fetch_add(more, Ordering::Relaxed);
        }
    }

    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How many of the bytes can be evicted.
    pub fn evictable(&self) -> usize {
        self.evictable.load(Ordering::Relaxed)
    }

    /// How many settled transactions were evicted to make room.
    pub fn transactions_evicted(&self) -> u64 {
        self.transactions_evicted.load(Ordering::Relaxed)
    }

    /// How many journal entries were evicted to make room, also from the global journal.
    pub fn entries_evicted(&self) -> u64 {
        self.entries_evicted.load(Ordering::Relaxed)
    }

    /// How many bytes exceed the limit once `more` are added.
    pub(super) fn excess(&self, more: usize) -> usize {
        self.bytes().saturating_add(more).saturating_sub(self.most)
    }

    /// The guard for making room; `None` while another task does.
    pub(super) fn begin_making_room(&self) -> Option<MutexGuard<'_, ()>> {
        self.making_room.try_lock()
    }

    /// Counts what was evicted to make room.
    pub(super) fn count_evicted(&self, transactions: u64, entries: u64) {
        self.transactions_evicted.fetch_add(transactions, Ordering::Relaxed);
        self.entries_evicted.fetch_add(entries, Ordering::Relaxed);
    }
}
