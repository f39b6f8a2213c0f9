//! How many new connections to one listener may wait for an answer at one time.
//!
//! A listener accepts connections from a queue of the system, which may be as short as six
//! (Python's `http.server`). A connection that comes when it is full is dropped, and a second later
//! it may be dropped again. So few connections are opened at first. More are opened while that does
//! not make the answers slower: a listener that answers one after the other gains nothing by a
//! longer queue. A connection that takes long to be made was probably dropped. Then half as many
//! are opened, and from there on only one more for every round of answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::callback::limits;
use crate::engine::clock::monotonic;

#[derive(Debug, Clone)]
pub struct Window {
    gate: Arc<Semaphore>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    size: usize,
    /// How many places there should be, by the listener's behaviour.
    target: usize,
    /// From this size on, it grows by one for every round.
    careful_from: usize,
    /// How many connections were answered in this round.
    passed: usize,
    /// The shortest time from the place to the answer.
    quickest: Option<Duration>,
}

/// A place in the window. It is free again once it is dropped.
#[derive(Debug)]
pub struct Opening {
    place: Option<OwnedSemaphorePermit>,
    window: Window,
    since: Instant,
    /// Whether it took the last place. Its answer shows how the listener does with a full window.
    is_last: bool,
}

impl Window {
    /// A new window, which is narrow at first.
    pub fn narrow() -> Self {
        let size = limits::OPENING_LEAST;
        let state = State {
            size,
            target: size,
            careful_from: limits::OPENING_MOST,
            passed: 0,
            quickest: None,
        };
        Self { gate: Arc::new(Semaphore::new(size)), state: Arc::new(Mutex::new(state)) }
    }

    pub async fn enter(&self) -> Opening {
        // The semaphore is never closed.
        let place = Arc::clone(&self.gate).acquire_owned().await.ok();
        let is_last = self.gate.available_permits() == 0;
        Opening { place, window: self.clone(), since: monotonic(), is_last }
    }
}

impl State {
    /// How long an answer may take before its place is left to another.
    fn patience(&self) -> Duration {
        let round = self.quickest.map(|quickest| quickest * limits::OPENING_ROUNDS);
        let (least, most) = (limits::OPENING_PATIENCE, limits::CONNECT_FIRST);
        round.map_or(least, |round| round.clamp(least, most))
    }

    /// Notes the time of an answer. Returns whether it is about as short as the shortest so far.
    fn is_quick(&mut self, took: Duration) -> bool {
        let quickest = self.quickest.map_or(took, |quickest| quickest.min(took));
        self.quickest = Some(quickest);
        took <= quickest * 2 + limits::OPENING_SLACK
    }

    /// Counts an answered connection. Returns how many places are added.
    fn grow(&mut self, is_careful: bool) -> usize {
        self.passed += 1;
        let is_round_over = self.passed >= self.target;
        let is_careful = is_careful || self.target >= self.careful_from;
        if (is_careful && !is_round_over) || self.target >= limits::OPENING_MOST {
            return 0;
        }
        self.passed = 0;
        self.target += 1;
        let more = usize::from(self.size < self.target);
        self.size += more;
        more
    }
}

impl Opening {
    /// How long an answer may take before the place is left to another.
    pub fn patience(&self) -> Duration {
        self.window.state.lock().patience()
    }

    /// Notes that the listener has answered.
    pub fn note_answer(self) {
        let took = monotonic().saturating_duration_since(self.since);
        self.passed(took);
    }

    fn passed(self, took: Duration) {
        let mut state = self.window.state.lock();
        if state.is_quick(took) && self.is_last {
            self.window.gate.add_permits(state.grow(false));
        }
    }

    /// Notes that no answer came in time, and leaves the place to another connection. A listener
    /// that never answered may serve many slowly at once, or have accepted none.
    pub fn note_slow(&mut self) {
        {
            let mut state = self.window.state.lock();
            if state.quickest.is_none() {
                self.window.gate.add_permits(state.grow(true));
            }
        }
        self.leave();
    }

    /// Notes that the connection was probably dropped by a full queue, and leaves the place to
    /// another connection.
    pub fn note_dropped(&mut self) {
        {
            let mut state = self.window.state.lock();
            state.target = (state.size / 2).max(limits::OPENING_LEAST);
            state.careful_from = state.target;
            state.passed = 0;
        }
        // Its answer says nothing about a full window.
        self.is_last = false;
        self.leave();
    }

    fn leave(&mut self) {
        let Some(place) = self.place.take() else { return };
        let mut state = self.window.state.lock();
        if state.size > state.target {
            state.size -= 1;
            place.forget();
        }
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const LEAST: usize = limits::OPENING_LEAST;

    fn width(window: &Window) -> usize {
        let size = window.state.lock().size;
        assert_eq!(window.gate.available_permits(), size, "nobody is in it");
        size
    }

    /// Has `count` connections answered, each while the window is full.
    async fn answer(window: &Window, count: usize, took: Duration) {
        for _ in 0..count {
            let mut inside = Vec::new();
            while window.gate.available_permits() > 0 {
                inside.push(window.enter().await);
            }
            if let Some(last) = inside.pop() {
                last.passed(took);
            }
        }
    }

    #[tokio::test]
    async fn it_widens_with_every_answer_that_is_as_quick_as_the_first() {
        let window = Window::narrow();
        answer(&window, 20, 5 * MS).await;
        assert_eq!(width(&window), LEAST + 20);
        answer(&window, 2000, 5 * MS).await;
        assert_eq!(width(&window), limits::OPENING_MOST);
    }

    #[tokio::test]
    async fn it_stays_as_it_is_where_answers_take_longer_the_more_of_them_wait() {
        let window = Window::narrow();
        answer(&window, 1, MS).await;
        answer(&window, 1000, 4 * MS).await;
        assert_eq!(width(&window), LEAST + 1);
    }

    #[tokio::test]
    async fn it_stays_as_it_is_where_it_is_never_full() {
        let window = Window::narrow();
        for _ in 0..100 {
            window.enter().await.passed(MS);
        }
        assert_eq!(width(&window), LEAST);
    }

    #[tokio::test]
    async fn it_is_half_as_wide_once_a_connection_was_dropped_and_grows_with_care() {
        let window = Window::narrow();
        answer(&window, 40 - LEAST, MS).await;
        window.enter().await.note_dropped();
        // Places are removed one by one as connections leave them.
        answer(&window, 19, 9 * MS).await;
        assert_eq!(width(&window), 20);
        answer(&window, 20 + 21, MS).await;
        assert_eq!(width(&window), 22);
        for _ in 0..10 {
            window.enter().await.note_dropped();
            answer(&window, 100, 9 * MS).await;
        }
        assert_eq!(width(&window), LEAST, "and never narrower than that");
    }

    #[tokio::test]
    async fn a_listener_that_never_answers_gets_one_more_for_every_round() {
        let window = Window::narrow();
        for _ in 0..LEAST {
            window.enter().await.note_slow();
        }
        assert_eq!(width(&window), LEAST + 1);
        answer(&window, 1, 60 * MS).await;
        for _ in 0..100 {
            window.enter().await.note_slow();
        }
        assert_eq!(width(&window), LEAST + 2, "and no more once it was seen to answer");
    }

    #[tokio::test]
    async fn an_answer_that_comes_after_its_place_is_left_counts_too() {
        let window = Window::narrow();
        let mut inside = Vec::new();
        for _ in 0..LEAST {
            inside.push(window.enter().await);
        }
        for opening in &mut inside {
            opening.note_slow();
        }
        let before = width(&window);
        inside.pop().expect("the last").passed(60 * MS);
        assert_eq!(width(&window), before + 1);
        assert_eq!(window.enter().await.patience(), limits::CONNECT_FIRST);
    }

    #[tokio::test]
    async fn an_answer_is_waited_for_as_long_as_a_round_of_them_takes() {
        let window = Window::narrow();
        assert_eq!(window.enter().await.patience(), limits::OPENING_PATIENCE);
        for (took, expected) in [(100, 250), (20, 120), (1, 50)] {
            answer(&window, 1, took * MS).await;
            assert_eq!(window.enter().await.patience(), expected * MS);
        }
    }

    #[tokio::test]
    async fn one_more_waits_until_a_place_is_free() {
        let window = Window::narrow();
        let mut inside = Vec::new();
        for _ in 0..LEAST {
            inside.push(window.enter().await);
        }
        let mut next = std::pin::pin!(window.enter());
        assert!(is_pending(next.as_mut()).await);
        inside.pop();
        next.await.note_answer();
    }

    async fn is_pending<F: Future>(mut future: std::pin::Pin<&mut F>) -> bool {
        std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_pending()))
            .await
    }
}
