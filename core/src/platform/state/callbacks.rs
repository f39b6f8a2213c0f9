//! Callbacks: when each goes out, and what came of it.

use std::sync::Arc;

use super::Platform;
use crate::model::ids::ReferenceId;
use crate::model::time::Timestamp;
use crate::platform::callback::{Attempt, Callback};
use crate::platform::timers::Timer;
use crate::platform::transaction::{CallbackProgress, Transaction};
use crate::scenario::planned_callback::{CallbackNumber, Delivery, PlannedCallback};

impl Platform {
    /// Schedules the callbacks that go out before the final status, or that claim a status which
    /// the transaction never reaches.
    pub(super) fn schedule_early_callbacks(&mut self, reference_id: ReferenceId) {
        for entry in 0..self.callbacks_of(reference_id) {
            let transaction = self.transaction_mut(reference_id);
            let accepted_at = transaction.accepted_at;
            let Some(delivery) = transaction.plan.callback.delivery(entry).copied() else {
                continue;
            };
            if let Some(about) = early_time(transaction, entry, &delivery) {
                self.schedule_callback(reference_id, entry, &delivery, (about, accepted_at));
            }
        }
    }

    /// Schedules the callbacks that wait for the final status, which is now.
    pub(super) fn schedule_callbacks(&mut self, reference_id: ReferenceId) {
        let now = self.now;
        for entry in 0..self.callbacks_of(reference_id) {
            let transaction = self.transaction_mut(reference_id);
            match transaction.plan.callback.delivery(entry).copied() {
                None => {
                    let lost = Timer::Callback(CallbackNumber::first(entry));
                    self.timers.schedule(now, reference_id, lost);
                }
                Some(delivery) if early_time(transaction, entry, &delivery).is_none() => {
                    self.schedule_callback(reference_id, entry, &delivery, (now, now));
                }
                Some(_) => {}
            }
        }
    }

    fn callbacks_of(&mut self, reference_id: ReferenceId) -> u16 {
        let planned = &self.transaction_mut(reference_id).plan.callback;
        u16::try_from(planned.entries().count()).expect("the description bounds it")
    }

    /// Schedules a callback as often as it is sent, relative to a time, but never before another.
    fn schedule_callback(
        &mut self,
        reference_id: ReferenceId,
        entry: u16,
        delivery: &Delivery,
        (about, earliest): (Timestamp, Timestamp),
    ) {
        let mut at = Timestamp(about.0.saturating_add(delivery.delay_ms)).max(earliest);
        let mut number = CallbackNumber::first(entry);
        let times = if delivery.retries { 1 } else { delivery.times };
        for _ in 0..times {
            self.timers.schedule(at, reference_id, Timer::Callback(number));
            (at, number) = (at.after(delivery.every), number.next());
        }
    }

    pub(super) fn send_callback(&mut self, reference_id: ReferenceId, number: CallbackNumber) {
        if number.is_by_hand() {
            return self.send_by_hand(reference_id, number);
        }
        let found = self.transaction(reference_id).expect("events are about known transactions");
        let planned = &found.plan.callback;
        let Some(delivery) = planned.delivery(number.entry).copied() else { return };
        let times = planned.times();
        let callback = self.callback_of(found, number, &delivery);
        let transaction = self.transaction_mut(reference_id);
        let sent = transaction.sent_mut();
        sent.times += 1;
        let is_planned = sent.times <= times && u32::from(number.time) <= delivery.times;
        assert!(is_planned, "a callback is sent no more often than planned");
        let is_last = u32::from(number.time) == delivery.times && !delivery.retries;
        let round = transaction.round;
        self.outbox.push(callback);
        self.in_flight.add(round, 1);
        if is_last {
            self.callbacks_waiting -= 1;
        }
    }

    /// Sends a callback by hand, as its entry is planned; where that is lost, it tells the status.
    /// No advance of time waits for it.
    fn send_by_hand(&mut self, reference_id: ReferenceId, number: CallbackNumber) {
        let found = self.transaction(reference_id).expect("events are about known transactions");
        let of_the_status = || Delivery::of_the_status(found.submission.callback_method);
        let planned = found.plan.callback.delivery(number.entry).copied();
        let delivery = planned.unwrap_or_else(of_the_status);
        let callback = self.callback_of(found, number, &delivery);
        self.outbox.push(callback);
        self.transaction_mut(reference_id).by_hand.get_or_insert_default().is_on_its_way = true;
    }

    /// The callback of that number as it goes out now.
    fn callback_of(
        &self,
        found: &Transaction,
        number: CallbackNumber,
        delivery: &Delivery,
    ) -> Callback {
        let content = found.plan.callback.content(number.entry).cloned();
        let written = content.as_ref().and_then(|content| content.body.as_ref()).map(Arc::clone);
        let body = written.unwrap_or_else(|| self.callback_body(found, delivery).into());
        let url = found.submission.callback_url.clone();
        Callback {
            api_user: self.api_user.id,
            platform: self.api_user.platform,
            generation: self.generation,
            reference_id: found.submission.reference_id,
            url: url.expect("a callback is sent only with a URL"),
            method: delivery.method,
            body,
            content,
            number,
            due_at: self.now,
        }
    }

    /// Notes that a callback is lost. Of several, the others say what became of them.
    pub(super) fn lose_callback(&mut self, reference_id: ReferenceId) {
        let transaction = self.transaction_mut(reference_id);
        if transaction.plan.callback == PlannedCallback::Lost {
            transaction.callback = CallbackProgress::Lost;
        } else {
            self.resize(reference_id, |transaction| transaction.sent_mut().to_come -= 1);
        }
        self.evict_if_done(reference_id);
    }

    /// Records an attempt, and schedules the next one where a failed callback is tried again.
    pub(super) fn finish_attempt(&mut self, reference_id: ReferenceId, attempt: Attempt) {
        let (at, number, pause) = (self.now, attempt.number, attempt.next_after());
        if number.is_by_hand() {
            return self.resize(reference_id, |transaction| transaction.note_by_hand(attempt));
        }
        let transaction = self.transaction_mut(reference_id);
        let round = transaction.round;
        let delivery = transaction.plan.callback.delivery(number.entry);
        let retried = delivery.filter(|delivery| delivery.retries).map(|delivery| delivery.times);
        self.in_flight.remove(round, 1);
        self.resize(reference_id, |transaction| {
            let sent = transaction.sent_mut();
            sent.attempts.push(attempt);
            sent.to_come -= 1;
            if let (Some(most), None) = (retried, pause) {
                sent.to_come -= most - u32::from(number.time);
            }
        });
        match (retried, pause) {
            (Some(_), Some(pause)) => {
                let next = Timer::Callback(number.next());
                self.timers.schedule(at.after(pause), reference_id, next);
            }
            (Some(_), None) => self.callbacks_waiting -= 1,
            (None, _) => {}
        }
        self.evict_if_done(reference_id);
    }
}

/// The time that the delay of a callback counts from, if it is scheduled at acceptance: the planned
/// final status, of one that is before it, or the acceptance, of one that claims a status which the
/// transaction never reaches.
fn early_time(transaction: &Transaction, entry: u16, delivery: &Delivery) -> Option<Timestamp> {
    let Transaction { plan, accepted_at, .. } = transaction;
    let last = plan.last();
    let content = plan.callback.content(entry);
    let claims = || delivery.status.is_some() || content.is_some_and(|one| one.body.is_some());
    if last.status.is_final() {
        (delivery.delay_ms < 0).then(|| accepted_at.after(last.after))
    } else {
        claims().then_some(*accepted_at)
    }
}
