//! What happened in all spaces, in one order, and the requests of callers who are nobody known.
//!
//! The entries are in the journals of their spaces, and here is only in which order they came: the
//! last ones of all are among the last ones of each, so what is kept here is kept there.

use std::collections::VecDeque;
use std::ops::{ControlFlow, Range};

use crate::engine::spaces::Spaces;
use momo_sandbox_core::model::reference::ApiUserId;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::footprint::Kept;
use momo_sandbox_core::platform::journal::{Entry, Happened, Journal};
use momo_sandbox_core::platform::request::AnsweredRequest;

/// How many segments are read at once: who reads a part does not copy the order of all.
const STRETCHES_AT_ONCE: usize = 64;

/// Entries of one journal that came one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment {
    /// The number of the first among all, from 0, never used again.
    number: u64,
    /// Whose journal they are in; for requests of callers who are not known, the feed's own.
    api_user: Option<ApiUserId>,
    /// Their numbers there.
    entries: Range<u64>,
}

impl Segment {
    fn len(&self) -> u64 {
        self.entries.end - self.entries.start
    }

    /// Leaves out what has that number, or a later one, among all.
    fn end_at(&mut self, number: u64) {
        self.entries.end -= (self.number + self.len()).saturating_sub(number).min(self.len());
    }

    fn skip(&mut self, count: u64) {
        self.number += count;
        self.entries.start += count;
    }
}

/// The journal of all. It is bounded: the oldest entries go first, and are counted.
#[derive(Debug)]
pub struct GlobalJournal {
    kept: u64,
    segments: VecDeque<Segment>,
    /// How many entries the segments have.
    held: u64,
    unauthenticated: Journal,
    written: u64,
    evicted: u64,
    given_up: u64,
    resets: u64,
}

impl GlobalJournal {
    /// One that keeps so many entries, one at least.
    pub fn keeping(entries: usize) -> Self {
        Self {
            kept: entries.max(1) as u64,
            segments: VecDeque::new(),
            held: 0,
            unauthenticated: Journal::keeping(entries),
            written: 0,
            evicted: 0,
            given_up: 0,
            resets: 0,
        }
    }

    /// Appends what was written in a space's journal, by its numbers there.
    pub fn append(&mut self, api_user: ApiUserId, entries: Range<u64>) {
        self.push(Some(api_user), entries);
    }

    /// Appends a request of a caller who is nobody known.
    pub fn append_unauthenticated(&mut self, at: Timestamp, request: AnsweredRequest) {
        let number = self.unauthenticated.written();
        self.unauthenticated.append(at, Happened::Request(request));
        self.push(None, number..number + 1);
    }

    fn push(&mut self, api_user: Option<ApiUserId>, entries: Range<u64>) {
        if entries.is_empty() {
            return;
        }
        let count = entries.end - entries.start;
        let last = self.segments.back_mut();
        match last.filter(|last| {
            last.api_user == api_user
                && last.entries.end == entries.start
                && last.number + last.len() == self.written
        }) {
            Some(last) => last.entries.end = entries.end,
            None => {
                self.segments.push_back(Segment { number: self.written, api_user, entries });
            }
        }
        self.written += count;
        self.held += count;
        self.keep_to_the_count();
    }

    fn keep_to_the_count(&mut self) {
        while self.held > self.kept
            && let Some(oldest) = self.segments.front_mut()
        {
            let too_many = (self.held - self.kept).min(oldest.len());
            oldest.skip(too_many);
            self.held -= too_many;
            self.evicted += too_many;
            if oldest.len() == 0 {
                self.segments.pop_front();
            }
        }
    }

    /// What is kept from that number on, so many segments at most.
    fn segments_from(&self, number: u64, most: usize) -> Vec<Segment> {
        let gone = |segment: &Segment| segment.number + segment.len() <= number;
        let rest = self.segments.range(self.segments.partition_point(gone)..);
        let mut rest: Vec<_> = rest.take(most).cloned().collect();
        if let Some(first) = rest.first_mut() {
            first.skip(number.saturating_sub(first.number));
        }
        rest
    }

    /// The number of the oldest entry that is kept, or of the next one.
    pub fn oldest(&self) -> u64 {
        self.segments.front().map_or(self.written, |segment| segment.number)
    }

    /// How many entries were ever written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// How many entries had to go to make room for newer ones.
    pub fn evicted(&self) -> u64 {
        self.evicted + self.given_up
    }

    /// Gives up the entries of a journal that are not kept there any more: those before `oldest`.
    /// Returns how many that were.
    pub(super) fn give_up(&mut self, api_user: Option<ApiUserId>, oldest: u64) -> u64 {
        let before = self.given_up;
        for segment in self.segments.iter_mut().filter(|segment| segment.api_user == api_user) {
            let gone = oldest.saturating_sub(segment.entries.start).min(segment.len());
            if gone == 0 {
                break;
            }
            segment.skip(gone);
            self.held -= gone;
            self.given_up += gone;
        }
        self.segments.retain(|segment| segment.len() > 0);
        self.given_up - before
    }

    /// The bytes of the requests of callers who are nobody known; spaces count their own.
    pub(super) fn kept(&self) -> Kept {
        Kept { bytes: self.unauthenticated.bytes(), evictable: self.unauthenticated.bytes() }
    }

    /// Gives up the oldest of those requests, until so many bytes are free or none is left. Returns
    /// how many became free, and how many requests went.
    pub(super) fn make_room(&mut self, bytes: usize) -> (usize, u64) {
        let before = self.unauthenticated.bytes();
        while before - self.unauthenticated.bytes() < bytes && self.unauthenticated.bytes() > 0 {
            self.unauthenticated.evict_oldest();
        }
        let gone = self.give_up(None, self.unauthenticated.oldest());
        (before - self.unauthenticated.bytes(), gone)
    }

    /// How often something was forgotten.
    pub fn resets(&self) -> u64 {
        self.resets
    }

    /// How many entries are kept.
    pub fn held(&self) -> u64 {
        self.held
    }

    /// The requests of callers who are nobody known.
    pub fn unauthenticated(&self) -> &Journal {
        &self.unauthenticated
    }

    /// Forgets what happened in a space.
    pub fn forget(&mut self, api_user: ApiUserId) {
        self.segments.retain(|segment| segment.api_user != Some(api_user));
        self.held = self.segments.iter().map(Segment::len).sum();
        self.resets += 1;
    }

    /// Forgets everything.
    pub fn forget_all(&mut self) {
        self.segments.clear();
        self.unauthenticated.forget();
        self.held = 0;
        self.evicted = 0;
        self.given_up = 0;
        self.resets += 1;
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
        mut from: u64,
        mut take: impl FnMut(u64, Option<ApiUserId>, &Entry) -> ControlFlow<()>,
    ) {
        let until = self.read_global_journal(GlobalJournal::written);
        while from < until {
            let part = self.read_global_journal(|feed| feed.segments_from(from, STRETCHES_AT_ONCE));
            let Some(last) = part.last() else { return };
            from = last.number + last.len();
            if self.read_segments(part, until, &mut take).is_break() {
                return;
            }
        }
    }

    fn read_segments(
        &self,
        segments: Vec<Segment>,
        until: u64,
        take: &mut impl FnMut(u64, Option<ApiUserId>, &Entry) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        for mut segment in segments {
            segment.end_at(until);
            let Segment { number, api_user, entries } = segment;
            let first = entries.start;
            let mut show = |entry: &Entry| take(number + entry.number - first, api_user, entry);
            let shown = match api_user {
                None => {
                    let show = |feed: &GlobalJournal| {
                        of_journal(&feed.unauthenticated, entries).try_for_each(show)
                    };
                    self.read_global_journal(show)
                }
                Some(id) => match self.get(id) {
                    Some(space) => self.look_into(&space, |platform| {
                        of_journal(platform.journal(), entries).try_for_each(&mut show)
                    }),
                    None => ControlFlow::Continue(()),
                },
            };
            shown?;
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn user(number: u128) -> ApiUserId {
        ApiUserId(Uuid::from_u128(number))
    }

    fn segment(number: u64, of: u128, entries: Range<u64>) -> Segment {
        Segment { number, api_user: Some(user(of)), entries }
    }

    #[test]
    fn the_oldest_go_and_numbers_stay() {
        let mut feed = GlobalJournal::keeping(2);
        feed.append(user(1), 0..3);
        assert_eq!(feed.segments_from(0, 9), [segment(1, 1, 1..3)]);
        assert_eq!((feed.oldest(), feed.evicted(), feed.held()), (1, 1, 2));
        assert_eq!(feed.segments_from(2, 9), [segment(2, 1, 2..3)]);
        assert_eq!(feed.segments_from(9, 9), []);
        feed.append(user(2), 7..8);
        assert_eq!(feed.segments_from(0, 9), [segment(2, 1, 2..3), segment(3, 2, 7..8)]);
        assert_eq!(feed.segments_from(0, 1), [segment(2, 1, 2..3)]);
    }

    #[test]
    fn what_comes_while_it_is_read_is_left_out() {
        let ended_at = |number| {
            let mut ended = segment(10, 1, 3..6);
            ended.end_at(number);
            ended.entries
        };
        let ends = [9, 11, 13, 20].map(|number| ended_at(number).end);
        assert_eq!(ends, [3, 4, 6, 6]);
    }

    #[test]
    fn what_comes_one_after_the_other_takes_no_more_room() {
        let mut feed = GlobalJournal::keeping(100);
        for number in 0..50 {
            feed.append(user(1), number..number + 1);
        }
        assert_eq!(feed.segments_from(0, 9), [segment(0, 1, 0..50)]);
    }

    #[test]
    fn a_space_is_forgotten_and_the_others_stay() {
        let mut feed = GlobalJournal::keeping(9);
        feed.append(user(1), 0..1);
        feed.append(user(2), 0..4);
        feed.forget(user(1));
        assert_eq!(feed.segments_from(0, 9), [segment(1, 2, 0..4)]);
        assert_eq!((feed.held(), feed.evicted(), feed.written()), (4, 0, 5));
        feed.append(user(1), 1..2);
        feed.forget(user(1));
        // Its numbers among all are not used again.
        feed.append(user(2), 4..5);
        assert_eq!(feed.segments_from(0, 9), [segment(1, 2, 0..4), segment(6, 2, 4..5)]);
    }
}
