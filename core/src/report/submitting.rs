//! Rules about submissions.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use crate::model::status::Status;
use crate::operations::rejection::RejectionKind;
use crate::platform::request::RefusalCause;
use crate::platform::transaction::Transaction;
use crate::report::check::{Observation, RuleCheck, Terms};
use crate::report::observed::{Moment, Observed};
use crate::report::seen::Seen;

/// A faulty submission and the one that repeated its order.
pub struct Repetition<'a> {
    /// The faulty one.
    pub faulty: Moment<'a>,
    /// The next one that asked for the same.
    pub again: Moment<'a>,
}

/// Whether a submission met a fault that was not its own: an error of the server's, or no whole
/// answer.
fn is_faulty(moment: &Moment<'_>) -> bool {
    let is_servers = match moment.request.refused_by() {
        None | Some(RefusalCause::Scenario) => moment.request.status >= 500,
        Some(RefusalCause::Rejection(kind)) => kind == RejectionKind::ServiceUnavailable,
        Some(RefusalCause::HttpFault(_)) => false,
    };
    is_servers || moment.request.fault.is_some()
}

/// The faulty submissions that were repeated.
pub fn repetitions<'a>(observed: &Observed<'a>) -> Vec<Repetition<'a>> {
    let mut next: BTreeMap<Option<NonZeroU64>, Moment<'a>> = BTreeMap::new();
    let mut found = Vec::new();
    for moment in observed.submissions.iter().rev() {
        let again = next.insert(moment.request.fingerprint, *moment);
        if let Some(again) = again.filter(|_| is_faulty(moment))
            && !is_known_before(observed, moment, again.place)
        {
            found.push(Repetition { faulty: *moment, again });
        }
    }
    found.reverse();
    found
}

/// Whether the merchant knew how the first one had ended: then the same order is a new one.
fn is_known_before(observed: &Observed<'_>, first: &Moment<'_>, place: u64) -> bool {
    let line = first.request.reference_id.and_then(|id| observed.lines.get(&id));
    line.and_then(|line| line.told_final()).is_some_and(|told| told.place < place)
}

impl Repetition<'_> {
    /// Whether the submission was repeated under another reference.
    pub fn has_new_reference(&self) -> bool {
        self.faulty.request.reference_id != self.again.request.reference_id
    }

    /// The second transaction, where both took the money.
    pub fn second_charge<'a>(&self, observed: &Observed<'a>) -> Option<&'a Transaction> {
        let successful = |moment: &Moment<'_>| {
            let found = observed.transaction(moment.request.reference_id?)?;
            matches!(found.status(), Status::Successful(_)).then_some(found)
        };
        successful(&self.faulty)?;
        successful(&self.again).filter(|_| self.has_new_reference())
    }
}

/// What failed was repeated under its own reference.
pub fn reused_reference(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    for repetition in repetitions(observed) {
        let Repetition { faulty, again } = &repetition;
        let reference = again.request.reference_id;
        finding.test(
            reference,
            repetition.has_new_reference().then(|| {
                let first =
                    faulty.request.reference_id.map(|id| id.to_string()).unwrap_or_default();
                let seen = match repetition.second_charge(observed) {
                    Some(second) => {
                        let details = &second.submission.details;
                        let amount = details.amount.map(|amount| amount.to_string());
                        Seen::PayerChargedTwice {
                            first,
                            amount: amount.unwrap_or_default(),
                            currency: details.currency.to_string(),
                        }
                    }
                    None => Seen::OrderRepeated { first },
                };
                Observation::new(again.request.reference_id, again.at, seen)
            }),
        );
    }
    finding
}

/// After a 409 the status was asked for.
pub fn asked_after_409(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    let duplicates = observed.submissions.iter();
    for duplicate in duplicates.filter(|moment| moment.is_refused(RejectionKind::Duplicate)) {
        let reference = duplicate.request.reference_id;
        let line = reference.and_then(|reference| observed.lines.get(&reference));
        let is_asked = line.is_some_and(|line| {
            line.queries.iter().any(|query| query.place > duplicate.place || query.is_told_final())
        });
        finding.test(
            reference,
            (!is_asked).then(|| Observation::new(reference, duplicate.at, Seen::DuplicateNotAsked)),
        );
    }
    finding
}

/// No callback URL was of another host.
pub fn own_callback_host(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    let with_url = observed.submissions.iter().filter(|moment| moment.request.has_callback_url);
    for moment in with_url {
        let is_of_another = moment.is_refused(RejectionKind::CallbackHost);
        let why = moment.request.refusal.as_ref().filter(|_| is_of_another);
        let failure = why.map(|refusal| {
            Observation::new(moment.request.reference_id, moment.at, Seen::refused(refusal))
        });
        finding.test(moment.request.reference_id, failure);
    }
    finding
}
