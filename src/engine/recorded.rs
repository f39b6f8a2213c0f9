//! What requests, callbacks and their answers looked like: the newest of them, within a limit of
//! bytes. It stands beside the global journal, whose numbers it uses, and outside of the spaces.
//!
//! The lock is held for a push or for a look at a few; nobody waits in it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use strum::{EnumString, FromRepr, IntoStaticStr, VariantArray, VariantNames};

use crate::engine::message::Message;
use momo_sandbox_core::model::fault::ConnectionFault;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::table::Operation;
use momo_sandbox_core::platform::request::RefusalCause;

/// How many are handed out at once, so that a reader holds the lock for a moment.
const AT_ONCE: usize = 512;

/// The bytes of one beside its texts: the value, its counts, and its place in the order.
const OVERHEAD: usize = size_of::<Recorded>() + 4 * size_of::<usize>();

/// Which requests and callbacks are kept to be looked at.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    EnumString,
    FromRepr,
    IntoStaticStr,
    VariantArray,
    VariantNames,
)]
#[strum(serialize_all = "lowercase")]
#[repr(u8)]
pub enum RecordMode {
    /// Nothing.
    None,
    /// What was refused or broken, and callbacks that were not delivered as they should be. All
    /// others cost nothing.
    #[default]
    Refused,
    /// Everything.
    All,
}

impl RecordMode {
    /// The words of all modes, as a flag and the control plane take them.
    pub const WORDS: &[&str] = <Self as VariantNames>::VARIANTS;

    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// Where the entry of a request or a callback stands in the journals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalPlace {
    /// The number in the journal of a space.
    Space { api_user: ApiUserId, entry: u64 },
    /// The number in the global journal.
    Global(u64),
}

/// Whether it is a request or a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedKind {
    /// A request of the emulated API.
    Request,
    /// A callback to a merchant's listener.
    Callback,
}

/// A request with its answer, or a callback with its listener's.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The number of its entry in the global journal.
    pub number: u64,
    pub kind: RecordedKind,
    pub at: Timestamp,
    /// How long it took until the answer; `None` as long as there is none.
    pub took: Option<Duration>,
    /// The API user whom the credentials name, even if they are refused.
    pub api_user: Option<ApiUserId>,
    pub reference_id: Option<ReferenceId>,
    pub operation: Option<&'static Operation>,
    /// Whether it came by the HTTPS front.
    pub is_secure: bool,
    /// The HTTP status of the answer; 0 where there was no answer in HTTP.
    pub status: u16,
    pub refusal: Option<RefusalCause>,
    pub why: Option<Box<str>>,
    /// The fault of the connection that a scenario asked for.
    pub broken: Option<ConnectionFault>,
    pub request: Message,
    pub answer: Option<Message>,
}

impl Recorded {
    fn bytes(&self) -> usize {
        let answer = self.answer.as_ref().map_or(0, Message::bytes_elsewhere);
        let why = self.why.as_ref().map_or(0, |why| why.len());
        OVERHEAD + self.request.bytes_elsewhere() + answer + why
    }
}

/// The recorded requests, by the numbers of their entries.
#[derive(Debug)]
pub struct RecordedRequests {
    most: usize,
    mode: AtomicU8,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    kept: VecDeque<Arc<Recorded>>,
    bytes: usize,
    evicted: u64,
}

impl State {
    fn place(&self, number: u64) -> Result<usize, usize> {
        self.kept.binary_search_by_key(&number, |one| one.number)
    }

    fn insert(&mut self, recorded: Recorded) {
        self.bytes += recorded.bytes();
        // Almost always the last place: a request that is decided later is rarely recorded earlier.
        let place = self.place(recorded.number).unwrap_or_else(|place| place);
        self.kept.insert(place, Arc::new(recorded));
    }

    fn make_room(&mut self, most: usize) {
        while self.bytes > most
            && let Some(gone) = self.kept.pop_front()
        {
            self.bytes -= gone.bytes();
            self.evicted += 1;
        }
    }
}

impl RecordedRequests {
    /// A store of so many bytes; none records nothing. Memory is taken as it fills.
    pub(super) fn keeping(most: usize) -> Self {
        Self { most, mode: AtomicU8::new(RecordMode::default() as u8), state: Mutex::default() }
    }

    /// What is recorded.
    pub fn mode(&self) -> RecordMode {
        if self.most == 0 {
            return RecordMode::None;
        }
        RecordMode::from_repr(self.mode.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// Records from now on what `mode` says. What is kept already stays.
    pub fn switch_to(&self, mode: RecordMode) {
        self.mode.store(mode as u8, Ordering::Relaxed);
    }

    /// Whether anything is recorded.
    pub fn is_on(&self) -> bool {
        self.mode() != RecordMode::None
    }

    /// Whether something is recorded that went as it should, or did not.
    pub fn wants(&self, went_well: bool) -> bool {
        match self.mode() {
            RecordMode::None => false,
            RecordMode::Refused => !went_well,
            RecordMode::All => true,
        }
    }

    /// The most bytes that are kept.
    pub fn bytes_max(&self) -> usize {
        self.most
    }

    pub(super) fn push(&self, recorded: Recorded) {
        let mut state = self.state.lock();
        state.insert(recorded);
        state.make_room(self.most);
    }

    /// Adds the answer to one that was recorded before its answer went out.
    pub fn answer(&self, number: u64, took: Duration, answer: Message) {
        let mut state = self.state.lock();
        let Ok(place) = state.place(number) else { return };
        let before = &state.kept[place];
        let (bytes, answered) = (
            before.bytes(),
            Recorded { took: Some(took), answer: Some(answer), ..Recorded::clone(before) },
        );
        state.bytes = state.bytes - bytes + answered.bytes();
        state.kept[place] = Arc::new(answered);
        state.make_room(self.most);
    }

    /// The one with this number, if it is kept.
    pub fn get(&self, number: u64) -> Option<Arc<Recorded>> {
        let state = self.state.lock();
        state.place(number).ok().map(|place| Arc::clone(&state.kept[place]))
    }

    /// Some with smaller numbers than this one, the newest first; none if there are no more.
    pub fn before(&self, number: u64) -> Vec<Arc<Recorded>> {
        let state = self.state.lock();
        let end = state.place(number).unwrap_or_else(|place| place);
        state.kept.range(end.saturating_sub(AT_ONCE)..end).rev().map(Arc::clone).collect()
    }

    /// How many had to go for newer ones, since the start.
    pub fn evicted(&self) -> u64 {
        self.state.lock().evicted
    }

    /// The bytes of all that are kept.
    pub fn bytes(&self) -> usize {
        self.state.lock().bytes
    }

    pub fn held(&self) -> usize {
        self.state.lock().kept.len()
    }

    /// Forgets those of an API user.
    pub(super) fn forget(&self, api_user: ApiUserId) {
        let mut state = self.state.lock();
        state.kept.retain(|one| one.api_user != Some(api_user));
        state.bytes = state.kept.iter().map(|one| one.bytes()).sum();
    }

    pub(super) fn forget_all(&self) {
        let mut state = self.state.lock();
        *state = State { evicted: state.evicted, ..State::default() };
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::engine::message::Secrets;

    fn one(number: u64, user: u128) -> Recorded {
        let text = || [].into_iter();
        let body = vec![b'x'; 1000];
        let request = Message::new("GET / HTTP/1.1", text(), body[..].into(), &Secrets::default());
        Recorded {
            number,
            kind: RecordedKind::Request,
            at: Timestamp(0),
            took: None,
            api_user: Some(ApiUserId(Uuid::from_u128(user))),
            reference_id: None,
            operation: None,
            is_secure: false,
            status: 202,
            refusal: None,
            why: None,
            broken: None,
            request,
            answer: None,
        }
    }

    fn numbers(store: &RecordedRequests, before: u64) -> Vec<u64> {
        store.before(before).iter().map(|one| one.number).collect()
    }

    #[test]
    fn the_newest_are_kept_within_the_bytes_also_where_they_come_out_of_order() {
        let bytes = one(0, 1).bytes();
        let store = RecordedRequests::keeping(3 * bytes);
        for number in [3, 5, 4, 7, 9] {
            store.push(one(number, 1));
        }
        assert_eq!(numbers(&store, u64::MAX), [9, 7, 5]);
        assert_eq!((store.evicted(), store.bytes(), store.held()), (2, 3 * bytes, 3));
        assert_eq!(numbers(&store, 7), [5]);
        assert!(store.get(4).is_none() && store.get(7).is_some());
        // An answer takes room too.
        store.answer(9, Duration::from_secs(1), one(0, 1).request);
        assert_eq!(numbers(&store, u64::MAX), [9, 7]);
        assert_eq!(store.get(9).expect("kept").took, Some(Duration::from_secs(1)));
    }

    #[test]
    fn the_mode_says_what_is_wanted_and_no_room_means_nothing() {
        let store = RecordedRequests::keeping(1);
        let wanted = |mode| {
            store.switch_to(mode);
            [store.wants(true), store.wants(false), store.is_on()]
        };
        assert_eq!(store.mode(), RecordMode::Refused);
        assert_eq!(wanted(RecordMode::All), [true, true, true]);
        assert_eq!(wanted(RecordMode::Refused), [false, true, true]);
        assert_eq!(wanted(RecordMode::None), [false, false, false]);
        let none = RecordedRequests::keeping(0);
        none.switch_to(RecordMode::All);
        assert!(!none.wants(false) && !none.is_on());
        assert_eq!(RecordMode::WORDS, ["none", "refused", "all"]);
    }

    #[test]
    fn a_reset_forgets_one_api_user_or_all() {
        let store = RecordedRequests::keeping(1 << 20);
        for (number, user) in [(0, 1), (1, 2), (2, 1)] {
            store.push(one(number, user));
        }
        store.forget(ApiUserId(Uuid::from_u128(1)));
        assert_eq!(numbers(&store, u64::MAX), [1]);
        assert_eq!(store.bytes(), one(1, 2).bytes());
        store.forget_all();
        assert_eq!((store.held(), store.bytes()), (0, 0));
    }
}
