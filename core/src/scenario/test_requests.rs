//! Requests of unit tests, and what they come under.

use std::time::Duration;

use uuid::Uuid;

use crate::model::environment::SANDBOX;
use crate::model::ids::{ApiUserId, ReferenceId};
use crate::model::party::PartyRole;
use crate::model::product::Product;
use crate::model::submission::{CallbackMethod, Submission, TransactionKind};
use crate::model::time::Timestamp;
use crate::operations::parse_body::read_details;
use crate::scenario::matching::Circumstances;
use crate::scenario::seed::Seed;

/// A submission of one party, without a callback URL.
pub fn submission(
    kind: TransactionKind,
    party: &str,
    external_id: &str,
    amount: &str,
) -> Submission {
    let (role, product) = match kind.party_role() {
        PartyRole::Payer => ("payer", Product::Collection),
        PartyRole::Payee => ("payee", Product::Disbursement),
    };
    let body = format!(
        r#"{{"amount":"{amount}","currency":"EUR","externalId":"{external_id}",
            "{role}":{{"partyIdType":"MSISDN","partyId":"{party}"}}}}"#
    );
    Submission {
        reference_id: ReferenceId(Uuid::nil()),
        product,
        kind,
        details: read_details(&SANDBOX, kind, body.as_bytes()).expect("a good body"),
        callback_url: None,
        callback_method: CallbackMethod::Post,
        consent_fault: None,
        payment_elsewhere: None,
        is_manual: false,
    }
}

/// The circumstances of an API user in the sandbox at the beginning of time.
pub fn circumstances(api_user: u128, seed: u64) -> Circumstances {
    Circumstances {
        api_user: ApiUserId(Uuid::from_u128(api_user)),
        platform: None,
        seed: Seed(seed),
        now: Timestamp(0),
        in_force_for: Duration::ZERO,
        environment: &SANDBOX,
        same_payer_pending: false,
    }
}
