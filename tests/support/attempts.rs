//! What came of callbacks, for tests that send none.

use std::sync::Arc;
use std::time::Duration;

use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::callback::{Attempt, AttemptResult, Callback};

/// The attempt of a callback that came to this, at once.
pub fn attempt_of(callback: &Callback, sent_at: Timestamp, result: AttemptResult) -> Attempt {
    Attempt {
        sent_at,
        took: Duration::ZERO,
        url: callback.url.clone(),
        method: callback.method,
        headers: Vec::new(),
        body: Arc::clone(&callback.body),
        result,
        number: callback.number,
        due_at: callback.due_at,
    }
}
