//! Bodies that come slowly, or of which only a part comes, as a scenario asks for.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{self, Sender};

use crate::engine::space::Space;
use crate::engine::spaces::Spaces;
use crate::gateway::reply::{CUT_LENGTH_MIN, SendingTime};
use crate::server::body::ResponseBody;
use crate::server::paced_body::PacedBody;
use momo_sandbox_core::model::fault::ConnectionFault;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::scenario::scenario_answer::Pace;

/// In how many pieces the bytes of a second come.
const PIECES_PER_SECOND: u32 = 10;

/// Returns the body, and the length that its head promises. The pieces of a slow one come by the
/// time of the space in which the answer is `sent`; without one, by the emulator's clock from now
/// on.
pub(super) fn paced(
    mut body: Bytes,
    pace: Pace,
    fault: Option<ConnectionFault>,
    sent: Option<SendingTime>,
    spaces: &Arc<Spaces>,
) -> (ResponseBody, usize) {
    let mut promised = body.len();
    if let Some(fault) = fault {
        let whole = body.len();
        body.truncate(match (pace.after_bytes, fault) {
            (Some(bytes), _) => usize::try_from(bytes).unwrap_or(usize::MAX),
            (None, ConnectionFault::CutOff) => whole / 2,
            (None, ConnectionFault::Reset | ConnectionFault::Hang) => 0,
        });
        promised = whole.max(CUT_LENGTH_MIN).max(body.len() + 1);
    }
    let (sender, parts) = mpsc::channel(1);
    match pace.bytes_per_second {
        Some(rate) if !body.is_empty() => {
            let beginning = Beginning::new(sent, spaces);
            tokio::spawn(send_slowly(body, rate, beginning, sender));
        }
        Some(_) | None => {
            // There is room for one.
            let _ = sender.try_send(body);
        }
    }
    (ResponseBody::Paced(Box::new(PacedBody::new(parts, fault))), promised)
}

/// The time of an answer whose body comes in pieces.
struct Beginning {
    spaces: Arc<Spaces>,
    /// The space whose time counts; without one, that of the emulator's clock does.
    space: Option<Arc<Space>>,
    at: Timestamp,
}

impl Beginning {
    fn new(sent: Option<SendingTime>, spaces: &Arc<Spaces>) -> Self {
        let spaces = Arc::clone(spaces);
        match sent {
            Some(SendingTime { space, at }) => Self { spaces, space, at },
            None => Self { at: spaces.clock().now(), spaces, space: None },
        }
    }

    /// Waits until so long after it.
    async fn passes(&self, by: Duration) {
        let at = self.at.after(by);
        match &self.space {
            Some(space) => self.spaces.sleep_until(space, at).await,
            None => self.spaces.clock().sleep_until(at).await,
        }
    }
}

/// Sends a body so that all of it is there when its length at this rate is over. Ends early if
/// nobody takes it any more.
async fn send_slowly(mut body: Bytes, rate: NonZeroU32, beginning: Beginning, to: Sender<Bytes>) {
    let size = usize::try_from(rate.get() / PIECES_PER_SECOND).unwrap_or(usize::MAX).max(1);
    let mut sent = 0;
    while !body.is_empty() {
        let piece = body.split_to(size.min(body.len()));
        sent += u32::try_from(piece.len()).unwrap_or(u32::MAX);
        tokio::select! {
            () = beginning.passes(Duration::from_secs(1) * sent / rate.get()) => {}
            () = to.closed() => return,
        }
        if to.send(piece).await.is_err() {
            return;
        }
    }
}
