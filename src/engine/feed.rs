//! What happened in all spaces, in one order, and the requests of callers who are nobody known.
//!
//! The entries are in the journals of their spaces, and here is only in which order they came: the
//! last ones of all are among the last ones of each, so what is kept here is kept there.

use std::collections::VecDeque;
use std::ops::{ControlFlow, Range};

use crate::engine::spaces::Spaces;
use crate::model::reference::ApiUserId;
use crate::model::time::Timestamp;
use crate::platform::journal::{Entry, Happened, Journal};
use crate::platform::request::AnsweredRequest;

/// Entries of one journal that came one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stretch {
    /// The number of the first among all, from 0, never used again.
    number: u64,
    /// Whose journal they are in; for requests of callers who are not known, the feed's own.
    api_user: Option<ApiUserId>,
    /// Their numbers there.
    entries: Range<u64>,
}

impl Stretch {
    fn len(&self) -> u64 {
        self.entries.end - self.entries.start
    }

    fn skip(&mut self, count: u64) {
        self.number += count;
        self.entries.start += count;
    }
}

/// The journal of all. It is bounded: the oldest entries go first, and are counted.
#[derive(Debug)]
pub struct Feed {
    kept: u64,
    stretches: VecDeque<Stretch>,
    /// How many entries the stretches have.
    held: u64,
    strangers: Journal,
    written: u64,
    evicted: u64,
}

impl Feed {
    /// One that keeps so many entries, one at least.
    pub fn keeping(entries: usize) -> Self {
        Self {
            kept: entries.max(1) as u64,
            stretches: VecDeque::new(),
            held: 0,
            strangers: Journal::keeping(entries),
            written: 0,
            evicted: 0,
        }
    }

    /// Appends what was written in a space's journal, by its numbers there.
    pub fn append(&mut self, api_user: ApiUserId, entries: Range<u64>) {
        self.push(Some(api_user), entries);
    }

    /// Appends a request of a caller who is nobody known.
    pub fn append_stranger(&mut self, at: Timestamp, request: AnsweredRequest) {
        let number = self.strangers.written();
        self.strangers.append(at, Happened::Request(request));
        self.push(None, number..number + 1);
    }

    fn push(&mut self, api_user: Option<ApiUserId>, entries: Range<u64>) {
        if entries.is_empty() {
            return;
        }
        let count = entries.end - entries.start;
        let last = self.stretches.back_mut();
        match last.filter(|last| {
            last.api_user == api_user
                && last.entries.end == entries.start
                && last.number + last.len() == self.written
        }) {
            Some(last) => last.entries.end = entries.end,
            None => {
                self.stretches.push_back(Stretch { number: self.written, api_user, entries });
            }
        }
        self.written += count;
        self.held += count;
        self.make_room();
    }

    fn make_room(&mut self) {
        while self.held > self.kept
            && let Some(oldest) = self.stretches.front_mut()
        {
            let too_many = (self.held - self.kept).min(oldest.len());
            oldest.skip(too_many);
            self.held -= too_many;
            self.evicted += too_many;
            if oldest.len() == 0 {
                self.stretches.pop_front();
            }
        }
    }

    /// What is kept from that number on.
    fn stretches_from(&self, number: u64) -> Vec<Stretch> {
        let gone = |stretch: &Stretch| stretch.number + stretch.len() <= number;
        let mut rest: Vec<_> =
            self.stretches.range(self.stretches.partition_point(gone)..).cloned().collect();
        if let Some(first) = rest.first_mut() {
            first.skip(number.saturating_sub(first.number));
        }
        rest
    }

    /// The number of the oldest entry that is kept, or of the next one.
    pub fn oldest(&self) -> u64 {
        self.stretches.front().map_or(self.written, |stretch| stretch.number)
    }

    /// How many entries were ever written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// How many entries had to go to make room for newer ones.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// How many entries are kept.
    pub fn held(&self) -> u64 {
        self.held
    }

    /// The requests of callers who are nobody known.
    pub fn strangers(&self) -> &Journal {
        &self.strangers
    }

    /// Forgets what happened in a space.
    pub fn forget(&mut self, api_user: ApiUserId) {
        self.stretches.retain(|stretch| stretch.api_user != Some(api_user));
        self.held = self.stretches.iter().map(Stretch::len).sum();
    }

    /// Forgets everything.
    pub fn forget_all(&mut self) {
        self.stretches.clear();
        self.strangers.forget();
        self.held = 0;
        self.evicted = 0;
    }
}

/// The entries of a journal with these numbers, as far as they are still kept.
fn of_journal(journal: &Journal, numbers: Range<u64>) -> impl Iterator<Item = &Entry> {
    journal.entries_from(numbers.start).take_while(move |entry| entry.number < numbers.end)
}

/// Reading the journal of all.
impl Spaces {
    /// Goes through what is kept from that number on, for as long as `take` wants more: an entry's
    /// number among all, whose space it happened in, and the entry. What comes meanwhile is not
    /// shown, and what has to go meanwhile is left out.
    pub fn read_entries(
        &self,
        from: u64,
        mut take: impl FnMut(u64, Option<ApiUserId>, &Entry) -> ControlFlow<()>,
    ) {
        for Stretch { number, api_user, entries } in
            self.read_feed(|feed| feed.stretches_from(from))
        {
            let first = entries.start;
            let mut show = |entry: &Entry| take(number + entry.number - first, api_user, entry);
            let shown = match api_user {
                None => {
                    let show =
                        |feed: &Feed| of_journal(&feed.strangers, entries).try_for_each(show);
                    self.read_feed(show)
                }
                Some(id) => match self.get(id) {
                    Some(space) => self.look_into(&space, |platform| {
                        of_journal(platform.journal(), entries).try_for_each(&mut show)
                    }),
                    None => ControlFlow::Continue(()),
                },
            };
            if shown.is_break() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn user(number: u128) -> ApiUserId {
        ApiUserId(Uuid::from_u128(number))
    }

    fn stretch(number: u64, of: u128, entries: Range<u64>) -> Stretch {
        Stretch { number, api_user: Some(user(of)), entries }
    }

    #[test]
    fn the_oldest_go_and_numbers_stay() {
        let mut feed = Feed::keeping(2);
        feed.append(user(1), 0..3);
        assert_eq!(feed.stretches_from(0), [stretch(1, 1, 1..3)]);
        assert_eq!((feed.oldest(), feed.evicted(), feed.held()), (1, 1, 2));
        assert_eq!(feed.stretches_from(2), [stretch(2, 1, 2..3)]);
        assert_eq!(feed.stretches_from(9), []);
        feed.append(user(2), 7..8);
        assert_eq!(feed.stretches_from(0), [stretch(2, 1, 2..3), stretch(3, 2, 7..8)]);
    }

    #[test]
    fn what_comes_one_after_the_other_takes_no_more_room() {
        let mut feed = Feed::keeping(100);
        for number in 0..50 {
            feed.append(user(1), number..number + 1);
        }
        assert_eq!(feed.stretches_from(0), [stretch(0, 1, 0..50)]);
    }

    #[test]
    fn a_space_is_forgotten_and_the_others_stay() {
        let mut feed = Feed::keeping(9);
        feed.append(user(1), 0..1);
        feed.append(user(2), 0..4);
        feed.forget(user(1));
        assert_eq!(feed.stretches_from(0), [stretch(1, 2, 0..4)]);
        assert_eq!((feed.held(), feed.evicted(), feed.written()), (4, 0, 5));
        feed.append(user(1), 1..2);
        feed.forget(user(1));
        // Its numbers among all are not used again.
        feed.append(user(2), 4..5);
        assert_eq!(feed.stretches_from(0), [stretch(1, 2, 0..4), stretch(6, 2, 4..5)]);
    }
}
