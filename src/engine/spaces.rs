//! The spaces: one pure [`Platform`] a space, each behind one mutex.
//!
//! No guard is held across an `.await`, and never two spaces at once. The clock is read after the
//! lock is taken, so that no two threads enter with their times crossed.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use foldhash::fast::RandomState;
use parking_lot::{Mutex, RwLock};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use crate::engine::clock::Clock;
use crate::engine::counters::{self, Counters};
use crate::engine::global_journal::GlobalJournal;
use crate::engine::held::{Counts, Held};
use crate::engine::memory::Memory;
use crate::engine::payment_log;
use crate::engine::rules_in_force::RulesInForce;
use crate::engine::scheduler::{WakeUp, WakeUps};
use crate::engine::waiters::{Concern, Waiters};
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::reference::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::callback::{Attempt, Callback};
use momo_sandbox_core::platform::footprint::Kept;
use momo_sandbox_core::platform::in_flight::InFlight;
use momo_sandbox_core::platform::journal::Journal;
use momo_sandbox_core::platform::label::Labels;
use momo_sandbox_core::platform::{Platform, Settings};

/// How many spaces are looked at before other tasks have their turn.
const LOOKED_AT_ONCE: usize = 1000;

/// All spaces of one emulator.
#[derive(Debug)]
pub struct Spaces {
    clock: Clock,
    settings: Settings,
    pub(super) rules: Mutex<RulesInForce>,
    spaces: DashMap<ApiUserId, Arc<Space>, RandomState>,
    /// The same, in the order in which they came. None is ever taken out.
    in_order: RwLock<Vec<Arc<Space>>>,
    wake_ups: WakeUps,
    // Unbounded here: what is in it is bounded by the transactions that the spaces hold.
    callbacks: UnboundedSender<Callback>,
    pub(super) feed: Mutex<GlobalJournal>,
    counters: Arc<Counters>,
    memory: Memory,
    changes: watch::Sender<()>,
    waiters: Arc<Waiters>,
    /// What all spaces hold.
    held: Counts,
    /// The callbacks of all spaces of which nobody knows yet what came of them.
    in_flight: watch::Sender<InFlight>,
    /// The round of what is accepted now.
    round: AtomicU32,
    /// When everything stopped.
    stopped_at: OnceLock<Timestamp>,
}

/// One space.
#[derive(Debug)]
pub struct Space {
    api_user: Arc<ApiUser>,
    pub(super) scheduled: Mutex<Scheduled>,
    /// How far its time is ahead of the clock. It changes only under the lock.
    ahead: watch::Sender<Duration>,
    held: Counts,
    /// A copy of its platform's: to read it waits for nothing that happens in the space.
    labels: Mutex<Labels>,
}

/// A platform and the wake-up that is noted for it, in the clock's time.
#[derive(Debug)]
pub(super) struct Scheduled {
    pub(super) platform: Platform,
    wake_up: Option<WakeUp>,
}

/// What is counted of a space.
#[derive(Debug)]
pub(super) struct Counted {
    held: Held,
    pub(super) kept: Kept,
    in_flight: InFlight,
}

impl Counted {
    pub(super) fn of(platform: &Platform) -> Self {
        Self {
            held: Held::by(platform),
            kept: platform.kept(),
            in_flight: platform.in_flight().clone(),
        }
    }
}

impl Space {
    /// The API user whose space it is.
    pub fn api_user(&self) -> &ApiUser {
        &self.api_user
    }

    /// What it holds.
    pub fn held(&self) -> Held {
        self.held.read()
    }

    /// What its owner says of it.
    pub fn labels(&self) -> Labels {
        self.labels.lock().clone()
    }

    /// How far its time is ahead of the clock.
    pub(super) fn ahead(&self) -> &watch::Sender<Duration> {
        &self.ahead
    }
}

impl Spaces {
    /// No spaces yet; callbacks that are due go to `callbacks`.
    pub fn new(clock: Clock, settings: Settings, callbacks: UnboundedSender<Callback>) -> Self {
        Self {
            clock,
            memory: Memory::of(settings.limits.kept_bytes, settings.rules.bytes()),
            rules: Mutex::new(RulesInForce::of_the_start(&settings.rules)),
            feed: Mutex::new(GlobalJournal::keeping(settings.limits.journal)),
            counters: Arc::new(Counters::new(settings.limits)),
            settings,
            spaces: DashMap::default(),
            in_order: RwLock::default(),
            wake_ups: WakeUps::default(),
            callbacks,
            changes: watch::Sender::new(()),
            waiters: Arc::default(),
            held: Counts::default(),
            in_flight: watch::Sender::default(),
            round: AtomicU32::new(0),
            stopped_at: OnceLock::new(),
        }
    }

    /// What is counted, and the limits.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// How much is kept.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Is told whenever something was written in a space's journal.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Those who wait for something in particular.
    pub fn waiters(&self) -> &Arc<Waiters> {
        &self.waiters
    }

    /// What all spaces hold; what is due is to have happened first, see [`Self::catch_up`].
    pub fn held(&self) -> Held {
        self.held.read()
    }

    /// The callbacks of all spaces of which nobody knows yet what came of them.
    pub fn in_flight(&self) -> &watch::Sender<InFlight> {
        &self.in_flight
    }

    /// The round of what is accepted now.
    pub(super) fn round(&self) -> &AtomicU32 {
        &self.round
    }

    /// When everything stopped, if it did.
    pub(super) fn stopped_at(&self) -> Option<Timestamp> {
        self.stopped_at.get().copied()
    }

    /// Whether everything stopped.
    pub fn has_stopped(&self) -> bool {
        self.stopped_at.get().is_some()
    }

    /// Whoever subscribes later looks after that, and so misses nothing.
    pub(super) fn tell_of_changes(&self) {
        if self.changes.receiver_count() > 0 {
            self.changes.send_replace(());
        }
    }

    /// Looks into the journal of all.
    pub fn read_global_journal<R>(&self, look: impl FnOnce(&GlobalJournal) -> R) -> R {
        look(&self.feed.lock())
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What every space is given at its start.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The wake-ups that the scheduler waits for.
    pub(super) fn wake_ups(&self) -> &WakeUps {
        &self.wake_ups
    }

    /// The space of an API user.
    pub fn get(&self, id: ApiUserId) -> Option<Arc<Space>> {
        self.spaces.get(&id).map(|space| Arc::clone(&space))
    }

    /// All spaces, by their API users' ids.
    pub fn all(&self) -> Vec<Arc<Space>> {
        let mut all = self.in_order.read().clone();
        all.sort_by_key(|space| space.api_user.id);
        all
    }

    /// The spaces that hold a transaction of that reference. Only those that hold any are looked
    /// into, and other tasks have their turn in between.
    pub async fn holding(&self, reference_id: ReferenceId) -> Vec<Arc<Space>> {
        let (mut holding, mut from) = (Vec::new(), 0);
        loop {
            let part = self.that_hold_any(from..from.saturating_add(LOOKED_AT_ONCE));
            let has_it = |platform: &Platform| platform.transaction(reference_id).is_some();
            holding.extend(part.into_iter().filter(|space| self.look_into(space, has_it)));
            from += LOOKED_AT_ONCE;
            if from >= self.in_order.read().len() {
                return holding;
            }
            tokio::task::yield_now().await;
        }
    }

    /// The spaces at these places that hold any transaction.
    pub(super) fn that_hold_any(&self, places: Range<usize>) -> Vec<Arc<Space>> {
        let in_order = self.in_order.read();
        let places = places.start.min(in_order.len())..places.end.min(in_order.len());
        let holds_any = |space: &&Arc<Space>| space.held.read().transactions > 0;
        in_order[places].iter().filter(holds_any).cloned().collect()
    }

    /// The spaces that have any entry in their journals, in the order in which they came.
    pub(super) fn that_have_entries(&self) -> Vec<Arc<Space>> {
        let has_entries = |space: &&Arc<Space>| space.held.read().journal_entries > 0;
        self.in_order.read().iter().filter(has_entries).cloned().collect()
    }

    /// Provisions an API user.
    ///
    /// # Errors
    ///
    /// [`Rejection::Duplicate`] if there is one of that id, [`Rejection::LimitReached`] if there
    /// are too many.
    pub fn provision(&self, api_user: ApiUser) -> Result<Arc<Space>, Rejection> {
        self.make_room(None)?;
        match self.spaces.entry(api_user.id) {
            Entry::Occupied(_) => Err(Rejection::Duplicate(api_user.id.to_string())),
            Entry::Vacant(vacant) => {
                self.counters.take_api_user()?;
                // Held until the space is among all: rules that are put meanwhile come to it too.
                let in_force = self.rules.lock();
                let rules = in_force.to_come();
                let settings = Settings { rules, ..self.settings.clone() };
                let api_user = Arc::new(api_user);
                let platform = Platform::new(Arc::clone(&api_user), settings, self.clock.now());
                self.memory.note(Kept::default(), platform.kept());
                let space = Arc::new(Space {
                    api_user,
                    scheduled: Mutex::new(Scheduled { platform, wake_up: None }),
                    ahead: watch::Sender::default(),
                    held: Counts::default(),
                    labels: Mutex::default(),
                });
                vacant.insert(Arc::clone(&space));
                self.in_order.write().push(Arc::clone(&space));
                drop(in_force);
                Ok(space)
            }
        }
    }

    /// Does something in a space, now; everything that is due has happened before, and the
    /// callbacks that became due are handed on.
    pub fn enter<R>(&self, space: &Space, act: impl FnOnce(&mut Platform, Timestamp) -> R) -> R {
        self.enter_with(space, |platform, now| {
            platform.advance(now);
            act(platform, now)
        })
    }

    /// The same, but it is for `act` to let happen what is due.
    pub(super) fn enter_with<R>(
        &self,
        space: &Space,
        act: impl FnOnce(&mut Platform, Timestamp) -> R,
    ) -> R {
        let mut scheduled = space.scheduled.lock();
        let now = self.time_of(space, &scheduled.platform);
        let id = space.api_user.id;
        let journal = scheduled.platform.journal();
        let (written, forgotten) = (journal.written(), journal.forgotten());
        let before = Counted::of(&scheduled.platform);
        scheduled.platform.begin_round(self.round.load(Ordering::SeqCst));
        let result = act(&mut scheduled.platform, now);
        self.count(space, &scheduled.platform, &before);
        for callback in scheduled.platform.poll_callbacks() {
            counters::add(&self.counters.callbacks_waiting);
            // Nobody receives any more once the emulator stops; what was due then is not sent.
            let _ = self.callbacks.send(callback);
        }
        let journal = scheduled.platform.journal();
        let mut lines = Vec::new();
        if journal.written() != written {
            self.feed(id, journal, written, forgotten);
            self.ring(id, journal, written);
            self.tell_of_changes();
            lines = payment_log::lines_of(&scheduled.platform, written);
        }
        let wake_up = scheduled.platform.next_due().map(|due| WakeUp {
            at: due.before(*space.ahead.borrow()),
            has_callbacks: scheduled.platform.has_callbacks_waiting(),
        });
        // Last: who finds nothing due here finds what happened in the counts.
        self.wake_ups.change(id, scheduled.wake_up, wake_up);
        scheduled.wake_up = wake_up;
        drop(scheduled);
        payment_log::tell(lines);
        // What is kept already stays, if nothing can go: the next POST is told so.
        let _ = self.make_room(Some(space));
        result
    }

    /// Takes over in the counts of all what changed in a space.
    pub(super) fn count(&self, space: &Space, platform: &Platform, before: &Counted) {
        let after = Counted::of(platform);
        self.held.follow(before.held, after.held);
        space.held.follow(before.held, after.held);
        self.memory.note(before.kept, after.kept);
        if after.in_flight != before.in_flight {
            self.in_flight.send_modify(|all| all.follow(&before.in_flight, &after.in_flight));
        }
    }

    /// Wakes those whom the new entries of a space's journal concern.
    fn ring(&self, id: ApiUserId, journal: &Journal, written: u64) {
        if self.waiters.count() == 0 {
            return;
        }
        self.waiters.ring(Concern::Space(id), id);
        for reference_id in journal.entries_from(written).filter_map(|one| one.reference_id()) {
            self.waiters.ring(Concern::Transaction(reference_id), id);
        }
    }

    /// Looks at a space as it is, without letting anything happen in it.
    pub(super) fn look_into<R>(&self, space: &Space, look: impl FnOnce(&Platform) -> R) -> R {
        look(&space.scheduled.lock().platform)
    }

    /// Takes what its owner says of a space now.
    pub fn set_labels(&self, space: &Space, labels: &Labels) {
        self.enter(space, |platform, _| {
            platform.set_labels(labels.clone());
            labels.clone_into(&mut space.labels.lock());
        });
    }

    /// The time in a space whose lock is held.
    fn time_of(&self, space: &Space, platform: &Platform) -> Timestamp {
        let ahead = *space.ahead.borrow();
        let now = self.clock.now().after(ahead);
        match self.stopped_at.get() {
            None => now,
            // Who entered while it was stopped may have been a moment later.
            Some(stopped_at) => now.min(stopped_at.after(ahead)).max(platform.now()),
        }
    }

    /// Lets happen what is due, and nothing more: what has no final status then stays PENDING,
    /// whatever the clock says, and so no transaction settles whose callback nobody would send.
    pub fn stop(&self) {
        self.stopped_at.get_or_init(|| self.clock.now());
        self.catch_up();
    }

    /// Passes on what was written in a space's journal since.
    fn feed(&self, id: ApiUserId, journal: &Journal, written: u64, forgotten: u64) {
        let mut feed = self.feed.lock();
        if journal.forgotten() != forgotten {
            feed.forget(id);
        }
        feed.append(id, written.max(journal.forgotten())..journal.written());
    }

    /// Whether the space of a callback was reset since.
    pub fn is_forgotten(&self, callback: &Callback) -> bool {
        let space = self.get(callback.api_user);
        space.is_none_or(|space| {
            self.enter(&space, |platform, _| platform.generation() != callback.generation)
        })
    }

    /// Records what came of a callback.
    pub fn finish_callback(&self, callback: &Callback, attempt: Attempt) {
        if let Some(space) = self.get(callback.api_user) {
            self.enter(&space, |platform, _| {
                platform.finish_callback(callback.generation, callback.reference_id, attempt);
            });
        }
    }
}
