//! Which callback goes next. All callbacks on their way share a number of places, of which one
//! listener has half at most: one that never answers would else keep all others waiting.

use std::collections::{BTreeMap, VecDeque};

use url::Host;

use momo_sandbox_core::platform::callback::Callback;

/// Whom a callback goes to: host and port.
pub type Listener = (Host<String>, u16);

pub fn listener_of(callback: &Callback) -> Listener {
    (callback.url.host().clone(), callback.url.port())
}

/// The callbacks that wait, and the number of those on their way.
#[derive(Debug)]
pub struct ListenerQueue {
    /// How many may be on their way.
    places: usize,
    /// How many of them may go to one listener.
    share: usize,
    under_way: usize,
    /// Callbacks that wait for any place, in their order; their listeners have room for them.
    ready: VecDeque<Callback>,
    listeners: BTreeMap<Listener, Line>,
}

/// The callbacks of one listener.
#[derive(Debug, Default)]
struct Line {
    /// How many are ready or on their way.
    admitted: usize,
    waiting: VecDeque<Callback>,
}

impl ListenerQueue {
    pub fn new(places: usize) -> Self {
        Self {
            places,
            share: places.div_ceil(2),
            under_way: 0,
            ready: VecDeque::new(),
            listeners: BTreeMap::new(),
        }
    }

    /// Queues a callback. Returns whether it has to wait.
    pub fn push(&mut self, callback: Callback) -> bool {
        let line = self.listeners.entry(listener_of(&callback)).or_default();
        if line.admitted < self.share {
            line.admitted += 1;
            self.ready.push_back(callback);
            self.under_way + self.ready.len() > self.places
        } else {
            line.waiting.push_back(callback);
            true
        }
    }

    /// The next callback that may go now. It is on its way until [`Self::finish`].
    pub fn pop_next(&mut self) -> Option<Callback> {
        if self.under_way == self.places {
            return None;
        }
        let next = self.ready.pop_front()?;
        self.under_way += 1;
        Some(next)
    }

    /// Ends the way of a callback to that listener, and makes room for another.
    pub fn finish(&mut self, listener: &Listener) {
        self.under_way -= 1;
        let Some(line) = self.listeners.get_mut(listener) else { return };
        match line.waiting.pop_front() {
            Some(callback) => self.ready.push_back(callback),
            None => line.admitted -= 1,
        }
        if line.admitted == 0 {
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

    use super::*;

    fn callback(url: &str, number: u128) -> Callback {
        Callback {
            api_user: ApiUserId(Uuid::nil()),
            generation: 0,
            reference_id: ReferenceId(Uuid::from_u128(number)),
            url: CallbackUrl::parse(url).expect("a good URL"),
            method: CallbackMethod::Post,
            body: "{}".into(),
        }
    }

    /// The numbers of all that may go now.
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
        assert_eq!((queue.under_way, queue.listeners.len()), (1, 1));
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
