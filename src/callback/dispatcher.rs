//! Takes callbacks as they become due and gives each its one attempt.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::callback::client::CallbackClient;
use crate::callback::listener_queue::{Listener, ListenerQueue, Turn};
use crate::engine::counters::Counters;
use crate::engine::payment_log::PAYMENTS;
use crate::engine::spaces::Spaces;
use momo_sandbox_core::model::limits::Limit;
use momo_sandbox_core::platform::callback::{Attempt, AttemptResult, Callback};

/// Sends callbacks for as long as it is polled, and after `last` those that are there already;
/// attempts under way are tasks of `attempts`, and end by themselves.
pub async fn run(
    spaces: Arc<Spaces>,
    client: CallbackClient,
    mut due: UnboundedReceiver<Callback>,
    attempts: TaskTracker,
    last: CancellationToken,
) {
    let counters = Arc::clone(spaces.counters());
    let mut lanes = ListenerQueue::over(counters.callbacks.total());
    // Unbounded here: there is one for each place at most.
    let (ends, mut ended) = mpsc::unbounded_channel();
    while let Some(turn) = next(&mut due, &mut ended, &mut lanes, &last, &counters).await {
        let Turn { listener, callback, has_waited } = turn;
        let place = match counters.callbacks.try_acquire() {
            Some(place) => place,
            None => {
                // Counted already, if it has waited for its turn too.
                if !has_waited {
                    counters.reach(Limit::CallbacksInFlight);
                }
                counters.callbacks.acquire().await
            }
        };
        counters.callbacks_waiting.fetch_sub(1, Ordering::Relaxed);
        // Callbacks from before a reset would outnumber what the spaces hold.
        if spaces.is_forgotten(&callback) {
            drop(place);
            // Its receiver is here.
            let _ = ends.send(listener);
            continue;
        }
        let (spaces, client, ends) = (Arc::clone(&spaces), client.clone(), ends.clone());
        attempts.spawn(async move {
            let attempt = client.attempt(&callback, spaces.clock()).await;
            spaces.counters().called_back(&attempt.result);
            log(&callback, &attempt);
            spaces.finish_callback(&callback, attempt);
            drop(place);
            // Nobody waits any more once all callbacks are on their way.
            let _ = ends.send(listener);
        });
    }
}

/// The next callback whose turn it is; none once nothing more can come.
async fn next(
    due: &mut UnboundedReceiver<Callback>,
    ended: &mut UnboundedReceiver<Listener>,
    lanes: &mut ListenerQueue,
    last: &CancellationToken,
    counters: &Counters,
) -> Option<Turn> {
    loop {
        let nothing_comes = due.is_closed() && due.is_empty();
        if nothing_comes && lanes.waiting() == 0 {
            return None;
        }
        tokio::select! {
            biased;
            Some(listener) = ended.recv() => {
                if let Some(turn) = lanes.leave(listener) {
                    return Some(turn);
                }
            }
            Some(callback) = due.recv(), if !nothing_comes => {
                if let Some(turn) = lanes.enter(callback) {
                    return Some(turn);
                }
                counters.reach(Limit::CallbacksInFlight);
            }
            () = last.cancelled(), if !due.is_closed() => due.close(),
        }
    }
}

fn log(callback: &Callback, attempt: &Attempt) {
    let (reference_id, url) = (callback.reference_id, callback.url.as_str());
    let took_ms = attempt.took.as_millis();
    match &attempt.result {
        AttemptResult::Answered { status, .. } if attempt.result.is_success() => {
            let method = callback.method.name();
            info!(
                target: PAYMENTS, %reference_id,
                "called back: {method} {url} answered {status} after {took_ms} ms"
            );
        }
        AttemptResult::Answered { status, .. } => {
            let detail = attempt.result.answer_detail();
            warn!(
                %reference_id, url, status, detail, took_ms,
                "callback answered, but not with success; it is never sent again"
            );
        }
        AttemptResult::Failed { failure, detail } => {
            warn!(
                %reference_id, url, failure = failure.name(), detail, took_ms,
                "callback not delivered; it is never sent again"
            );
        }
    }
}
