//! The spaces: one pure [`Platform`] a space, each behind one mutex.
//!
//! No guard is held across an `.await`, and never two spaces at once. The clock is read after the
//! lock is taken, so that no two threads enter with their times crossed.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use foldhash::fast::RandomState;
use parking_lot::Mutex;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tracing::info;

use crate::engine::clock::Clock;
use crate::engine::counters::{self, Counters};
use crate::engine::feed::Feed;
use crate::engine::scheduler::WakeUps;
use crate::model::api_user::ApiUser;
use crate::model::reference::{ApiUserId, ReferenceId};
use crate::model::time::Timestamp;
use crate::model::transaction::{Submission, TransactionKind};
use crate::operations::rejection::Rejection;
use crate::platform::callback::{Attempt, Callback};
use crate::platform::journal::Journal;
use crate::platform::request::AnsweredRequest;
use crate::platform::{Acceptance, Platform, Settings};
use crate::scenario::rule_book::RuleBook;

/// All spaces of one emulator.
#[derive(Debug)]
pub struct Spaces {
    clock: Clock,
    settings: Settings,
    rules: Mutex<Rules>,
    spaces: DashMap<ApiUserId, Arc<Space>, RandomState>,
    wake_ups: WakeUps,
    // Unbounded here: what is in it is bounded by the transactions that the spaces hold.
    callbacks: UnboundedSender<Callback>,
    pub(super) feed: Mutex<Feed>,
    counters: Arc<Counters>,
    changes: watch::Sender<()>,
    /// When everything stopped.
    stopped_at: OnceLock<Timestamp>,
}

/// The rules that are not a space's own.
#[derive(Debug)]
struct Rules {
    /// Those of the scenario files.
    of_the_start: Arc<RuleBook>,
    /// Those of spaces that are still to come.
    to_come: Arc<RuleBook>,
}

/// One space.
#[derive(Debug)]
pub struct Space {
    api_user: Arc<ApiUser>,
    scheduled: Mutex<Scheduled>,
    /// How far its time is ahead of the clock. It changes only under the lock.
    ahead: watch::Sender<Duration>,
}

/// A platform and the wake-up that is noted for it, in the clock's time.
#[derive(Debug)]
struct Scheduled {
    platform: Platform,
    wake_up: Option<Timestamp>,
}

impl Space {
    /// The API user whose space it is.
    pub fn api_user(&self) -> &ApiUser {
        &self.api_user
    }
}

impl Spaces {
    /// No spaces yet; callbacks that are due go to `callbacks`.
    pub fn new(clock: Clock, settings: Settings, callbacks: UnboundedSender<Callback>) -> Self {
        Self {
            clock,
            rules: Mutex::new(Rules {
                of_the_start: Arc::clone(&settings.rules),
                to_come: Arc::clone(&settings.rules),
            }),
            feed: Mutex::new(Feed::keeping(settings.limits.journal)),
            counters: Arc::new(Counters::new(settings.limits)),
            settings,
            spaces: DashMap::default(),
            wake_ups: WakeUps::default(),
            callbacks,
            changes: watch::Sender::new(()),
            stopped_at: OnceLock::new(),
        }
    }

    /// What is counted, and the limits.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// Is told whenever something was written in a space's journal.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Whoever subscribes later looks after that, and so misses nothing.
    fn tell_of_changes(&self) {
        if self.changes.receiver_count() > 0 {
            self.changes.send_replace(());
        }
    }

    /// Looks into the journal of all.
    pub fn read_feed<R>(&self, look: impl FnOnce(&Feed) -> R) -> R {
        look(&self.feed.lock())
    }

    /// Writes down a request of a caller who is nobody known.
    pub fn note_stranger(&self, request: AnsweredRequest) {
        self.feed.lock().append_stranger(self.clock.now(), request);
        self.tell_of_changes();
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What every space is given at its start.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The rules of spaces that are still to come.
    pub fn rules_to_come(&self) -> Arc<RuleBook> {
        Arc::clone(&self.rules.lock().to_come)
    }

    /// The rules that the scenario files say.
    pub fn rules_of_the_start(&self) -> Arc<RuleBook> {
        Arc::clone(&self.rules.lock().of_the_start)
    }

    /// Puts rules in force in all spaces that were given none of their own, and in those that are
    /// still to come.
    pub fn put_rules(&self, rules: &Arc<RuleBook>) {
        self.rules.lock().to_come = Arc::clone(rules);
        for space in self.all() {
            self.enter(&space, |platform, now| {
                if !platform.has_own_rules() {
                    platform.put_rules(now, Arc::clone(rules), false);
                }
            });
        }
    }

    /// The same, and they are what is in force again when others are taken back.
    pub fn put_rules_of_the_start(&self, rules: &Arc<RuleBook>) {
        self.rules.lock().of_the_start = Arc::clone(rules);
        self.put_rules(rules);
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
        let mut all: Vec<_> =
            self.spaces.iter().map(|entry| (*entry.key(), Arc::clone(entry.value()))).collect();
        all.sort_by_key(|(id, _)| *id);
        all.into_iter().map(|(_, space)| space).collect()
    }

    /// Provisions an API user.
    ///
    /// # Errors
    ///
    /// [`Rejection::Duplicate`] if there is one of that id, [`Rejection::LimitReached`] if there
    /// are too many.
    pub fn provision(&self, api_user: ApiUser) -> Result<Arc<Space>, Rejection> {
        match self.spaces.entry(api_user.id) {
            Entry::Occupied(_) => Err(Rejection::Duplicate(api_user.id.to_string())),
            Entry::Vacant(vacant) => {
                self.counters.take_api_user()?;
                let rules = self.rules_to_come();
                let settings = Settings { rules, ..self.settings.clone() };
                let api_user = Arc::new(api_user);
                let platform = Platform::new(Arc::clone(&api_user), settings, self.clock.now());
                let space = Arc::new(Space {
                    api_user,
                    scheduled: Mutex::new(Scheduled { platform, wake_up: None }),
                    ahead: watch::Sender::default(),
                });
                Ok(Arc::clone(&vacant.insert(space)))
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
    fn enter_with<R>(&self, space: &Space, act: impl FnOnce(&mut Platform, Timestamp) -> R) -> R {
        let mut scheduled = space.scheduled.lock();
        let now = self.time_of(space, &scheduled.platform);
        let id = space.api_user.id;
        let journal = scheduled.platform.journal();
        let (written, forgotten) = (journal.written(), journal.forgotten());
        let result = act(&mut scheduled.platform, now);
        for callback in scheduled.platform.take_callbacks() {
            counters::add(&self.counters.callbacks_waiting);
            // Nobody receives any more once the emulator stops; what was due then is not sent.
            let _ = self.callbacks.send(callback);
        }
        let journal = scheduled.platform.journal();
        if journal.written() != written {
            self.feed(id, journal, written, forgotten);
            self.tell_of_changes();
        }
        let next = scheduled.platform.next_due().map(|at| at.before(*space.ahead.borrow()));
        if let Some(next) = next
            && self.stopped_at.get().is_none()
            && scheduled.wake_up.is_none_or(|noted| next < noted)
        {
            self.wake_ups.note(next, id, scheduled.wake_up);
            scheduled.wake_up = Some(next);
        }
        result
    }

    /// Looks at a space as it is, without letting anything happen in it.
    pub(super) fn look_into<R>(&self, space: &Space, look: impl FnOnce(&Platform) -> R) -> R {
        look(&space.scheduled.lock().platform)
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
        for space in self.all() {
            self.enter(&space, |_, _| {});
        }
    }

    /// Passes on what was written in a space's journal since.
    fn feed(&self, id: ApiUserId, journal: &Journal, written: u64, forgotten: u64) {
        let mut feed = self.feed.lock();
        if journal.forgotten() != forgotten {
            feed.forget(id);
        }
        feed.append(id, written.max(journal.forgotten())..journal.written());
    }

    /// When the next thing in a space is due, in the clock's time.
    pub fn next_due(&self, space: &Space) -> Option<Timestamp> {
        self.enter(space, |platform, _| {
            platform.next_due().map(|due| due.before(*space.ahead.borrow()))
        })
    }

    /// The time in a space.
    pub fn now(&self, space: &Space) -> Timestamp {
        self.clock.now().after(*space.ahead.borrow())
    }

    /// Waits until that time in a space.
    pub async fn sleep_until(&self, space: &Space, at: Timestamp) {
        let mut moved = space.ahead.subscribe();
        loop {
            let ahead = *moved.borrow_and_update();
            tokio::select! {
                () = self.clock.sleep_until(at.before(ahead)) => return,
                // The sender is `space`, so the channel cannot close while we wait.
                _ = moved.changed() => {}
            }
        }
    }

    /// Moves a space's time forward to `target`. Everything that is due by then happens, in order,
    /// and each callback is answered, or has failed, before time moves on.
    pub async fn advance_space(&self, space: &Space, target: Timestamp) {
        let mut changes = self.changes();
        loop {
            changes.borrow_and_update();
            let (reached, in_flight) = self.enter_with(space, |platform, now| {
                if !platform.has_callbacks_in_flight() {
                    let reached = platform.advance_to_callback(target.max(now));
                    space.ahead.send_modify(|ahead| *ahead += reached.since(now));
                }
                (platform.now(), platform.has_callbacks_in_flight())
            });
            if in_flight {
                // The sender is `self`, so the channel cannot close while we wait.
                let _ = changes.changed().await;
            } else if reached >= target {
                return;
            }
        }
    }

    /// Moves all time forward to `target`, likewise.
    pub async fn advance_all(&self, target: Timestamp) {
        let mut changes = self.changes();
        loop {
            changes.borrow_and_update();
            let spaces = self.all();
            let mut in_flight = false;
            let mut next = target;
            for space in &spaces {
                let due = self.enter(space, |platform, _| {
                    in_flight |= platform.has_callbacks_in_flight();
                    platform.next_due().filter(|_| platform.has_callbacks_waiting())
                });
                if let Some(due) = due {
                    next = next.min(due.before(*space.ahead.borrow()));
                }
            }
            let now = self.clock.now();
            if in_flight {
                let _ = changes.changed().await;
            } else if now >= target {
                return;
            } else {
                self.clock.advance(next.since(now).max(Duration::from_millis(1)));
            }
        }
    }

    /// Accepts a submission. A refund whose payment is another API user's is told so first: its
    /// amount is set aside there, and given up if the refund comes to nothing. One space is entered
    /// after the other, never two at once.
    ///
    /// # Errors
    ///
    /// Those of [`Platform::accept`].
    pub fn accept(
        &self,
        space: &Arc<Space>,
        submission: Submission,
    ) -> Result<Acceptance, Rejection> {
        self.accept_and(space, submission, |_, _, accepted| accepted)
    }

    /// The same, and what `then` does in the space at that time.
    pub fn accept_and<R>(
        &self,
        space: &Arc<Space>,
        mut submission: Submission,
        then: impl FnOnce(&mut Platform, Timestamp, Result<Acceptance, Rejection>) -> R,
    ) -> R {
        let mut payer = None;
        if submission.kind == TransactionKind::Refund
            && !self.enter(space, |own, _| own.payment_to_refund(&submission).is_some())
        {
            payer =
                self.all().into_iter().filter(|other| !Arc::ptr_eq(other, space)).find(|other| {
                    self.enter(other, |other, now| other.set_aside_for(now, &mut submission));
                    submission.payment_elsewhere.is_some()
                });
        }
        let Some(payer) = payer else {
            let reference_id = submission.reference_id;
            let (why, result) = self.enter(space, |platform, now| {
                let mut accepted = platform.accept(now, submission);
                (take_why(&mut accepted), then(platform, now, accepted))
            });
            tell_why(reference_id, why);
            return result;
        };
        let refund = submission.clone();
        let (why, succeeds, result) = self.enter(space, |platform, now| {
            let mut accepted = platform.accept(now, submission);
            let why = take_why(&mut accepted);
            let transaction = platform.transaction(refund.reference_id);
            let succeeds = transaction.is_some_and(|refund| refund.plan.succeeds());
            (why, accepted.is_ok() && succeeds, then(platform, now, accepted))
        });
        tell_why(refund.reference_id, why);
        let is_set_aside =
            refund.payment_elsewhere.as_deref().is_some_and(|there| there.fault.is_none());
        if is_set_aside && !succeeds {
            self.enter(&payer, |platform, now| platform.give_up(now, &refund));
        }
        result
    }

    /// Lets everything happen in a space that is due, for the scheduler: the wake-up that was
    /// noted has been used up.
    pub(super) fn wake(&self, id: ApiUserId) {
        if let Some(space) = self.get(id) {
            space.scheduled.lock().wake_up = None;
            self.enter(&space, |_, _| {});
        }
    }

    /// Whether a callback is of a life of its space that was forgotten since.
    pub fn is_forgotten(&self, callback: &Callback) -> bool {
        let space = self.get(callback.api_user);
        space.is_none_or(|space| self.enter(&space, |platform, _| platform.life() != callback.life))
    }

    /// Records what came of a callback.
    pub fn finish_callback(&self, callback: &Callback, attempt: Attempt) {
        if let Some(space) = self.get(callback.api_user) {
            self.enter(&space, |platform, now| {
                platform.finish_callback(now, callback.life, callback.reference_id, attempt);
            });
        }
    }
}

fn take_why(accepted: &mut Result<Acceptance, Rejection>) -> Option<String> {
    accepted.as_mut().ok().and_then(|acceptance| acceptance.why.take())
}

/// Says in the log why the ledger makes a transaction fail, once the space is left.
fn tell_why(reference_id: ReferenceId, why: Option<String>) {
    if let Some(why) = why {
        info!(%reference_id, %why, "accepted, to fail by the ledger");
    }
}
