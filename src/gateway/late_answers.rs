//! Late answers: waits until an answer is due, and notes whether its client waited too.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::clock::monotonic;
use crate::engine::space::Space;
use crate::engine::spaces::Spaces;
use crate::gateway::Gateway;
use crate::gateway::admission::reference_id;
use crate::gateway::platforms::arrival_of;
use crate::gateway::reply::SendingTime;
use crate::gateway::request::GatewayRequest;
use crate::server::peer::Peer;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::arrival::LateAnswer;

/// A client that waits. Dropped before its answer was sent, it notes that the client did not wait:
/// the server drops an answer in the making whose client is gone.
struct Waiting<'a> {
    spaces: &'a Spaces,
    /// The space, and how often it had been reset when the request came.
    space: Option<(&'a Arc<Space>, u64)>,
    /// What is to be noted; `None` once it is.
    answer: Option<LateAnswer>,
    since: Timestamp,
    since_by_machine: Instant,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.note(false);
    }
}

impl Waiting<'_> {
    fn note(&mut self, is_awaited: bool) {
        let waited = self.waited();
        let Some(answer) = self.answer.take() else { return };
        let answer = LateAnswer { waited, ..answer };
        let is_noted = !is_awaited || answer.is_noted_when_taken();
        // The end of the emulator is no fault of the client's.
        if is_noted && !self.spaces.has_stopped() {
            let space = self.space.map(|(space, generation)| (&**space, generation));
            self.spaces.note_late_answer(space, answer, is_awaited);
        }
        // Last: whoever waits for it expects the entry in the journal.
        self.spaces.waiting_clients().send_modify(|count| *count -= 1);
    }

    /// How long the client has waited, by the emulator's clock. By the machine's while that stands
    /// still: the time-outs of clients go on.
    fn waited(&self) -> Duration {
        let waited = now_in(self.spaces, self.space.map(|(space, _)| space)).since(self.since);
        if self.spaces.clock().is_paused() {
            waited.max(monotonic().duration_since(self.since_by_machine))
        } else {
            waited
        }
    }
}

fn now_in(spaces: &Spaces, space: Option<&Arc<Space>>) -> Timestamp {
    space.map_or_else(|| spaces.clock().now(), |space| spaces.now(space))
}

impl Gateway {
    /// Waits until an answer is due.
    pub(super) async fn wait(&self, request: &GatewayRequest, sending: &SendingTime, peer: &Peer) {
        let SendingTime { at, space } = sending;
        let spaces = &*self.spaces;
        let since = now_in(spaces, space.as_ref());
        let mut due = pin!(async {
            match space {
                Some(space) => spaces.sleep_until(space, *at).await,
                None => spaces.clock().sleep_until(*at).await,
            }
        });
        let answer = self.late_answer(request, at.since(since));
        if answer.is_some() {
            spaces.waiting_clients().send_modify(|count| *count += 1);
        }
        let mut waiting = Waiting {
            spaces,
            space: space.as_ref().map(|space| (space, space.generation())),
            answer,
            since,
            since_by_machine: monotonic(),
        };
        tokio::select! {
            biased;
            () = &mut due => {}
            () = peer.closed() => {
                waiting.note(false);
                // A client that closed only its own direction still gets its answer.
                due.await;
            }
        }
        waiting.note(true);
    }

    /// An answer for which nobody has waited yet; `None` for one that is due at once.
    fn late_answer(&self, request: &GatewayRequest, due_after: Duration) -> Option<LateAnswer> {
        if due_after.is_zero() {
            return None;
        }
        let route = self.routes.find(&request.method, request.path()).ok()?;
        Some(LateAnswer {
            operation: route.operation,
            operation_path: route.operation_path,
            reference_id: reference_id(route.operation, &route.parameters, request),
            arrival: arrival_of(self, request),
            waited: Duration::ZERO,
            due_after,
        })
    }
}
