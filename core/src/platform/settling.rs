//! How a transaction goes through its stages, and makes room once it is done.

use crate::model::reference::ReferenceId;
use crate::model::status::Status;
use crate::platform::agenda::{Agenda, Due};
use crate::platform::space::Platform;
use crate::platform::transaction::Transaction;
use crate::scenario::plan::PlannedCallback;

impl Platform {
    pub(super) fn reach(&mut self, reference_id: ReferenceId, status: Status) {
        let at = self.now;
        let found = self.transactions.get_mut(reference_id);
        let transaction = found.expect("events are about known transactions");
        transaction.reach(at, status);
        if !status.is_final() {
            let next = transaction.history().count();
            return note_stage(&mut self.agenda, transaction, next);
        }
        // Someone came before the stage; left there, it could meet another of that reference.
        let overtaken = transaction.next_stage.take().filter(|stage| stage.at > at);
        let is_noted = transaction.callback_noted;
        let is_lost = transaction.plan.callback == PlannedCallback::Lost;
        if let Some(stage) = overtaken {
            self.agenda.strike(stage);
        }
        self.settle(reference_id, status);
        self.pending -= 1;
        if is_lost {
            self.agenda.note(at, reference_id, Due::Callback);
        } else if !is_noted {
            self.note_callback(reference_id, at, at);
        }
        // Last: it may be the one to go.
        self.make_room_after(reference_id);
    }

    /// Once a transaction is settled and its callback is behind it, it may go when room is needed.
    pub(super) fn make_room_after(&mut self, reference_id: ReferenceId) {
        if !self.record(reference_id).is_done() {
            return;
        }
        self.may_go(reference_id);
        if self.settled.len() > self.settings.limits.settled {
            self.give_up_oldest_settled();
        }
    }
}

/// Notes when a transaction reaches the stage of that index, if its plan has one.
pub(super) fn note_stage(agenda: &mut Agenda, transaction: &mut Transaction, index: usize) {
    if let Some(stage) = transaction.plan.stages.get(index) {
        let at = transaction.accepted_at.after(stage.after);
        let noted = agenda.note(at, transaction.submission.reference_id, Due::Stage(index));
        transaction.next_stage = Some(noted);
    }
}
