//! Callbacks: when each goes out, and what came of it.

use super::Platform;
use crate::model::ids::ReferenceId;
use crate::model::time::Timestamp;
use crate::platform::callback::{Attempt, Callback};
use crate::platform::timers::Timer;
use crate::platform::transaction::CallbackProgress;
use crate::scenario::plan::PlannedCallback;

impl Platform {
    /// Schedules a callback that goes out before the final status, or that claims a status which
    /// the transaction never reaches.
    pub(super) fn schedule_early_callback(&mut self, reference_id: ReferenceId) {
        let transaction = self.transaction_mut(reference_id);
        let PlannedCallback::Sent(delivery) = transaction.plan.callback else { return };
        let last = transaction.plan.last();
        let is_early = delivery.delay_ms < 0 && last.status.is_final();
        let is_forged = delivery.status.is_some() && !last.status.is_final();
        if is_early || is_forged {
            let accepted_at = transaction.accepted_at;
            let about = if is_early { accepted_at.after(last.after) } else { accepted_at };
            self.schedule_callback(reference_id, about.max(accepted_at), accepted_at);
        }
    }

    /// Schedules a callback as often as it is sent, relative to `about`, but never before
    /// `earliest`.
    pub(super) fn schedule_callback(
        &mut self,
        reference_id: ReferenceId,
        about: Timestamp,
        earliest: Timestamp,
    ) {
        let transaction = self.transaction_mut(reference_id);
        transaction.is_callback_scheduled = true;
        let PlannedCallback::Sent(delivery) = transaction.plan.callback else { return };
        let first = Timestamp(about.0.saturating_add(delivery.delay_ms)).max(earliest);
        let times = if delivery.retries { 1 } else { delivery.times };
        for number in 0..times {
            let at = first.after(delivery.every.saturating_mul(number));
            self.timers.schedule(at, reference_id, Timer::Callback);
        }
    }

    pub(super) fn send_callback(&mut self, reference_id: ReferenceId) {
        let (api_user, generation) = (self.api_user.id, self.generation);
        let found = self.transaction(reference_id).expect("events are about known transactions");
        let PlannedCallback::Sent(delivery) = found.plan.callback else { return };
        let body = self.callback_body(found, &delivery);
        let transaction = self.transaction_mut(reference_id);
        if transaction.callback == CallbackProgress::Waiting {
            transaction.callback = CallbackProgress::Sent(Box::default());
        }
        let CallbackProgress::Sent(sent) = &mut transaction.callback else {
            unreachable!("a callback that is sent was waiting for it")
        };
        sent.times += 1;
        let round = transaction.round;
        assert!(sent.times <= delivery.times, "a callback is sent no more often than planned");
        let is_last = sent.times == delivery.times && !delivery.retries;
        let url = transaction.submission.callback_url.clone();
        let callback = Callback {
            api_user,
            generation,
            reference_id,
            url: url.expect("a callback is planned only with a URL"),
            method: delivery.method,
            body: body.into(),
        };
        self.outbox.push(callback);
        self.in_flight.add(round, 1);
        if is_last {
            self.callbacks_waiting -= 1;
        }
    }

    /// Records an attempt, and schedules the next one where a failed callback is tried again.
    pub(super) fn finish_attempt(&mut self, reference_id: ReferenceId, attempt: Attempt) {
        let at = self.now;
        let round = self.transaction_mut(reference_id).round;
        self.in_flight.remove(round, 1);
        self.resize(reference_id, |transaction| {
            if let CallbackProgress::Sent(sent) = &mut transaction.callback {
                sent.attempts.push(attempt);
            }
        });
        let transaction = self.transaction_mut(reference_id);
        let retries = match transaction.plan.callback {
            PlannedCallback::Sent(delivery) => delivery.retries,
            PlannedCallback::NotRequested | PlannedCallback::Lost => false,
        };
        if retries {
            match transaction.callback.next_attempt_after() {
                Some(pause) => {
                    self.timers.schedule(at.after(pause), reference_id, Timer::Callback);
                }
                None => self.callbacks_waiting -= 1,
            }
        }
        self.evict_if_done(reference_id);
    }
}
