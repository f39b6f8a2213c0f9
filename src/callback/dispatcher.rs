//! Takes callbacks as they become due and gives each its one attempt.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::callback::client::CallbackClient;
use crate::callback::heard::Heard;
use crate::callback::listener_queue::{Listener, ListenerQueue, listener_of};
use crate::engine::message::{Message, Secrets};
use crate::engine::metrics::add;
use crate::engine::payment_log::PAYMENTS;
use crate::engine::recorded::{Recorded, RecordedKind};
use crate::engine::spaces::FinishedCallback;
use crate::engine::spaces::Spaces;
use momo_sandbox_core::model::limits::Limit;
use momo_sandbox_core::model::mtn_platform::MtnPlatform;
use momo_sandbox_core::platform::callback::{Attempt, AttemptResult, Callback};
use momo_sandbox_core::platform::callback_judgement::AttemptVerdict;

/// Sends callbacks until `last` is cancelled. Then it still sends those that are due, and ends with
/// the last attempt.
pub async fn run(
    spaces: Arc<Spaces>,
    client: CallbackClient,
    mut due: UnboundedReceiver<Callback>,
    last: CancellationToken,
) {
    let capacity = Arc::clone(spaces.capacity());
    let metrics = &capacity.metrics;
    let mut queue = ListenerQueue::new(capacity.limits.callbacks_in_flight);
    let mut attempts = JoinSet::new();
    loop {
        while let Some(callback) = queue.pop_next() {
            metrics.callbacks_waiting.fetch_sub(1, Ordering::Relaxed);
            // Callbacks from before a reset are dropped, or they could outnumber the transactions
            // that the spaces hold.
            if spaces.is_forgotten(&callback) {
                queue.finish(&listener_of(&callback));
            } else {
                add(&metrics.callbacks_in_flight);
                attempts.spawn(attempt(Arc::clone(&spaces), client.clone(), callback));
            }
        }
        let nothing_comes = due.is_closed() && due.is_empty();
        if nothing_comes && attempts.is_empty() {
            return;
        }
        tokio::select! {
            biased;
            Some(ended) = attempts.join_next() => match ended {
                Ok(listener) => queue.finish(&listener),
                Err(error) => error!(%error, "an attempt to deliver a callback broke off"),
            },
            Some(callback) = due.recv(), if !nothing_comes => {
                if queue.push(callback) {
                    metrics.reach(Limit::CallbacksInFlight);
                }
            }
            () = last.cancelled(), if !due.is_closed() => due.close(),
        }
    }
}

/// Makes the one attempt, and returns its listener.
async fn attempt(spaces: Arc<Spaces>, client: CallbackClient, callback: Callback) -> Listener {
    let metrics = spaces.metrics();
    let (attempt, heard) =
        client.attempt_heard(&callback, spaces.clock(), spaces.recorded().is_on()).await;
    metrics.called_back(&attempt.result);
    let line = Line::of(&attempt);
    // None after a reset: the log has it all the same.
    let finished = spaces.finish_callback(&callback, attempt);
    let verdict = finished.as_ref().map(|finished| finished.verdict);
    if let Some(FinishedCallback { place, to_record: Some(attempt), .. }) = finished {
        // None if a reset came since.
        let _ = spaces.record(place, recorded_of(&callback, &attempt, heard));
    }
    line.write(&callback, verdict);
    metrics.callbacks_in_flight.fetch_sub(1, Ordering::Relaxed);
    listener_of(&callback)
}

/// What a callback and its listener's answer looked like.
fn recorded_of(callback: &Callback, attempt: &Attempt, heard: Option<Heard>) -> Recorded {
    let (why, status) = match &attempt.result {
        AttemptResult::Answered { status, .. } => (None, *status),
        AttemptResult::Failed { failure, detail } => {
            (Some(format!("{}: {detail}", failure.name()).into()), 0)
        }
    };
    let line = format!("{} {} HTTP/1.1", attempt.method.name(), attempt.url.as_str());
    let headers = attempt.headers.iter().map(|(name, value)| (&**name, value.as_bytes()));
    let secrets = Secrets::default();
    Recorded {
        number: 0,
        kind: RecordedKind::Callback,
        at: attempt.due_at,
        took: Some(attempt.took),
        api_user: Some(callback.api_user),
        reference_id: Some(callback.reference_id),
        operation: None,
        is_secure: false,
        status,
        refusal: None,
        why,
        broken: None,
        request: Message::new(&line, headers, attempt.body.as_bytes().into(), &secrets),
        answer: heard.map(|heard| heard.message()),
    }
}

/// What the log says of an attempt. The attempt itself belongs to its transaction by then.
struct Line {
    result: AttemptResult,
    took_ms: u128,
}

impl Line {
    fn of(attempt: &Attempt) -> Self {
        Self { result: attempt.result.clone(), took_ms: attempt.took.as_millis() }
    }

    fn write(&self, callback: &Callback, verdict: Option<AttemptVerdict>) {
        let (reference_id, url) = (callback.reference_id, callback.url.as_str());
        let (took_ms, verdict) = (self.took_ms, verdict.map(|verdict| verdict.to_string()));
        let verdict = verdict.as_deref().unwrap_or("forgotten by a reset");
        let platform = callback.platform.map(MtnPlatform::name);
        match &self.result {
            AttemptResult::Answered { status, .. } if self.result.is_success() => {
                let method = callback.method.name();
                info!(
                    target: PAYMENTS, %reference_id, platform,
                    "called back: {method} {url} answered {status} after {took_ms} ms; {verdict}"
                );
            }
            AttemptResult::Answered { status, .. } => {
                let detail = self.result.answer_detail();
                warn!(
                    %reference_id, platform, url, status, detail, took_ms, verdict,
                    "callback answered, but not with success; it is never sent again"
                );
            }
            AttemptResult::Failed { failure, detail } => {
                warn!(
                    %reference_id, platform, url, verdict,
                    failure = failure.name(), detail, took_ms,
                    "callback not delivered; it is never sent again"
                );
            }
        }
    }
}
