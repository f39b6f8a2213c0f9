//! Parts of the journal that were rendered last, to be shared by the streams that come to them.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use momo_sandbox_core::model::ids::ApiUserId;

/// How many of these parts are kept, the newest ones, for other readers that come to them.
const STREAM_PARTS_SHARED: usize = 64;

/// Where a part of a journal begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartPlace {
    /// Whose journal it is; none for the journal of all.
    pub api_user: Option<ApiUserId>,
    /// How often something was forgotten before: what was rendered then is not shown any more.
    pub resets: u64,
    /// The number from which on entries are in it.
    pub from: u64,
}

/// A part of a journal, as events. Whoever holds it shares its memory with the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The events.
    pub events: Bytes,
    /// The number with which the next part begins.
    pub next: u64,
}

/// The parts that were rendered last, and how many streams are open.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The newest last; they are so many at most.
    parts: Mutex<VecDeque<(PartPlace, Part)>>,
    open: Arc<()>,
}

/// An open stream: it is counted until it is dropped.
#[derive(Debug)]
pub struct OpenStream {
    _counted: Arc<()>,
}

impl Rendered {
    /// Counts another stream.
    pub fn open(&self) -> OpenStream {
        OpenStream { _counted: Arc::clone(&self.open) }
    }

    /// How many streams are open.
    pub fn open_streams(&self) -> usize {
        Arc::strong_count(&self.open) - 1
    }

    /// The part at that place, if it is still here.
    pub fn get(&self, place: PartPlace) -> Option<Part> {
        let parts = self.parts.lock();
        parts.iter().rev().find(|(at, _)| *at == place).map(|(_, part)| part.clone())
    }

    /// Keeps a part for whoever comes next; the oldest one goes.
    pub fn keep(&self, place: PartPlace, part: Part) {
        let mut parts = self.parts.lock();
        if parts.len() == STREAM_PARTS_SHARED {
            parts.pop_front();
        }
        parts.push_back((place, part));
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn place(resets: u64, from: u64) -> PartPlace {
        PartPlace { api_user: None, resets, from }
    }

    #[test]
    fn a_part_is_shared_until_newer_ones_take_its_room_and_never_after_a_reset() {
        let rendered = Rendered::default();
        let part = Part { events: Bytes::from(vec![b'x'; 100]), next: 1 };
        rendered.keep(place(0, 0), part.clone());
        let found = rendered.get(place(0, 0)).expect("it was kept");
        assert_eq!(found.events.as_ptr(), part.events.as_ptr(), "the same memory");
        assert_eq!(rendered.get(place(1, 0)), None);
        let api_user = Some(ApiUserId(Uuid::nil()));
        assert_eq!(rendered.get(PartPlace { api_user, ..place(0, 0) }), None);
        for from in 1..=STREAM_PARTS_SHARED as u64 {
            rendered.keep(place(0, from), part.clone());
        }
        assert_eq!(rendered.get(place(0, 0)), None);
        assert_eq!(rendered.parts.lock().len(), STREAM_PARTS_SHARED);
    }

    #[test]
    fn streams_are_counted_while_they_are_open() {
        let rendered = Rendered::default();
        let (one, two) = (rendered.open(), rendered.open());
        drop(one);
        assert_eq!(rendered.open_streams(), 1);
        drop(two);
        assert_eq!(rendered.open_streams(), 0);
    }
}
