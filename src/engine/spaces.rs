//! All spaces of one emulator.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use parking_lot::Mutex;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use crate::engine::capacity::Capacity;
use crate::engine::clock::Clock;
use crate::engine::eviction;
use crate::engine::global_journal::GlobalJournal;
use crate::engine::held::Held;
use crate::engine::memory::Memory;
use crate::engine::metrics::Metrics;
use crate::engine::recorded::{JournalPlace, Recorded, RecordedRequests};
use crate::engine::registry::Registry;
use crate::engine::rules_in_force::RulesInForce;
use crate::engine::shared::Shared;
use crate::engine::space::{GlobalEntries, Space};
use crate::engine::waiters::Waiters;
use crate::engine::wake_ups::WakeUps;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::callback::{Attempt, Callback};
use momo_sandbox_core::platform::callback_judgement::AttemptVerdict;
use momo_sandbox_core::platform::callback_verdict::CallbackVerdict;
use momo_sandbox_core::platform::footprint::Kept;
use momo_sandbox_core::platform::in_flight::InFlight;
use momo_sandbox_core::platform::journal::Happened;
use momo_sandbox_core::platform::label::Labels;
use momo_sandbox_core::platform::request::AnsweredRequest;
use momo_sandbox_core::platform::{Platform, Settings};

/// An attempt to deliver a callback, once it is in the journal.
#[derive(Debug)]
pub struct FinishedCallback {
    pub verdict: AttemptVerdict,
    pub place: JournalPlace,
    /// The attempt, if it is to be recorded: only now it is known whether it went well.
    pub to_record: Option<Attempt>,
}

#[derive(Debug)]
pub struct Spaces {
    settings: Settings,
    pub(super) rules: Mutex<RulesInForce>,
    /// A copy of when the rules of all end, read without the lock: `i64::MAX` if they do not.
    pub(super) rules_end: AtomicI64,
    pub(super) registry: Registry,
    pub(super) shared: Shared,
}

impl Spaces {
    pub fn capacity(&self) -> &Arc<Capacity> {
        &self.shared.capacity
    }

    pub fn metrics(&self) -> &Metrics {
        &self.shared.capacity.metrics
    }

    pub fn memory(&self) -> &Memory {
        &self.shared.memory
    }

    /// A receiver that learns whenever something was written in any journal.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.shared.changes.subscribe()
    }

    pub fn waiters(&self) -> &Arc<Waiters> {
        &self.shared.waiters
    }

    /// What all spaces hold together. What is due is counted only after [`Self::catch_up`].
    pub fn held(&self) -> Held {
        self.shared.held.read()
    }

    /// The callbacks of all spaces that are on their way.
    pub fn in_flight(&self) -> &watch::Sender<InFlight> {
        &self.shared.in_flight
    }

    pub fn has_stopped(&self) -> bool {
        self.shared.stopped_at.get().is_some()
    }

    pub fn read_global_journal<R>(&self, look: impl FnOnce(&GlobalJournal) -> R) -> R {
        look(&self.shared.global_journal.lock())
    }

    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The settings that every space begins with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The wake-ups that the scheduler waits for.
    pub(super) fn wake_ups(&self) -> &WakeUps {
        &self.shared.wake_ups
    }

    /// The space of an API user.
    pub fn get(&self, id: ApiUserId) -> Option<Arc<Space>> {
        self.registry.get(id)
    }

    /// All spaces, sorted by the ids of their API users.
    pub fn all(&self) -> Vec<Arc<Space>> {
        self.registry.all()
    }

    /// The spaces that have a transaction of this reference id, sorted by the ids of their API
    /// users.
    pub fn holding(&self, reference_id: ReferenceId) -> Vec<Arc<Space>> {
        let users = self.shared.references.api_users(reference_id);
        users.into_iter().filter_map(|id| self.get(id)).collect()
    }

    /// Whether the space of a callback was reset since the callback became due.
    pub fn is_forgotten(&self, callback: &Callback) -> bool {
        let space = self.get(callback.api_user);
        space.is_none_or(|space| space.generation() != callback.generation)
    }
}

impl Spaces {
    /// Creates an emulator's spaces, none at first. Callbacks that are due go to `callbacks`.
    pub fn new(clock: Clock, settings: Settings, callbacks: UnboundedSender<Callback>) -> Self {
        Self {
            rules: Mutex::new(RulesInForce::of_the_start(&settings.rules, clock.now())),
            rules_end: AtomicI64::new(i64::MAX),
            registry: Registry::default(),
            shared: Shared::new(clock, &settings, callbacks),
            settings,
        }
    }

    /// Provisions an API user.
    ///
    /// # Errors
    ///
    /// [`Rejection::Duplicate`] if an API user has that id already, [`Rejection::LimitReached`] if
    /// there are too many.
    pub fn provision(&self, api_user: ApiUser) -> Result<Arc<Space>, Rejection> {
        self.make_room(None)?;
        self.end_rules_of_all();
        // Held until the space is in the registry, so that rules which are put meanwhile reach it
        // too.
        let in_force = self.rules.lock();
        self.registry.add(api_user.id, || {
            self.shared.capacity.add_api_user()?;
            let rules = Arc::clone(in_force.of_all().current());
            let settings = Settings { rules, ..self.settings.clone() };
            let api_user = Arc::new(api_user);
            let mut platform = Platform::new(Arc::clone(&api_user), settings, self.clock().now());
            platform.begin_with_rules_of_all(in_force.of_all().clone());
            self.memory().note(Kept::default(), platform.kept());
            let name = api_user.wallet.as_deref();
            let wallet = name.map(|name| self.shared.wallets.join(name, &mut platform));
            Ok(Arc::new(Space::new(platform, api_user, wallet)))
        })
    }

    /// Runs `act` in a space at the present time. What is due happens first, in the other spaces of
    /// its wallet too; callbacks that became due are sent on afterwards.
    pub fn enter<R>(&self, space: &Space, act: impl FnOnce(&mut Platform, Timestamp) -> R) -> R {
        self.catch_up_wallet(space);
        self.enter_alone(space, act)
    }

    /// Runs `act` in a space. What is due happens first in that space alone.
    pub(super) fn enter_alone<R>(
        &self,
        space: &Space,
        act: impl FnOnce(&mut Platform, Timestamp) -> R,
    ) -> R {
        self.end_rules_of_all();
        let result = space.enter(&self.shared, act);
        // An error is ignored: what was written stays, and the next submission is refused.
        let _ = self.make_room(Some(space));
        result
    }

    /// Runs `act` in a space. What is due happens only if `act` advances the platform.
    pub(super) fn enter_with<R>(
        &self,
        space: &Space,
        entries: GlobalEntries,
        act: impl FnOnce(&mut Platform, Timestamp) -> R,
    ) -> R {
        self.end_rules_of_all();
        let result = space.enter_with(&self.shared, entries, act);
        let _ = self.make_room(Some(space));
        result
    }

    /// Reads a space without letting anything happen in it.
    pub fn look_into<R>(&self, space: &Space, look: impl FnOnce(&Platform) -> R) -> R {
        space.look_into(&self.shared, look)
    }

    pub fn set_labels(&self, space: &Space, labels: &Labels) {
        space.set_labels(&self.shared, labels);
        let _ = self.make_room(Some(space));
    }

    /// Records a finished attempt to deliver a callback. Returns what holds of it; `None` if its
    /// space was reset meanwhile.
    pub fn finish_callback(
        &self,
        callback: &Callback,
        attempt: Attempt,
    ) -> Option<FinishedCallback> {
        let Callback { api_user, generation, reference_id, .. } = *callback;
        let space = self.get(api_user)?;
        let number = attempt.number;
        let (entry, verdict, to_record) = self.enter(&space, |platform, _| {
            let entry = platform.journal().written();
            let verdict = platform.finish_callback(generation, reference_id, attempt)?;
            let went_well = verdict.verdicts.gravest() == Some(CallbackVerdict::Delivered);
            let last = || platform.transaction(reference_id)?.last_attempt_beside(number).cloned();
            let to_record = self.recorded().wants(went_well).then(last).flatten();
            Some((entry, verdict, to_record))
        })?;
        self.metrics().judged(verdict.verdicts);
        let place = JournalPlace::Space { api_user, entry };
        Some(FinishedCallback { verdict, place, to_record })
    }

    /// What requests and callbacks looked like.
    pub fn recorded(&self) -> &RecordedRequests {
        &self.shared.recorded
    }

    /// Keeps what a request or a callback looked like, whose entry was written a moment ago.
    /// Returns its number; `None` if its entry was forgotten since.
    pub fn record(&self, place: JournalPlace, recorded: Recorded) -> Option<u64> {
        // The lock is held to the end, so that a reset forgets both or neither.
        let journal = self.shared.global_journal.lock();
        let number = match place {
            JournalPlace::Space { api_user, entry } => journal.number_of(api_user, entry)?,
            JournalPlace::Global(number) => Some(number).filter(|it| *it >= journal.oldest())?,
        };
        self.shared.recorded.push(Recorded { number, ..recorded });
        Some(number)
    }

    /// Records the request of a caller that did not authenticate. Returns its number in the global
    /// journal.
    pub fn note_unauthenticated(&self, request: AnsweredRequest) -> u64 {
        self.note_in_no_space(Happened::Request(request))
    }

    /// Writes in the global journal what is in no space. Returns its number.
    pub(super) fn note_in_no_space(&self, what: Happened) -> u64 {
        let mut journal = self.shared.global_journal.lock();
        let before = journal.kept();
        let number = journal.append_unauthenticated(self.clock().now(), what);
        self.memory().note(before, journal.kept());
        drop(journal);
        // An error is ignored: the request stays even if nothing else can be evicted.
        let _ = self.make_room(None);
        self.shared.notify_of_changes();
        number
    }

    /// Stops the spaces: what is due still happens, and nothing more. Transactions without a final
    /// status stay PENDING whatever the clock says, since their callbacks would not be sent any
    /// more.
    pub fn stop(&self) {
        self.shared.stopped_at.get_or_init(|| self.clock().now());
        self.catch_up();
    }

    /// Makes room if more is kept than the limit allows.
    pub(super) fn make_room(&self, asking: Option<&Space>) -> Result<(), Rejection> {
        self.make_room_for(asking, 0)
    }

    /// Makes room for `more` bytes within the limit.
    ///
    /// # Errors
    ///
    /// [`Rejection::LimitReached`] if too little of what is kept may be evicted.
    pub(super) fn make_room_for(
        &self,
        asking: Option<&Space>,
        more: usize,
    ) -> Result<(), Rejection> {
        eviction::make_room(&self.registry, &self.shared, asking, more)
    }
}
