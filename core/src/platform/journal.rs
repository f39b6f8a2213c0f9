//! What happened in a space, in order. It is bounded: the oldest entries go first, and are counted.

use std::collections::VecDeque;

use crate::model::reference::ReferenceId;
use crate::model::time::Timestamp;
use crate::platform::event::Event;
use crate::platform::keeping::give_back;
use crate::platform::request::AnsweredRequest;

/// One entry: what of the event is not to be read off its transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 0, never used again.
    pub number: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub what: Happened,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A request was answered.
    Request(AnsweredRequest),
    /// Anything else.
    Event {
        /// The event's name.
        name: &'static str,
        /// The transaction that it is about; the transaction's record has the rest.
        reference_id: Option<ReferenceId>,
        /// What came of it, where that is a callback's: `answered 200`, or at which point it failed
        /// and why. Of what was accepted, why the ledger makes it fail, if it does.
        detail: Option<Box<str>>,
    },
}

impl Entry {
    /// The event's name.
    pub fn event(&self) -> &'static str {
        match &self.what {
            Happened::Request(_) => "request",
            Happened::Event { name, .. } => name,
        }
    }

    /// The transaction that it is about.
    pub fn reference_id(&self) -> Option<ReferenceId> {
        match &self.what {
            Happened::Request(request) => request.reference_id,
            Happened::Event { reference_id, .. } => *reference_id,
        }
    }

    /// What came of it, in words, where that is to be said.
    pub fn detail(&self) -> Option<&str> {
        match &self.what {
            Happened::Request(_) => None,
            Happened::Event { detail, .. } => detail.as_deref(),
        }
    }

    /// The request, where it is one.
    pub fn request(&self) -> Option<&AnsweredRequest> {
        match &self.what {
            Happened::Request(request) => Some(request),
            Happened::Event { .. } => None,
        }
    }
}

/// The journal of a space.
#[derive(Debug, Clone)]
pub struct Journal {
    kept: usize,
    entries: VecDeque<Entry>,
    bytes: usize,
    written: u64,
    forgotten: u64,
}

impl Journal {
    /// A journal that keeps so many entries, one at least.
    pub fn keeping(entries: usize) -> Self {
        Self { kept: entries.max(1), entries: VecDeque::new(), bytes: 0, written: 0, forgotten: 0 }
    }

    /// Writes down an event.
    pub fn write(&mut self, at: Timestamp, event: &Event) {
        let what = match event {
            Event::RequestAnswered(request) => Happened::Request(request.clone()),
            Event::CallbackFinished { reference_id, attempt } => Happened::Event {
                name: event.name(),
                reference_id: Some(*reference_id),
                detail: Some(attempt.result.to_string().into()),
            },
            Event::Accepted { submission, plan } => Happened::Event {
                name: event.name(),
                reference_id: Some(submission.reference_id),
                detail: plan.decided_by.why(submission).map(Into::into),
            },
            _ => Happened::Event {
                name: event.name(),
                reference_id: event.reference_id(),
                detail: None,
            },
        };
        self.append(at, what);
    }

    /// Appends an entry.
    pub fn append(&mut self, at: Timestamp, what: Happened) {
        if self.entries.len() == self.kept {
            self.give_up_oldest();
        }
        self.bytes += bytes_of(&what);
        self.entries.push_back(Entry { number: self.written, at, what });
        self.written += 1;
    }

    /// Gives up the oldest entry that is kept.
    pub fn give_up_oldest(&mut self) {
        if let Some(gone) = self.entries.pop_front() {
            self.bytes -= bytes_of(&gone.what);
        }
    }

    /// Gives back the places of those that have gone.
    pub(super) fn give_back(&mut self) {
        give_back(&mut self.entries);
    }

    /// For how many entries there is room already.
    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.entries.capacity()
    }

    /// How many bytes the entries take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of the oldest entry that is kept, or of the next one.
    pub fn oldest(&self) -> u64 {
        self.entries.front().map_or(self.written, |entry| entry.number)
    }

    /// The entries that are kept, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The entries that are kept, from that number on.
    pub fn entries_from(&self, number: u64) -> impl Iterator<Item = &Entry> {
        let skipped = usize::try_from(number.saturating_sub(self.oldest())).unwrap_or(usize::MAX);
        self.entries.iter().skip(skipped)
    }

    /// How many entries are kept.
    pub fn held(&self) -> usize {
        self.entries.len()
    }

    /// How many entries were ever written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// How many entries had to go to make room for newer ones.
    pub fn evicted(&self) -> u64 {
        self.written - self.forgotten - self.entries.len() as u64
    }

    /// How many entries were forgotten by resets.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Forgets all entries; their numbers are not used again.
    pub fn forget(&mut self) {
        self.entries = VecDeque::new();
        self.bytes = 0;
        self.forgotten = self.written;
    }
}

/// The bytes of an entry's place in the journal of all, which has the order of all entries.
const PLACE_IN_GLOBAL_JOURNAL: usize = 40;

/// The bytes of an entry and of what it points to.
fn bytes_of(what: &Happened) -> usize {
    let elsewhere = match what {
        Happened::Request(request) => request.bytes_elsewhere(),
        Happened::Event { detail, .. } => detail.as_ref().map_or(0, |detail| detail.len()),
    };
    size_of::<Entry>() + PLACE_IN_GLOBAL_JOURNAL + elsewhere
}
