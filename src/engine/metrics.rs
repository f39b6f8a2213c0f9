//! The metrics of `/_sandbox/metrics`, counted while the emulator runs. A count is one atomic
//! addition: a request takes no lock and looks up no label.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use strum::{EnumCount, VariantArray};
use tracing::warn;

use crate::engine::clock::wall_clock;
use momo_sandbox_core::model::http_fault::HttpFault;
use momo_sandbox_core::model::limits::{Limit, Limits};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::rejection::{Rejection, RejectionKind};
use momo_sandbox_core::operations::table::{OPERATIONS, Operation};
use momo_sandbox_core::platform::callback::{AttemptResult, DeliveryFailure};
use momo_sandbox_core::platform::callback_verdict::{CallbackVerdict, Verdicts};

const STATUSES: std::ops::Range<u16> = 100..600;

/// The results of callbacks: answered with success or otherwise, and each way to fail.
const RESULTS: usize = 2 + DeliveryFailure::ALL.len();

/// The answers of one operation, a number for each status.
type Answers = OnceLock<Box<[AtomicU64]>>;

#[derive(Debug)]
pub struct Metrics {
    /// The limits in force, which the log names when one is reached.
    limits: Limits,
    /// When it was started, by the wall clock.
    pub started: Timestamp,
    pub connections_accepted: AtomicU64,
    pub callbacks_in_flight: AtomicU64,
    /// Callbacks that are due and wait for their turn.
    pub callbacks_waiting: AtomicU64,
    /// Settled transactions that were evicted and have been forgotten by a reset since.
    pub settled_evicted_before: AtomicU64,
    /// Journal entries that were evicted and have been forgotten by a reset since.
    pub journal_evicted_before: AtomicU64,
    /// Requests that failed in HTTP or TLS, by [`HttpFault`].
    pub http_faults: [AtomicU64; HttpFault::COUNT],
    reached: [AtomicU64; Limit::COUNT],
    refusals: [AtomicU64; RejectionKind::COUNT],
    callback_results: [AtomicU64; RESULTS],
    callback_verdicts: [AtomicU64; CallbackVerdict::COUNT],
    /// By the operations of the table; the last one is for requests without an operation.
    answers: Vec<Answers>,
}

impl Metrics {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            started: wall_clock(),
            connections_accepted: AtomicU64::default(),
            callbacks_in_flight: AtomicU64::default(),
            callbacks_waiting: AtomicU64::default(),
            settled_evicted_before: AtomicU64::default(),
            journal_evicted_before: AtomicU64::default(),
            http_faults: std::array::from_fn(|_| AtomicU64::default()),
            reached: std::array::from_fn(|_| AtomicU64::default()),
            refusals: std::array::from_fn(|_| AtomicU64::default()),
            callback_results: std::array::from_fn(|_| AtomicU64::default()),
            callback_verdicts: std::array::from_fn(|_| AtomicU64::default()),
            answers: std::iter::repeat_with(Answers::default).take(OPERATIONS.len() + 1).collect(),
        }
    }

    /// Counts that a limit was reached. The first time is logged too.
    pub fn reach(&self, limit: Limit) {
        if add(&self.reached[limit as usize]) == 0 {
            let row = limit.row();
            let value = row.format_value(self.limits.number(limit));
            warn!(
                "--{} {value} is reached: {}; `/_sandbox/metrics` counts how often",
                row.flag, row.beyond
            );
        }
    }

    /// Keeps the counts of evictions that a reset is about to forget.
    pub fn keep(&self, settled: u64, journal: u64) {
        self.settled_evicted_before.fetch_add(settled, Ordering::Relaxed);
        self.journal_evicted_before.fetch_add(journal, Ordering::Relaxed);
    }

    /// How often a limit was reached; `None` if that is not counted here.
    pub fn reached(&self, limit: Limit) -> u64 {
        self.reached[limit as usize].load(Ordering::Relaxed)
    }

    pub fn answered(
        &self,
        operation: Option<&'static Operation>,
        status: u16,
        refusal: Option<&Rejection>,
    ) {
        let place = operation.and_then(|operation| OPERATIONS.element_offset(operation));
        let answers = &self.answers[place.unwrap_or(OPERATIONS.len())];
        let answers = answers.get_or_init(|| STATUSES.map(|_| AtomicU64::default()).collect());
        if let Some(count) = answers.get(usize::from(status.wrapping_sub(STATUSES.start))) {
            add(count);
        }
        if let Some(refusal) = refusal {
            add(&self.refusals[refusal.kind() as usize]);
            if let Some(limit) = refusal.limit() {
                self.reach(limit);
            }
        }
    }

    /// The answers that were given: operation, status, count.
    pub fn answers(&self) -> Vec<(Option<&'static Operation>, u16, u64)> {
        let mut all = Vec::new();
        for (place, answers) in self.answers.iter().enumerate() {
            for (status, count) in STATUSES.zip(answers.get().into_iter().flatten()) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    all.push((OPERATIONS.get(place), status, count));
                }
            }
        }
        all
    }

    /// The refusals by their names, with counts.
    pub fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.refusals.iter().map(|count| count.load(Ordering::Relaxed));
        RejectionKind::VARIANTS.iter().map(|kind| kind.name()).zip(counts)
    }

    /// Counts the result of an attempt to deliver a callback.
    pub fn called_back(&self, result: &AttemptResult) {
        let place = match result {
            _ if result.is_success() => 0,
            AttemptResult::Answered { .. } => 1,
            AttemptResult::Failed { failure, .. } => 2 + *failure as usize,
        };
        add(&self.callback_results[place]);
    }

    /// Counts the verdict on an attempt to deliver a callback.
    pub fn judged(&self, verdicts: Verdicts) {
        if let Some(verdict) = verdicts.gravest() {
            add(&self.callback_verdicts[verdict as usize]);
        }
    }

    /// The verdicts on attempts by their names, with counts. One that is lost has no attempt.
    pub fn callback_verdicts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let attempted = CallbackVerdict::ALL.iter().filter(|one| **one != CallbackVerdict::Lost);
        let counted = |one: &CallbackVerdict| {
            let count = &self.callback_verdicts[*one as usize];
            (one.name(), count.load(Ordering::Relaxed))
        };
        attempted.map(counted)
    }

    /// The results of callbacks by their names, with counts.
    pub fn callback_results(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let names = ["answered", "answered_with_error"].into_iter();
        let names = names.chain(DeliveryFailure::ALL.iter().map(|failure| failure.name()));
        names.zip(self.callback_results.iter().map(|count| count.load(Ordering::Relaxed)))
    }
}

/// Adds one, and returns the number before.
pub fn add(count: &AtomicU64) -> u64 {
    count.fetch_add(1, Ordering::Relaxed)
}
