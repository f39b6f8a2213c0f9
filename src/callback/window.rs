//! How many new connections to one listener may wait for an answer at one time.
//!
//! A listener accepts connections from a queue of the system, which may be as short as six
//! (Python's `http.server`). What comes when it is full is dropped, and a second later it may be
//! dropped again. So few are opened at first, and one more for every round that was answered. A
//! connection that takes long to be made was probably dropped: then half as many are opened.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::limits;

/// The window of one listener.
#[derive(Debug, Clone)]
pub struct Window {
    gate: Arc<Semaphore>,
    course: Arc<Mutex<Course>>,
}

#[derive(Debug)]
struct Course {
    size: usize,
    /// How many there may be, by what the listener was seen to accept.
    most: usize,
    /// How many passed since the size last changed.
    passed: usize,
}

/// A place in the window. It is free again once it is dropped.
#[derive(Debug)]
pub struct Opening {
    place: Option<OwnedSemaphorePermit>,
    window: Window,
}

impl Window {
    /// One that is narrow at first.
    pub fn narrow() -> Self {
        let size = limits::CALLBACK_OPENING_LEAST;
        let course = Course { size, most: limits::CALLBACK_OPENING_MOST, passed: 0 };
        Self { gate: Arc::new(Semaphore::new(size)), course: Arc::new(Mutex::new(course)) }
    }

    /// Waits for a place.
    pub async fn enter(&self) -> Opening {
        // It is never closed.
        let place = Arc::clone(&self.gate).acquire_owned().await.ok();
        Opening { place, window: self.clone() }
    }
}

impl Opening {
    /// Notes that the listener has accepted the connection, as far as can be told.
    pub fn passed(self) {
        let mut course = self.window.course.lock();
        course.passed += 1;
        if course.passed >= course.size && course.size < course.most {
            course.passed = 0;
            course.size += 1;
            self.window.gate.add_permits(1);
        }
    }

    /// Notes that the connection was probably dropped by a full queue.
    pub fn was_dropped(self) {
        let mut course = self.window.course.lock();
        course.most = (course.size / 2).max(limits::CALLBACK_OPENING_LEAST);
        course.passed = 0;
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        let Some(place) = self.place.take() else { return };
        let mut course = self.window.course.lock();
        if course.size > course.most {
            course.size -= 1;
            place.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn width(window: &Window) -> usize {
        let size = window.course.lock().size;
        assert_eq!(window.gate.available_permits(), size, "nobody is in it");
        size
    }

    async fn pass(window: &Window, count: usize) {
        for _ in 0..count {
            window.enter().await.passed();
        }
    }

    #[tokio::test]
    async fn it_widens_by_one_for_every_round_that_passed() {
        let (window, least) = (Window::narrow(), limits::CALLBACK_OPENING_LEAST);
        pass(&window, least - 1).await;
        assert_eq!(width(&window), least);
        pass(&window, 1).await;
        assert_eq!(width(&window), least + 1);
        pass(&window, (least + 1) + (least + 2)).await;
        assert_eq!(width(&window), least + 3);
    }

    #[tokio::test]
    async fn it_is_half_as_wide_once_a_connection_was_dropped() {
        let (window, least) = (Window::narrow(), limits::CALLBACK_OPENING_LEAST);
        pass(&window, 1000).await;
        let before = width(&window);
        window.enter().await.was_dropped();
        pass(&window, 1000).await;
        assert_eq!(width(&window), before / 2);
        for _ in 0..10 {
            window.enter().await.was_dropped();
            pass(&window, 100).await;
        }
        assert_eq!(width(&window), least, "and never narrower than that");
    }

    #[tokio::test]
    async fn one_more_waits_until_a_place_is_free() {
        let window = Window::narrow();
        let mut inside = Vec::new();
        for _ in 0..limits::CALLBACK_OPENING_LEAST {
            inside.push(window.enter().await);
        }
        let mut next = std::pin::pin!(window.enter());
        assert!(is_pending(next.as_mut()).await);
        inside.pop();
        next.await.passed();
    }

    async fn is_pending<F: Future>(mut future: std::pin::Pin<&mut F>) -> bool {
        std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_pending()))
            .await
    }
}
