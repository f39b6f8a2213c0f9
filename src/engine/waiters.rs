//! Who waits for what: an index from what is waited for to those who wait.
//!
//! Whoever writes in a space's journal rings for those whom the new entries concern. Nobody else is
//! woken, and nobody looks through all spaces.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use foldhash::fast::RandomState;
use parking_lot::Mutex;
use tokio::sync::Notify;

use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Concern {
    /// Anything that happens in a space.
    Space(ApiUserId),
    /// Anything that happens to transactions of that reference, in any space.
    Transaction(ReferenceId),
}

/// All who wait.
#[derive(Debug, Default)]
pub struct Waiters {
    /// How many wait: mostly nobody does, and then nothing is looked up.
    count: AtomicUsize,
    bells: DashMap<Concern, Vec<Arc<Bell>>, RandomState>,
}

/// What wakes one who waits.
#[derive(Debug, Default)]
struct Bell {
    /// In which spaces something happened that was not looked at yet.
    rung_by: Mutex<BTreeSet<ApiUserId>>,
    notify: Notify,
}

/// One who waits. It hears all that is rung from its creation on, and waits no more when dropped.
#[derive(Debug)]
pub struct Waiter {
    waiters: Arc<Waiters>,
    concern: Concern,
    bell: Arc<Bell>,
}

impl Waiters {
    /// Begins to wait.
    pub fn begin(self: &Arc<Self>, concern: Concern) -> Waiter {
        let bell = Arc::new(Bell::default());
        // Counted first: who finds nobody counted wrote before, and what was written is seen.
        self.count.fetch_add(1, Ordering::SeqCst);
        self.bells.entry(concern).or_default().push(Arc::clone(&bell));
        Waiter { waiters: Arc::clone(self), concern, bell }
    }

    /// How many wait.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Wakes those who wait for this, which happened in that space.
    pub fn ring(&self, concern: Concern, space: ApiUserId) {
        if let Some(bells) = self.bells.get(&concern) {
            for bell in bells.iter() {
                bell.rung_by.lock().insert(space);
                bell.notify.notify_one();
            }
        }
    }
}

impl Waiter {
    /// Waits until something happened that was not told yet; tells in which spaces.
    pub async fn rung(&self) -> BTreeSet<ApiUserId> {
        loop {
            let spaces = std::mem::take(&mut *self.bell.rung_by.lock());
            if !spaces.is_empty() {
                return spaces;
            }
            self.bell.notify.notified().await;
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if let Some(mut bells) = self.waiters.bells.get_mut(&self.concern) {
            bells.retain(|bell| !Arc::ptr_eq(bell, &self.bell));
        }
        self.waiters.bells.remove_if(&self.concern, |_, bells| bells.is_empty());
        self.waiters.count.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use uuid::Uuid;

    use super::*;

    fn user(number: u128) -> ApiUserId {
        ApiUserId(Uuid::from_u128(number))
    }

    fn transaction(number: u128) -> Concern {
        Concern::Transaction(ReferenceId(Uuid::from_u128(number)))
    }

    /// What a waiter has heard since it was asked last; none if it would wait.
    fn heard(waiter: &Waiter) -> Option<BTreeSet<ApiUserId>> {
        match pin!(waiter.rung()).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(spaces) => Some(spaces),
            Poll::Pending => None,
        }
    }

    #[test]
    fn only_those_whom_it_concerns_are_woken() {
        let waiters = Arc::new(Waiters::default());
        let (first, second) = (waiters.begin(transaction(1)), waiters.begin(transaction(2)));
        assert_eq!((heard(&first), heard(&second)), (None, None));
        waiters.ring(transaction(1), user(7));
        waiters.ring(transaction(1), user(8));
        assert_eq!(heard(&first), Some(BTreeSet::from([user(7), user(8)])));
        assert_eq!(heard(&second), None);
    }

    #[test]
    fn what_happens_between_two_looks_is_heard_once() {
        let waiters = Arc::new(Waiters::default());
        let waiter = waiters.begin(Concern::Space(user(1)));
        waiters.ring(Concern::Space(user(1)), user(1));
        waiters.ring(Concern::Space(user(1)), user(1));
        assert_eq!(heard(&waiter), Some(BTreeSet::from([user(1)])));
        assert_eq!(heard(&waiter), None);
    }

    #[test]
    fn who_waits_no_more_leaves_nothing_behind() {
        let waiters = Arc::new(Waiters::default());
        let (one, two) = (waiters.begin(transaction(1)), waiters.begin(transaction(1)));
        drop(one);
        assert_eq!(waiters.count(), 1);
        drop(two);
        assert_eq!(waiters.count(), 0);
        assert!(waiters.bells.is_empty());
    }
}
