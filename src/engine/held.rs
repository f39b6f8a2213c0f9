//! Counts of what all spaces hold together, kept as it changes. Reading them enters no space.

use std::sync::atomic::{AtomicU64, Ordering};

use momo_sandbox_core::platform::Platform;

/// What a space holds, or all of them together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    pub transactions: u64,
    /// Transactions without a final status.
    pub pending: u64,
    pub journal_entries: u64,
    pub settled_evicted: u64,
    pub journal_evicted: u64,
}

impl Held {
    pub(super) fn by(platform: &Platform) -> Self {
        Self {
            transactions: platform.transaction_count() as u64,
            pending: platform.pending() as u64,
            journal_entries: platform.journal().held() as u64,
            settled_evicted: platform.evicted(),
            journal_evicted: platform.journal().evicted(),
        }
    }

    fn numbers(self) -> [u64; 5] {
        let Self { transactions, pending, journal_entries, settled_evicted, journal_evicted } =
            self;
        [transactions, pending, journal_entries, settled_evicted, journal_evicted]
    }
}

/// The counts themselves: of a space, or of all.
#[derive(Debug, Default)]
pub struct Counts([AtomicU64; 5]);

impl Counts {
    /// Adds the change of a space.
    pub(super) fn follow(&self, before: Held, after: Held) {
        for ((count, before), after) in self.0.iter().zip(before.numbers()).zip(after.numbers()) {
            if before != after {
                // The addition wraps too, so this also subtracts. Sequentially consistent with the
                // number of waiters: a waiter that begins before this addition is woken afterwards,
                // and one that begins later sees it.
                count.fetch_add(after.wrapping_sub(before), Ordering::SeqCst);
            }
        }
    }

    pub fn read(&self) -> Held {
        let [transactions, pending, journal_entries, settled_evicted, journal_evicted] =
            std::array::from_fn(|place| self.0[place].load(Ordering::SeqCst));
        Held { transactions, pending, journal_entries, settled_evicted, journal_evicted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_follow_what_becomes_more_and_what_becomes_less() {
        let counts = Counts::default();
        let some = Held { transactions: 3, pending: 2, journal_entries: 9, ..Held::default() };
        counts.follow(Held::default(), some);
        counts.follow(Held::default(), some);
        let fewer = Held { pending: 0, settled_evicted: 1, ..some };
        counts.follow(some, fewer);
        let both = Held {
            transactions: 6,
            pending: 2,
            journal_entries: 18,
            settled_evicted: 1,
            journal_evicted: 0,
        };
        assert_eq!(counts.read(), both);
        counts.follow(fewer, Held::default());
        assert_eq!(counts.read(), some);
    }
}
