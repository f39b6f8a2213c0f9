//! The queue of callbacks. The number of callbacks in flight is limited, and one listener has half
//! of it at most. Otherwise a listener that never answers would keep all others waiting.

use std::collections::{BTreeMap, VecDeque};

use url::Host;

use momo_sandbox_core::platform::callback::Callback;

pub type Listener = (Host<String>, u16);

pub fn listener_of(callback: &Callback) -> Listener {
    (callback.url.host().clone(), callback.url.port())
}

/// The waiting callbacks, and the number of those in flight.
#[derive(Debug)]
pub struct ListenerQueue {
    in_flight_max: usize,
    /// The most callbacks of one listener that are ready or in flight.
    listener_max: usize,
    in_flight: usize,
    /// Callbacks that go next, in their order. Their listeners have room for them.
    ready: VecDeque<Callback>,
    listeners: BTreeMap<Listener, ListenerCallbacks>,
}

#[derive(Debug, Default)]
struct ListenerCallbacks {
    /// How many are ready or in flight.
    admitted: usize,
    waiting: VecDeque<Callback>,
}

impl ListenerQueue {
    pub fn new(in_flight_max: usize) -> Self {
        Self {
            in_flight_max,
            listener_max: in_flight_max.div_ceil(2),
            in_flight: 0,
            ready: VecDeque::new(),
            listeners: BTreeMap::new(),
        }
    }

    /// Queues a callback. Returns whether it has to wait.
    pub fn push(&mut self, callback: Callback) -> bool {
        let callbacks = self.listeners.entry(listener_of(&callback)).or_default();
        if callbacks.admitted < self.listener_max {
            callbacks.admitted += 1;
            self.ready.push_back(callback);
            self.in_flight + self.ready.len() > self.in_flight_max
        } else {
            callbacks.waiting.push_back(callback);
            true
        }
    }

    /// The next callback that may go now. It is in flight until [`Self::finish`].
    pub fn pop_next(&mut self) -> Option<Callback> {
        if self.in_flight == self.in_flight_max {
            return None;
        }
        let next = self.ready.pop_front()?;
        self.in_flight += 1;
        Some(next)
    }

    /// Notes that a callback to this listener is no longer in flight, which makes room for another.
    pub fn finish(&mut self, listener: &Listener) {
        self.in_flight -= 1;
        let Some(callbacks) = self.listeners.get_mut(listener) else { return };
        match callbacks.waiting.pop_front() {
            Some(callback) => self.ready.push_back(callback),
            None => callbacks.admitted -= 1,
        }
        if callbacks.admitted == 0 {
            self.listeners.remove(listener);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use momo_sandbox_core::model::callback_url::CallbackUrl;
    use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
    use momo_sandbox_core::model::submission::CallbackMethod;
    use momo_sandbox_core::model::time::Timestamp;
    use momo_sandbox_core::scenario::planned_callback::CallbackNumber;

    use super::*;

    fn callback(url: &str, number: u128) -> Callback {
        Callback {
            api_user: ApiUserId(Uuid::nil()),
            platform: None,
            generation: 0,
            reference_id: ReferenceId(Uuid::from_u128(number)),
            url: CallbackUrl::parse(url).expect("a good URL"),
            method: CallbackMethod::Post,
            body: "{}".into(),
            content: None,
            number: CallbackNumber::first(0),
            due_at: Timestamp(0),
        }
    }

    /// The numbers of all callbacks that may go now.
    fn all_next(queue: &mut ListenerQueue) -> Vec<u128> {
        std::iter::from_fn(|| queue.pop_next()).map(|next| next.reference_id.0.as_u128()).collect()
    }

    #[test]
    fn one_listener_has_half_of_the_places_and_its_callbacks_keep_their_order() {
        let mut queue = ListenerQueue::new(4);
        let dead = |number| callback("http://dead.example/", number);
        let waits = [1, 2, 3, 4].map(|number| queue.push(dead(number)));
        assert_eq!(waits, [false, false, true, true]);
        // Another port is another listener.
        assert!(!queue.push(callback("http://dead.example:81/", 5)));
        assert_eq!(all_next(&mut queue), [1, 2, 5]);
        let listener = listener_of(&dead(1));
        for next in [&[3][..], &[4], &[], &[]] {
            queue.finish(&listener);
            assert_eq!(all_next(&mut queue), next);
        }
        assert_eq!((queue.in_flight, queue.listeners.len()), (1, 1));
    }

    #[test]
    fn no_more_are_on_their_way_than_there_are_places() {
        let mut queue = ListenerQueue::new(2);
        let to = |name: u128| callback(&format!("http://{name}.example/"), name);
        let waits = [1, 2, 3].map(|name| queue.push(to(name)));
        assert_eq!(waits, [false, false, true]);
        assert_eq!(all_next(&mut queue), [1, 2]);
        queue.finish(&listener_of(&to(2)));
        assert_eq!(all_next(&mut queue), [3]);
    }

    #[test]
    fn one_place_is_enough() {
        let mut queue = ListenerQueue::new(1);
        assert!(!queue.push(callback("http://shop.example/", 1)));
        assert_eq!(all_next(&mut queue), [1]);
    }
}
