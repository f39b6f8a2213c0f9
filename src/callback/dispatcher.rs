//! Takes callbacks as they become due and gives each its one attempt.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::callback::client::CallbackClient;
use crate::engine::spaces::Spaces;
use crate::model::limits::Limit;
use crate::platform::callback::{Attempt, AttemptResult, Callback};

/// Sends callbacks for as long as it is polled, and after `last` those that are there already;
/// attempts under way are tasks of `attempts`, and end by themselves.
pub async fn run(
    spaces: Arc<Spaces>,
    client: CallbackClient,
    mut due: UnboundedReceiver<Callback>,
    attempts: TaskTracker,
    last: CancellationToken,
) {
    while let Some(callback) = next(&mut due, &last).await {
        let counters = spaces.counters();
        let place = match counters.callbacks.try_take() {
            Some(place) => place,
            None => {
                counters.reach(Limit::CallbacksInFlight);
                counters.callbacks.take().await
            }
        };
        counters.callbacks_waiting.fetch_sub(1, Ordering::Relaxed);
        // Those of a forgotten life would outnumber what the spaces hold.
        if spaces.is_forgotten(&callback) {
            continue;
        }
        let (spaces, client) = (Arc::clone(&spaces), client.clone());
        attempts.spawn(async move {
            let attempt = client.attempt(&callback, spaces.clock()).await;
            spaces.counters().called_back(&attempt.result);
            log(&callback, &attempt);
            spaces.finish_callback(&callback, attempt);
            drop(place);
        });
    }
}

async fn next(due: &mut UnboundedReceiver<Callback>, last: &CancellationToken) -> Option<Callback> {
    if let Some(next) = last.run_until_cancelled(due.recv()).await {
        return next;
    }
    due.close();
    due.recv().await
}

fn log(callback: &Callback, attempt: &Attempt) {
    let (reference_id, url) = (callback.reference_id, callback.url.as_str());
    let took_ms = attempt.took.as_millis();
    match &attempt.result {
        AttemptResult::Answered { status: 200..=299 } => {
            debug!(%reference_id, url, took_ms, "callback answered");
        }
        AttemptResult::Answered { status } => {
            warn!(
                %reference_id, url, status, took_ms,
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
