//! The journal of a space: what happened, in order. It is bounded: the oldest entries go first, and
//! are counted.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::model::ids::ReferenceId;
use crate::model::mtn_platform::MtnPlatform;
use crate::model::time::Timestamp;
use crate::platform::arrival::LateAnswer;
use crate::platform::callback_verdict::{CallbackVerdict, Verdicts};
use crate::platform::event::{Event, EventKind};
use crate::platform::footprint::shrink;
use crate::platform::request::AnsweredRequest;
use crate::platform::transaction::Transaction;

/// One entry. What its transaction's record has already is not repeated here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The number of the entry, from 0. It is never used again.
    pub number: u64,
    pub at: Timestamp,
    pub what: Happened,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    Request(AnsweredRequest),
    Event {
        kind: EventKind,
        reference_id: Option<ReferenceId>,
        /// For a callback, the platform of production that sends it, where they are told apart.
        platform: Option<MtnPlatform>,
        /// For a callback, how the attempt ended: `answered 200`, or at which point it failed and
        /// why. For an acceptance, why the ledger makes the transaction fail, if it does.
        detail: Option<Box<str>>,
        /// What holds of a callback.
        verdicts: Verdicts,
        /// Whether somebody did it by hand through the control plane.
        is_manual: bool,
    },
    /// A late answer, and whether its client waited for it.
    LateAnswer {
        kind: EventKind,
        answer: Box<LateAnswer>,
    },
}

impl Happened {
    /// The entry for an event that is no request, of an API user of that platform.
    pub(super) fn of(event: &Event, platform: Option<MtnPlatform>) -> Self {
        let (kind, reference_id) = (EventKind::from(event), event.reference_id());
        if let Event::AnswerAwaited(answer) | Event::AnswerNotAwaited(answer) = event {
            return Self::LateAnswer { kind, answer: answer.clone() };
        }
        let platform = platform.filter(|_| kind.is_of_callback());
        let detail = match event {
            Event::CallbackFinished { attempt, .. } => Some(attempt.result.to_string().into()),
            Event::Accepted(transaction) => {
                let Transaction { submission, plan, .. } = &**transaction;
                plan.decided_by.why(submission).map(Into::into)
            }
            _ => None,
        };
        let verdicts = match event {
            Event::CallbackFinished { verdicts, .. } => *verdicts,
            Event::CallbackLost { .. } => Verdicts::only(CallbackVerdict::Lost),
            _ => Verdicts::default(),
        };
        let is_manual = match event {
            Event::Accepted(transaction) => transaction.submission.is_manual,
            Event::CallbackSent { number, .. } => number.is_by_hand(),
            Event::CallbackFinished { attempt, .. } => attempt.number.is_by_hand(),
            _ => false,
        };
        Self::Event { kind, reference_id, platform, detail, verdicts, is_manual }
    }
}

impl JournalEntry {
    pub fn kind(&self) -> EventKind {
        match &self.what {
            Happened::Request(_) => EventKind::Request,
            Happened::Event { kind, .. } | Happened::LateAnswer { kind, .. } => *kind,
        }
    }

    pub fn reference_id(&self) -> Option<ReferenceId> {
        match &self.what {
            Happened::Request(request) => request.reference_id,
            Happened::Event { reference_id, .. } => *reference_id,
            Happened::LateAnswer { answer, .. } => answer.reference_id,
        }
    }

    /// The platform of production that sends the callback, or whose answer was late.
    pub fn platform(&self) -> Option<MtnPlatform> {
        match &self.what {
            Happened::Request(_) => None,
            Happened::Event { platform, .. } => *platform,
            Happened::LateAnswer { answer, .. } => answer.arrival.platform(),
        }
    }

    /// What came of it, in words, where that is to be said.
    pub fn detail(&self) -> Option<Cow<'_, str>> {
        match &self.what {
            Happened::Request(_) => None,
            Happened::Event { detail, .. } => detail.as_deref().map(Cow::Borrowed),
            Happened::LateAnswer { answer, .. } => Some(Cow::Owned(answer.to_string())),
        }
    }

    /// What holds of the callback that it is about, as far as it was known then.
    pub fn verdicts(&self) -> Verdicts {
        match &self.what {
            Happened::Request(_) | Happened::LateAnswer { .. } => Verdicts::default(),
            Happened::Event { verdicts, .. } => *verdicts,
        }
    }

    /// Whether it is about a callback or a submission that somebody sent by hand.
    pub fn is_manual(&self) -> bool {
        matches!(self.what, Happened::Event { is_manual: true, .. })
    }

    pub fn request(&self) -> Option<&AnsweredRequest> {
        match &self.what {
            Happened::Request(request) => Some(request),
            Happened::Event { .. } | Happened::LateAnswer { .. } => None,
        }
    }

    /// The late answer that it is about, and whether its client waited for it.
    pub fn late_answer(&self) -> Option<(&LateAnswer, bool)> {
        match &self.what {
            Happened::LateAnswer { kind, answer } => {
                Some((answer, *kind == EventKind::AnswerAwaited))
            }
            Happened::Request(_) | Happened::Event { .. } => None,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Journal {
    kept: usize,
    entries: VecDeque<JournalEntry>,
    bytes: usize,
    written: u64,
    forgotten: u64,
}

impl Journal {
    /// A journal that keeps this many entries, one at least.
    pub fn keeping(entries: usize) -> Self {
        Self { kept: entries.max(1), entries: VecDeque::new(), bytes: 0, written: 0, forgotten: 0 }
    }

    pub fn append(&mut self, at: Timestamp, what: Happened) {
        if self.entries.len() == self.kept {
            self.evict_oldest();
        }
        self.bytes += bytes_of(&what);
        self.entries.push_back(JournalEntry { number: self.written, at, what });
        self.written += 1;
    }

    pub fn evict_oldest(&mut self) {
        if let Some(gone) = self.entries.pop_front() {
            self.bytes -= bytes_of(&gone.what);
        }
    }

    /// Frees the capacity of entries that were evicted.
    pub(super) fn shrink(&mut self) {
        shrink(&mut self.entries);
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of the oldest entry that is kept, or of the next one.
    pub fn oldest(&self) -> u64 {
        self.entries.front().map_or(self.written, |entry| entry.number)
    }

    /// The entries that are kept, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &JournalEntry> {
        self.entries.iter()
    }

    /// The entries that are kept, from that number on.
    pub fn entries_from(&self, number: u64) -> impl Iterator<Item = &JournalEntry> {
        let skipped = usize::try_from(number.saturating_sub(self.oldest())).unwrap_or(usize::MAX);
        self.entries.iter().skip(skipped)
    }

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
        Happened::LateAnswer { .. } => size_of::<LateAnswer>(),
    };
    size_of::<JournalEntry>() + PLACE_IN_GLOBAL_JOURNAL + elsewhere
}
