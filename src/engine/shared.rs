//! What all spaces of an emulator share: the clock, the global journal, and counts across spaces. A
//! space reports its changes here, under its lock.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;
#[cfg(test)]
use std::sync::atomic::AtomicUsize;

use parking_lot::Mutex;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use crate::engine::capacity::Capacity;
use crate::engine::clock::Clock;
use crate::engine::global_journal::GlobalJournal;
use crate::engine::held::Counts;
use crate::engine::memory::Memory;
use crate::engine::metrics::add;
use crate::engine::recorded::RecordedRequests;
use crate::engine::reference_index::ReferenceIndex;
use crate::engine::waiters::Waiters;
use crate::engine::wake_ups::WakeUps;
use crate::engine::wallets::Wallets;
use momo_sandbox_core::model::mtn_platform::Cutover;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::Settings;
use momo_sandbox_core::platform::callback::Callback;
use momo_sandbox_core::platform::in_flight::InFlight;
use momo_sandbox_core::scenario::occurrence::Counts as OccurrenceCounts;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) stopped_at: OnceLock<Timestamp>,
    /// The round of what is accepted now, see [`momo_sandbox_core::platform::in_flight`].
    pub(super) round: AtomicU32,
    pub(super) global_journal: Mutex<GlobalJournal>,
    /// What requests and callbacks looked like. Its lock may be taken under the global journal's.
    pub(super) recorded: RecordedRequests,
    /// Notified of every entry in any journal.
    pub(super) changes: watch::Sender<()>,
    pub(super) waiters: Arc<Waiters>,
    pub(super) wake_ups: WakeUps,
    /// The API users by the reference ids of their transactions.
    pub(super) references: ReferenceIndex,
    pub(super) capacity: Arc<Capacity>,
    pub(super) memory: Memory,
    /// What all spaces hold together.
    pub(super) held: Counts,
    /// The callbacks of all spaces that are on their way.
    pub(super) in_flight: watch::Sender<InFlight>,
    /// The counts of rules that count the requests of all API users together. Each space borrows
    /// them while it is entered, if its rules do so.
    pub(super) shared_counts: Mutex<OccurrenceCounts>,
    pub(super) wallets: Wallets,
    pub(super) cutover: Mutex<Option<Cutover>>,
    /// How many clients wait for answers that are not due yet.
    pub(super) waiting_clients: watch::Sender<usize>,
    // The channel is unbounded, but holds no more than the transactions of the spaces have
    // callbacks.
    callbacks: UnboundedSender<Callback>,
    /// How often a space was locked. Tests check that this does not grow with the number of API
    /// users.
    #[cfg(test)]
    pub(super) locks_taken: AtomicUsize,
}

impl Shared {
    pub(super) fn new(
        clock: Clock,
        settings: &Settings,
        callbacks: UnboundedSender<Callback>,
    ) -> Self {
        Self {
            clock,
            stopped_at: OnceLock::new(),
            round: AtomicU32::new(0),
            global_journal: Mutex::new(GlobalJournal::keeping(settings.limits.journal)),
            recorded: RecordedRequests::keeping(settings.limits.recorded_bytes),
            changes: watch::Sender::new(()),
            waiters: Arc::default(),
            wake_ups: WakeUps::default(),
            references: ReferenceIndex::default(),
            capacity: Arc::new(Capacity::new(settings.limits)),
            memory: Memory::of(settings.limits.kept_bytes, settings.rules.bytes()),
            held: Counts::default(),
            in_flight: watch::Sender::default(),
            shared_counts: Mutex::default(),
            wallets: Wallets::default(),
            cutover: Mutex::default(),
            waiting_clients: watch::Sender::default(),
            callbacks,
            #[cfg(test)]
            locks_taken: AtomicUsize::default(),
        }
    }

    /// Notifies the receivers of [`Self::changes`]. A later subscriber looks at the journal after
    /// it subscribed, so it misses nothing.
    pub(super) fn notify_of_changes(&self) {
        if self.changes.receiver_count() > 0 {
            self.changes.send_replace(());
        }
    }

    pub(super) fn send_callbacks(&self, callbacks: Vec<Callback>) {
        for callback in callbacks {
            add(&self.capacity.metrics.callbacks_waiting);
            // Once the emulator has stopped there is no receiver, and the callback is not sent.
            let _ = self.callbacks.send(callback);
        }
    }
}
