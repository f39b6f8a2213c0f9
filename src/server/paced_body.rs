//! A body whose parts come over time, and after which the connection may break.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::Frame;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use crate::server::limits::HANG_MAX;
use crate::server::timeouts::Timeouts;
use momo_sandbox_core::model::fault::ConnectionFault;

/// A body whose parts come over time.
pub struct PacedBody {
    parts: Receiver<Bytes>,
    ending: Ending,
    connection: Option<Connection>,
}

/// What comes after the last part.
enum Ending {
    Whole,
    /// The parts must be flushed before the connection breaks.
    Fault(ConnectionFault),
    Flushing(ConnectionFault),
    Hanging(Pin<Box<dyn Future<Output = ()> + Send>>),
    Broken,
}

/// What a body needs of its connection.
struct Connection {
    timeouts: Arc<Timeouts>,
    stop: CancellationToken,
    /// Whether it has no other request, so that a reset is one of the whole connection.
    is_own: bool,
}

impl PacedBody {
    /// A body of these parts, after which the connection breaks, if there is a fault.
    pub fn new(parts: Receiver<Bytes>, fault: Option<ConnectionFault>) -> Self {
        let ending = fault.map_or(Ending::Whole, Ending::Fault);
        Self { parts, ending, connection: None }
    }

    /// Tells the body which connection it is sent on. With `is_own` the connection has no other
    /// request, and breaks as a whole.
    pub(super) fn goes_on(
        &mut self,
        timeouts: &Arc<Timeouts>,
        stop: &CancellationToken,
        is_own: bool,
    ) {
        self.connection =
            Some(Connection { timeouts: Arc::clone(timeouts), stop: stop.clone(), is_own });
    }

    /// The next part, or how it ends.
    pub(super) fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        while let Some(part) = ready!(self.parts.poll_recv(context)) {
            if !part.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(part))));
            }
        }
        loop {
            match &mut self.ending {
                Ending::Whole => return Poll::Ready(None),
                Ending::Fault(fault) => {
                    self.ending = Ending::Flushing(*fault);
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ending::Flushing(ConnectionFault::Hang) => {
                    let stop = self.connection.as_ref().map(|connection| connection.stop.clone());
                    self.ending = Ending::Hanging(Box::pin(hang(stop.unwrap_or_default())));
                }
                Ending::Flushing(ConnectionFault::CutOff) => {
                    self.ending = Ending::Broken;
                    return Poll::Ready(Some(Err(broken())));
                }
                Ending::Flushing(ConnectionFault::Reset) => return Poll::Ready(self.reset()),
                Ending::Hanging(waiting) => {
                    ready!(waiting.as_mut().poll(context));
                    return Poll::Ready(self.reset());
                }
                Ending::Broken => return Poll::Ready(Some(Err(broken()))),
            }
        }
    }

    fn reset(&mut self) -> Option<io::Result<Frame<Bytes>>> {
        self.ending = Ending::Broken;
        if let Some(connection) = self.connection.as_ref().filter(|connection| connection.is_own) {
            connection.timeouts.reset_at_end();
        }
        Some(Err(broken()))
    }
}

/// Waits for as long as a client may.
pub(super) async fn hang(stop: CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(HANG_MAX) => {}
        () = stop.cancelled() => {}
    }
}

fn broken() -> io::Error {
    io::Error::other("the connection breaks here, as the handler wants")
}

impl fmt::Debug for PacedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacedBody").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}
