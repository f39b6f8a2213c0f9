//! Callbacks that wait for their turn, by the listener that they go to. A listener that never
//! answers would else keep every place taken, and those of all others waiting.

use std::collections::{BTreeMap, VecDeque};

use url::Host;

use momo_sandbox_core::platform::callback::Callback;

/// Whom a callback goes to: host and port.
pub type Listener = (Host<String>, u16);

/// The callbacks on their way or waiting, by their listeners.
#[derive(Debug)]
pub struct ListenerQueue {
    /// How many may be on their way to one listener.
    share: usize,
    lanes: BTreeMap<Listener, Lane>,
    waiting: usize,
}

#[derive(Debug, Default)]
struct Lane {
    under_way: usize,
    waiting: VecDeque<Callback>,
}

/// A callback whose turn it is, and whose place in its lane ends by [`ListenerQueue::leave`].
#[derive(Debug, PartialEq, Eq)]
pub struct Turn {
    /// Whom it goes to.
    pub listener: Listener,
    /// The callback.
    pub callback: Callback,
    /// Whether it had to wait for it.
    pub has_waited: bool,
}

impl ListenerQueue {
    /// Half of the places may be taken by one listener.
    pub fn over(places: usize) -> Self {
        Self { share: places.div_ceil(2), lanes: BTreeMap::new(), waiting: 0 }
    }

    /// Its turn, if it may go now; else it waits, behind those of its listener.
    pub fn enter(&mut self, callback: Callback) -> Option<Turn> {
        let listener = (callback.url.host(), callback.url.port());
        let lane = self.lanes.entry(listener.clone()).or_default();
        if lane.under_way < self.share {
            lane.under_way += 1;
            return Some(Turn { listener, callback, has_waited: false });
        }
        lane.waiting.push_back(callback);
        self.waiting += 1;
        None
    }

    /// The turn of the callback that goes next to a listener, since one of its own is behind it.
    pub fn leave(&mut self, listener: Listener) -> Option<Turn> {
        let lane = self.lanes.get_mut(&listener)?;
        if let Some(callback) = lane.waiting.pop_front() {
            self.waiting -= 1;
            return Some(Turn { listener, callback, has_waited: true });
        }
        lane.under_way -= 1;
        if lane.under_way == 0 {
            self.lanes.remove(&listener);
        }
        None
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use momo_sandbox_core::model::callback_url::CallbackUrl;
    use momo_sandbox_core::model::reference::{ApiUserId, ReferenceId};
    use momo_sandbox_core::model::transaction::CallbackMethod;

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

    #[test]
    fn one_listener_has_half_of_the_places_and_its_callbacks_keep_their_order() {
        let mut lanes = ListenerQueue::over(4);
        let dead = |number| callback("http://dead.example/", number);
        let listener = lanes.enter(dead(1)).expect("a place").listener;
        assert!(lanes.enter(dead(2)).is_some());
        assert_eq!((lanes.enter(dead(3)), lanes.enter(dead(4))), (None, None));
        // Another port is another listener.
        assert!(lanes.enter(callback("http://dead.example:81/", 5)).is_some());
        assert_eq!(lanes.waiting(), 2);
        let mut next = || {
            let turn = lanes.leave(listener.clone());
            turn.map(|turn| (turn.callback.reference_id.0.as_u128(), turn.has_waited))
        };
        let waited = [Some((3, true)), Some((4, true))];
        assert_eq!([next(), next()], waited);
        assert_eq!([next(), next(), next()], [None, None, None]);
        assert_eq!((lanes.waiting(), lanes.lanes.len()), (0, 1));
    }

    #[test]
    fn one_place_is_enough() {
        assert!(ListenerQueue::over(1).enter(callback("http://shop.example/", 1)).is_some());
    }
}
