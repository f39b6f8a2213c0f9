//! What happened in all spaces, in one order, and the requests of callers who are nobody known.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::model::reference::ApiUserId;
use crate::model::time::Timestamp;
use crate::platform::journal::Entry;
use crate::platform::request::AnsweredRequest;

/// An entry of a space's journal, with its place among all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedEntry {
    /// Its number among all, from 0, never used again.
    pub number: u64,
    /// Whose space it happened in; nobody's for a request of a caller who is not known.
    pub api_user: Option<ApiUserId>,
    /// The entry.
    pub entry: Entry,
}

/// The journal of all. It is bounded: the oldest entries go first, and are counted.
#[derive(Debug)]
pub struct Feed {
    kept: usize,
    entries: VecDeque<FeedEntry>,
    written: u64,
    evicted: u64,
}

impl Feed {
    /// One that keeps so many entries, one at least.
    pub fn keeping(entries: usize) -> Self {
        Self { kept: entries.max(1), entries: VecDeque::new(), written: 0, evicted: 0 }
    }

    /// Appends what was written in a space's journal. Of more than a journal keeps, the oldest are
    /// gone already: `missing` says how many.
    pub fn append<'a>(
        &mut self,
        api_user: ApiUserId,
        entries: impl Iterator<Item = &'a Entry>,
        missing: u64,
    ) {
        self.written += missing;
        self.evicted += missing;
        for entry in entries {
            self.push(Some(api_user), entry.clone());
        }
    }

    /// Appends a request of a caller who is nobody known.
    pub fn append_stranger(&mut self, at: Timestamp, request: AnsweredRequest) {
        let entry = Entry {
            number: self.written,
            at,
            event: "request",
            reference_id: request.reference_id,
            detail: None,
            request: Some(Arc::new(request)),
        };
        self.push(None, entry);
    }

    fn push(&mut self, api_user: Option<ApiUserId>, entry: Entry) {
        if self.entries.len() == self.kept {
            self.entries.pop_front();
            self.evicted += 1;
        }
        self.entries.push_back(FeedEntry { number: self.written, api_user, entry });
        self.written += 1;
    }

    /// The entries that are kept, from that number on.
    pub fn entries_from(&self, number: u64) -> impl Iterator<Item = &FeedEntry> {
        let skipped = self.entries.partition_point(|entry| entry.number < number);
        self.entries.range(skipped..)
    }

    /// The number of the oldest entry that is kept, or of the next one.
    pub fn oldest(&self) -> u64 {
        self.entries.front().map_or(self.written, |entry| entry.number)
    }

    /// How many entries were ever written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// How many entries had to go to make room for newer ones.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Forgets what happened in a space.
    pub fn forget(&mut self, api_user: ApiUserId) {
        self.entries.retain(|entry| entry.api_user != Some(api_user));
    }

    /// Forgets everything.
    pub fn forget_all(&mut self) {
        self.entries.clear();
        self.evicted = 0;
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn entry(number: u64) -> Entry {
        Entry {
            number,
            at: Timestamp(0),
            event: "accepted",
            reference_id: None,
            detail: None,
            request: None,
        }
    }

    fn user(number: u128) -> ApiUserId {
        ApiUserId(Uuid::from_u128(number))
    }

    #[test]
    fn the_oldest_go_and_numbers_stay() {
        let mut feed = Feed::keeping(2);
        feed.append(user(1), [entry(0), entry(1), entry(2)].iter(), 0);
        let numbers = |feed: &Feed, from| -> Vec<u64> {
            feed.entries_from(from).map(|entry| entry.number).collect()
        };
        assert_eq!((numbers(&feed, 0), feed.evicted()), (vec![1, 2], 1));
        assert_eq!(numbers(&feed, 2), [2]);
        assert_eq!(numbers(&feed, 9), [0; 0]);
    }

    #[test]
    fn a_space_is_forgotten_and_the_others_stay() {
        let mut feed = Feed::keeping(9);
        feed.append(user(1), [entry(0)].iter(), 0);
        feed.append(user(2), [entry(0)].iter(), 3);
        feed.forget(user(1));
        let left: Vec<_> =
            feed.entries_from(0).map(|entry| (entry.number, entry.api_user)).collect();
        assert_eq!((left, feed.evicted(), feed.written()), (vec![(4, Some(user(2)))], 3, 5));
    }
}
