//! Acceptance of a submission. A refund may name the payment of another API user, and then concerns
//! two spaces: they are entered one after the other, never both at once.

use std::sync::Arc;

use tracing::info;

use crate::engine::space::Space;
use crate::engine::spaces::Spaces;
use momo_sandbox_core::model::submission::{Submission, TransactionKind};
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::reference_to_refund;
use momo_sandbox_core::platform::{Acceptance, Platform};

impl Spaces {
    /// Accepts a submission. The amount of a refund of another API user's payment is reserved there
    /// first, and released if the refund fails.
    pub fn accept(
        &self,
        space: &Arc<Space>,
        submission: Submission,
    ) -> Result<Acceptance, Rejection> {
        self.accept_and(space, submission, |_, accepted| accepted)
    }

    /// Accepts a submission, and runs `then` in its space before the lock is released.
    pub fn accept_and<R>(
        &self,
        space: &Arc<Space>,
        mut submission: Submission,
        then: impl FnOnce(&mut Platform, Result<Acceptance, Rejection>) -> R,
    ) -> R {
        if let Err(full) = self.make_room(Some(space)) {
            return self.enter(space, |platform, _| then(platform, Err(full)));
        }
        let payer = self.set_aside_elsewhere(space, &mut submission);
        let reference_id = submission.reference_id;
        // The reservation to release, should the refund fail.
        let refund = payer.map(|payer| (payer, submission.clone()));
        let (why, succeeds, result) = self.enter(space, |platform, _| {
            let mut accepted = platform.accept(submission);
            let why = accepted.as_mut().ok().and_then(|acceptance| acceptance.why.take());
            let succeeds = accepted.is_ok()
                && platform.transaction(reference_id).is_some_and(|one| one.plan.succeeds());
            (why, succeeds, then(platform, accepted))
        });
        // Logged after the lock is released.
        if let Some(why) = why {
            info!(%reference_id, %why, "accepted, to fail by the ledger");
        }
        if let Some((payer, refund)) = refund
            && !succeeds
            && is_set_aside(&refund)
        {
            self.enter(&payer, |platform, _| platform.release_refund(&refund));
        }
        result
    }

    /// Reserves the amount of a refund at another API user's payment, if the refund names one and
    /// none of its own API user's. Returns the space of that payment.
    fn set_aside_elsewhere(&self, own: &Space, refund: &mut Submission) -> Option<Arc<Space>> {
        if refund.kind != TransactionKind::Refund {
            return None;
        }
        let payment = reference_to_refund(refund)?;
        if self.enter(own, |own, _| own.payment_to_refund(refund).is_some()) {
            return None;
        }
        self.catch_up();
        self.holding(payment).into_iter().filter(|other| other.id() != own.id()).find(|other| {
            self.enter(other, |other, _| other.reserve_refund(refund));
            refund.payment_elsewhere.is_some()
        })
    }
}

fn is_set_aside(refund: &Submission) -> bool {
    refund.payment_elsewhere.as_deref().is_some_and(|there| there.fault.is_none())
}
