//! The rules of the audit: one row each.

use std::time::Duration;

use crate::model::reference::ReferenceId;
use crate::model::time::Timestamp;
use crate::report::observed::Observed;
use crate::report::{access, callbacks, money, polling, submitting};

/// A rule that a sound merchant keeps.
#[derive(Debug)]
pub struct AuditRule {
    /// Its name.
    pub name: &'static str,
    /// What it wants of a merchant.
    pub wants: &'static str,
    /// What to do where it is broken.
    pub remedy: &'static str,
    check: fn(&Observed<'_>, &Terms) -> Finding,
}

/// On what terms is audited.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// How soon after the final status a merchant should have asked, where no callback came.
    pub within: Duration,
    /// Whether the clock stands still by itself: then nothing is fast.
    pub clock_stands: bool,
}

impl Terms {
    /// How soon is soon enough: MTN advises to ask after 5 minutes (docs/contract.md#rate-limits).
    pub const WITHIN: Duration = Duration::from_secs(600);
}

/// What a check found.
#[derive(Debug, Default)]
pub struct Finding {
    /// How often the rule was put to the test.
    pub exercised: usize,
    /// The transactions that show that it was kept.
    pub proofs: Vec<ReferenceId>,
    /// Where it was broken.
    pub failures: Vec<Evidence>,
}

/// Something that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// About which transaction.
    pub reference_id: Option<ReferenceId>,
    /// When.
    pub at: Timestamp,
    /// What, in words.
    pub seen: String,
}

impl Finding {
    /// Takes note of one test, about a transaction or none, and of how it failed, if it did.
    pub fn test(
        &mut self,
        reference_id: impl Into<Option<ReferenceId>>,
        failure: Option<Evidence>,
    ) {
        self.exercised += 1;
        match failure {
            Some(failure) => self.failures.push(failure),
            None => self.proofs.extend(reference_id.into()),
        }
    }
}

/// Something that was seen of a transaction.
pub fn seen(
    reference_id: impl Into<Option<ReferenceId>>,
    at: Timestamp,
    seen: impl Into<String>,
) -> Evidence {
    Evidence { reference_id: reference_id.into(), at, seen: seen.into() }
}

impl AuditRule {
    /// Puts a merchant to the test.
    pub fn check(&self, observed: &Observed<'_>, terms: &Terms) -> Finding {
        (self.check)(observed, terms)
    }
}

const fn rule(
    name: &'static str,
    check: fn(&Observed<'_>, &Terms) -> Finding,
    wants: &'static str,
    remedy: &'static str,
) -> AuditRule {
    AuditRule { name, wants, remedy, check }
}

/// All rules, the one about money first.
pub const RULES: &[AuditRule] = &[
    rule(
        "money-accounted-for",
        money::accounted_for,
        "knows of every transaction that succeeded",
        "ask for the status of everything that is not final in your books, whether or not a \
         callback came",
    ),
    rule(
        "polled-after-lost-callback",
        polling::after_lost_callback,
        "asks for the status where no callback came",
        "a callback is sent once: ask 5 minutes after the submission, then again with growing \
         pauses",
    ),
    rule(
        "polled-in-time",
        polling::in_time,
        "asks soon where no callback came",
        "ask 5 minutes after the submission, as MTN advises",
    ),
    rule(
        "polled-gently",
        polling::gently,
        "asks for statuses at most 10 times a second",
        "wait between queries; in production the 11th within a second meets a 429",
    ),
    rule(
        "stopped-at-final",
        polling::stopped_at_final,
        "stops asking once it was told SUCCESSFUL or FAILED",
        "a final status never changes: write it down and stop",
    ),
    rule(
        "reused-reference",
        submitting::reused_reference,
        "repeats a failed submission under the same reference id",
        "keep the reference id before you send; a new one for the same order may charge the payer \
         twice",
    ),
    rule(
        "asked-after-409",
        submitting::asked_after_409,
        "takes 409 for `ask`, not for a failure",
        "a 409 says that the transaction exists: ask for its status",
    ),
    rule(
        "own-callback-host",
        submitting::own_callback_host,
        "names callback URLs of the registered host only",
        "use the host that the API user was provisioned with",
    ),
    rule(
        "accepted-put-and-post",
        callbacks::accepted_put_and_post,
        "takes callbacks by PUT and by POST",
        "route both methods to the same handler",
    ),
    rule(
        "answered-callbacks",
        callbacks::answered,
        "answers each callback within 2 s, with 2xx",
        "answer first, work afterwards; what is not answered is not sent again",
    ),
    rule(
        "confirmed-callbacks",
        callbacks::confirmed,
        "asks for the status after a callback, before it acts",
        "a callback has no signature: take it as a hint to ask now",
    ),
    rule(
        "survived-unknown-fields",
        callbacks::survived_unknown_fields,
        "answers callbacks that have unknown fields",
        "ignore fields that you do not know",
    ),
    rule(
        "survived-missing-reference",
        callbacks::survived_missing_reference,
        "answers callbacks that name no reference id",
        "find the transaction by the path of your callback URL or by the external id",
    ),
    rule(
        "renewed-token",
        access::renewed_token,
        "gets a new token when its old one has ended",
        "after a 401 get a new token and repeat the request",
    ),
    rule(
        "kept-token",
        access::kept_token,
        "uses a token for as long as it lives",
        "keep the token until a little before its expires_in is over",
    ),
];
