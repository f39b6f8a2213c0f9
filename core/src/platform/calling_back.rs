//! Callbacks: when each goes out, and what it carries.

use serde_json::json;

use crate::model::reference::ReferenceId;
use crate::model::time::Timestamp;
use crate::operations::view::{Place, body_text, body_value};
use crate::platform::agenda::Due;
use crate::platform::callback::{Attempt, Callback};
use crate::platform::space::Platform;
use crate::platform::transaction::{CallbackProgress, Transaction};
use crate::scenario::plan::{Delivery, PlannedCallback};
use crate::scenario::rule::CallbackBody;
use crate::scenario::seed::Purpose;

impl Platform {
    /// Notes a callback that goes out before the final status, or that claims a status which the
    /// transaction never reaches.
    pub(super) fn note_early_callback(&mut self, reference_id: ReferenceId) {
        let transaction = self.record(reference_id);
        let PlannedCallback::Sent(delivery) = transaction.plan.callback else { return };
        let last = transaction.plan.last();
        let is_early = delivery.delay_ms < 0 && last.status.is_final();
        let is_forged = delivery.status.is_some() && !last.status.is_final();
        if is_early || is_forged {
            let accepted_at = transaction.accepted_at;
            let about = if is_early { accepted_at.after(last.after) } else { accepted_at };
            self.note_callback(reference_id, about.max(accepted_at), accepted_at);
        }
    }

    /// Notes all times of a callback, relative to `about`, but none before `earliest`.
    pub(super) fn note_callback(
        &mut self,
        reference_id: ReferenceId,
        about: Timestamp,
        earliest: Timestamp,
    ) {
        let transaction = self.record(reference_id);
        transaction.callback_noted = true;
        let PlannedCallback::Sent(delivery) = transaction.plan.callback else { return };
        let first = Timestamp(about.0.saturating_add(delivery.delay_ms)).max(earliest);
        let noted = if delivery.retries { 1 } else { delivery.times };
        for number in 0..noted {
            let at = first.after(delivery.every.saturating_mul(number));
            self.agenda.note(at, reference_id, Due::Callback);
        }
    }

    pub(super) fn send_callback(&mut self, reference_id: ReferenceId) {
        let (api_user, life) = (self.api_user.id, self.life);
        let found = self.transaction(reference_id).expect("events are about known transactions");
        let PlannedCallback::Sent(delivery) = found.plan.callback else {
            unreachable!("only a callback that is to be sent is sent")
        };
        let body = self.callback_body(found, &delivery);
        let transaction = self.record(reference_id);
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
            life,
            reference_id,
            url: url.expect("a callback is planned only with a URL"),
            method: delivery.method,
            body: body.into(),
        };
        self.callbacks.push(callback);
        self.in_flight.add(round, 1);
        if is_last {
            self.callbacks_waiting -= 1;
        }
    }

    /// Takes note of what came of a callback: one that failed may be tried again.
    pub(super) fn finish_attempt(&mut self, reference_id: ReferenceId, attempt: Attempt) {
        let at = self.now;
        self.change(reference_id, |transaction| {
            if let CallbackProgress::Sent(sent) = &mut transaction.callback {
                sent.attempts.push(attempt);
            }
        });
        let transaction = self.record(reference_id);
        let retries = match transaction.plan.callback {
            PlannedCallback::Sent(delivery) => delivery.retries,
            PlannedCallback::NotRequested | PlannedCallback::Lost => false,
        };
        if retries {
            match transaction.callback.next_attempt_after() {
                Some(pause) => {
                    self.agenda.note(at.after(pause), reference_id, Due::Callback);
                }
                None => self.callbacks_waiting -= 1,
            }
        }
        self.make_room_after(reference_id);
    }

    /// What a callback carries: the status as it is once it is final, unless a scenario wants
    /// something else.
    fn callback_body(&self, transaction: &Transaction, delivery: &Delivery) -> String {
        let now = transaction.status();
        let told = if now.is_final() { now } else { transaction.plan.last().status };
        let standing = self.standing(transaction, delivery.status.unwrap_or(told));
        match delivery.body {
            CallbackBody::Status => body_text(&standing, Place::Callback),
            CallbackBody::Malformed => {
                let text = body_text(&standing, Place::Callback);
                let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at));
                text[..half.unwrap_or_default()].to_owned()
            }
            CallbackBody::UnknownFields => {
                let mut body = body_value(&standing, Place::Callback);
                body["x-unknown"] = json!({"text": "a field that no document has", "list": [1]});
                body.to_string()
            }
            CallbackBody::UnknownReference => {
                let mut body = body_value(&standing, Place::Callback);
                let id = transaction.submission.reference_id.0;
                let unknown = self.settings.seed.uuid(id, Purpose::UnknownReference);
                for name in ["referenceId", "externalId"] {
                    if body.get(name).is_some() {
                        body[name] = unknown.to_string().into();
                    }
                }
                body.to_string()
            }
        }
    }
}
