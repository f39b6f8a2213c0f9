//! The bodies that describe a transaction: of a status query, and of a callback.

use serde_json::json;

use crate::model::status::Status;
use crate::model::time::Timestamp;
use crate::operations::status_body::{BodyPlace, StatusView, status_body_text, status_body_value};
use crate::platform::Platform;
use crate::platform::transaction::Transaction;
use crate::scenario::planned_callback::Delivery;
use crate::scenario::rule::CallbackBody;
use crate::scenario::seed::Purpose;

impl Platform {
    /// Returns the status body of a transaction of this space, as a value.
    pub fn status_body(&self, transaction: &Transaction) -> serde_json::Value {
        status_body_value(&self.status_view(transaction, transaction.status()), BodyPlace::Status)
    }

    /// Returns the status body that a query at this time would have been answered with.
    pub fn status_body_at(&self, transaction: &Transaction, at: Timestamp) -> serde_json::Value {
        let before = transaction.history().take_while(|(since, _)| *since <= at).last();
        let status = before.map_or_else(|| transaction.plan.stages[0].status, |(_, status)| status);
        status_body_value(&self.status_view(transaction, status), BodyPlace::Status)
    }

    /// Returns the status body as text, as a client gets it.
    pub fn status_text(&self, transaction: &Transaction) -> String {
        status_body_text(&self.status_view(transaction, transaction.status()), BodyPlace::Status)
    }

    /// Returns what the body of a transaction would be made from if it had this status.
    pub(super) fn status_view<'a>(
        &'a self,
        transaction: &'a Transaction,
        status: Status,
    ) -> StatusView<'a> {
        StatusView {
            submission: &transaction.submission,
            kind: transaction.submission.kind,
            party: transaction.submission.details.party.as_ref(),
            reasons_are_objects: self.environment().reason_objects,
            status,
            accepted_at: transaction.accepted_at,
            invoice: transaction.plan.invoice.as_deref().copied(),
        }
    }

    /// Returns the body of a callback: of the final status, unless a scenario wants another.
    pub(super) fn callback_body(&self, transaction: &Transaction, delivery: &Delivery) -> String {
        let now = transaction.status();
        let last = if now.is_final() { now } else { transaction.plan.last().status };
        let view = self.status_view(transaction, delivery.status.unwrap_or(last));
        match delivery.body {
            CallbackBody::Status => status_body_text(&view, BodyPlace::Callback),
            CallbackBody::Malformed => {
                let text = status_body_text(&view, BodyPlace::Callback);
                let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at));
                text[..half.unwrap_or_default()].to_owned()
            }
            CallbackBody::UnknownFields => {
                let mut body = status_body_value(&view, BodyPlace::Callback);
                body["x-unknown"] = json!({"text": "a field that no document has", "list": [1]});
                body.to_string()
            }
            CallbackBody::UnknownReference => {
                let mut body = status_body_value(&view, BodyPlace::Callback);
                let id = transaction.submission.reference_id.0;
                let unknown = self.seed().uuid(id, Purpose::UnknownReference);
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
