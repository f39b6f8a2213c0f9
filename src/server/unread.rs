//! The answers of one HTTP/2 connection that its client has not read yet.
//!
//! A client says by its windows how much of an answer may be sent. One that opens no window leaves
//! its answers in memory, and can keep the connection busy with other frames. So each answer has a
//! time limit of its own, and a further answer is made only while few bytes wait.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::server::body::ResponseBody;
use crate::server::limits::{HTTP2_PIECE_BYTES, HTTP2_UNREAD_BYTES_MAX};

/// The answers that wait for the client of one connection.
#[derive(Debug, Default)]
pub struct Unread {
    held: Mutex<Held>,
    /// Wakes those that wait until fewer bytes are held.
    room: Notify,
}

#[derive(Debug, Default)]
struct Held {
    /// The number of checks for progress, which is the clock of this connection.
    looks: u32,
    /// The number of the next answer.
    next: u64,
    /// By number of the answer: the check at which a part of it was last sent.
    answers: BTreeMap<u64, u32>,
    bytes: usize,
    /// How many bodies are not at their end. A stream may have no bytes that wait now.
    open: usize,
}

impl Unread {
    fn is_full(&self) -> bool {
        self.held.lock().bytes >= HTTP2_UNREAD_BYTES_MAX
    }

    /// Whether an answer waits, or has not come to its end.
    pub fn is_any(&self) -> bool {
        let held = self.held.lock();
        held.open > 0 || !held.answers.is_empty()
    }

    /// Checks for progress. Returns how many checks ago a part was last sent of the answer that has
    /// waited longest.
    pub fn look(&self) -> u32 {
        let mut held = self.held.lock();
        held.looks = held.looks.wrapping_add(1);
        let looks = held.looks;
        held.answers.values().map(|taken| looks.wrapping_sub(*taken)).max().unwrap_or(0)
    }

    /// Runs the future that makes an answer, but only while few bytes wait for the client.
    pub async fn make<F: Future>(&self, making: F) -> F::Output {
        let mut making = pin!(making);
        let mut room = pin!(self.room.notified());
        poll_fn(|context| {
            loop {
                if !self.is_full() {
                    return making.as_mut().poll(context);
                }
                match room.as_mut().poll(context) {
                    Poll::Ready(()) => room.set(self.room.notified()),
                    // Room that is made from here on wakes this task.
                    Poll::Pending if self.is_full() => return Poll::Pending,
                    Poll::Pending => {}
                }
            }
        })
        .await
    }

    /// Adds an answer of this many bytes to those that wait.
    fn hold(self: &Arc<Self>, bytes: usize) -> Arc<Answer> {
        let mut held = self.held.lock();
        let (number, looks) = (held.next, held.looks);
        held.next += 1;
        held.answers.insert(number, looks);
        held.bytes += bytes;
        Arc::new(Answer { unread: Arc::clone(self), number, bytes })
    }
}

/// An answer, or a part of a stream, that waits. It is dropped with its last piece.
#[derive(Debug)]
struct Answer {
    unread: Arc<Unread>,
    number: u64,
    bytes: usize,
}

impl Drop for Answer {
    fn drop(&mut self) {
        let mut held = self.unread.held.lock();
        held.answers.remove(&self.number);
        held.bytes -= self.bytes;
        let has_room = held.bytes < HTTP2_UNREAD_BYTES_MAX;
        drop(held);
        if has_room {
            self.unread.room.notify_waiters();
        }
    }
}

/// A piece of an answer, which is dropped once it was sent.
struct Piece {
    bytes: Bytes,
    answer: Arc<Answer>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let mut held = self.answer.unread.held.lock();
        let looks = held.looks;
        held.answers.insert(self.answer.number, looks);
    }
}

/// A body that is tracked until the client has read it.
#[derive(Debug)]
pub struct TrackedBody {
    body: ResponseBody,
    unread: Arc<Unread>,
    /// The bytes of the last frame that hyper has not taken.
    rest: Bytes,
    answer: Option<Arc<Answer>>,
}

impl TrackedBody {
    /// The body of an answer on this connection.
    pub fn new(body: ResponseBody, unread: &Arc<Unread>) -> Self {
        let length = body.size_hint().exact().filter(|length| *length > 0);
        let length = length.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        let answer = length.map(|length| unread.hold(length));
        unread.held.lock().open += 1;
        Self { body, unread: Arc::clone(unread), rest: Bytes::new(), answer }
    }

    /// The next piece of the last frame.
    fn piece(&mut self) -> Option<Bytes> {
        let bytes = self.rest.split_to(self.rest.len().min(HTTP2_PIECE_BYTES));
        let answer = self.answer.clone().filter(|_| !bytes.is_empty())?;
        if self.rest.is_empty() {
            self.answer = None;
        }
        Some(Bytes::from_owner(Piece { bytes, answer }))
    }
}

impl Drop for TrackedBody {
    fn drop(&mut self) {
        self.unread.held.lock().open -= 1;
    }
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(piece) = self.piece() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            other => return Poll::Ready(other),
        };
        let data = match frame.into_data() {
            Ok(data) => data,
            Err(other) => return Poll::Ready(Some(Ok(other))),
        };
        if self.answer.is_none() && !data.is_empty() {
            self.answer = Some(self.unread.hold(data.len()));
        }
        self.rest = data;
        Poll::Ready(Some(Ok(Frame::data(self.piece().unwrap_or_default()))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let hint = self.body.size_hint();
        match hint.exact() {
            Some(length) => SizeHint::with_exact(length + self.rest.len() as u64),
            None => hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use http_body_util::Full;

    use super::*;

    fn body(unread: &Arc<Unread>, length: usize) -> TrackedBody {
        TrackedBody::new(ResponseBody::Whole(Full::new(vec![7; length].into())), unread)
    }

    fn next(body: &mut TrackedBody) -> Option<Bytes> {
        let mut context = Context::from_waker(Waker::noop());
        match Pin::new(body).poll_frame(&mut context) {
            Poll::Ready(Some(Ok(frame))) => frame.into_data().ok(),
            _ => None,
        }
    }

    #[test]
    fn an_answer_waits_until_its_last_piece_is_gone_and_each_piece_is_progress() {
        let unread = Arc::new(Unread::default());
        let mut body = body(&unread, HTTP2_PIECE_BYTES + 1);
        assert_eq!((unread.is_any(), unread.look(), unread.look()), (true, 1, 2));
        let (first, last) = (next(&mut body).expect("one"), next(&mut body).expect("another"));
        assert_eq!((first.len(), last.len()), (HTTP2_PIECE_BYTES, 1));
        assert!(body.is_end_stream() && next(&mut body).is_none());
        drop(body);
        assert_eq!(unread.look(), 3);
        drop(first);
        assert_eq!((unread.is_any(), unread.look()), (true, 1));
        drop(last);
        assert_eq!((unread.is_any(), unread.look()), (false, 0));
        assert_eq!(unread.held.lock().bytes, 0);
    }

    #[test]
    fn a_stream_is_an_answer_also_while_nothing_of_it_waits() {
        let unread = Arc::new(Unread::default());
        let (sender, parts) = tokio::sync::mpsc::channel(1);
        let mut body = TrackedBody::new(ResponseBody::Stream(parts), &unread);
        assert_eq!((unread.is_any(), unread.look()), (true, 0));
        sender.try_send(Bytes::from_static(b"part")).expect("room");
        drop(next(&mut body).expect("the part"));
        assert_eq!((unread.is_any(), unread.look()), (true, 0));
        drop(body);
        assert!(!unread.is_any());
    }

    #[test]
    fn no_further_answer_is_made_while_too_much_waits() {
        let unread = Arc::new(Unread::default());
        let full = body(&unread, HTTP2_UNREAD_BYTES_MAX);
        let mut made = Box::pin(unread.make(std::future::ready(5)));
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(made.as_mut().poll(&mut context), Poll::Pending);
        drop(full);
        assert_eq!(made.as_mut().poll(&mut context), Poll::Ready(5));
    }
}
