//! The global journal: the order in which the entries of all spaces came, and the requests of
//! callers that did not authenticate.
//!
//! An entry itself stays in the journal of its space. The newest entries of all spaces are among
//! the newest of each space, so every entry that is listed here is kept there.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::footprint::{Kept, shrink};
use momo_sandbox_core::platform::journal::{Happened, Journal};

/// How many of the newest entries are looked through for one that was appended a moment ago.
const LOOKED_BACK_MAX: usize = 10_000;

/// The position of an entry: its space, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    /// Its number in the global journal. Numbers begin at 0 and are never used again.
    pub(super) number: u64,
    /// The API user in whose journal it is; `None` for an unauthenticated request.
    pub(super) api_user: Option<ApiUserId>,
    /// Its number in that journal.
    pub(super) entry: u64,
}

/// The global journal. It is bounded: the oldest entries are evicted first, and counted.
#[derive(Debug)]
pub struct GlobalJournal {
    most: usize,
    order: VecDeque<Position>,
    unauthenticated: Journal,
    written: u64,
    evicted: u64,
    resets: u64,
    /// How often all positions were scanned.
    #[cfg(test)]
    pub(super) passes: usize,
}

impl GlobalJournal {
    /// A journal that keeps at most `entries` entries, and one at least.
    pub fn keeping(entries: usize) -> Self {
        Self {
            most: entries.max(1),
            order: VecDeque::new(),
            unauthenticated: Journal::keeping(entries),
            written: 0,
            evicted: 0,
            resets: 0,
            #[cfg(test)]
            passes: 0,
        }
    }

    /// Appends new entries of a space's journal, by their numbers there.
    pub fn append(&mut self, api_user: ApiUserId, entries: Range<u64>) {
        for entry in entries {
            self.push(Some(api_user), entry);
        }
    }

    /// Appends what is in no space: a request of a caller that did not authenticate, or what became
    /// of its late answer. Returns its number here.
    pub fn append_unauthenticated(&mut self, at: Timestamp, what: Happened) -> u64 {
        let entry = self.unauthenticated.written();
        self.unauthenticated.append(at, what);
        self.push(None, entry)
    }

    /// The number here of an entry of a space that was appended a moment ago; `None` if it was
    /// forgotten since.
    pub(super) fn number_of(&self, api_user: ApiUserId, entry: u64) -> Option<u64> {
        let newest = self.order.iter().rev().take(LOOKED_BACK_MAX);
        let mut own = newest.filter(|position| position.api_user == Some(api_user));
        // A space's own numbers grow.
        let found = own.find(|position| position.entry <= entry)?;
        (found.entry == entry).then_some(found.number)
    }

    fn push(&mut self, api_user: Option<ApiUserId>, entry: u64) -> u64 {
        if self.order.len() == self.most {
            self.order.pop_front();
            self.evicted += 1;
        }
        let number = self.written;
        self.order.push_back(Position { number, api_user, entry });
        self.written += 1;
        number
    }

    /// The positions of at most `most` entries, from a number on.
    pub(super) fn positions_from(&self, number: u64, most: usize) -> Vec<Position> {
        let first = self.order.partition_point(|position| position.number < number);
        self.order.range(first..).take(most).copied().collect()
    }

    /// The number of the oldest entry that is kept, or of the next one.
    pub fn oldest(&self) -> u64 {
        self.order.front().map_or(self.written, |position| position.number)
    }

    /// How many entries were ever written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// How many entries were evicted to make room for newer ones.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Removes the entries that their spaces have evicted: those before the number that is the
    /// oldest there now. Returns how many were removed.
    pub(super) fn remove_evicted(&mut self, oldest: &BTreeMap<ApiUserId, u64>) -> u64 {
        self.evict(|position| {
            let oldest = position.api_user.and_then(|id| oldest.get(&id));
            oldest.is_some_and(|oldest| position.entry < *oldest)
        })
    }

    fn evict(&mut self, is_gone: impl Fn(&Position) -> bool) -> u64 {
        let gone = self.remove(is_gone);
        self.evicted += gone;
        gone
    }

    /// Removes the positions of which `is_gone` holds. Returns how many there were.
    fn remove(&mut self, is_gone: impl Fn(&Position) -> bool) -> u64 {
        #[cfg(test)]
        {
            self.passes += 1;
        }
        let before = self.order.len();
        self.order.retain(|position| !is_gone(position));
        shrink(&mut self.order);
        (before - self.order.len()) as u64
    }

    /// The bytes of unauthenticated requests; spaces count their own entries.
    pub(super) fn kept(&self) -> Kept {
        Kept { bytes: self.unauthenticated.bytes(), evictable: self.unauthenticated.bytes() }
    }

    /// Evicts the oldest unauthenticated requests until `bytes` bytes are free or none is left.
    /// Returns how many bytes became free, and how many requests were evicted.
    pub(super) fn make_room(&mut self, bytes: usize) -> (usize, u64) {
        let before = self.unauthenticated.bytes();
        while before - self.unauthenticated.bytes() < bytes && self.unauthenticated.bytes() > 0 {
            self.unauthenticated.evict_oldest();
        }
        let oldest = self.unauthenticated.oldest();
        let gone = self.evict(|position| position.api_user.is_none() && position.entry < oldest);
        (before - self.unauthenticated.bytes(), gone)
    }

    /// How often entries were forgotten by a reset.
    pub fn resets(&self) -> u64 {
        self.resets
    }

    pub fn held(&self) -> u64 {
        self.order.len() as u64
    }

    /// The requests of callers that did not authenticate.
    pub fn unauthenticated(&self) -> &Journal {
        &self.unauthenticated
    }

    /// Forgets what happened in a space.
    pub fn forget(&mut self, api_user: ApiUserId) {
        self.remove(|position| position.api_user == Some(api_user));
        self.resets += 1;
    }

    pub fn forget_all(&mut self) {
        self.order = VecDeque::new();
        self.unauthenticated.forget();
        self.evicted = 0;
        self.resets += 1;
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn user(number: u128) -> ApiUserId {
        ApiUserId(Uuid::from_u128(number))
    }

    /// Number among all, API user, number there.
    fn positions_from(journal: &GlobalJournal, number: u64) -> Vec<(u64, u128, u64)> {
        let shown = |position: Position| {
            let user = position.api_user.map_or(0, |id| id.0.as_u128());
            (position.number, user, position.entry)
        };
        journal.positions_from(number, 9).into_iter().map(shown).collect()
    }

    #[test]
    fn the_oldest_go_and_numbers_stay() {
        let mut journal = GlobalJournal::keeping(2);
        journal.append(user(1), 0..3);
        assert_eq!(positions_from(&journal, 0), [(1, 1, 1), (2, 1, 2)]);
        assert_eq!((journal.oldest(), journal.evicted(), journal.held()), (1, 1, 2));
        assert_eq!(positions_from(&journal, 2), [(2, 1, 2)]);
        assert_eq!(positions_from(&journal, 9), []);
        journal.append(user(2), 7..8);
        assert_eq!(positions_from(&journal, 0), [(2, 1, 2), (3, 2, 7)]);
        assert_eq!(journal.positions_from(0, 1).len(), 1);
        assert_eq!(journal.number_of(user(1), 2), Some(2));
        assert_eq!(journal.number_of(user(1), 1), None, "it is gone");
        assert_eq!(journal.number_of(user(2), 7), Some(3));
        assert_eq!(journal.number_of(user(2), 8), None);
    }

    #[test]
    fn what_a_space_gave_up_goes_and_is_counted() {
        let mut journal = GlobalJournal::keeping(9);
        journal.append(user(1), 0..3);
        journal.append(user(2), 0..1);
        assert_eq!(journal.remove_evicted(&BTreeMap::from([(user(1), 2), (user(3), 9)])), 2);
        assert_eq!(positions_from(&journal, 0), [(2, 1, 2), (3, 2, 0)]);
        assert_eq!((journal.evicted(), journal.written()), (2, 4));
    }

    #[test]
    fn a_space_is_forgotten_and_the_others_stay() {
        let mut journal = GlobalJournal::keeping(9);
        journal.append(user(1), 0..1);
        journal.append(user(2), 0..2);
        journal.forget(user(1));
        assert_eq!(positions_from(&journal, 0), [(1, 2, 0), (2, 2, 1)]);
        assert_eq!((journal.held(), journal.evicted(), journal.written()), (2, 0, 3));
        journal.append(user(1), 1..2);
        journal.forget(user(1));
        // Its numbers among all are not used again.
        journal.append(user(2), 2..3);
        assert_eq!(positions_from(&journal, 2), [(2, 2, 1), (4, 2, 2)]);
    }
}
