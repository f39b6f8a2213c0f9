//! The times at which spaces must be woken. A space notes its next one here under its lock; it
//! stays until what is due has happened.

use std::collections::BTreeSet;

use parking_lot::Mutex;
use tokio::sync::Notify;

use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::time::Timestamp;

/// When a space must be woken next, in the clock's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WakeUp {
    /// When something in it is due.
    pub at: Timestamp,
    /// Whether the space has callbacks still to be sent.
    pub has_callbacks: bool,
}

#[derive(Debug, Default)]
pub struct WakeUps {
    noted: Mutex<Noted>,
    /// Notified when the first wake-up is earlier than it was.
    pub(super) earlier: Notify,
}

#[derive(Debug, Default)]
struct Noted {
    all: BTreeSet<(Timestamp, ApiUserId)>,
    /// The wake-ups of spaces that have callbacks still to be sent.
    with_callbacks: BTreeSet<(Timestamp, ApiUserId)>,
}

impl WakeUps {
    /// Replaces the wake-up of a space.
    pub fn change(&self, id: ApiUserId, before: Option<WakeUp>, after: Option<WakeUp>) {
        if before == after {
            return;
        }
        let mut noted = self.noted.lock();
        if let Some(WakeUp { at, has_callbacks }) = before {
            noted.all.remove(&(at, id));
            if has_callbacks {
                noted.with_callbacks.remove(&(at, id));
            }
        }
        if let Some(WakeUp { at, has_callbacks }) = after {
            let is_first = noted.all.first().is_none_or(|first| (at, id) < *first);
            noted.all.insert((at, id));
            if has_callbacks {
                noted.with_callbacks.insert((at, id));
            }
            if is_first {
                self.earlier.notify_one();
            }
        }
    }

    /// The time of the next wake-up.
    pub fn next(&self) -> Option<Timestamp> {
        self.first().map(|(at, _)| at)
    }

    /// The next wake-up, with the API user of the space.
    pub fn first(&self) -> Option<(Timestamp, ApiUserId)> {
        self.noted.lock().all.first().copied()
    }

    /// The time of the next wake-up of a space that has callbacks still to be sent.
    pub fn next_with_callbacks(&self) -> Option<Timestamp> {
        self.noted.lock().with_callbacks.first().map(|(at, _)| *at)
    }

    /// The spaces that have something due by `now`.
    pub fn due(&self, now: Timestamp) -> Vec<ApiUserId> {
        let noted = self.noted.lock();
        noted.all.iter().take_while(|(at, _)| *at <= now).map(|(_, id)| *id).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn wake_up(at: i64, has_callbacks: bool) -> Option<WakeUp> {
        Some(WakeUp { at: Timestamp(at), has_callbacks })
    }

    #[test]
    fn a_space_is_noted_once_and_until_it_has_nothing_due() {
        let (wake_ups, id) = (WakeUps::default(), ApiUserId(Uuid::nil()));
        let mut before = None;
        for at in (0..100).rev() {
            let after = wake_up(at, at % 2 == 0);
            wake_ups.change(id, before, after);
            before = after;
        }
        assert_eq!(wake_ups.due(Timestamp(1000)), [id]);
        assert_eq!(wake_ups.due(Timestamp(1000)), [id], "nothing has happened yet");
        assert_eq!(wake_ups.next_with_callbacks(), Some(Timestamp(0)));
        wake_ups.change(id, before, wake_up(7, false));
        assert_eq!(wake_ups.next_with_callbacks(), None);
        assert_eq!((wake_ups.next(), wake_ups.due(Timestamp(6))), (Some(Timestamp(7)), vec![]));
        wake_ups.change(id, wake_up(7, false), None);
        assert_eq!(wake_ups.next(), None);
    }
}
