//! Submissions of the tests that drive spaces without sockets.

use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::model::ids::ReferenceId;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::{CallbackMethod, Submission, TransactionKind};
use momo_sandbox_core::operations::parse_body::read_details;
use uuid::Uuid;

use crate::support::merchant::{PAYER, body_of};

pub(super) fn reference(number: u128) -> ReferenceId {
    ReferenceId(Uuid::from_u128(number))
}

/// A submission without a callback; `refunds` is for a refund only.
pub(super) fn submission(
    number: u128,
    kind: TransactionKind,
    amount: u32,
    refunds: u128,
) -> Submission {
    let refunds = reference(refunds).to_string();
    let body = body_of(kind.name(), &amount.to_string(), PAYER, &refunds).to_string();
    Submission {
        reference_id: reference(number),
        product: match kind {
            TransactionKind::Refund | TransactionKind::Transfer => Product::Disbursement,
            _ => Product::Collection,
        },
        kind,
        details: read_details(&SANDBOX, kind, body.as_bytes()).expect("a good body"),
        callback_url: None,
        callback_method: CallbackMethod::Post,
        consent_fault: None,
        payment_elsewhere: None,
        is_manual: false,
    }
}
