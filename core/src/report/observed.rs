//! The journal and the transactions of a space, sorted for the checks of the audit.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::model::ids::ReferenceId;
use crate::model::mtn_platform::MtnPlatform;
use crate::model::product::Product;
use crate::model::status::Status;
use crate::model::time::Timestamp;
use crate::operations::rejection::RejectionKind;
use crate::platform::Platform;
use crate::platform::arrival::{Arrival, LateAnswer};
use crate::platform::callback::Attempt;
use crate::platform::event::EventKind;
use crate::platform::journal::JournalEntry;
use crate::platform::request::{AnsweredRequest, RefusalCause};
use crate::platform::transaction::{CallbackProgress, Transaction};

/// The requests, callbacks and transactions of one API user.
#[derive(Debug, Default)]
pub struct Observed<'a> {
    pub lines: BTreeMap<ReferenceId, TimeLine<'a>>,
    /// The submissions, in the order of their answers.
    pub submissions: Vec<Moment<'a>>,
    pub queries: Vec<Moment<'a>>,
    /// The requests for a token that got one.
    pub tokens: Vec<Moment<'a>>,
    pub refused_tokens: Vec<Moment<'a>>,
    pub token_lifetime: Duration,
    /// All other requests, whether or not they succeeded.
    pub calls: Vec<Moment<'a>>,
    /// All requests, also those for tokens, where platforms of production are told apart.
    pub of_production: Vec<Moment<'a>>,
    /// The late answers that are noted, and whether each was waited for.
    pub late_answers: Vec<(Timestamp, &'a LateAnswer, bool)>,
    /// The platform that knows the credentials, where platforms are told apart.
    pub platform: Option<MtnPlatform>,
    /// Whether these are the requests of callers whose credentials are not known.
    pub is_of_strangers: bool,
    pub pending: usize,
    /// Whether something was evicted that might have changed a verdict.
    pub is_incomplete: bool,
}

/// A request, at its place in the journal.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The number of the entry in the journal.
    pub place: u64,
    pub at: Timestamp,
    pub request: &'a AnsweredRequest,
}

/// The history of one reference id.
#[derive(Debug, Default)]
pub struct TimeLine<'a> {
    /// The transaction, if one was created and is still kept.
    pub transaction: Option<&'a Transaction>,
    /// Whether the journal still has every entry, from the acceptance on.
    pub is_whole: bool,
    /// The status queries of this transaction, in order.
    pub queries: Vec<Moment<'a>>,
    /// The places where its callbacks were sent.
    pub callbacks_sent: Vec<u64>,
    /// The places where their attempts ended.
    pub callbacks_finished: Vec<u64>,
    /// The places where its reference was refused as a duplicate.
    pub duplicates: Vec<u64>,
}

/// What somebody did by hand, which no merchant is judged by.
#[derive(Debug, Default)]
struct ManualOnes {
    /// The transactions that were submitted by hand.
    references: BTreeSet<ReferenceId>,
    pending: usize,
}

impl ManualOnes {
    fn of(platform: &Platform) -> Self {
        let mut manual = Self::default();
        for transaction in platform.transactions().filter(|one| one.submission.is_manual) {
            manual.references.insert(transaction.submission.reference_id);
            manual.pending += usize::from(!transaction.status().is_final());
        }
        // A transaction may be evicted before its entries.
        let entries = platform.journal().entries();
        let accepted =
            entries.filter(|entry| entry.is_manual() && entry.kind() == EventKind::Accepted);
        manual.references.extend(accepted.filter_map(JournalEntry::reference_id));
        manual
    }

    /// Whether an entry is about a callback that was sent by hand, or a transaction that was
    /// submitted by hand.
    fn concern(&self, entry: &JournalEntry) -> bool {
        entry.is_manual() || entry.reference_id().is_some_and(|id| self.references.contains(&id))
    }
}

impl<'a> Observed<'a> {
    pub fn of(platform: &'a Platform) -> Self {
        let journal = platform.journal();
        let manual = ManualOnes::of(platform);
        let mut observed = Self {
            token_lifetime: platform.rules().token_lifetime,
            pending: platform.pending() - manual.pending,
            is_incomplete: journal.evicted() + platform.evicted() > 0,
            platform: platform.api_user().platform,
            ..Self::default()
        };
        for transaction in platform.transactions().filter(|one| !one.submission.is_manual) {
            let line = observed.lines.entry(transaction.submission.reference_id).or_default();
            line.transaction = Some(transaction);
        }
        for entry in journal.entries().filter(|entry| !manual.concern(entry)) {
            observed.note_entry(entry);
        }
        observed
    }

    /// Sorts the requests of callers whose credentials are not known, which are in no space.
    pub fn of_strangers(
        entries: impl IntoIterator<Item = &'a JournalEntry>,
        is_incomplete: bool,
    ) -> Self {
        let mut observed = Self { is_incomplete, is_of_strangers: true, ..Self::default() };
        for entry in entries {
            observed.note_entry(entry);
        }
        observed
    }

    fn note_entry(&mut self, entry: &'a JournalEntry) {
        let (place, at) = (entry.number, entry.at);
        if let Some(request) = entry.request() {
            self.note(Moment { place, at, request });
        } else if let Some((answer, is_awaited)) = entry.late_answer() {
            self.late_answers.push((at, answer, is_awaited));
        } else if let Some(reference) = entry.reference_id() {
            let line = self.lines.entry(reference).or_default();
            match entry.kind() {
                EventKind::Accepted => line.is_whole = true,
                EventKind::CallbackSent => line.callbacks_sent.push(place),
                EventKind::CallbackFinished => line.callbacks_finished.push(place),
                _ => {}
            }
        }
    }

    fn note(&mut self, moment: Moment<'a>) {
        let request = moment.request;
        if request.arrival != Arrival::Untold {
            self.of_production.push(moment);
        }
        let path = request.path();
        let is_token = Product::ALL.iter().any(|product| {
            let rest = path.trim_start_matches('/').strip_prefix(product.name());
            rest.is_some_and(|rest| rest.trim_matches('/') == "token")
        });
        if is_token {
            // A scenario may answer 200 with a page, and no token.
            if request.status == 200 && request.refused_by().is_none() {
                self.tokens.push(moment);
            }
            return;
        }
        self.calls.push(moment);
        // `/userinfo` takes only a token of a consent, and refuses an ordinary one that lives.
        if moment.is_refused(RejectionKind::InvalidToken) && !path.ends_with("/userinfo") {
            self.refused_tokens.push(moment);
        }
        if moment.is_submission() {
            self.submissions.push(moment);
            if moment.is_refused(RejectionKind::Duplicate)
                && let Some(reference) = request.reference_id
            {
                self.lines.entry(reference).or_default().duplicates.push(moment.place);
            }
        } else if moment.is_status_query()
            && let Some(reference) = request.reference_id
        {
            self.queries.push(moment);
            self.lines.entry(reference).or_default().queries.push(moment);
        }
    }

    /// The transactions, each with its time line. One whose first entries were evicted is left out:
    /// the journal no longer shows what the merchant was told.
    pub fn transactions(&self) -> impl Iterator<Item = (&'a Transaction, &TimeLine<'a>)> {
        let whole = self.lines.values().filter(|line| line.is_whole);
        whole.filter_map(|line| line.transaction.map(|found| (found, line)))
    }

    pub fn transaction(&self, reference: ReferenceId) -> Option<&'a Transaction> {
        self.lines.get(&reference).and_then(|line| line.transaction)
    }
}

impl Moment<'_> {
    /// The product whose path it has.
    pub fn product(&self) -> Option<Product> {
        let path = self.request.path();
        let first = path.split('/').find(|part| !part.is_empty());
        first.and_then(Product::named)
    }

    /// Whether the request met a refusal of this kind.
    pub fn is_refused(&self, kind: RejectionKind) -> bool {
        self.request.refused_by() == Some(RefusalCause::Rejection(kind))
    }

    /// Whether the request is an asynchronous POST: only these have a fingerprint.
    pub fn is_submission(&self) -> bool {
        self.request.fingerprint.is_some()
    }

    /// Whether the request is a status query: a GET that names a transaction.
    pub fn is_status_query(&self) -> bool {
        self.request.method() == "GET" && self.request.reference_id.is_some()
    }

    /// Whether the answer reported a final status.
    pub fn is_told_final(&self) -> bool {
        self.request.reported_status.is_some_and(|told| told.kind.is_final())
    }
}

impl<'a> TimeLine<'a> {
    /// Returns the first query whose answer was a final status.
    pub fn told_final(&self) -> Option<&Moment<'a>> {
        self.queries.iter().find(|query| query.is_told_final())
    }

    /// How many reasons there are, before that place, to ask again although a final status was told
    /// at `known`: callbacks that were on their way then or went out since, and 409s since.
    pub fn reasons_to_ask(&self, known: u64, place: u64) -> usize {
        let before = |places: &[u64], end: u64| places.iter().filter(|one| **one < end).count();
        let callbacks = before(&self.callbacks_sent, place)
            .saturating_sub(before(&self.callbacks_finished, known));
        let duplicates = self.duplicates.iter().filter(|one| (known..place).contains(one));
        callbacks + duplicates.count()
    }

    /// The attempts to deliver a callback, each with the place where it ended.
    pub fn attempts(&self) -> impl Iterator<Item = (u64, &'a Attempt)> {
        let attempts = self.transaction.map(|found| found.callback.attempts()).unwrap_or_default();
        self.callbacks_finished.iter().copied().zip(attempts)
    }

    /// The status, once it is final, and since when.
    pub fn final_status(&self) -> Option<(Timestamp, Status)> {
        let (at, status) = self.transaction?.latest();
        status.is_final().then_some((at, status))
    }

    /// Whether a callback was asked for and none reached the merchant.
    pub fn is_callback_missed(&self) -> bool {
        self.transaction.is_some_and(|transaction| match &transaction.callback {
            CallbackProgress::NotRequested | CallbackProgress::Waiting => false,
            CallbackProgress::Lost => true,
            // Those of several that were due so far are lost, and others are to come.
            CallbackProgress::Sent(sent) if sent.times == 0 => false,
            CallbackProgress::Sent(sent) => {
                sent.attempts.len() >= sent.times as usize && !sent.attempts.iter().any(is_welcomed)
            }
        })
    }

    /// Whether a query told the merchant a status that a scenario made up. What the merchant did
    /// or left undone may be because of that.
    pub fn is_misled(&self) -> bool {
        self.queries
            .iter()
            .filter_map(|query| query.request.reported_status)
            .any(|told| told.is_made_up)
    }

    /// Whether nothing told the merchant how it ended, and nothing told it anything else.
    pub fn is_never_told(&self) -> bool {
        !self.is_learnt() && !self.is_misled()
    }

    /// Whether the merchant was told how it ended: by a query, or by a callback that said so and
    /// was answered with success.
    pub fn is_learnt(&self) -> bool {
        let Some((_, status)) = self.final_status() else { return false };
        let is_told = |query: &Moment<'_>| {
            query.request.reported_status.is_some_and(|told| told.kind == status.kind())
        };
        let Some(transaction) = self.transaction else { return false };
        let is_said =
            |(_, attempt): (u64, &Attempt)| is_welcomed(attempt) && tells(transaction, attempt);
        self.queries.iter().any(is_told) || self.attempts().any(is_said)
    }
}

/// Whether an attempt was answered with success.
pub fn is_welcomed(attempt: &Attempt) -> bool {
    attempt.result.is_success()
}

/// Whether a callback said how that transaction ended, and of no other one.
fn tells(transaction: &Transaction, attempt: &Attempt) -> bool {
    let Ok(Value::Object(body)) = serde_json::from_str(&attempt.body) else { return false };
    body.get("status").is_some_and(|status| status == transaction.status().name())
        && transaction.is_named_by(&body)
}
