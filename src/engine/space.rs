//! One space behind its lock. Nothing outside this file takes the lock.
//!
//! No lock is held across an `.await`, and never those of two spaces at once. The clock is read
//! after the lock is taken, so that no thread enters with an earlier time than the one before it.
//! A space of a wallet takes the lock of the wallet after its own; one without a wallet does not.

use std::mem;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;

use crate::engine::held::{Counts, Held};
use crate::engine::payment_log;
use crate::engine::shared::Shared;
use crate::engine::waiters::Concern;
use crate::engine::wake_ups::WakeUp;
use crate::engine::wallets::Wallet;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::platform::account::Accounts;
use momo_sandbox_core::platform::footprint::Kept;
use momo_sandbox_core::platform::in_flight::InFlight;
use momo_sandbox_core::platform::label::Labels;

#[derive(Debug)]
pub struct Space {
    api_user: Arc<ApiUser>,
    state: Mutex<State>,
    /// The wallet whose accounts it borrows, if it has none of its own.
    wallet: Option<Arc<Wallet>>,
    /// How far its time is ahead of the clock. It changes only under the lock.
    ahead: watch::Sender<Duration>,
    held: Counts,
    /// A copy of the platform's generation, which is read without the lock.
    generation: AtomicU64,
    /// A copy of the platform's labels. Reading it does not wait for the space.
    labels: Mutex<Labels>,
}

/// What the lock protects.
#[derive(Debug)]
struct State {
    platform: Platform,
    /// The wake-up that is noted for the space, in the clock's time.
    wake_up: Option<WakeUp>,
}

/// The state while its lock is held, with the accounts of the wallet that are lent to it.
struct Entered<'a> {
    // Given back before the lock of the space is: fields are dropped in this order.
    lent: Option<MutexGuard<'a, Accounts>>,
    state: MutexGuard<'a, State>,
}

impl<'a> Entered<'a> {
    /// Borrows the accounts. Whoever holds a wallet is in one of its spaces already and waits for
    /// no other, so this cannot end in a deadlock (`engine::wallets`).
    fn with(mut state: MutexGuard<'a, State>, wallet: Option<&'a Wallet>) -> Self {
        let mut lent = wallet.map(Wallet::lock);
        if let Some(accounts) = &mut lent {
            mem::swap(&mut **accounts, state.platform.accounts());
        }
        Self { lent, state }
    }
}

/// Gives the accounts back, however the space is left.
impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if let Some(accounts) = &mut self.lent {
            mem::swap(&mut **accounts, self.state.platform.accounts());
        }
    }
}

impl Deref for Entered<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Entered<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

/// What happens to a space's entries in the global journal when the space forgets its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GlobalEntries {
    /// They are forgotten too.
    Forget,
    /// They stay: the caller forgets the global journal as a whole.
    Leave,
}

/// What a space evicted to make room.
#[derive(Debug)]
pub(super) struct Evicted {
    pub(super) transactions: u64,
    pub(super) entries: u64,
    /// The number of the oldest entry that it still has.
    pub(super) oldest: u64,
}

/// The counts of a space that are compared before and after a change.
#[derive(Debug)]
struct Counted {
    held: Held,
    kept: Kept,
    in_flight: InFlight,
    written: u64,
    forgotten: u64,
}

impl Counted {
    fn of(platform: &Platform) -> Self {
        Self {
            held: Held::by(platform),
            kept: platform.kept(),
            in_flight: platform.in_flight().clone(),
            written: platform.journal().written(),
            forgotten: platform.journal().forgotten(),
        }
    }
}

impl Space {
    pub(super) fn new(
        platform: Platform,
        api_user: Arc<ApiUser>,
        wallet: Option<Arc<Wallet>>,
    ) -> Self {
        let labels = Mutex::new(platform.labels().clone());
        Self {
            api_user,
            state: Mutex::new(State { platform, wake_up: None }),
            wallet,
            ahead: watch::Sender::default(),
            held: Counts::default(),
            generation: AtomicU64::default(),
            labels,
        }
    }

    pub fn api_user(&self) -> &ApiUser {
        &self.api_user
    }

    pub(super) fn id(&self) -> ApiUserId {
        self.api_user.id
    }

    /// The wallet whose accounts it borrows, if it has none of its own.
    pub(super) fn wallet(&self) -> Option<&Arc<Wallet>> {
        self.wallet.as_ref()
    }

    /// What it holds. Takes no lock.
    pub fn held(&self) -> Held {
        self.held.read()
    }

    /// The labels of its owner. Reading them does not wait for the space.
    pub fn labels(&self) -> Labels {
        self.labels.lock().clone()
    }

    /// How often it was reset. Takes no lock.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// How far its time is ahead of the clock.
    pub(super) fn ahead(&self) -> &watch::Sender<Duration> {
        &self.ahead
    }

    /// Runs `act` in the space at the present time. What is due happens first; callbacks that
    /// became due are sent on afterwards.
    pub(super) fn enter<R>(
        &self,
        shared: &Shared,
        act: impl FnOnce(&mut Platform, Timestamp) -> R,
    ) -> R {
        self.enter_with(shared, GlobalEntries::Forget, |platform, now| {
            platform.advance(now);
            act(platform, now)
        })
    }

    /// Runs `act` in the space. What is due happens only if `act` advances the platform.
    pub(super) fn enter_with<R>(
        &self,
        shared: &Shared,
        entries: GlobalEntries,
        act: impl FnOnce(&mut Platform, Timestamp) -> R,
    ) -> R {
        let mut state = self.lock(shared);
        let State { platform, wake_up } = &mut *state;
        let now = self.now(shared, platform);
        let before = Counted::of(platform);
        platform.begin_round(shared.round.load(Ordering::SeqCst));
        let mut lent = platform.shares_counts_at(now).then(|| shared.shared_counts.lock());
        if let Some(counts) = &mut lent {
            mem::swap(&mut **counts, platform.shared_counts());
        }
        let result = act(platform, now);
        if let Some(counts) = &mut lent {
            mem::swap(&mut **counts, platform.shared_counts());
        }
        drop(lent);
        self.count(shared, platform, &before);
        self.generation.store(platform.generation(), Ordering::Release);
        shared.send_callbacks(platform.poll_callbacks());
        let mut lines = Vec::new();
        if platform.journal().written() != before.written {
            self.pass_on_entries(shared, platform, &before, entries);
            lines = payment_log::lines_of(platform, before.written);
        }
        let next = platform.next_due().map(|due| WakeUp {
            at: due.before(*self.ahead.borrow()),
            has_callbacks: platform.has_callbacks_waiting(),
        });
        // Last, because a reader that finds nothing due here expects the effects in the counts.
        shared.wake_ups.change(self.id(), *wake_up, next);
        *wake_up = next;
        drop(state);
        payment_log::write(lines);
        result
    }

    /// Reads the space without letting anything happen in it.
    pub(super) fn look_into<R>(&self, shared: &Shared, look: impl FnOnce(&Platform) -> R) -> R {
        look(&self.lock(shared).platform)
    }

    pub(super) fn set_labels(&self, shared: &Shared, labels: &Labels) {
        self.enter(shared, |platform, _| {
            platform.set_labels(labels.clone());
            platform.labels().clone_into(&mut self.labels.lock());
        });
    }

    /// Evicts the oldest transactions and entries until `bytes` bytes are free. It frees at least
    /// one `part`-th of what can be evicted, so that the next request does not need room again at
    /// once.
    pub(super) fn make_room(&self, shared: &Shared, bytes: usize, part: usize) -> Evicted {
        let mut state = self.lock(shared);
        let platform = &mut state.platform;
        let before = Counted::of(platform);
        let ahead = (before.kept.evictable / part).min(shared.memory.most() / 64);
        platform.make_room(bytes.max(ahead));
        self.count(shared, platform, &before);
        Evicted {
            transactions: platform.evicted() - before.held.settled_evicted,
            entries: platform.journal().evicted() - before.held.journal_evicted,
            oldest: platform.journal().oldest(),
        }
    }

    fn lock(&self, shared: &Shared) -> Entered<'_> {
        #[cfg(test)]
        shared.locks_taken.fetch_add(1, Ordering::Relaxed);
        #[cfg(not(test))]
        let _ = shared;
        Entered::with(self.state.lock(), self.wallet.as_deref())
    }

    /// The time in the space. The caller holds the lock.
    fn now(&self, shared: &Shared, platform: &Platform) -> Timestamp {
        let ahead = *self.ahead.borrow();
        let now = shared.clock.now().after(ahead);
        match shared.stopped_at.get() {
            None => now,
            // A caller that entered while the emulator was being stopped may have been a moment
            // later.
            Some(stopped_at) => now.min(stopped_at.after(ahead)).max(platform.now()),
        }
    }

    /// Updates the counts of all spaces and the index of references.
    fn count(&self, shared: &Shared, platform: &mut Platform, before: &Counted) {
        let after = Counted::of(platform);
        shared.held.follow(before.held, after.held);
        self.held.follow(before.held, after.held);
        shared.memory.note(before.kept, after.kept);
        if after.in_flight != before.in_flight {
            shared.in_flight.send_modify(|all| all.follow(&before.in_flight, &after.in_flight));
        }
        for change in platform.poll_reference_changes() {
            shared.references.follow(self.id(), change);
        }
    }

    /// Adds new entries of its journal to the global journal, and wakes the waiters for them.
    fn pass_on_entries(
        &self,
        shared: &Shared,
        platform: &Platform,
        before: &Counted,
        entries: GlobalEntries,
    ) {
        let (id, journal) = (self.id(), platform.journal());
        let mut global_journal = shared.global_journal.lock();
        if journal.forgotten() != before.forgotten && entries == GlobalEntries::Forget {
            global_journal.forget(id);
            shared.recorded.forget(id);
        }
        global_journal.append(id, before.written.max(journal.forgotten())..journal.written());
        drop(global_journal);
        if shared.waiters.count() > 0 {
            shared.waiters.ring(Concern::Space(id), id);
            let references = journal.entries_from(before.written);
            for reference_id in references.filter_map(|entry| entry.reference_id()) {
                shared.waiters.ring(Concern::Transaction(reference_id), id);
            }
        }
        shared.notify_of_changes();
    }
}
