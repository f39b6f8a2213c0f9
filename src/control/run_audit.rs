//! The audit of a whole run, with what resets have forgotten.

use std::time::Duration;

use parking_lot::Mutex;

use crate::control::{Control, Scope};
use crate::engine::global_journal::GlobalJournal;
use crate::engine::reset::LastLook;
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::report::audit::Audit;
use momo_sandbox_core::report::check::{MigrationTerms, Terms};
use momo_sandbox_core::report::exclusions::Exclusions;

/// The audit of what resets have forgotten. It is bounded, as every audit is.
#[derive(Debug)]
pub struct Past {
    audit: Mutex<Audit>,
    /// The spaces that the audit leaves out.
    exclusions: Exclusions,
}

impl Past {
    /// A past without resets.
    pub fn without(exclusions: Exclusions) -> Self {
        Self { audit: Mutex::default(), exclusions }
    }
}

/// A last look that adds what it sees to the past, where one is kept.
pub(super) struct Keeping<'a> {
    past: Option<&'a Past>,
    terms: Terms,
}

impl LastLook for Keeping<'_> {
    fn at_space(&self, platform: &Platform) {
        let Some(past) = self.past else { return };
        let ended = Audit::unless_excluded(platform, &self.terms, &past.exclusions);
        // The space still exists, and counts only once.
        past.audit.lock().merge(Audit { spaces: 0, ..ended });
    }

    fn at_global_journal(&self, journal: &GlobalJournal) {
        let Some(past) = self.past else { return };
        let mut audit = past.audit.lock();
        let entries = journal.unauthenticated().entries();
        for request in entries.filter_map(|entry| entry.request()) {
            audit.reliance.note_stranger(request);
        }
        let is_incomplete = journal.evicted() > 0;
        audit.reliance.is_incomplete |= is_incomplete;
        let entries = journal.unauthenticated().entries();
        audit.merge(Audit::of_strangers(entries, is_incomplete, &self.terms));
    }
}

impl Control {
    /// The last look of a reset.
    pub(super) fn last_look(&self) -> Keeping<'_> {
        Keeping { past: self.past.as_ref(), terms: self.terms(Terms::WITHIN) }
    }

    /// The terms of an audit now.
    pub(super) fn terms(&self, within: Duration) -> Terms {
        let played = self.provisioning.gateway.platforms;
        Terms {
            within,
            clock_stands: self.spaces.clock().is_paused(),
            migration: MigrationTerms::of(played, self.spaces.cutover()),
        }
    }

    /// The audit since the start of the emulator, whatever was reset meanwhile. Without a past it
    /// begins with the last reset.
    pub fn audit_of_the_run(&self) -> Audit {
        let Some(past) = &self.past else { return self.audit(&Scope::All, Terms::WITHIN) };
        let mut audit = self.audit_without(&Scope::All, Terms::WITHIN, &past.exclusions);
        audit.merge(past.audit.lock().clone());
        audit.covers_resets = true;
        audit
    }
}
