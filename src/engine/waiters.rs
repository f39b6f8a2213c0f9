//! The index of waiters by what they wait for.
//!
//! A space that writes in its journal wakes the waiters that the new entries concern, and no
//! others. No waiter looks through all spaces.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use foldhash::fast::RandomState;
use parking_lot::Mutex;
use tokio::sync::Notify;

use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Concern {
    /// Anything that happens in a space.
    Space(ApiUserId),
    /// Anything that happens to transactions of this reference id, in any space.
    Transaction(ReferenceId),
}

#[derive(Debug, Default)]
pub struct Waiters {
    /// The number of waiters. Mostly there is none, and then nothing is looked up.
    count: AtomicUsize,
    bells: DashMap<Concern, Vec<Arc<Bell>>, RandomState>,
}

/// The signal that wakes one waiter.
#[derive(Debug, Default)]
struct Bell {
    /// The spaces in which something happened that the waiter has not looked at yet.
    rung_by: Mutex<BTreeSet<ApiUserId>>,
    notify: Notify,
}

/// A waiter. It is woken by everything that is rung from its creation on, until it is dropped.
#[derive(Debug)]
pub struct Waiter {
    waiters: Arc<Waiters>,
    concern: Concern,
    bell: Arc<Bell>,
}

impl Waiters {
    pub fn begin(self: &Arc<Self>, concern: Concern) -> Waiter {
        let bell = Arc::new(Bell::default());
        // Counted first. A writer that sees no waiter wrote before this, so the waiter sees what it
        // wrote.
        self.count.fetch_add(1, Ordering::SeqCst);
        self.bells.entry(concern).or_default().push(Arc::clone(&bell));
        Waiter { waiters: Arc::clone(self), concern, bell }
    }

    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Wakes the waiters for a concern, because of something that happened in `space`.
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
    /// Waits for what happened since the last call, and returns the spaces in which it happened.
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

    /// What a waiter has heard since the last call; `None` if it would wait.
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
