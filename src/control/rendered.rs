//! A cache of rendered parts of journals, shared by all streams.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use momo_sandbox_core::model::ids::ApiUserId;

/// How many of these parts are kept, the newest ones, for other readers that come to them.
const STREAM_PARTS_SHARED: usize = 64;

/// The beginning of a part of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartPlace {
    /// The API user of the journal; `None` for the global journal.
    pub api_user: Option<ApiUserId>,
    /// How many resets came before. A part from before a reset is not shown after it.
    pub resets: u64,
    /// The number of its first entry.
    pub from: u64,
}

/// A part of a journal, as events. Clones share its memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub events: Bytes,
    /// The number of the first entry of the next part.
    pub next: u64,
}

/// The parts that were rendered last, and how many streams are open.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The newest is last. When it is full, the oldest goes.
    parts: Mutex<VecDeque<(PartPlace, Part)>>,
    open: Arc<()>,
}

/// The guard of an open stream, which is counted until the guard is dropped.
#[derive(Debug)]
pub struct OpenStream {
    _counted: Arc<()>,
}

impl Rendered {
    /// Counts another stream.
    pub fn open(&self) -> OpenStream {
        OpenStream { _counted: Arc::clone(&self.open) }
    }

    pub fn open_streams(&self) -> usize {
        Arc::strong_count(&self.open) - 1
    }

    /// The part that begins there, if it is still cached.
    pub fn get(&self, place: PartPlace) -> Option<Part> {
        let parts = self.parts.lock();
        parts.iter().rev().find(|(at, _)| *at == place).map(|(_, part)| part.clone())
    }

    /// Caches a part for later streams, and drops the oldest one.
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
