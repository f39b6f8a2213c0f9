//! Acceptance of a submission, which of a refund may concern two spaces.

use std::sync::Arc;

use tracing::info;

use crate::engine::spaces::{Space, Spaces};
use momo_sandbox_core::model::reference::ReferenceId;
use momo_sandbox_core::model::transaction::{Submission, TransactionKind};
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::{Acceptance, Platform};

impl Spaces {
    /// Accepts a submission. A refund whose payment is another API user's is told so first: its
    /// amount is set aside there, and given up if the refund comes to nothing. One space is entered
    /// after the other, never two at once.
    ///
    /// # Errors
    ///
    /// Those of [`Platform::accept`].
    pub fn accept(
        &self,
        space: &Arc<Space>,
        submission: Submission,
    ) -> Result<Acceptance, Rejection> {
        self.accept_and(space, submission, |_, accepted| accepted)
    }

    /// The same, and what `then` does in the space at that time.
    pub fn accept_and<R>(
        &self,
        space: &Arc<Space>,
        mut submission: Submission,
        then: impl FnOnce(&mut Platform, Result<Acceptance, Rejection>) -> R,
    ) -> R {
        if let Err(full) = self.make_room(Some(space)) {
            return self.enter(space, |platform, _| then(platform, Err(full)));
        }
        let mut payer = None;
        if submission.kind == TransactionKind::Refund
            && !self.enter(space, |own, _| own.payment_to_refund(&submission).is_some())
        {
            self.catch_up();
            let mut others = self.that_hold_any(0..usize::MAX);
            others.retain(|other| {
                let has_it = |other: &Platform| other.payment_to_refund(&submission).is_some();
                !Arc::ptr_eq(other, space) && self.look_into(other, has_it)
            });
            others.sort_by_key(|other| other.api_user().id);
            payer = others.into_iter().find(|other| {
                self.enter(other, |other, _| other.reserve_refund(&mut submission));
                submission.payment_elsewhere.is_some()
            });
        }
        let Some(payer) = payer else {
            let reference_id = submission.reference_id;
            let (why, result) = self.enter(space, |platform, _| {
                let mut accepted = platform.accept(submission);
                (take_why(&mut accepted), then(platform, accepted))
            });
            tell_why(reference_id, why);
            return result;
        };
        let refund = submission.clone();
        let (why, succeeds, result) = self.enter(space, |platform, _| {
            let mut accepted = platform.accept(submission);
            let why = take_why(&mut accepted);
            let transaction = platform.transaction(refund.reference_id);
            let succeeds = transaction.is_some_and(|refund| refund.plan.succeeds());
            (why, accepted.is_ok() && succeeds, then(platform, accepted))
        });
        tell_why(refund.reference_id, why);
        let is_set_aside =
            refund.payment_elsewhere.as_deref().is_some_and(|there| there.fault.is_none());
        if is_set_aside && !succeeds {
            self.enter(&payer, |platform, _| platform.release_refund(&refund));
        }
        result
    }
}

fn take_why(accepted: &mut Result<Acceptance, Rejection>) -> Option<String> {
    accepted.as_mut().ok().and_then(|acceptance| acceptance.why.take())
}

/// Says in the log why the ledger makes a transaction fail, once the space is left.
fn tell_why(reference_id: ReferenceId, why: Option<String>) {
    if let Some(why) = why {
        info!(%reference_id, %why, "accepted, to fail by the ledger");
    }
}
