//! Statuses: how a transaction goes through the stages of its plan.

use super::Platform;
use crate::model::ids::ReferenceId;
use crate::model::status::Status;
use crate::platform::timers::{Timer, Timers};
use crate::platform::transaction::Transaction;

impl Platform {
    pub(super) fn set_status(&mut self, reference_id: ReferenceId, status: Status) {
        let at = self.now;
        let found = self.transactions.get_mut(reference_id);
        let transaction = found.expect("events are about known transactions");
        transaction.set_status(at, status);
        if !status.is_final() {
            let next = transaction.history().count();
            return schedule_stage(&mut self.timers, transaction, next);
        }
        // A payer or merchant may end it before its last stage. A timer that is left over could
        // meet another transaction of that reference.
        let left_over = transaction.next_stage.take().filter(|stage| stage.at > at);
        if let Some(key) = left_over {
            self.timers.cancel(key);
        }
        self.settle(reference_id, status);
        self.pending -= 1;
        self.schedule_callbacks(reference_id);
        // Last: it may be the one to go.
        self.evict_if_done(reference_id);
    }
}

/// Schedules the stage of that index, if the transaction's plan has one.
pub(super) fn schedule_stage(timers: &mut Timers, transaction: &mut Transaction, index: usize) {
    if let Some(stage) = transaction.plan.stages.get(index) {
        let at = transaction.accepted_at.after(stage.after);
        let key = timers.schedule(at, transaction.submission.reference_id, Timer::Stage(index));
        transaction.next_stage = Some(key);
    }
}
