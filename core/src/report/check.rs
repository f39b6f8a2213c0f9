//! The vocabulary of the audit's checks: what a check is given beside the requests, and what it
//! returns.

use std::time::Duration;

use crate::model::ids::ReferenceId;
use crate::model::mtn_platform::{Cutover, MtnPlatform, PlayedPlatforms};
use crate::model::time::Timestamp;
use crate::report::seen::Seen;

/// The terms of an audit, beside the rules.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// How soon after the final status a merchant should have asked, where no callback came.
    pub within: Duration,
    /// Whether the clock is manual. On a manual clock no interval is too short.
    pub clock_stands: bool,
    /// The terms of the rules about the migration; `None` where the new platform is not played.
    pub migration: Option<MigrationTerms>,
}

/// What the rules about the migration are judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MigrationTerms {
    pub played: PlayedPlatforms,
    /// The cutover that is planned or over.
    pub cutover: Option<Cutover>,
}

impl MigrationTerms {
    /// The terms where these platforms are played, if one of them is the new one.
    pub fn of(played: Option<PlayedPlatforms>, cutover: Option<Cutover>) -> Option<Self> {
        let played = played.filter(|played| played.plays(MtnPlatform::New))?;
        Some(Self { played, cutover })
    }

    pub fn plays_both(self) -> bool {
        self.played == PlayedPlatforms::Both
    }
}

impl Terms {
    /// How soon is soon enough: MTN advises to ask after 5 minutes (docs/contract.md#rate-limits).
    pub const WITHIN: Duration = Duration::from_secs(600);
}

/// The result of checking one rule in one space.
#[derive(Debug, Default)]
pub struct RuleCheck {
    /// How often the rule was put to the test.
    pub exercised: usize,
    /// The transactions that show that it was kept.
    pub proofs: Vec<ReferenceId>,
    pub failures: Vec<Observation>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    pub reference_id: Option<ReferenceId>,
    pub at: Timestamp,
    pub seen: Seen,
}

impl RuleCheck {
    /// Counts one test, about a transaction or none, and its failure, if it failed.
    pub fn test(
        &mut self,
        reference_id: impl Into<Option<ReferenceId>>,
        failure: Option<Observation>,
    ) {
        self.exercised += 1;
        match failure {
            Some(failure) => self.failures.push(failure),
            None => self.proofs.extend(reference_id.into()),
        }
    }
}

impl Observation {
    /// A breach that was seen at a transaction, or at none.
    pub fn new(reference_id: impl Into<Option<ReferenceId>>, at: Timestamp, seen: Seen) -> Self {
        Self { reference_id: reference_id.into(), at, seen }
    }
}
