//! What a transaction may still come to: who waits for anything else waits in vain.

use crate::model::status::StatusKind;
use crate::platform::request::AnsweredRequest;
use crate::platform::space::Platform;
use crate::platform::transaction::{CallbackProgress, Transaction};
use crate::scenario::plan::PlannedCallback;

impl Transaction {
    /// Whether it has this status, or may come to it: by its plan, or because its payer or the
    /// merchant ends it.
    pub fn may_have(&self, status: StatusKind) -> bool {
        let now = self.status().kind();
        let to_come = || self.plan.stages.iter().skip(self.history().count());
        let is_planned = || to_come().any(|stage| stage.status.kind() == status);
        now == status || (!now.is_final() && (status.is_final() || is_planned()))
    }

    /// Whether its callback has this state. One that went out was sent, whatever came of it.
    pub fn has_callback(&self, state: &str) -> bool {
        let is_out = matches!(self.callback, CallbackProgress::Sent(_));
        self.callback.name() == state || (state == "sent" && is_out)
    }

    /// Whether its callback has this state, or may come to it.
    pub fn may_have_callback(&self, state: &str) -> bool {
        let is_of_one_sent = ["sent", "answered", "failed"].contains(&state);
        self.has_callback(state)
            || match (&self.callback, &self.plan.callback) {
                (CallbackProgress::NotRequested | CallbackProgress::Lost, _) => false,
                (CallbackProgress::Waiting, PlannedCallback::Lost) => state == "lost",
                (CallbackProgress::Waiting, _) => is_of_one_sent,
                (CallbackProgress::Sent(_), _) => is_of_one_sent && !self.is_called_back(),
            }
    }

    /// Whether the merchant was told this status, by an answer that went out whole.
    pub fn was_told(&self, status: StatusKind) -> bool {
        self.told[status as usize]
    }
}

impl Platform {
    /// Notes which status the merchant was told.
    pub(super) fn note_told(&mut self, request: &AnsweredRequest) {
        if let (Some(id), Some(status)) = (request.reference_id, request.told)
            && let Some(transaction) = self.transactions.get_mut(id)
        {
            transaction.told[status as usize] = true;
        }
    }
}
