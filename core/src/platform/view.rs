//! The bodies that describe a transaction: of a status query, and of a callback.

use serde_json::json;

use crate::model::status::Status;
use crate::operations::view::{Place, Standing, body_text, body_value};
use crate::platform::Platform;
use crate::platform::transaction::Transaction;
use crate::scenario::plan::Delivery;
use crate::scenario::rule::CallbackBody;
use crate::scenario::seed::Purpose;

impl Platform {
    /// The status body of a transaction of this space.
    pub fn status_body(&self, transaction: &Transaction) -> serde_json::Value {
        body_value(&self.standing(transaction, transaction.status()), Place::Status)
    }

    /// The same, as it goes out.
    pub fn status_text(&self, transaction: &Transaction) -> String {
        body_text(&self.standing(transaction, transaction.status()), Place::Status)
    }

    /// What the body of a transaction would be made of if it had this status.
    pub(super) fn standing<'a>(
        &'a self,
        transaction: &'a Transaction,
        status: Status,
    ) -> Standing<'a> {
        Standing {
            submission: &transaction.submission,
            kind: transaction.submission.kind,
            party: transaction.submission.details.party.as_ref(),
            reasons_are_objects: self.environment().reason_objects,
            status,
            accepted_at: transaction.accepted_at,
            invoice: transaction.plan.invoice.as_deref().copied(),
        }
    }

    /// The body of a callback: the status once it is final, unless a scenario wants something else.
    pub(super) fn callback_body(&self, transaction: &Transaction, delivery: &Delivery) -> String {
        let now = transaction.status();
        let shown = if now.is_final() { now } else { transaction.plan.last().status };
        let standing = self.standing(transaction, delivery.status.unwrap_or(shown));
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
