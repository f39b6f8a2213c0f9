//! The spaces: one pure [`Platform`] a space, each behind one mutex.
//!
//! No guard is held across an `.await`, and never two spaces at once. The clock is read after the
//! lock is taken, so that no two threads enter with their times crossed.

use std::sync::Arc;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use parking_lot::Mutex;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use crate::engine::clock::Clock;
use crate::engine::scheduler::WakeUps;
use crate::model::api_user::ApiUser;
use crate::model::reference::ApiUserId;
use crate::model::time::Timestamp;
use crate::model::transaction::{Submission, TransactionKind};
use crate::operations::rejection::Rejection;
use crate::platform::callback::{Attempt, Callback};
use crate::platform::{Acceptance, Platform, Settings};

/// All spaces of one emulator.
#[derive(Debug)]
pub struct Spaces {
    clock: Clock,
    settings: Settings,
    spaces: DashMap<ApiUserId, Arc<Space>>,
    wake_ups: WakeUps,
    // Unbounded here: what is in it is bounded by the transactions that the spaces hold.
    callbacks: UnboundedSender<Callback>,
    changes: watch::Sender<()>,
}

/// One space.
#[derive(Debug)]
pub struct Space(Mutex<Scheduled>);

/// A platform and the wake-up that is noted for it.
#[derive(Debug)]
struct Scheduled {
    platform: Platform,
    wake_up: Option<Timestamp>,
}

impl Spaces {
    /// No spaces yet; callbacks that are due go to `callbacks`.
    pub fn new(clock: Clock, settings: Settings, callbacks: UnboundedSender<Callback>) -> Self {
        Self {
            clock,
            settings,
            spaces: DashMap::new(),
            wake_ups: WakeUps::default(),
            callbacks,
            changes: watch::Sender::new(()),
        }
    }

    /// Is told whenever something was written in a space's journal.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
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
        let mut all: Vec<_> =
            self.spaces.iter().map(|entry| (*entry.key(), Arc::clone(entry.value()))).collect();
        all.sort_by_key(|(id, _)| *id);
        all.into_iter().map(|(_, space)| space).collect()
    }

    /// Provisions an API user.
    ///
    /// # Errors
    ///
    /// [`Rejection::Duplicate`] if there is one of that id.
    pub fn provision(&self, api_user: ApiUser) -> Result<Arc<Space>, Rejection> {
        match self.spaces.entry(api_user.id) {
            Entry::Occupied(_) => Err(Rejection::Duplicate(api_user.id.to_string())),
            Entry::Vacant(vacant) => {
                let platform = Platform::new(api_user, self.settings.clone(), self.clock.now());
                let space = Arc::new(Space(Mutex::new(Scheduled { platform, wake_up: None })));
                Ok(Arc::clone(&vacant.insert(space)))
            }
        }
    }

    /// Does something in a space, now; everything that is due has happened before, and the
    /// callbacks that became due are handed on.
    pub fn enter<R>(&self, space: &Space, act: impl FnOnce(&mut Platform, Timestamp) -> R) -> R {
        let mut scheduled = space.0.lock();
        let now = self.clock.now();
        let written = scheduled.platform.journal().written();
        scheduled.platform.advance(now);
        let result = act(&mut scheduled.platform, now);
        for callback in scheduled.platform.take_callbacks() {
            // Nobody receives any more once the emulator stops; what was due then is not sent.
            let _ = self.callbacks.send(callback);
        }
        if scheduled.platform.journal().written() != written {
            self.changes.send_replace(());
        }
        let id = scheduled.platform.api_user().id;
        if let Some(next) = scheduled.platform.next_due()
            && scheduled.wake_up.is_none_or(|noted| next < noted)
        {
            self.wake_ups.note(next, id);
            scheduled.wake_up = Some(next);
        }
        result
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
        mut submission: Submission,
    ) -> Result<Acceptance, Rejection> {
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
            return self.enter(space, |platform, now| platform.accept(now, submission));
        };
        let refund = submission.clone();
        let (accepted, succeeds) = self.enter(space, |platform, now| {
            let accepted = platform.accept(now, submission);
            let transaction = platform.transaction(refund.reference_id);
            (accepted, transaction.is_some_and(|refund| refund.plan.succeeds()))
        });
        let is_set_aside = refund.payment_elsewhere.is_some_and(|there| there.fault.is_none());
        if is_set_aside && (accepted.is_err() || !succeeds) {
            self.enter(&payer, |platform, now| platform.give_up(now, &refund));
        }
        accepted
    }

    /// Lets everything happen in a space that is due, for the scheduler: the wake-up that was
    /// noted has been used up.
    pub(super) fn wake(&self, id: ApiUserId) {
        if let Some(space) = self.get(id) {
            space.0.lock().wake_up = None;
            self.enter(&space, |_, _| {});
        }
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
