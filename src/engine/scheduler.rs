//! Wakes each space when something in it is due.

use std::collections::BTreeSet;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::engine::spaces::Spaces;
use crate::model::reference::ApiUserId;
use crate::model::time::Timestamp;

/// When which space is to be woken: once each, but for one that is noted while it is being woken,
/// which does no harm.
#[derive(Debug, Default)]
pub struct WakeUps {
    noted: Mutex<BTreeSet<(Timestamp, ApiUserId)>>,
    earlier: Notify,
}

impl WakeUps {
    /// Notes that a space is to be woken at that time, and no more at the one noted before.
    pub fn note(&self, at: Timestamp, id: ApiUserId, before: Option<Timestamp>) {
        let mut noted = self.noted.lock();
        if let Some(before) = before {
            noted.remove(&(before, id));
        }
        let is_first = noted.first().is_none_or(|first| (at, id) < *first);
        noted.insert((at, id));
        if is_first {
            self.earlier.notify_one();
        }
    }

    fn next(&self) -> Option<Timestamp> {
        self.noted.lock().first().map(|(at, _)| *at)
    }

    fn take_due(&self, now: Timestamp) -> Vec<ApiUserId> {
        let mut noted = self.noted.lock();
        let mut due = Vec::new();
        while noted.first().is_some_and(|(at, _)| *at <= now) {
            due.extend(noted.pop_first().map(|(_, id)| id));
        }
        due
    }
}

/// Wakes spaces for as long as it is polled.
pub async fn run(spaces: &Spaces) {
    let wake_ups = spaces.wake_ups();
    loop {
        let earlier = wake_ups.earlier.notified();
        match wake_ups.next() {
            None => earlier.await,
            Some(at) => tokio::select! {
                () = spaces.clock().sleep_until(at) => {
                    for id in wake_ups.take_due(spaces.clock().now()) {
                        spaces.wake(id);
                    }
                }
                () = earlier => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_space_that_is_noted_for_earlier_is_noted_once() {
        let (wake_ups, id) = (WakeUps::default(), ApiUserId(Uuid::nil()));
        let mut before = None;
        for at in (0..100).rev().map(Timestamp) {
            wake_ups.note(at, id, before);
            before = Some(at);
        }
        assert_eq!(wake_ups.take_due(Timestamp(1000)), [id]);
    }
}
